#!/usr/bin/env bash
# A Redis whose primary is killed under load: one with a replica and three Sentinels, and
# a cluster of three primaries with a replica each. What becomes of messages whose copies
# come to two instances, in two failure modes: 50 messages a second for 30 s, a handler of
# 100 ms; the primary goes at 10 s. Prints a Markdown table, and ends with 1 where a
# message was lost or was handled again without a reason.
#
#   benchmarks/failover.sh [sentinel|cluster] [local|reject]
set -euo pipefail
cd "$(dirname "$0")/.."
. benchmarks/sides.sh
. benchmarks/redis.sh

# Each sets $primary and $client, and names what is to be ended in $servers.
sentinel() {
	servers=(primary replica sentinel1 sentinel2 sentinel3)
	ports "${servers[@]}"
	redis primary
	redis replica --replicaof 127.0.0.1 "${port[primary]}"
	for i in 1 2 3; do
		cat >"$work/sentinel$i.conf" <<-CONF
			port ${port[sentinel$i]}
			bind 127.0.0.1
			dir $work
			sentinel monitor orders 127.0.0.1 ${port[primary]} 2
			sentinel down-after-milliseconds orders 1000
			sentinel failover-timeout orders 5000
		CONF
		redis-server "$work/sentinel$i.conf" --sentinel >"$work/sentinel$i.log" &
		pid[sentinel$i]=$!
	done
	sleep 3
	primary=${pid[primary]}
	client="--spring.data.redis.sentinel.master=orders --spring.data.redis.sentinel.nodes=127.0.0.1:${port[sentinel1]},127.0.0.1:${port[sentinel2]},127.0.0.1:${port[sentinel3]}"
}

cluster() {
	local node nodes=()
	servers=(node1 node2 node3 node4 node5 node6)
	ports "${servers[@]}" bus1 bus2 bus3 bus4 bus5 bus6
	for node in 1 2 3 4 5 6; do
		redis node$node --cluster-enabled yes --cluster-node-timeout 1500 --cluster-port "${port[bus$node]}"
		nodes+=("127.0.0.1:${port[node$node]}")
	done
	redis-cli --cluster create "${nodes[@]}" --cluster-replicas 1 --cluster-yes >"$work/cluster.log" ||
		{ cat "$work/cluster.log" >&2; exit 1; }
	for _ in $(seq 100); do
		[ "$(redis-cli -p "${port[node1]}" cluster nodes | grep -c 'slave.*connected$')" = 3 ] && break
		sleep 0.1
	done
	sleep 2
	primary=${pid[node1]}
	client="--spring.data.redis.cluster.nodes=$(IFS=,; echo "${nodes[*]}")"
}

topologies=() modes=()
for argument in "$@"; do
	case $argument in
		sentinel|cluster) topologies+=("$argument") ;;
		local|reject) modes+=("$argument") ;;
		*) sed -n 's/^#   //p' "$0" >&2; exit 2 ;;
	esac
done
[ ${#topologies[@]} -gt 0 ] || topologies=(sentinel cluster)
[ ${#modes[@]} -gt 0 ] || modes=(local reject)
code=0
echo "| Redis | on-store-failure | messages | handled once | twice | without the store | claim lost with the primary | its answer lost | unexplained | never | unanswered | copies answered otherwise | sent again | p99.9, ms |"
echo "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
for topology in "${topologies[@]}"; do
	for mode in "${modes[@]}"; do
		$topology
		# shellcheck disable=SC2086 # the client's settings are words
		java -Xms256m -Xmx256m -XX:TieredStopAtLevel=1 -cp "$classes" io.serverhardening.benchmarks.Failover $topology $mode "$primary" "$work/ledger" \
			--server.port=0 --spring.main.banner-mode=off --spring.application.name=failover --spring.jmx.enabled=false \
			$client \
			--server.hardening.routes.orders.path=/orders \
			--server.hardening.routes.orders.deduplication.key=header:Idempotency-Key >"$work/out" 2>"$work/told" &
		pid[load]=$!
		wait "${pid[load]}" || code=$?
		pid[load]=
		grep '^|' "$work/out" || true
		grep -v '^|' "$work/out" >&2 || true
		cat "$work/told" >&2
		gone "${servers[@]}"
		rm -rf "${work:?}"/*
	done
done
exit $code
