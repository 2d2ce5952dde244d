-- Strike off a promise whose message lies in the inbox, unless a newer one has taken its place.
-- KEYS  promised, promises
-- ARGV  conversation, body
-- Returns 1 when struck off.
local promised, promises = KEYS[1], KEYS[2]
local conversation, body = ARGV[1], ARGV[2]

local stored = redis.call('HGET', promises, conversation)
if stored and stored ~= body then
  return 0
end
redis.call('ZREM', promised, conversation)
redis.call('HDEL', promises, conversation)
return 1
