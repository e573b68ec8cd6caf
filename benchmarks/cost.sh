#!/usr/bin/env bash
# What a request costs that only passes: the plain application, the same again, the
# starter with its defaults, and with rate limit, concurrency and circuit breaker on; over
# HTTP/1.1 and over HTTP/2 without TLS. Each side is warmed for a minute, so that the
# compiler is not what is measured. Prints one Markdown table.
#
#   benchmarks/cost.sh [rounds]       five rounds by default, about nine minutes each
#
# How it is measured: sides.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5}
warm_turns=10
. benchmarks/sides.sh

build
side plain "$plain" $application
side again "$plain" $application
side starter "$with" $application
side admission "$with" $application "$on --server.hardening.rate-limit.permits=1000000"
first=("${sides[@]}")
side plain2 "$plain" $application --server.http2.enabled=true
side starter2 "$with" $application --server.http2.enabled=true
second=(plain2 starter2)

# pass SIDE...: one round of some sides
pass() {
	local side order
	mapfile -t order < <(printf '%s\n' "$@" | shuf)
	for side in "${order[@]}"; do
		start "$side"
	done
	warm "${order[@]}"
	for side in "${order[@]}"; do
		measure "$side"
	done
	for side in "${order[@]}"; do
		stop "$side"
	done
}

for round in $(seq "$rounds"); do
	echo "round $round" >&2
	http2= pass "${first[@]}"
	http2=yes pass "${second[@]}"
done

row() {
	local more
	more=$(awk -v a="$(median "$work/$2.alloc")" -v b="$(median "$work/$3.alloc")" 'BEGIN {printf "%.0f", a - b}')
	echo "| $1 | $(median "$work/$2.cpu") | × $(ratios "$2" "$3" cpu) | $(paste "$work/$2.cpu" "$work/$3.cpu" | awk '{printf "%s%.3f", (NR > 1 ? ", " : ""), $1 / $2}') | $(median "$work/$2.rate") | $(median "$work/$2.alloc") | $more | $(median "$work/$2.refused") % |"
}
echo "| \`/ping\`, $rounds fresh starts a side, a minute of warm-up each | server CPU per request, µs | CPU : plain | by round | requests per second | allocated per request, B | more than plain, B | refused |"
echo "|---|---|---|---|---|---|---|---|"
row "HTTP/1.1, plain" plain plain
row "plain again" again plain
row "the starter, defaults" starter plain
row "the starter, all three on" admission plain
row "HTTP/2, plain" plain2 plain2
row "the starter, defaults" starter2 plain2
