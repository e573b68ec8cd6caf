#!/usr/bin/env bash
# Two instances on one Redis, of which one is killed (kill -9) at a random moment, ten
# times in turn, under 40 messages a second. A handler takes 50 to 500 ms and does half-way
# what must not be done twice; a sender sends again until it is answered, to whichever
# instance; each fifth message comes to both at once. Prints a Markdown table, and ends
# with 1 where a message was lost or was handled again without a reason.
#
#   benchmarks/kill.sh [seed]
set -euo pipefail
cd "$(dirname "$0")/.."
. benchmarks/sides.sh
. benchmarks/redis.sh

seed=${1:-$RANDOM}
echo "seed $seed" >&2
ports redis
redis redis
java -Xms128m -Xmx128m -cp "$classes" io.serverhardening.benchmarks.Kills "$work" "$seed" \
	--server.port=0 --spring.main.banner-mode=off --spring.application.name=kills --spring.jmx.enabled=false \
	--spring.data.redis.host=127.0.0.1 --spring.data.redis.port="${port[redis]}" \
	--server.hardening.routes.orders.path=/orders \
	--server.hardening.routes.orders.response.timeout=4s \
	--server.hardening.routes.orders.deduplication.key=header:Idempotency-Key \
	--server.hardening.routes.orders.deduplication.on-store-failure=reject \
	--server.hardening.routes.orders.deduplication.store-timeout=2s &
pid[kills]=$!
code=0
wait "${pid[kills]}" || code=$?
pid[kills]=
[ $code = 0 ] || grep -h StoreGate "$work"/*.log >&2 || true
exit $code
