#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# capture with 64 streams, recording on, beside nginx: as fast as events come one a send, and paced.
. "$(dirname "$0")/lib.sh"
need nginx curl jq
streams=64

through() { # NAME EVENTS RATE: sets per_s (events), us (CPU of the proxy an event) and ms (p99 of the gaps' errors)
  local name=$1 before after
  before=$(cpu_of "${server_pid[$name]}")
  run "$peers/bare_sse" "${server_url[$name]}" $streams "$2" "$3"
  after=$(cpu_of "${server_pid[$name]}")
  check_equal "$name: every event arrives" "0 $((streams * $2))" "$status $(jq .events <<<"$out")"
  per_s=$(jq '.events / .wall_s' <<<"$out")
  us=$(calc "($after - $before) * 1e6 / ($streams * $2)")
  ms=$(jq '(.gap_error_p99_s // 0) * 1e3' <<<"$out")
}

measure() { # EVENTS RATE [event]
  lists=()
  rm -f "$scratch/trace.jsonl.gz"
  start_server pacer "$peers/pacer" "$2" "$1" "${3:-}" && start_nginx_proxy nginx "${server_url[pacer]}" || summary
  start_server capture "$bin/capture" -u "${server_url[pacer]}" -l 127.0.0.1:0 -o "$scratch/trace.jsonl.gz" || summary
  for _ in $(seq "$ROUNDS"); do
    through nginx "$1" "$2"
    local nginx_per_s=$per_s nginx_us=$us nginx_ms=$ms
    through capture "$1" "$2"
    pair per_s "$per_s" "$nginx_per_s"
    pair us "$us" "$nginx_us"
    pair ms "$ms" "$nginx_ms"
  done
  stop_server nginx && stop_server capture && stop_server pacer
  check_equal 'every response and event is recorded' "$((ROUNDS * streams)) $((ROUNDS * streams * $1)) 0" \
    "$(zcat "$scratch/trace.jsonl.gz" | jq -s -r 'map(select(.type == "response")) |
      "\(length) \(map(.events) | add) \(map(select(.error)) | length)"')"
}

measure 10000 0 event
ratio per_s 'capture firehose, 64 streams: events/s' '>=' 0.8 /s nginx
for rate in 100 1000; do
  measure $((rate * SECONDS_EACH)) $rate
  ratio us "capture 64 streams x $rate/s: CPU us an event" '<=' 1.2 us nginx
  ratio ms "capture 64 streams x $rate/s: error of gaps, p99 ms" '<=' 1.5 ms nginx
done
summary
