-- Put a claimed conversation aside until later; its messages stay where they are.
-- KEYS  ready, flag, tries, delayed, receipt
-- ARGV  group, consumer, entry, deliveries, conversation, due (ms since the epoch), what the attempt counts as
--       ('fails', 'unsure' or ''), seconds to keep the receipt
-- Returns 1 when put aside (also when an earlier try of this very call did it), 0 when the lease was lost.
-- Invariant: a conversation in delayed has the flag 'delayed', so accept does not wake it early.
local ready, flag, tries, delayed, receipt = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local group, consumer, entry, deliveries = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local conversation, due, counts_as, keep_receipt = ARGV[5], tonumber(ARGV[6]), ARGV[7], ARGV[8]
local finished = 'retry ' .. deliveries

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
redis.call('HSET', tries, 'starts', 0)
if counts_as ~= '' then
  redis.call('HINCRBY', tries, counts_as, 1)
end
redis.call('ZADD', delayed, due, conversation)
redis.call('SET', flag, 'delayed')
redis.call('SET', receipt, finished, 'EX', keep_receipt)
return 1
