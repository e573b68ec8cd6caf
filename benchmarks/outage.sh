#!/usr/bin/env bash
# A Redis that is killed for ten seconds in the midst of a load, in the three failure
# modes: what clients saw. POST /orders with a key of its own for each request, 32
# connections, 30 s; Redis goes at 10 s and is back, empty, at 20 s. Prints a Markdown
# table.
#
#   benchmarks/outage.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. benchmarks/sides.sh
need redis-server redis-server

[ -n "${SKIP_BUILD:-}" ] || ./mvnw -q -pl benchmarks -am package -DskipTests -Dmaven.javadoc.skip >&2
redis=benchmarks/target/classes:$(tr ':' '\n' <benchmarks/target/classpath.txt | grep -v -e resilience4j | paste -sd:)
application=io.serverhardening.benchmarks.BenchmarkApplication
redis_port=18079
orders=server.hardening.routes.orders
redis_up() {
	redis-server --port $redis_port --bind 127.0.0.1 --save '' >"$work/redis.log" &
	pid[redis-server]=$!
}
for mode in local allow reject; do
	side $mode "$redis" $application "--$orders.path=/orders --$orders.deduplication.key=header:Idempotency-Key --$orders.deduplication.on-store-failure=$mode --spring.data.redis.port=$redis_port --spring.application.name=$mode --management.endpoints.web.exposure.include=hardening"
done

echo "| on-store-failure | requests | 2xx | 503 | p50, ms | p99, ms | p99.9, ms | longest, ms | steps that failed | written to Redis afterwards |"
echo "|---|---|---|---|---|---|---|---|---|---|"
for mode in local allow reject; do
	redis_up
	sleep 1
	start $mode
	wrk -t1 -c32 -d15s -s benchmarks/order.lua "http://localhost:${port[$mode]}/orders?ms=5" >/dev/null
	(
		sleep 10
		kill -9 "${pid[redis-server]}"
		sleep 10
		exec redis-server --port $redis_port --bind 127.0.0.1 --save '' >>"$work/redis.log"
	) &
	pid[outage]=$!
	wrk -t1 -c32 -d30s --latency -s benchmarks/outage.lua "http://localhost:${port[$mode]}/orders?ms=5" >"$work/wrk"
	sleep 3
	store=$(curl -s "localhost:${port[$mode]}/actuator/hardening/deduplication" | jq -r '.orders.store | "\(.failures) | \(.handedOver)"')
	echo "| \`$mode\` | $(awk '/^figures/ {printf "%s | %s | %s | %s | %s | %s | %s", $2, $3, $4, $5, $6, $7, $8}' "$work/wrk") | $store |"
	stop $mode
	kill "${pid[outage]}" 2>/dev/null || true
	wait "${pid[outage]}" 2>/dev/null || true
	wait "${pid[redis-server]}" 2>/dev/null || true
	pid[redis-server]= pid[outage]=
done
