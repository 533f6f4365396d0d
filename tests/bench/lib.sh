# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Helpers of the benchmarks, on top of tests/lib.sh. A benchmark measures ours and its peers in turn, ROUNDS times, and
# judges the median, as a ratio where there is a peer: other work on the machine then hits both.
#
#   ROUNDS, SECONDS_EACH     how often and how long (BENCH_ROUNDS 3, BENCH_SECONDS 4)
#   add LIST NUMBER          appends to the list of that name; median LIST prints its median
#   figure NAME SEEN OP REACH WORDS   one row: SEEN OP REACH (<= or >=) decides; WORDS say what stands behind it
#   skipped NAME REASON      a row that could not be measured; it is not a passed one
#   calc EXPRESSION          prints the number
#   cpu_of PID               CPU seconds so far, all threads
#   free_port                prints a port of 127.0.0.1 that nobody listens on
#   start_nginx NAME HTTP    an nginx of one process with this server block ("PORT" stands for its port); server_url[NAME]
# shellcheck source=tests/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck disable=SC2034
ROUNDS=${BENCH_ROUNDS:-3} SECONDS_EACH=${BENCH_SECONDS:-4}
peers=$BUILD/tests/bench
ticks=$(getconf CLK_TCK)
declare -A lists=()

calc() { awk "BEGIN { printf \"%.9g\", ($1) }"; } # in brackets: a > would be a redirection
add() { lists[$1]+="$2 "; }
median() {
  tr ' ' '\n' <<<"${lists[$1]}" | grep . | sort -g |
    awk '{ v[NR] = $1 } END { printf "%.5g", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}
figure() {
  local verdict=MISSED
  if awk -v s="$2" -v op="$3" -v r="$4" \
    'BEGIN { exit !(s ~ /^[-+.0-9eE]+$/ && (op == "<=" ? s + 0 <= r + 0 : s + 0 >= r + 0)) }'; then
    verdict=ok
    cases_passed=$((cases_passed + 1))
  else
    cases_failed=$((cases_failed + 1))
  fi
  printf '%-7s %-52s %9.3g %s %-6s %s\n' "$verdict" "$1" "$2" "$3" "$4" "$5"
}
skipped() {
  cases_skipped=$((cases_skipped + 1))
  printf '%-7s %-52s %s\n' skipped "$1" "$2"
}

# The command's name may hold spaces and brackets: count fields after the last bracket.
cpu_of() { sed 's/.*) //' "/proc/$1/stat" | awk -v t="$ticks" '{ print ($12 + $13) / t }'; }

free_port() {
  local port
  while port=$((20000 + RANDOM % 20000)) && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}

answers() { curl -sS -o /dev/null -m 5 "$1" 2>/dev/null; }
start_nginx() {
  local name=$1 port
  port=$(free_port)
  mkdir -p "$scratch/$name.d"
  cat >"$scratch/$name.conf" <<EOF
daemon off; master_process off; pid $scratch/$name.pid; error_log stderr error;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 1000000000; client_body_temp_path $scratch/$name.d; proxy_temp_path $scratch/$name.d;
  fastcgi_temp_path $scratch/$name.d; uwsgi_temp_path $scratch/$name.d; scgi_temp_path $scratch/$name.d;
  ${2//PORT/$port}
}
EOF
  nginx -c "$scratch/$name.conf" -p "$scratch" >"$scratch/$name.out" 2>"$scratch/$name.err" </dev/null &
  server_pid[$name]=$!
  server_url[$name]=http://127.0.0.1:$port
  wait_for 5 answers "${server_url[$name]}/" && return 0
  fail "nginx starts" "$(cat "$scratch/$name.err")"
  return 1
}
# nginx as a reverse proxy in front of URL, with as many kept connections as capture may have
start_nginx_proxy() { # NAME URL
  start_nginx "$1" "upstream up { server ${2#http://}; keepalive 1024; }
  server { listen 127.0.0.1:PORT backlog=4096; location / {
    proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection \"\";
    proxy_buffering off; proxy_read_timeout 600s; } }"
}
start_nginx_answer() { # NAME: answers everything at once, in 3 bytes
  start_nginx "$1" 'server { listen 127.0.0.1:PORT backlog=4096; location / { default_type text/plain; return 200 "ok\n"; } }'
}
