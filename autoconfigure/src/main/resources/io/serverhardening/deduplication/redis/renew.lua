-- Hold on to a message for another lease.
-- KEYS[1] the record
-- ARGV    owner, lease (ms), ttl (ms)
-- Returns 1, or 0 where it belongs to another owner by now
local record = redis.call('HMGET', KEYS[1], 's', 'o')
if record[1] ~= 'P' or record[2] ~= ARGV[1] then
	return { 0 }
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], 'l', string.format('%.0f', now + tonumber(ARGV[2])))
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[2]) + tonumber(ARGV[3]))
return { 1 }
