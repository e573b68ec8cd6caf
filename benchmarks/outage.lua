-- order.lua, and at the end one line of figures.
dofile("benchmarks/order.lua")
function done(summary, latency, requests)
	local function ms(percentile)
		return string.format("%.1f", latency:percentile(percentile) / 1000)
	end
	print(string.format("figures %d %d %d %s %s %s %.1f", summary.requests, summary.requests - summary.errors.status,
		summary.errors.status, ms(50), ms(99), ms(99.9), latency.max / 1000))
end
