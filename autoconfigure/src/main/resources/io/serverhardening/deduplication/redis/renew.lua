-- Hold on to a message for another lease.
-- KEYS[1] the record
-- ARGV    owner, fingerprint, token, lease (ms), ttl (ms), route
-- Returns 1, or 0 where it belongs to another owner by now
local state, owner = unpack(redis.call('HMGET', KEYS[1], 's', 'o'))
if state and (state ~= 'P' or owner ~= ARGV[1]) then
	return { 0 }
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if not state then
	-- The record was lost, not taken: whoever runs the handler still has it.
	redis.call('HSET', KEYS[1], 's', 'P', 'o', ARGV[1], 'f', ARGV[2], 't', ARGV[3], 'n', 1, 'c', 1, 'b',
		string.format('%.0f', now), 'r', ARGV[6])
end
redis.call('HSET', KEYS[1], 'l', string.format('%.0f', now + tonumber(ARGV[4])))
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[4]) + tonumber(ARGV[5]))
return { 1 }
