# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Helpers of the benchmarks, on top of tests/lib.sh. A benchmark measures ours and its floor or peer in turn, ROUNDS
# times, and judges the median of the ratios: what else the machine does then meets both of a pair.
#
#   ROUNDS, SECONDS_EACH     pairs, and seconds of each half (BENCH_ROUNDS 5, BENCH_SECONDS 2)
#   pair NAME OURS FLOOR     one pair of the list NAME, measured in the same minute
#   ratio NAME TITLE OP REACH UNIT FLOOR   one row: ours / FLOOR of the list's pairs; OP (<= or >=) REACH decides
#   add LIST NUMBER          appends to a list of single numbers; median LIST prints its median
#   figure TITLE SEEN OP REACH WORDS       one row of a figure that has no floor, a memory's size say
#   skipped TITLE REASON     a row that could not be measured; it is not a passed one
#   calc EXPRESSION          prints the number
#   cpu_of PID               CPU seconds so far, all threads
#   free_port                prints a port of 127.0.0.1 that nobody listens on
#   start_nginx NAME HTTP    an nginx of one process with this server block ("PORT" stands for its port); server_url[NAME]
#
# Each row is a line of JSON in $BENCH_ROWS too: title, ours, floor, unit, ratio, ratio_min, ratio_max, pairs, op, reach, ok.
# shellcheck source=tests/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck disable=SC2034
ROUNDS=${BENCH_ROUNDS:-5} SECONDS_EACH=${BENCH_SECONDS:-2}
BENCH_ROWS=${BENCH_ROWS:-/dev/null}
peers=$BUILD/tests/bench
ticks=$(getconf CLK_TCK)
declare -A lists=()

calc() { awk "BEGIN { printf \"%.9g\", ($1) }"; } # in brackets: a > would be a redirection
add() { lists[$1]+="$2 "; }
median() {
  tr ' ' '\n' <<<"${lists[$1]}" | grep . | sort -g |
    awk '{ v[NR] = $1 } END { printf "%.5g", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}
pair() { lists[$1]+="$2:$3 "; }

reaches() { # SEEN OP REACH
  awk -v s="$1" -v op="$2" -v r="$3" \
    'BEGIN { exit !(s ~ /^[-+.0-9eE]+$/ && (op == "<=" ? s + 0 <= r + 0 : s + 0 >= r + 0)) }'
}
judge() { # SEEN OP REACH: sets verdict and ok
  verdict=MISSED ok=false
  if reaches "$@"; then
    verdict=ok ok=true
    cases_passed=$((cases_passed + 1))
  else
    cases_failed=$((cases_failed + 1))
  fi
}

# Medians of ours, of the floor and of their ratio, and the ratio's least and most: "OURS FLOOR RATIO MIN MAX PAIRS".
medians() {
  tr ' ' '\n' <<<"${lists[$1]}" | awk -F: '
    function median(v, n,  i, j, t) {
      for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j] < v[j - 1]; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
      return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
    }
    NF == 2 && $2 + 0 > 0 { n++; ours[n] = $1 + 0; floor[n] = $2 + 0; ratio[n] = $1 / $2 }
    END { if (n) { r = median(ratio, n); printf "%.5g %.5g %.5g %.5g %.5g %d\n", median(ours, n), median(floor, n), r, ratio[1], ratio[n], n } }'
}
ratio() {
  local ours floor seen least most pairs
  read -r ours floor seen least most pairs <<<"$(medians "$1")"
  if [ -z "$pairs" ]; then
    fail "$2 / $6" 'no pair was measured'
    return
  fi
  judge "$seen" "$3" "$4"
  printf '%-7s %-58s %7.3g [%.3g, %.3g] %s %-5s %s %s, %s %s\n' "$verdict" "$2 / $6" "$seen" "$least" "$most" "$3" "$4" \
    "$ours" "$5" "$6" "$floor"
  jq -nc --arg title "$2 / $6" --arg unit "$5" --arg op "$3" '$ARGS.named + {ours: '"$ours"', floor: '"$floor"',
    ratio: '"$seen"', ratio_min: '"$least"', ratio_max: '"$most"', pairs: '"$pairs"', reach: '"$4"', ok: '"$ok"'}' >>"$BENCH_ROWS"
}
figure() {
  judge "$2" "$3" "$4"
  printf '%-7s %-58s %7.3g %s %-5s %s\n' "$verdict" "$1" "$2" "$3" "$4" "$5"
  jq -nc --arg title "$1" --arg op "$3" '$ARGS.named + {ours: '"$2"', reach: '"$4"', ok: '"$ok"'}' >>"$BENCH_ROWS"
}
skipped() {
  cases_skipped=$((cases_skipped + 1))
  printf '%-7s %-58s %s\n' skipped "$1" "$2"
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
