#!/usr/bin/env bash
# What the starter costs: one plain application, the same again (what two equal servers
# differ by), and the same with the starter and its defaults. Prints one Markdown table.
#
#   benchmarks/overhead.sh [rounds]        five rounds by default, about two minutes each
#
# How it is measured: sides.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5}
. benchmarks/sides.sh
need ab apache2-utils

build
side plain "$plain" $application
side again "$plain" $application
side starter "$with" $application

for round in $(seq "$rounds"); do
	mapfile -t order < <(printf '%s\n' "${sides[@]}" | shuf)
	for side in "${order[@]}"; do
		start "$side"
		sed -n 's/.*Started .* in \([0-9.]*\) seconds.*/\1/p' "$work/$side.log" >>"$work/$side.startup"
		curl -s "localhost:${port[$side]}/stats?collect=true" | jq '.heapBytes / 1048576' >>"$work/$side.heap"
		awk '/VmRSS/ {print $2 / 1024}' "/proc/${pid[$side]}/status" >>"$work/$side.rss"
	done
	warm "${order[@]}"
	echo "round $round" >&2
	for side in "${order[@]}"; do
		measure "$side"
	done
	for side in plain starter; do
		ab -q -n 5000 -c 400 "http://localhost:${port[$side]}/sleep?ms=80" >"$work/ab" 2>&1
		awk '/Complete requests/ {print $3}' "$work/ab" >>"$work/$side.ab.complete"
		awk '/Failed requests/ {print $3}' "$work/ab" >>"$work/$side.ab.failed"
		awk '/ 95%/ {print $2}' "$work/ab" >>"$work/$side.ab.p95"
	done
	for side in "${order[@]}"; do
		stop "$side"
	done
done

row() { echo "| $1 | $(median "$work/plain.$2") | $(median "$work/again.$2") | $(median "$work/starter.$2") | × $(ratios again plain "$2") | × $(ratios starter plain "$2") |"; }
echo "| \`/ping\`, $connections connections, $rounds fresh starts a side | plain | plain again | with the starter | again : plain | starter : plain |"
echo "|---|---|---|---|---|---|"
row "requests per second" rate
row "server CPU per request, µs" cpu
row "allocated per request, B" alloc
row "start-up, s" startup
row "heap in use after start, MB" heap
row "resident after start, MB" rss
echo
echo "\`ab -n 5000 -c 400\` on a handler of 80 ms, medians: plain $(median "$work/plain.ab.complete") complete, $(median "$work/plain.ab.failed") failed, p95 $(median "$work/plain.ab.p95") ms; starter $(median "$work/starter.ab.complete") complete, $(median "$work/starter.ab.failed") failed, p95 $(median "$work/starter.ab.p95") ms"
