-- Take or prolong a lease on something that only one process may do.
-- KEYS  lease
-- ARGV  holder, milliseconds
-- Returns 1 when it is the holder's now, 0 when another one has it.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
