-- Open the mailbox of a conversation that this consumer has just been given, and note the attempt.
-- KEYS  ready, flag, box, tries, state
-- ARGV  group, consumer, entry, most messages to read
-- Returns {deliveries, starts, fails, unsure, part, state or false, message, ...}, or {} when the entry is nobody's any more.
-- Invariant: an attempt is on record, once, before anything is done with the message.
local ready, flag, box, tries, state = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local group, consumer, entry, limit = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])

-- pcall: without the group (an emptied Redis) nothing is pending either.
local pending = redis.pcall('XPENDING', ready, group, entry, entry, 1, consumer)
if #pending == 0 then
  return {}
end
if redis.call('GET', flag) ~= entry then
  redis.call('XACK', ready, group, entry)
  redis.call('XDEL', ready, entry)
  return {}
end
local deliveries = pending[1][4]
local attempt = entry .. '/' .. deliveries
if redis.call('HGET', tries, 'attempt') ~= attempt then
  redis.call('HSET', tries, 'attempt', attempt)
  redis.call('HINCRBY', tries, 'starts', 1)
end
local starts = tonumber(redis.call('HGET', tries, 'starts'))
local fails = tonumber(redis.call('HGET', tries, 'fails') or '0')
local unsure = tonumber(redis.call('HGET', tries, 'unsure') or '0')
local part = tonumber(redis.call('HGET', tries, 'part') or '0')
local answer = {deliveries, starts, fails, unsure, part, redis.call('GET', state)}
for _, body in ipairs(redis.call('LRANGE', box, 0, limit - 1)) do
  answer[#answer + 1] = body
end
return answer
