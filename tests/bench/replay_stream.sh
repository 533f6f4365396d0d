#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# replay with streams that are paced as continuous batching paces them (every step one event to every stream), and with
# streams that come as fast as they are read, beside a bare loop of epoll and recv.
. "$(dirname "$0")/lib.sh"
need jq
trace=tests/bench/chat.trace.jsonl

replay() { # STREAMS
  run "$peers/cost" "$scratch/cost.json" "$bin/replay" $trace -u "${server_url[pacer]}" -W "$1" -B "$1" -r 1 \
    --warmup 0 --force -o "$scratch/run.jsonl"
  check_equal 'replay ends well' 0 "$status"
  jq -s '[.[] | select(.type == "request")] as $r | {
    events: ($r | map(.events) | add), failed: ($r | map(select(.error)) | length),
    total_s: (.[] | select(.type == "batch") | .total_s),
    gap_p99_s: ($r | map(.itl_s.p99) | sort | .[length / 2 | floor])}' "$scratch/run.jsonl" >"$scratch/replay.json"
}
value() { jq ".$2" "$scratch/$1.json"; }

paced() { # STREAMS RATE MOST_GAP_ERROR_MS
  local streams=$1 rate=$2 most_ms=$3 events=$(($2 * SECONDS_EACH * 2)) words="$1 streams x $2/s"
  lists=()
  start_server pacer "$peers/pacer" "$rate" "$events" || return
  for _ in $(seq "$ROUNDS"); do
    run "$peers/bare_sse" "${server_url[pacer]}" "$streams" "$events" "$rate"
    echo "$out" >"$scratch/bare.json"
    add bare_us "$(calc "$(value bare cpu_s) * 1e6 / $(value bare events)")"
    add bare_ms "$(calc "$(value bare gap_p99_s) * 1e3")"
    replay "$streams"
    check_equal 'every event is counted' $((streams * events)) "$(value replay events)"
    add us "$(calc "$(value cost cpu_s) * 1e6 / $(value replay events)")"
    add ms "$(calc "($(value replay gap_p99_s) - 1 / $rate) * 1e3")"
  done
  stop_server pacer
  figure "replay $words: CPU us per event" "$(median us)" '<=' 12 \
    "bare loop $(median bare_us) us"
  local name="replay $words: gap error p99, ms"
  if [ "$(calc "$(median bare_ms) > $most_ms && $(median ms) > $most_ms")" = 1 ]; then
    skipped "$name" "the machine is too busy: $(median ms) ms, and the bare loop $(median bare_ms) ms (reach $most_ms)"
  else
    figure "$name" "$(median ms)" '<=' "$most_ms" "bare loop $(median bare_ms) ms"
  fi
}

firehose() {
  local streams=64 events=20000
  lists=()
  start_server pacer "$peers/pacer" 0 $events || return
  for _ in $(seq "$ROUNDS"); do
    run "$peers/bare_sse" "${server_url[pacer]}" $streams $events 0
    echo "$out" >"$scratch/bare.json"
    add bare "$(calc "$(value bare events) / $(value bare cpu_s) / 1e6")"
    if command -v node >/dev/null; then
      run node tests/bench/node_sse.mjs "${server_url[pacer]}" $streams
      add node "$(jq '.events / .wall_s / 1e6' <<<"$out")"
    fi
    replay $streams
    check_equal 'every event is counted' $((streams * events)) "$(value replay events)"
    add wall "$(calc "$(value replay events) / $(value replay total_s) / 1e6")"
    add core "$(calc "$(value replay events) / $(value cost cpu_s) / 1e6")"
  done
  stop_server pacer
  figure 'replay firehose, 64 streams: million events/s' "$(median wall)" '>=' 0.8 \
    "per CPU second $(median core) M; bare loop $(median bare) M, node ${lists[node]:+$(median node) M}"
  figure 'replay firehose: million events per CPU second' "$(median core)" '>=' 0.8 "one core, all of the program's time"
  name='replay firehose: events/s of node'
  if [ -n "${lists[node]:-}" ]; then
    figure "$name" "$(calc "$(median wall) / $(median node)")" '>=' 1.7 "node $(median node) M events/s"
  else
    skipped "$name" 'no node here'
  fi
}

paced 64 100 1.5
paced 512 50 4
firehose
summary
