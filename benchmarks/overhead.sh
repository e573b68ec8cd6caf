#!/usr/bin/env bash
# What the starter costs: one plain application, the same again (what two equal servers
# differ by), and the same with the starter and its defaults. Prints one Markdown table.
#
#   benchmarks/overhead.sh [rounds]        five rounds by default, about two minutes each
#
# As measured: every round starts the three servers afresh, in random order; warms each
# for 18 s in turns of 6 s; and loads each for 10 s with 64 connections. CPU is the
# server process's own (user + system), per request; figures are medians over rounds, and
# ratios the medians of each round's ratio. Everything stays on loopback.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5}
warm_turn=6s warm_turns=3 load=10s connections=64

need() { command -v "$1" >/dev/null || { apt-get update -qq && apt-get install -y -qq "$2" >/dev/null; }; }
need wrk wrk; need ab apache2-utils; need jq jq; need curl curl

[ -n "${SKIP_BUILD:-}" ] || ./mvnw -q -pl benchmarks -am package -DskipTests -Dmaven.javadoc.skip >&2
with=benchmarks/target/classes:$(cat benchmarks/target/classpath.txt)
plain=$(tr ':' '\n' <<<"$with" | grep -v -e server-hardening -e '/autoconfigure/' -e '/starter/' | paste -sd:)
sides=(plain again starter)
declare -A classpath=([plain]=$plain [again]=$plain [starter]=$with) port=([plain]=18081 [again]=18082 [starter]=18083) pid
work=$(mktemp -d)
trap 'for p in "${pid[@]:-}"; do [ -n "$p" ] && kill "$p" 2>/dev/null; done; rm -rf "$work"' EXIT

start() {
	java -Xms256m -Xmx256m -XX:+UseG1GC -cp "${classpath[$1]}" io.serverhardening.benchmarks.BenchmarkApplication \
		--server.port="${port[$1]}" --spring.main.banner-mode=off >"$work/$1.log" 2>&1 &
	pid[$1]=$!
	for _ in $(seq 150); do
		curl -sf "localhost:${port[$1]}/ping" >/dev/null && return
		sleep 0.2
	done
	cat "$work/$1.log" >&2
	exit 1
}
ticks() { awk '{print $14 + $15}' "/proc/${pid[$1]}/stat"; }
allocated() { curl -s "localhost:${port[$1]}/stats" | jq .allocatedBytes; }

for round in $(seq "$rounds"); do
	mapfile -t order < <(printf '%s\n' "${sides[@]}" | shuf)
	for side in "${order[@]}"; do
		start "$side"
		sed -n 's/.*Started .* in \([0-9.]*\) seconds.*/\1/p' "$work/$side.log" >>"$work/$side.startup"
		curl -s "localhost:${port[$side]}/stats?collect=true" | jq '.heapBytes / 1048576' >>"$work/$side.heap"
		awk '/VmRSS/ {print $2 / 1024}' "/proc/${pid[$side]}/status" >>"$work/$side.rss"
	done
	for _ in $(seq $warm_turns); do
		for side in "${order[@]}"; do
			wrk -t1 -c$connections -d$warm_turn "http://localhost:${port[$side]}/ping" >/dev/null
		done
	done
	sleep 2
	for side in "${order[@]}"; do
		before=$(ticks "$side") bytes=$(allocated "$side")
		wrk -t1 -c$connections -d$load "http://localhost:${port[$side]}/ping" >"$work/wrk"
		after=$(ticks "$side") bytes_after=$(allocated "$side")
		requests=$(awk '/requests in/ {print $1}' "$work/wrk")
		awk -v t=$((after - before)) -v n="$requests" -v hz="$(getconf CLK_TCK)" 'BEGIN {print t / hz * 1e6 / n}' >>"$work/$side.cpu"
		awk '/Requests\/sec/ {print $2}' "$work/wrk" >>"$work/$side.rate"
		awk -v b=$((bytes_after - bytes)) -v n="$requests" 'BEGIN {print b / n}' >>"$work/$side.alloc"
		echo "round $round $side: $(tail -n1 "$work/$side.rate") requests/s, $(tail -n1 "$work/$side.cpu") µs CPU, $(tail -n1 "$work/$side.alloc") B a request" >&2
	done
	for side in plain starter; do
		ab -q -n 5000 -c 400 "http://localhost:${port[$side]}/sleep?ms=80" >"$work/ab" 2>&1
		awk '/Complete requests/ {print $3}' "$work/ab" >>"$work/$side.ab.complete"
		awk '/Failed requests/ {print $3}' "$work/ab" >>"$work/$side.ab.failed"
		awk '/ 95%/ {print $2}' "$work/ab" >>"$work/$side.ab.p95"
	done
	for side in "${order[@]}"; do
		kill "${pid[$side]}"
		wait "${pid[$side]}" 2>/dev/null || true
		pid[$side]=
	done
done

median() { sort -g "$1" | awk '{v[NR] = $1} END {printf "%.4g", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }
ratios() { paste "$work/$1.$3" "$work/$2.$3" | awk '{print $1 / $2}' >"$work/ratio"; median "$work/ratio"; }
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
