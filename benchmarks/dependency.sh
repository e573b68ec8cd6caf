#!/usr/bin/env bash
# A dying dependency behind the sample's report: asked for twenty times a second, it breaks
# after 5 s and is mended after 35 s; once it fails at once, once it never answers. Prints
# a Markdown table and draws dependency-down.svg and dependency-slow.svg. About two minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -n "${SKIP_BUILD:-}" ] || ./mvnw -q -pl benchmarks,sample-wechat-backend -am package -DskipTests -Dmaven.javadoc.skip >&2
port=18181 pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null' EXIT
echo "| the dependency | until the breaker opens | errors in all | answers while open | mended → first report | mended → last fallback |"
echo "|---|---|---|---|---|---|"
for kind in down slow; do
	java -jar sample-wechat-backend/target/sample-wechat-backend-*-SNAPSHOT.jar --spring.profiles.active=demo --server.port=$port \
		--management.server.port=-1 \
		--server.hardening.routes.report.response.timeout=2s >/dev/null 2>&1 &
	pid=$!
	for _ in $(seq 150); do
		curl -sf -o /dev/null "localhost:$port/api/ping" && break
		sleep 0.2
	done
	java -cp "benchmarks/target/classes:$(tr ':' '\n' <benchmarks/target/classpath.txt | grep -v -e spring-data -e lettuce -e redis | paste -sd:)" \
		io.serverhardening.benchmarks.DyingDependency "http://localhost:$port" $kind "benchmarks/dependency-$kind.svg"
	kill "$pid"
	wait "$pid" 2>/dev/null || true
	pid=
done
