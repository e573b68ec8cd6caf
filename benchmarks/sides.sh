# Sourced by the scripts that compare applications, the sides, in one run.
#
# Every round starts all sides afresh, in random order; warms each for 18 s in turns of
# 6 s; and loads each for 10 s with 64 connections. CPU is the server process's own (user
# + system), per request; figures are medians over rounds, and ratios the medians of each
# round's ratio. Everything stays on loopback.
warm_turn=6s warm_turns=3 load=10s connections=64
sides=()
declare -A classpath main arguments port pid
work=$(mktemp -d)
trap 'for p in "${pid[@]:-}"; do [ -n "$p" ] && kill "$p" 2>/dev/null; done; rm -rf "$work"' EXIT

need() { command -v "$1" >/dev/null || { apt-get update -qq && apt-get install -y -qq "$2" >/dev/null; }; }
need wrk wrk; need jq jq; need curl curl

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

# warm SIDE...
warm() {
	local name
	for _ in $(seq $warm_turns); do
		for name in "$@"; do
			wrk -t1 -c$connections -d$warm_turn "http://localhost:${port[$name]}/ping" >/dev/null
		done
	done
	sleep 2
}

# measure SIDE: appends to $work/SIDE.{cpu,rate,alloc,refused}
measure() {
	local before bytes after bytes_after requests
	before=$(ticks "$1") bytes=$(allocated "$1")
	wrk -t1 -c$connections -d$load "http://localhost:${port[$1]}/ping" >"$work/wrk"
	after=$(ticks "$1") bytes_after=$(allocated "$1")
	requests=$(awk '/requests in/ {print $1}' "$work/wrk")
	awk -v t=$((after - before)) -v n="$requests" -v hz="$(getconf CLK_TCK)" 'BEGIN {print t / hz * 1e6 / n}' >>"$work/$1.cpu"
	awk '/Requests\/sec/ {print $2}' "$work/wrk" >>"$work/$1.rate"
	awk -v b=$((bytes_after - bytes)) -v n="$requests" 'BEGIN {print b / n}' >>"$work/$1.alloc"
	awk -v n="$requests" '/Non-2xx/ {refused = $NF} END {print 100 * refused / n}' "$work/wrk" >>"$work/$1.refused"
	echo "$1: $(tail -n1 "$work/$1.rate") requests/s, $(tail -n1 "$work/$1.cpu") µs CPU, $(tail -n1 "$work/$1.alloc") B a request, $(tail -n1 "$work/$1.refused") % refused" >&2
}

median() { sort -g "$1" | awk '{v[NR] = $1} END {m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2; printf (m < 1000) ? "%.4g" : "%.0f", m}'; }

# ratios SIDE OTHER FIGURE: the median of each round's ratio
ratios() {
	paste "$work/$1.$3" "$work/$2.$3" | awk '{print $1 / $2}' >"$work/ratio"
	median "$work/ratio"
}
