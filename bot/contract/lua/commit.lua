-- Finish a claim: everything that the turn did becomes true at once, or nothing does.
-- KEYS  ready, flag, box, tries, state, counts, dead, post ready, post flag, post box, receipt
-- ARGV  group, consumer, entry, deliveries, conversation, lane, post lane, messages handled,
--       '0'/'1' save state, state, seconds to keep state, dead letters to keep, seconds to keep the receipt,
--       number of dead letters, dead letter ..., post ...
-- Returns 1 when committed (also when an earlier try of this very commit went through), 0 when the lease was lost.
-- Invariant: only the holder of the newest delivery of the entry in flag may commit (the fencing token).
local ready, flag, box, tries, state = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local counts, dead, post_ready, post_flag, post_box = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]
local receipt = KEYS[11]
local group, consumer, entry, deliveries = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local conversation, lane, post_lane, handled = ARGV[5], ARGV[6], ARGV[7], tonumber(ARGV[8])
local save, blob, keep_state, keep_dead = ARGV[9], ARGV[10], ARGV[11], ARGV[12]
local keep_receipt, letters = ARGV[13], tonumber(ARGV[14])
local first_letter = 15
local first_post = first_letter + letters
local finished = 'commit ' .. deliveries

if redis.call('GET', receipt) == finished then
  return 1
end
-- pcall: without the group (an emptied Redis) the lease is lost as well.
local pending = redis.pcall('XPENDING', ready, group, entry, entry, 1, consumer)
if #pending == 0 or pending[1][4] ~= deliveries or redis.call('GET', flag) ~= entry then
  return 0
end
redis.call('XACK', ready, group, entry)
redis.call('XDEL', ready, entry)
redis.call('SET', receipt, finished, 'EX', keep_receipt)

if handled > 0 then
  redis.call('LTRIM', box, handled, -1)
  redis.call('HINCRBY', counts, lane .. ':handled', handled)
  redis.call('DEL', tries)
else
  redis.call('HSET', tries, 'starts', 0) -- the head message stays, and so do its failures
end
if save == '1' then
  redis.call('SET', state, blob, 'EX', keep_state)
end
for index = first_letter, first_post - 1 do
  redis.call('RPUSH', dead, ARGV[index])
  redis.call('HINCRBY', counts, lane .. ':dead', 1)
end
if letters > 0 then
  redis.call('LTRIM', dead, -keep_dead, -1)
end
if #ARGV >= first_post then
  for index = first_post, #ARGV do
    redis.call('RPUSH', post_box, ARGV[index])
    redis.call('HINCRBY', counts, post_lane .. ':accepted', 1)
  end
  if redis.call('EXISTS', post_flag) == 0 then
    redis.call('SET', post_flag, redis.call('XADD', post_ready, '*', 'c', conversation))
  end
end
if redis.call('LLEN', box) > 0 then
  redis.call('SET', flag, redis.call('XADD', ready, '*', 'c', conversation))
else
  redis.call('DEL', flag)
  redis.call('DEL', tries)
end
return 1
