-- Say how a run has ended.
-- KEYS[1] the record
-- ARGV    owner, fingerprint, token, ttl (ms), state (C, F or D), answer, channel, id
-- Returns 1, or 0 where it belongs to another owner by now
local record = redis.call('HMGET', KEYS[1], 's', 'o', 'w')
local state = record[1]
local owned = state == 'P' and record[2] == ARGV[1]
-- The work has been done: an answer is kept also where the record was lost, or its owner has failed since.
local orphaned = ARGV[5] == 'C' and (not state or state == 'F')
if not owned and not orphaned then
	return { 0 }
end
if not state then
	local time = redis.call('TIME')
	redis.call('HSET', KEYS[1], 'f', ARGV[2], 't', ARGV[3], 'n', 1, 'c', 1, 'b',
		string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)))
end
if ARGV[5] == 'C' then
	redis.call('HSET', KEYS[1], 's', 'C', 'o', ARGV[1], 'a', ARGV[6])
else
	redis.call('HSET', KEYS[1], 's', ARGV[5])
end
redis.call('HDEL', KEYS[1], 'l', 'w')
redis.call('PEXPIRE', KEYS[1], ARGV[4])
if record[3] then
	redis.call('PUBLISH', ARGV[7], ARGV[8])
end
return { 1 }
