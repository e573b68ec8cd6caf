-- One order a request, each with a key of its own; "copies" of each where an argument says so.
local counter, prefix, copies, key = 0, nil, 1, nil
function init(args)
	copies = tonumber(args[1] or 1)
	math.randomseed(os.time() + tonumber(tostring({}):sub(8), 16) % 1000000)
	prefix = string.format("%x-", math.random(1, 2 ^ 30))
	wrk.method = "POST"
	wrk.body = '{"item":"tea","count":1}'
	wrk.headers["Content-Type"] = "application/json"
end
function request()
	if counter % copies == 0 then
		key = prefix .. counter
	end
	counter = counter + 1
	wrk.headers["Idempotency-Key"] = key
	return wrk.format()
end
