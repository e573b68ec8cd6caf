#!/usr/bin/env bash
# What admission costs, beside what others ask for it: the plain application; the starter
# with its defaults; with rate limit, concurrency and circuit breaker on; the same
# refusing nearly everything; and four peers (benchmarks/peers) before the same handler.
# Nobody but the refusing side refuses anything. Prints one Markdown table.
#
#   benchmarks/admission.sh [rounds]       five rounds by default, about five minutes each
#
# How it is measured: sides.sh. PEERS= (empty) leaves the peers out.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5}
. benchmarks/sides.sh

build
side plain "$plain" $application
side starter "$with" $application
side admission "$with" $application "$on --server.hardening.rate-limit.permits=1000000"
side refusing "$with" $application "$on --server.hardening.rate-limit.permits=1 --server.hardening.rate-limit.period=60s"
for peer in ${PEERS-resilience4j gateway bucket4j sentinel}; do
	[ -n "${SKIP_BUILD:-}" ] || ./mvnw -q -B -ntp -f "benchmarks/peers/$peer/pom.xml" package >&2
	side "$peer" "benchmarks/peers/$peer/target/classes:$(cat "benchmarks/peers/$peer/target/classpath.txt")" io.serverhardening.peers.Application
done

for round in $(seq "$rounds"); do
	mapfile -t order < <(printf '%s\n' "${sides[@]}" | shuf)
	for side in "${order[@]}"; do
		start "$side"
	done
	warm "${order[@]}"
	echo "round $round" >&2
	for side in "${order[@]}"; do
		measure "$side"
	done
	for side in "${order[@]}"; do
		stop "$side"
	done
done

declare -A title=([plain]="plain" [starter]="the starter, defaults" [admission]="the starter, all three on"
	[refusing]="the same, refusing (429 with its body)" [resilience4j]="Resilience4j, four annotations"
	[gateway]="Spring Cloud Gateway, forward" [bucket4j]="Bucket4j starter" [sentinel]="Sentinel, WebFlux adapter")
echo "| \`/ping\`, $connections connections, medians of $rounds fresh starts | requests per second | server CPU per request, µs | CPU : plain | throughput : plain | allocated per request, B | more than plain, B | refused |"
echo "|---|---|---|---|---|---|---|---|"
for side in "${sides[@]}"; do
	more=$(awk -v a="$(median "$work/$side.alloc")" -v b="$(median "$work/plain.alloc")" 'BEGIN {printf "%.0f", a - b}')
	echo "| ${title[$side]} | $(median "$work/$side.rate") | $(median "$work/$side.cpu") | × $(ratios "$side" plain cpu) | × $(ratios "$side" plain rate) | $(median "$work/$side.alloc") | $more | $(median "$work/$side.refused") % |"
done
