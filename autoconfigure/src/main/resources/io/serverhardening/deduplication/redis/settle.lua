-- Say how a run has ended.
-- KEYS[1] the record
-- ARGV    owner, fingerprint, token, ttl (ms), state (C, F, D, or R for a claim given back), answer, channel, id, route
-- Returns 1, or 0 where it belongs to another owner by now
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local record = redis.call('HMGET', KEYS[1], 's', 'o', 'w', 'f', 'l')
local state = record[1]
local owned = state == 'P' and record[2] == ARGV[1]
-- The work has been done: an answer is kept also where the record was lost, or its owner has failed or died since.
local abandoned = state == 'F' or (state == 'P' and tonumber(record[5] or 0) <= now)
local orphaned = ARGV[5] == 'C' and (not state or (abandoned and record[4] == ARGV[2]))
if not owned and not orphaned then
	return { 0 }
end
if not state then
	redis.call('HSET', KEYS[1], 'f', ARGV[2], 't', ARGV[3], 'n', 1, 'c', 1, 'b', string.format('%.0f', now),
		'r', ARGV[9])
end
if ARGV[5] == 'C' then
	redis.call('HSET', KEYS[1], 's', 'C', 'o', ARGV[1], 'a', ARGV[6])
elseif ARGV[5] == 'R' then
	-- Given back: nothing ran, and nothing counts.
	if redis.call('HINCRBY', KEYS[1], 'n', -1) > 0 then
		redis.call('HSET', KEYS[1], 's', 'F')
	else
		redis.call('DEL', KEYS[1])
	end
else
	redis.call('HSET', KEYS[1], 's', ARGV[5])
end
redis.call('HDEL', KEYS[1], 'l', 'w')
redis.call('PEXPIRE', KEYS[1], ARGV[4])
if record[3] then
	redis.call('PUBLISH', ARGV[7], ARGV[8])
end
return { 1 }
