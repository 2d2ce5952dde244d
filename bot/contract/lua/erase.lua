-- Forget the person of a conversation: state, link and promises go, answers that still wait go, and what still waits to be
-- answered keeps its words only.
-- KEYS  state, link, status, promised, promises, counts, ready of the inbox, box, flag and tries of the inbox,
--       then box, flag and tries of each other lane
-- ARGV  conversation, group, lane of the inbox, other lanes ...
-- Returns how many waiting messages were dropped.
-- Invariant: a claim that is under way can no longer commit, so it brings nothing back.
local conversation, group, inbox = ARGV[1], ARGV[2], ARGV[3]
local ready, box, flag, tries = KEYS[7], KEYS[8], KEYS[9], KEYS[10]

redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('ZREM', KEYS[4], conversation)
redis.call('HDEL', KEYS[5], conversation)

local function count(lane, waiting)
  if waiting > 0 then
    redis.call('HINCRBY', KEYS[6], lane .. ':handled', waiting)
  end
  return waiting
end

local kept, dropped = {}, 0
for _, body in ipairs(redis.call('LRANGE', box, 0, -1)) do
  local read, message = pcall(cjson.decode, body)
  local opens = read and (message.start or message.phone or message.contact or message.wake)
  if not opens then
    kept[#kept + 1] = body
  elseif not message.wake and message.text and message.text ~= '' then
    -- Re-encoded from what decoding gave, so only what has plain values may be kept.
    message.start, message.phone, message.contact = nil, nil, nil
    if type(message.masked) == 'table' and #message.masked == 0 then
      message.masked = nil
    end
    kept[#kept + 1] = cjson.encode(message)
  else
    dropped = dropped + 1
  end
end
count(inbox, dropped)
local entry = redis.call('GET', flag)
if entry and entry ~= 'delayed' then
  redis.pcall('XACK', ready, group, entry)
  redis.call('XDEL', ready, entry)
end
redis.call('DEL', box, flag, tries)
if #kept > 0 then
  redis.call('RPUSH', box, unpack(kept))
  redis.call('SET', flag, redis.call('XADD', ready, '*', 'c', conversation))
end
for index = 4, #ARGV do
  local first = 11 + 3 * (index - 4)
  dropped = dropped + count(ARGV[index], redis.call('LLEN', KEYS[first]))
  redis.call('DEL', KEYS[first], KEYS[first + 1], KEYS[first + 2])
end
return dropped
