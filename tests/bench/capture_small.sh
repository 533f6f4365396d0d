#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# capture with small requests, recording on, beside nginx as a reverse proxy in front of the same server, and beside the
# least that a proxy on its two libraries does.
. "$(dirname "$0")/lib.sh"
need nginx wrk curl jq
start_proxy() { # NAME
  if [ "$1" = nginx ]; then
    start_nginx_proxy nginx "${server_url[server]}"
  else # the next one goes on with the trace of the one before
    start_server capture "$bin/capture" -u "${server_url[server]}" -l 127.0.0.1:0 -o "$scratch/trace.jsonl.gz"
  fi
}
start_nginx_answer server && start_proxy nginx && start_proxy capture || summary
start_server bare "$peers/bare_proxy" "${server_url[server]}" || summary
requests_seen=0

load() { # NAME: sets rate (requests/s) and us (CPU of the proxy a request)
  local before after count
  before=$(cpu_of "${server_pid[$1]}")
  run wrk -t1 -c32 -d"${SECONDS_EACH}s" "${server_url[$1]}/n/0"
  after=$(cpu_of "${server_pid[$1]}")
  count=$(awk '/ requests in / { print $1 }' <<<"$out")
  check_equal "$1: no request fails" 0 "$(grep -c -e 'Non-2xx' -e 'Socket errors' <<<"$out")"
  rate=$(awk '$1 == "Requests/sec:" { print $2 }' <<<"$out")
  us=$(calc "($after - $before) * 1e6 / $count")
  [ "$1" = capture ] && requests_seen=$((requests_seen + count))
}
at_rate() { # NAME: sets p50_us, at 1000 requests/s, for a second
  run "$peers/bare_rate" "${server_url[$1]}" 1000 1 32
  check_equal "$1: no request fails at 1000/s" 0 "$status"
  p50_us=$(jq '.p50_s * 1e6' <<<"$out")
  [ "$1" = capture ] && requests_seen=$((requests_seen + $(jq .requests <<<"$out")))
}

for _ in $(seq "$ROUNDS"); do
  load nginx
  nginx_rate=$rate nginx_us=$us
  load bare
  bare_rate=$rate bare_us=$us
  load capture
  pair rate "$rate" "$nginx_rate"
  pair us "$us" "$nginx_us"
  pair bare_rate "$rate" "$bare_rate"
  pair bare_us "$us" "$bare_us"
done
# A process keeps the luck of the CPU that it was given: so many short turns, each with fresh proxies.
for _ in $(seq $((2 * ROUNDS))); do
  at_rate server
  server_us=$p50_us
  for name in nginx capture; do
    stop_server $name
    start_proxy $name && at_rate $name
    add "${name}_us" "$(calc "$p50_us - $server_us")"
    [ $name = nginx ] && nginx_us=$(calc "$p50_us - $server_us")
  done
  pair p50 "$(calc "$p50_us - $server_us")" "$nginx_us"
done
stop_server capture
ratio rate 'capture small, 32 connections: requests/s' '>=' 0.5 /s nginx
ratio us 'capture small, 32 connections: CPU us a request' '<=' 3 us nginx
ratio bare_rate 'capture small, 32 connections: requests/s' '>=' 0.6 /s 'bare proxy'
ratio bare_us 'capture small, 32 connections: CPU us a request' '<=' 2 us 'bare proxy'
ratio p50 'capture, 1000/s: added p50, us' '<=' 1.5 us nginx
# wrk leaves with requests under way, which capture has seen too: at most one a connection and round.
responses=$(zcat "$scratch/trace.jsonl.gz" | grep -c '"type":"response"')
dropped=$(zcat "$scratch/trace.jsonl.gz" | jq -s 'map(select(.type == "end")) | map(.dropped) | add')
check_equal 'no record is lost' "0 0" "${server_status[capture]} $dropped"
check 'every request is recorded' test "$responses" -ge "$requests_seen" -a "$responses" -le $((requests_seen + 32 * ROUNDS))
summary
