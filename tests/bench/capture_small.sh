#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# capture with small requests, recording on, beside nginx and mitmproxy as reverse proxies in front of the same server.
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
requests_seen=0

mitm_listens() { answers "${server_url[mitm]}/n/0"; }
start_mitm() {
  command -v mitmdump >/dev/null || return 1
  local port
  port=$(free_port)
  mitmdump -q --set confdir="$scratch/mitm" --mode "reverse:${server_url[server]}" --listen-host 127.0.0.1 -p "$port" \
    -w "$scratch/mitm.flows" >"$scratch/mitm.out" 2>&1 </dev/null &
  server_pid[mitm]=$!
  server_url[mitm]=http://127.0.0.1:$port
  wait_for 20 mitm_listens
}

load() { # NAME: requests/s and CPU us of the proxy per request
  local before after count
  before=$(cpu_of "${server_pid[$1]}")
  run wrk -t1 -c32 -d"${SECONDS_EACH}s" "${server_url[$1]}/n/0"
  after=$(cpu_of "${server_pid[$1]}")
  count=$(awk '/ requests in / { print $1 }' <<<"$out")
  check_equal "$1: no request fails" 0 "$(grep -c -e 'Non-2xx' -e 'Socket errors' <<<"$out")"
  add "$1" "$(awk '$1 == "Requests/sec:" { print $2 }' <<<"$out")"
  add "$1_us" "$(calc "($after - $before) * 1e6 / $count")"
  [ "$1" = capture ] && requests_seen=$((requests_seen + count))
}
at_rate() { # NAME: p50 in us at 1000 requests/s, for a second
  run "$peers/bare_rate" "${server_url[$1]}" 1000 1 32
  check_equal "$1: no request fails at 1000/s" 0 "$status"
  add "$1_p50_us" "$(jq '.p50_s * 1e6' <<<"$out")"
  [ "$1" = capture ] && requests_seen=$((requests_seen + $(jq .requests <<<"$out")))
}

for _ in $(seq "$ROUNDS"); do
  load nginx
  load capture
done
# What a machine does besides comes and goes in seconds, and a process keeps the luck of the CPU that it was given: so
# many short turns, each with fresh proxies.
for _ in $(seq $((ROUNDS * SECONDS_EACH))); do
  at_rate server
  for name in nginx capture; do
    stop_server $name
    start_proxy $name && at_rate $name
  done
done
if start_mitm; then
  load mitm
  stop_server mitm
fi
stop_server capture
figure 'capture small, 32 connections: requests/s of nginx' "$(calc "$(median capture) / $(median nginx)")" '>=' 0.25 \
  "capture $(median capture)/s, $(median capture_us) us each; nginx $(median nginx)/s, $(median nginx_us) us"
name='capture small, 32 connections: requests/s of mitmproxy'
if [ -n "${lists[mitm]:-}" ]; then
  figure "$name" "$(calc "$(median capture) / $(median mitm)")" '>=' 10 "mitmdump, writing its flows: $(median mitm)/s"
else
  skipped "$name" 'no mitmdump here'
fi
added_nginx=$(calc "$(median nginx_p50_us) - $(median server_p50_us)")
added_capture=$(calc "$(median capture_p50_us) - $(median server_p50_us)")
figure 'capture, 1000/s: added p50 of that of nginx' "$(calc "$added_capture / $added_nginx")" '<=' 2 \
  "capture adds $added_capture us, nginx $added_nginx us to $(median server_p50_us) us"
# wrk leaves with requests under way, which capture has seen too: at most one a connection and round.
responses=$(zcat "$scratch/trace.jsonl.gz" | grep -c '"type":"response"')
dropped=$(zcat "$scratch/trace.jsonl.gz" | jq -s 'map(select(.type == "end")) | map(.dropped) | add')
check_equal 'no record is lost' "0 0" "${server_status[capture]} $dropped"
check 'every request is recorded' test "$responses" -ge "$requests_seen" -a "$responses" -le $((requests_seen + 32 * ROUNDS))
summary
