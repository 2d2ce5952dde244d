-- Put down a message for editors to review, once for each kind of it.
-- KEYS  message, seen, order, counts
-- ARGV  id, body ('' = only count), when (s), seconds to keep, oldest that is kept (s), seconds to remember that
--       it was seen, most messages, counter ...
-- Returns the ids that are too many, oldest first: their messages lie under other keys, so the caller removes them.
-- Invariant: a message outlives neither its lifetime nor, for long, its name in the order.
local message, seen, order, counts = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, body, when, keep, oldest = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local remember, most = ARGV[6], tonumber(ARGV[7])

if not redis.call('SET', seen, '1', 'NX', 'EX', remember) then
  return {}
end
for index = 8, #ARGV do
  redis.call('HINCRBY', counts, ARGV[index], 1)
end
redis.call('EXPIRE', counts, keep)
if body ~= '' then
  redis.call('SET', message, body, 'EX', keep)
  redis.call('ZADD', order, when, id)
  redis.call('EXPIRE', order, keep)
end
redis.call('ZREMRANGEBYSCORE', order, '-inf', '(' .. oldest)
local count = redis.call('ZCARD', order)
if count <= most then
  return {}
end
return redis.call('ZRANGE', order, 0, count - most - 1)
