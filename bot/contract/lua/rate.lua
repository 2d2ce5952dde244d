-- Take one token from each of several limits at once, or say how long to wait (generic cell rate algorithm).
-- KEYS  parking, then one bucket for each limit; the first bucket is the account's
-- ARGV  patience (us), then for each bucket: microseconds between tokens, burst
-- Returns {1, wait in us} when taken: the token is good from then on, at most `patience` ahead; or
-- {0, wait in us}: nothing was taken, come back then. Waits for the account are spread, so that a crowd that
-- was turned away does not come back all at once.
-- Invariant: a bucket holds the time at which it would be full again; all times are of this Redis' clock.
local parking, patience = KEYS[1], tonumber(ARGV[1])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

local wait, account_wait = 0, 0
local due = {}
for index = 2, #KEYS do
  local interval, burst = tonumber(ARGV[index * 2 - 2]), tonumber(ARGV[index * 2 - 1])
  due[index] = math.max(now, tonumber(redis.call('GET', KEYS[index]) or '0'))
  local early = due[index] - (burst - 1) * interval - now
  if early > wait then
    wait = early
  end
  if index == 2 then
    account_wait = early
  end
end

if wait <= patience then
  for index = 2, #KEYS do
    local full = due[index] + tonumber(ARGV[index * 2 - 2])
    redis.call('SET', KEYS[index], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1000)
  end
  return {1, math.floor(wait)}
end
if account_wait > patience then
  local interval = tonumber(ARGV[2])
  local place = math.max(tonumber(redis.call('GET', parking) or '0'), now + account_wait) + interval
  redis.call('SET', parking, string.format('%.0f', place), 'PX', math.ceil((place - now) / 1000) + 1000)
  wait = math.max(wait, place - now)
end
return {0, math.floor(wait)}
