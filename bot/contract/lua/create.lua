-- Make a ready stream with its consumer group, unless they are there.
-- KEYS  ready
-- ARGV  group
-- Returns 1 when made, 0 when they were there. A script, because redis-py 4 cannot send XGROUP to a cluster.
-- Invariant: the group begins at the stream's first entry, so that mail from before it is handed out.
local answer = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
if not answer.err then
  return 1
end
if string.find(answer.err, 'BUSYGROUP', 1, true) then
  return 0
end
return answer
