-- Wake one delayed conversation whose time has come.
-- KEYS  delayed, ready, flag
-- ARGV  conversation, now (ms since the epoch)
-- Returns 1 when woken, 0 when another process was quicker or it is not due.
local delayed, ready, flag = KEYS[1], KEYS[2], KEYS[3]
local conversation, now = ARGV[1], tonumber(ARGV[2])

local due = redis.call('ZSCORE', delayed, conversation)
if not due or tonumber(due) > now then
  return 0
end
redis.call('ZREM', delayed, conversation)
if redis.call('GET', flag) ~= 'delayed' then -- erased meanwhile
  return 0
end
redis.call('SET', flag, redis.call('XADD', ready, '*', 'c', conversation))
return 1
