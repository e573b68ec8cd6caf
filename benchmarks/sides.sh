# Sourced by the scripts that compare applications, the sides, in one run.
#
# Every round starts all sides afresh, in random order; warms each in turns of 6 s, three
# unless a script says otherwise; and loads each for 10 s with 64 connections (over HTTP/2
# with 16 connections of ten streams). CPU is the server process's own (user + system),
# per request; figures are medians over rounds, and ratios the medians of each round's
# ratio. Everything stays on loopback.
warm_turn=6 warm_turns=${warm_turns:-3} load=10 connections=64 http2=
sides=()
declare -A classpath main arguments port pid
work=$(mktemp -d)
trap 'for p in "${pid[@]:-}"; do [ -n "$p" ] && kill "$p" 2>/dev/null; done; rm -rf "$work"' EXIT

need() { command -v "$1" >/dev/null || { apt-get update -qq && apt-get install -y -qq "$2" >/dev/null; }; }
need wrk wrk; need jq jq; need curl curl; need h2load nghttp2-client

# build: packages what is measured, and sets its class paths, $with and $plain, its
# $application, and the arguments that switch admission $on
build() {
	[ -n "${SKIP_BUILD:-}" ] || ./mvnw -q -pl benchmarks -am package -DskipTests -Dmaven.javadoc.skip >&2
	with=benchmarks/target/classes:$(tr ':' '\n' <benchmarks/target/classpath.txt | grep -v -e spring-data -e lettuce -e redis | paste -sd:)
	plain=$(tr ':' '\n' <<<"$with" | grep -v -e server-hardening -e '/autoconfigure/' -e '/starter/' -e resilience4j | paste -sd:)
	application=io.serverhardening.benchmarks.BenchmarkApplication
	on="--server.hardening.routes.stats.path=/stats --server.hardening.routes.stats.rate-limit.enabled=false --server.hardening.rate-limit.enabled=true --server.hardening.concurrency.enabled=true --server.hardening.circuit-breaker.enabled=true"
}

# side NAME CLASSPATH MAIN [ARGUMENTS]
side() {
	sides+=("$1")
	classpath[$1]=$2 main[$1]=$3 arguments[$1]=${4:-} port[$1]=$((18080 + ${#sides[@]})) pid[$1]=
}

start() {
	# shellcheck disable=SC2086 # arguments are words
	java -Xms256m -Xmx256m -XX:+UseG1GC -cp "${classpath[$1]}" "${main[$1]}" \
		--server.port="${port[$1]}" --spring.main.banner-mode=off ${arguments[$1]} >"$work/$1.log" 2>&1 &
	pid[$1]=$!
	for _ in $(seq 150); do
		curl -s -o /dev/null "localhost:${port[$1]}/ping" && return
		sleep 0.2
	done
	cat "$work/$1.log" >&2
	exit 1
}

stop() {
	kill "${pid[$1]}"
	wait "${pid[$1]}" 2>/dev/null || true
	pid[$1]=
}

ticks() { awk '{print $14 + $15}' "/proc/${pid[$1]}/stat"; }
allocated() { curl -s "localhost:${port[$1]}/stats" | jq .allocatedBytes; }

# fire SIDE SECONDS: writes how many requests there were, how many a second and how many
# of them were refused to $work/load
fire() {
	local url="http://localhost:${port[$1]}/ping"
	if [ -n "$http2" ]; then
		h2load -t1 -c16 -m10 -D"$2" "$url" | awk -v s="$2" '
			/^requests:/ {n = $2} /^status codes:/ {refused = n - $3}
			END {print n, n / s, refused}' >"$work/load"
	else
		wrk -t1 -c$connections -d"$2"s "$url" | awk '
			/requests in/ {n = $1} /Requests\/sec/ {rate = $2} /Non-2xx/ {refused = $NF}
			END {print n, rate, refused + 0}' >"$work/load"
	fi
}

# warm SIDE...
warm() {
	local name
	for _ in $(seq $warm_turns); do
		for name in "$@"; do
			fire "$name" $warm_turn
		done
	done
	sleep 2
}

# measure SIDE: appends to $work/SIDE.{cpu,rate,alloc,refused}
measure() {
	local before bytes after bytes_after requests rate refused
	before=$(ticks "$1") bytes=$(allocated "$1")
	fire "$1" $load
	after=$(ticks "$1") bytes_after=$(allocated "$1")
	read -r requests rate refused <"$work/load"
	awk -v t=$((after - before)) -v n="$requests" -v hz="$(getconf CLK_TCK)" 'BEGIN {print t / hz * 1e6 / n}' >>"$work/$1.cpu"
	echo "$rate" >>"$work/$1.rate"
	awk -v b=$((bytes_after - bytes)) -v n="$requests" 'BEGIN {print b / n}' >>"$work/$1.alloc"
	awk -v n="$requests" -v refused="$refused" 'BEGIN {print 100 * refused / n}' >>"$work/$1.refused"
	echo "$1: $(tail -n1 "$work/$1.rate") requests/s, $(tail -n1 "$work/$1.cpu") µs CPU, $(tail -n1 "$work/$1.alloc") B a request, $(tail -n1 "$work/$1.refused") % refused" >&2
}

median() { sort -g "$1" | awk '{v[NR] = $1} END {m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2; printf (m < 1000) ? "%.4g" : "%.0f", m}'; }

# ratios SIDE OTHER FIGURE: the median of each round's ratio
ratios() {
	paste "$work/$1.$3" "$work/$2.$3" | awk '{print $1 / $2}' >"$work/ratio"
	median "$work/ratio"
}
