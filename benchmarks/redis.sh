# Sourced by the scripts whose applications run in processes that are killed, after
# sides.sh: what they run, and a Redis of their own, on ports that the system chooses.
need redis-server redis-server; need redis-cli redis-tools

[ -n "${SKIP_BUILD:-}" ] || ./mvnw -q -pl benchmarks -am package -DskipTests -Dmaven.javadoc.skip >&2
classes=benchmarks/target/classes:$(tr ':' '\n' <benchmarks/target/classpath.txt | grep -v -e resilience4j | paste -sd:)

# ports NAME...
ports() {
	local name chosen
	mapfile -t chosen < <(java -cp "$classes" io.serverhardening.benchmarks.FreePorts $#)
	for name in "$@"; do
		port[$name]=${chosen[0]}
		chosen=("${chosen[@]:1}")
	done
}

# redis NAME [ARGUMENTS]
redis() {
	local name=$1; shift
	mkdir -p "$work/$name"
	redis-server --port "${port[$name]}" --bind 127.0.0.1 --save '' --dir "$work/$name" "$@" >"$work/$name.log" &
	pid[$name]=$!
	for _ in $(seq 50); do redis-cli -p "${port[$name]}" ping >/dev/null 2>&1 && return; sleep 0.1; done
	cat "$work/$name.log" >&2
	exit 1
}

# gone NAME...: what is not there any more is no error
gone() {
	local name
	for name in "$@"; do
		kill "${pid[$name]}" 2>/dev/null || true
		wait "${pid[$name]}" 2>/dev/null || true
		pid[$name]=
	done
}
