-- Note how far a sent message has come; reports come late, doubled, and in any order.
-- KEYS  delivery
-- ARGV  rank, status, code, seconds to keep it
-- Returns 1 when this is news, 0 when something as far along was known.
-- Invariant: the rank only grows, and a message that was delivered never fails afterwards.
local key, rank = KEYS[1], tonumber(ARGV[1])
if tonumber(redis.call('HGET', key, 'rank') or '-1') >= rank then
  return 0
end
redis.call('HSET', key, 'rank', rank, 'status', ARGV[2], 'code', ARGV[3])
redis.call('EXPIRE', key, ARGV[4])
return 1
