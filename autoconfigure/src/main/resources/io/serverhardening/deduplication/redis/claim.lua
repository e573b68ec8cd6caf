-- Ask for a message.
-- KEYS[1] the record
-- ARGV    owner, fingerprint, lease (ms), ttl (ms), max attempts (0: any), 1 for another copy of the message, route
-- Returns outcome, token, attempt, copies, answer
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local record = redis.call('HMGET', KEYS[1], 's', 'o', 'f', 't', 'n', 'l', 'a', 'w')
local state, owner, fingerprint = record[1], record[2], record[3]
local token, attempt = tonumber(record[4] or 0), tonumber(record[5] or 0)

local lease = tonumber(ARGV[3])
local leaseUntil = string.format('%.0f', now + lease)

local function grant(outcome)
	-- Tokens grow also when a record was lost in between.
	token = math.max(token + 1, time[1] * 1000000 + time[2])
	attempt = attempt + 1
	redis.call('HSET', KEYS[1], 's', 'P', 'o', ARGV[1], 'f', ARGV[2], 't', string.format('%.0f', token), 'n', attempt,
		'l', leaseUntil)
	redis.call('PEXPIRE', KEYS[1], lease + tonumber(ARGV[4]))
	return outcome
end

if not state then
	redis.call('HSET', KEYS[1], 'b', string.format('%.0f', now), 'c', 1, 'r', ARGV[7])
	return { grant('A'), token, attempt, 1 }
end
if fingerprint ~= ARGV[2] then
	return { 'M', 0, attempt, 0 }
end
local copies
if ARGV[6] == '1' then
	copies = redis.call('HINCRBY', KEYS[1], 'c', 1)
else
	copies = tonumber(redis.call('HGET', KEYS[1], 'c') or 1)
end
if state == 'C' then
	return { 'C', 0, attempt, copies, record[7] }
end
if state == 'D' then
	return { 'D', 0, attempt, copies }
end
if state == 'P' then
	if owner == ARGV[1] then
		-- It was granted before, and nobody heard: the lease begins now.
		redis.call('HSET', KEYS[1], 'l', leaseUntil)
		redis.call('PEXPIRE', KEYS[1], lease + tonumber(ARGV[4]))
		return { 'A', token, attempt, copies }
	end
	if tonumber(record[6] or 0) > now then
		if not record[8] then
			redis.call('HSET', KEYS[1], 'w', 1)
		end
		return { 'B', 0, attempt, copies }
	end
end
local max = tonumber(ARGV[5])
if max > 0 and attempt >= max then
	redis.call('HSET', KEYS[1], 's', 'D')
	redis.call('HDEL', KEYS[1], 'l')
	redis.call('PEXPIRE', KEYS[1], ARGV[4])
	return { 'D', 0, attempt, copies }
end
if attempt == 0 then
	return { grant('A'), token, attempt, copies }
end
return { grant(state == 'F' and 'R' or 'T'), token, attempt, copies }
