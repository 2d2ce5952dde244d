-- Drop the consumers of processes that are long gone, so that their list does not grow for ever.
-- KEYS  ready
-- ARGV  group, idle (ms)
-- Returns how many were dropped.
-- Invariant: a consumer that holds a claim stays. Dropping it would drop the claim without giving it to
-- anyone, so looking and dropping must be one step.
local ready, group, idle = KEYS[1], ARGV[1], tonumber(ARGV[2])

local dropped = 0
-- pcall: an emptied Redis has no group and so no consumers.
for _, row in ipairs(redis.pcall('XINFO', 'CONSUMERS', ready, group)) do
  local about = {}
  for index = 1, #row, 2 do
    about[row[index]] = row[index + 1]
  end
  if about.pending == 0 and about.idle > idle then
    redis.call('XGROUP', 'DELCONSUMER', ready, group, about.name)
    dropped = dropped + 1
  end
end
return dropped
