-- Count one of something that is limited in a period.
-- KEYS  tally
-- ARGV  seconds of the period
-- Returns {count, seconds until the period is over}.
-- Invariant: a counter never stays without a lifetime, or somebody would be locked out for ever.
local count = redis.call('INCR', KEYS[1])
if redis.call('TTL', KEYS[1]) < 0 then
  redis.call('EXPIRE', KEYS[1], ARGV[1])
end
return {count, redis.call('TTL', KEYS[1])}
