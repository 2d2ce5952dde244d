-- Note how many parts of the head message are done, while the claim holds.
-- KEYS  ready, flag, tries
-- ARGV  group, consumer, entry, deliveries, parts done
-- Returns 1 when noted (also when repeated), 0 when the lease is lost.
-- Invariant: a finished part also ends the doubt about earlier attempts at it.
local ready, flag, tries = KEYS[1], KEYS[2], KEYS[3]
local group, consumer, entry, deliveries, part = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]

-- pcall: without the group (an emptied Redis) the lease is lost as well.
local pending = redis.pcall('XPENDING', ready, group, entry, entry, 1, consumer)
if #pending == 0 or pending[1][4] ~= deliveries or redis.call('GET', flag) ~= entry then
  return 0
end
redis.call('HSET', tries, 'part', part, 'starts', 1, 'unsure', 0, 'fails', 0)
return 1
