-- Take one message: once per id, in order, and wake the conversation if it sleeps.
-- KEYS  seen, box, flag, ready, counts
-- ARGV  body, conversation, seconds to remember the id, most messages a mailbox holds, lane, call
-- Returns 'accepted', 'duplicate' or 'full'. `call` names this very call: one that the client repeats
-- because the answer got lost is told 'accepted' again.
-- Invariant: flag exists exactly while the conversation is on ready, claimed, or delayed.
local seen, box, flag, ready, counts = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local body, conversation, remember, limit, lane = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local call = ARGV[6]

local taken = redis.call('GET', seen)
if taken == call then
  return 'accepted'
end
if taken then
  redis.call('HINCRBY', counts, lane .. ':duplicate', 1)
  return 'duplicate'
end
if redis.call('LLEN', box) >= limit then
  redis.call('HINCRBY', counts, lane .. ':full', 1)
  return 'full'
end
redis.call('SET', seen, call, 'EX', remember)
redis.call('RPUSH', box, body)
redis.call('HINCRBY', counts, lane .. ':accepted', 1)
if redis.call('EXISTS', flag) == 0 then
  redis.call('SET', flag, redis.call('XADD', ready, '*', 'c', conversation))
end
return 'accepted'
