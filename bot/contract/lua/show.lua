-- Append one line to a transcript, once per id, and ring for whoever reads it.
-- KEYS  transcript, shown
-- ARGV  body, lines to keep, seconds to keep the transcript, seconds to remember the id, bell, conversation
-- Returns 1 when appended, 0 when the id was there already.
local transcript, shown = KEYS[1], KEYS[2]
local body, keep, expire, remember, bell, conversation = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]

if not redis.call('SET', shown, '1', 'NX', 'EX', remember) then
  return 0
end
redis.call('XADD', transcript, 'MAXLEN', '~', keep, '*', 'm', body)
redis.call('EXPIRE', transcript, expire)
redis.call('PUBLISH', bell, conversation)
return 1
