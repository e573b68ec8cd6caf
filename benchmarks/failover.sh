#!/usr/bin/env bash
# A Redis that is killed under load and failed over by three Sentinels to its replica, in
# two failure modes: what becomes of messages whose copies come to two instances. 100
# messages a second for 40 s, a handler of 100 ms; the primary goes at 15 s. Prints a
# Markdown table.
#
#   benchmarks/failover.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. benchmarks/sides.sh
need redis-server redis-server; need redis-cli redis-tools

[ -n "${SKIP_BUILD:-}" ] || ./mvnw -q -pl benchmarks -am package -DskipTests -Dmaven.javadoc.skip >&2
classes=benchmarks/target/classes:$(tr ':' '\n' <benchmarks/target/classpath.txt | grep -v -e resilience4j | paste -sd:)

redis() { # NAME PORT [ARGUMENTS]
	local name=$1 at=$2; shift 2
	redis-server --port "$at" --bind 127.0.0.1 --save '' "$@" >"$work/$name.log" &
	pid[$name]=$!
	for _ in $(seq 50); do redis-cli -p "$at" ping >/dev/null 2>&1 && return; sleep 0.1; done
}

echo "| on-store-failure | messages | handled once | twice | never | unanswered | copies answered otherwise | sent again | p99.9, ms |"
echo "|---|---|---|---|---|---|---|---|---|"
for mode in local reject; do
	redis primary 18079
	redis replica 18080 --replicaof 127.0.0.1 18079
	for i in 1 2 3; do
		cat >"$work/sentinel$i.conf" <<-CONF
			port 1808$((i + 1))
			bind 127.0.0.1
			dir $work
			sentinel monitor orders 127.0.0.1 18079 2
			sentinel down-after-milliseconds orders 1000
			sentinel failover-timeout orders 5000
		CONF
		redis-server "$work/sentinel$i.conf" --sentinel >"$work/sentinel$i.log" &
		pid[sentinel$i]=$!
	done
	sleep 3
	java -Xms256m -Xmx256m -cp "$classes" io.serverhardening.benchmarks.Failover $mode \
		--server.port=0 --spring.main.banner-mode=off --spring.application.name=failover --spring.jmx.enabled=false \
		--spring.data.redis.sentinel.master=orders \
		--spring.data.redis.sentinel.nodes=127.0.0.1:18082,127.0.0.1:18083,127.0.0.1:18084 \
		--server.hardening.routes.orders.path=/orders \
		--server.hardening.routes.orders.deduplication.key=header:Idempotency-Key >"$work/out" 2>&1 &
	pid[load]=$!
	for _ in $(seq 300); do [ "$(grep -c 'Netty started' "$work/out")" -ge 2 ] && break; sleep 0.2; done
	sleep 15
	kill -9 "${pid[primary]}"
	wait "${pid[load]}" || { cat "$work/out" >&2; exit 1; }
	grep '^|' "$work/out"
	grep -v '^|' "$work/out" >&2
	for name in replica sentinel1 sentinel2 sentinel3; do
		kill "${pid[$name]}"
		wait "${pid[$name]}" 2>/dev/null || true
	done
	pid[primary]= pid[replica]= pid[sentinel1]= pid[sentinel2]= pid[sentinel3]= pid[load]=
	rm -f "$work"/sentinel*.conf
done
