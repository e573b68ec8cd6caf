#!/usr/bin/env bash
# What deduplication costs: POST /orders with a key of its own for each request, on the
# starter without it, without it beside a route that has it, with it in memory, and with it
# on a Redis; the same with a handler that takes 20 ms; and the store alone beside
# redis-benchmark running the same script. Prints Markdown tables.
#
#   benchmarks/deduplication.sh [rounds]       five rounds by default, about ten minutes each
#   BEFORE=DIR benchmarks/deduplication.sh     and another version, whose clone is built in DIR
#   ONLY="without memory" benchmarks/deduplication.sh   these sides, "without" among them
#
# How it is measured: sides.sh, with 90 s of warm-up a side for the one handler and 45 s
# for the other: after 18 s it is the compiler that is measured.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5}
. benchmarks/sides.sh
warm_turn=30s warm_turns=3 load=20s
need redis-server redis-server; need redis-benchmark redis-tools

[ -n "${SKIP_BUILD:-}" ] || ./mvnw -q -pl benchmarks -am package -DskipTests -Dmaven.javadoc.skip >&2
all=benchmarks/target/classes:$(cat benchmarks/target/classpath.txt)
local=$(tr ':' '\n' <<<"$all" | grep -v -e spring-data -e lettuce -e redis -e resilience4j | paste -sd:)
redis=$(tr ':' '\n' <<<"$all" | grep -v -e resilience4j | paste -sd:)
application=io.serverhardening.benchmarks.BenchmarkApplication
redis_port=18079
redis-server --port $redis_port --bind 127.0.0.1 --save '' --daemonize no >"$work/redis.log" &
pid[redis-server]=$!
for _ in $(seq 50); do redis-cli -p $redis_port ping >/dev/null 2>&1 && break; sleep 0.1; done

route="--server.hardening.routes.orders.path=/orders --server.hardening.routes.orders.response.timeout=10s"
on="$route --server.hardening.routes.orders.deduplication.key=header:Idempotency-Key --server.hardening.routes.orders.deduplication.ttl=1m"
side without "$local" $application "$route"
side beside "$local" $application "$route ${on//orders/messages}"
side memory "$local" $application "$on"
side redis "$redis" $application "$on --spring.data.redis.port=$redis_port"
if [ -n "${BEFORE:-}" ]; then
	before=$BEFORE/benchmarks/target/classes:$(cat "$BEFORE/benchmarks/target/classpath.txt")
	side memory-before "$(tr ':' '\n' <<<"$before" | grep -v -e spring-data -e lettuce -e redis -e resilience4j | paste -sd:)" $application "$on"
	side redis-before "$(tr ':' '\n' <<<"$before" | grep -v -e resilience4j | paste -sd:)" $application "$on --spring.data.redis.port=$redis_port"
fi

[ -z "${ONLY:-}" ] || read -ra sides <<<"$ONLY"

orders() { wrk -t1 -c$connections -d"$3" -s benchmarks/order.lua "http://localhost:${port[$1]}/orders?ms=$2"; }

# load SIDE MS: appends to $work/SIDE.{cpu,rate,redis,p99}-MS
load() {
	local before after redis_before redis_after requests
	before=$(ticks "$1") redis_before=$(ticks redis-server)
	wrk -t1 -c$connections -d$load --latency -s benchmarks/order.lua "http://localhost:${port[$1]}/orders?ms=$2" >"$work/wrk"
	after=$(ticks "$1") redis_after=$(ticks redis-server)
	grep -q 'Non-2xx' "$work/wrk" && { cat "$work/wrk" >&2; exit 1; }
	requests=$(awk '/requests in/ {print $1}' "$work/wrk")
	awk -v t=$((after - before)) -v n="$requests" -v hz="$(getconf CLK_TCK)" 'BEGIN {print t / hz * 1e6 / n}' >>"$work/$1.cpu-$2"
	awk -v t=$((redis_after - redis_before)) -v n="$requests" -v hz="$(getconf CLK_TCK)" 'BEGIN {print t / hz * 1e6 / n}' >>"$work/$1.redis-$2"
	awk '/Requests\/sec/ {print $2}' "$work/wrk" >>"$work/$1.rate-$2"
	awk '/ 99%/ {print $2}' "$work/wrk" | awk '/us$/ {print $1 / 1000} /ms$/ {print $1 + 0} /[0-9]s$/ && !/[mu]s$/ {print $1 * 1000}' >>"$work/$1.p99-$2"
	echo "$1, $2 ms: $(tail -n1 "$work/$1.rate-$2") requests/s, $(tail -n1 "$work/$1.cpu-$2") µs CPU, Redis $(tail -n1 "$work/$1.redis-$2") µs" >&2
}

for round in $(seq "$rounds"); do
	echo "round $round" >&2
	redis-cli -p $redis_port flushall >/dev/null
	mapfile -t order < <(printf '%s\n' "${sides[@]}" | shuf)
	for side in "${order[@]}"; do start "$side"; done
	for _ in $(seq $warm_turns); do
		for side in "${order[@]}"; do
			orders "$side" 0 $warm_turn >/dev/null
			orders "$side" 20 15s >/dev/null
		done
	done
	sleep 2
	for side in "${order[@]}"; do load "$side" 0; done
	for side in "${order[@]}"; do load "$side" 20; done
	for side in "${order[@]}"; do stop "$side"; done
done

declare -A title=([without]="the route without it" [beside]="the same, beside a route that has it" [memory]="in memory" [redis]="on Redis"
	[memory-before]="in memory, before" [redis-before]="on Redis, before")
for ms in 0 20; do
	echo
	echo "| \`POST /orders\`, handler of $ms ms, $connections connections, medians of $rounds starts | requests per second | : without | server CPU per request, µs | : without | Redis' CPU per request, µs | p99, ms |"
	echo "|---|---|---|---|---|---|---|"
	for side in "${sides[@]}"; do
		echo "| ${title[$side]} | $(median "$work/$side.rate-$ms") | × $(ratios "$side" without "rate-$ms") | $(median "$work/$side.cpu-$ms") | × $(ratios "$side" without "cpu-$ms") | $(median "$work/$side.redis-$ms") | $(median "$work/$side.p99-$ms") |"
	done
done

echo
echo "| claims a second, 64 at once | redis-benchmark, the same script | the store | store : redis-benchmark |"
echo "|---|---|---|---|"
script=autoconfigure/src/main/resources/io/serverhardening/deduplication/redis/claim.lua
sha=$(redis-cli -p $redis_port -x script load <"$script")
for _ in $(seq 3); do
	redis-cli -p $redis_port flushall >/dev/null
	redis-benchmark -p $redis_port -c 64 -n 300000 -r 100000000 --csv evalsha "$sha" 1 'k:__rand_int__' owner fingerprint 6500 60000 0 1 2>/dev/null |
		awk -F'","' 'NR == 2 {print $2}' >>"$work/store.benchmark"
	redis-cli -p $redis_port flushall >/dev/null
	java -Xmx256m -cp "$redis" io.serverhardening.benchmarks.StoreLoad $redis_port 64 10 >>"$work/store.load" 2>"$work/store.err" || cat "$work/store.err" >&2
done
echo "| | $(median "$work/store.benchmark") | $(median "$work/store.load") | × $(paste "$work/store.load" "$work/store.benchmark" | awk '{print $1 / $2}' >"$work/ratio"; median "$work/ratio") |"
