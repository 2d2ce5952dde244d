-- Prolong a lease, if it is still this holder's.
-- KEYS  ready
-- ARGV  group, consumer, entry, deliveries
-- Returns 1 when prolonged, 0 when the lease is lost.
local ready = KEYS[1]
local group, consumer, entry, deliveries = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])

-- pcall: without the group (an emptied Redis) the lease is lost as well.
local pending = redis.pcall('XPENDING', ready, group, entry, entry, 1, consumer)
if #pending == 0 or pending[1][4] ~= deliveries then
  return 0
end
redis.call('XCLAIM', ready, group, consumer, 0, entry, 'JUSTID')
return 1
