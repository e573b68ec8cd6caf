-- Look at a message.
-- KEYS[1] the record
-- Returns state, owner, token, attempt, copies, age (ms), lease left (ms), answer, route; nothing where there is none
local record = redis.call('HMGET', KEYS[1], 's', 'o', 't', 'n', 'c', 'b', 'l', 'a', 'r')
if not record[1] then
	return {}
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return { record[1], record[2] or '', tonumber(record[3] or 0), tonumber(record[4] or 0), tonumber(record[5] or 0),
	now - tonumber(record[6] or now), math.max(0, tonumber(record[7] or 0) - now), record[8] or '', record[9] or '' }
