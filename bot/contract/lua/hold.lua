-- Let nobody take a token of one bucket for a while: the platform asked for a pause.
-- KEYS  bucket
-- ARGV  pause (us)
-- Returns 1. Invariant: a pause only ever gets longer.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local due = now + tonumber(ARGV[1])
if due > tonumber(redis.call('GET', KEYS[1]) or '0') then
  redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000) + 1000)
end
return 1
