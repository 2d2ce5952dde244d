-- Put down what is to be said in a conversation later; a new promise replaces the old one.
-- KEYS  promised, promises
-- ARGV  conversation, due (ms since the epoch), body
-- Returns 1.
local promised, promises = KEYS[1], KEYS[2]
local conversation, due, body = ARGV[1], tonumber(ARGV[2]), ARGV[3]

redis.call('ZADD', promised, due, conversation)
redis.call('HSET', promises, conversation, body)
return 1
