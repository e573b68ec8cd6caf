#!/usr/bin/env bash
# The microbenchmarks, with what they allocate: benchmarks/jmh.sh [JMH arguments]
set -euo pipefail
cd "$(dirname "$0")/.."
[ -n "${SKIP_BUILD:-}" ] || ./mvnw -q -pl benchmarks -am package -DskipTests -Dmaven.javadoc.skip >&2
exec java -cp "benchmarks/target/classes:$(cat benchmarks/target/classpath.txt)" org.openjdk.jmh.Main -prof gc "$@"
