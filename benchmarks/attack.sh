#!/usr/bin/env bash
# Attacks a plain server, the same with the starter, and nginx in front of a plain one,
# one attack and one server at a time, each freshly started. Prints one Markdown table and
# draws benchmarks/attack.svg: connections held and memory over time.
#
#   benchmarks/attack.sh [attack ...]      all of them by default, about 35 minutes
#
# The clocks are the starter's defaults (10 s for a head, 240 B/s after 5 s, 30 s for a
# write) but for idleness, 15 s instead of 75 s so as to see its end, max-open (12000) and,
# for readers, response.min-rate (16KB): at 240 B/s somebody on the same host who takes
# 256 KB and stops has time for 18 minutes. nginx has the same clocks where it has such a
# clock. Everything stays on loopback, bounded in number and time.
set -euo pipefail
cd "$(dirname "$0")/.."
need() { command -v "$1" >/dev/null || { apt-get update -qq && apt-get install -y -qq "$2" >/dev/null; }; }
need curl curl; need nginx nginx-light

[ -n "${SKIP_BUILD:-}" ] || ./mvnw -q -pl benchmarks -am package -DskipTests -Dmaven.javadoc.skip >&2
ulimit -n 40000 2>/dev/null || ulimit -n "$(ulimit -Hn)"
with=benchmarks/target/classes:$(tr ':' '\n' <benchmarks/target/classpath.txt | grep -v -e spring-data -e lettuce -e redis | paste -sd:)
plain=$(tr ':' '\n' <<<"$with" | grep -v -e server-hardening -e '/autoconfigure/' -e '/starter/' | paste -sd:)
work=$(mktemp -d)
pids=()
# A server under attack may take long to say goodbye; nginx has to tell its worker.
stop() {
	for p in "${pids[@]:-}"; do
		[ -n "$p" ] || continue
		if [ "$(cat "/proc/$p/comm" 2>/dev/null)" = nginx ]; then kill "$p" || true; else kill -9 "$p" 2>/dev/null || true; fi
		wait "$p" 2>/dev/null || true
	done
	pids=()
}
trap 'stop; rm -rf "$work"' EXIT
port=18091 upstream=18092
client="java -Xmx512m -cp benchmarks/target/classes io.serverhardening.benchmarks.Attacker"

# The heap is touched before, so that what grows is not it.
java_server() {
	java -Xms384m -Xmx384m -XX:+AlwaysPreTouch -XX:+UseG1GC -cp "$1" io.serverhardening.benchmarks.BenchmarkApplication \
		--server.port="$2" --spring.main.banner-mode=off --server.http2.enabled="$3" "${@:4}" >>"$work/server.log" 2>&1 &
	pids+=($!)
	for _ in $(seq 150); do curl -sf "localhost:$2/ping" >/dev/null && return; sleep 0.2; done
	cat "$work/server.log" >&2; exit 1
}
start() { # side, HTTP/2, attack
	case $1 in
	plain) java_server "$plain" $port "$2" ;;
	starter)
		local rate=240B
		case $3 in readers-*) rate=16KB ;; esac
		java_server "$with" $port "$2" --server.hardening.connection.idle-timeout=15s \
			--server.hardening.connection.max-open=12000 --server.hardening.response.min-rate=$rate
		;;
	nginx)
		java_server "$plain" $upstream false
		local http2=; [ "$2" = true ] && http2=http2
		cat >"$work/nginx.conf" <<-CONF
			user root; worker_processes 1; worker_rlimit_nofile 40000; daemon off; pid $work/nginx.pid; error_log /dev/null;
			events { worker_connections 15000; }
			http {
				access_log off; client_header_timeout 10s; client_body_timeout 5s; send_timeout 30s; keepalive_timeout 15s;
				client_max_body_size 10m; reset_timedout_connection on; proxy_max_temp_file_size 0;
				client_body_temp_path $work/body; proxy_temp_path $work/proxy;
				upstream app { server 127.0.0.1:$upstream; keepalive 64; }
				server { listen $port $http2; location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; } }
			}
		CONF
		nginx -c "$work/nginx.conf" -e /dev/null >/dev/null 2>&1 &
		pids+=($!)
		sleep 1
		;;
	esac
	$client probe $port 2 >/dev/null
}
# nginx' memory is its own and its worker's.
watched() { case $1 in nginx) echo "${pids[1]},$(pgrep -P "${pids[1]}" | paste -sd,)" ;; *) echo "${pids[0]}" ;; esac; }

$client list >"$work/attacks"
[ $# -gt 0 ] && { for name in "$@"; do grep "^$name " "$work/attacks"; done >"$work/chosen"; mv "$work/chosen" "$work/attacks"; }
while read -r attack http2; do
	for side in plain starter nginx; do
		: >"$work/server.log"
		start $side "$http2" "$attack"
		before=$(wc -l <"$work/server.log")
		seconds=15
		if [ "$http2" = true ] && [ $side = nginx ]; then echo "- - -" >"$work/$attack.$side.quiet"; else
			$client probe $port 3 >"$work/$attack.$side.quiet"
			$client probe $port $seconds >"$work/$attack.$side.probe" &
			prober=$!
		fi
		$client "$attack" $port "$(watched $side)" >"$work/$attack.$side.csv"
		if [ "$http2" = true ] && [ $side = nginx ]; then echo "- - -" >"$work/$attack.$side.probe"; else wait $prober; fi
		echo $(($(wc -l <"$work/server.log") - before)) >"$work/$attack.$side.log"
		stop
		echo "$attack $side: $(tail -n 1 "$work/$attack.$side.csv"), prober $(cat "$work/$attack.$side.probe")" >&2
		sleep 1
	done
done <"$work/attacks"
java -cp benchmarks/target/classes io.serverhardening.benchmarks.AttackReport "$work" benchmarks/attack.svg
