#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# replay with streams that are paced as continuous batching paces them (every step one event to every stream), and with
# streams that come as fast as they are read, beside a bare loop of epoll and recv. Of paced streams the CPU is that of
# their events: that of a run with one event a stream, its start and connections, is taken off.
. "$(dirname "$0")/lib.sh"
need jq
trace=tests/bench/chat.trace.jsonl

replay() { # STREAMS [SERVER]
  run "$peers/cost" "$scratch/cost.json" "$bin/replay" $trace -u "${server_url[${2:-pacer}]}" -W "$1" -B "$1" -r 1 \
    --warmup 0 --keep-invalid --force -o "$scratch/run.jsonl"
  check_equal 'replay ends well' 0 "$status"
  jq -s '[.[] | select(.type == "request")] as $r | {
    events: ($r | map(.events) | add), failed: ($r | map(select(.error)) | length),
    total_s: (.[] | select(.type == "batch") | .total_s),
    gap_p99_s: ($r | map(.itl_s.p99) | sort | .[length / 2 | floor])}' "$scratch/run.jsonl" >"$scratch/replay.json"
}
value() { jq ".$2" "$scratch/$1.json"; }
bare() { # STREAMS EVENTS RATE
  run "$peers/bare_sse" "${server_url[pacer]}" "$1" "$2" "$3"
  echo "$out" >"$scratch/bare.json"
}
us() { calc "$(value "$1" cpu_s) * 1e6 / $(value "${2:-$1}" events)"; } # FILE [FILE_OF_EVENTS]

paced() { # STREAMS RATE
  local streams=$1 rate=$2 events=$(($2 * SECONDS_EACH)) title="replay $1 streams x $2/s: "
  lists=()
  start_server pacer "$peers/pacer" "$rate" "$events" && start_server first "$peers/pacer" "$rate" 1 || return
  for _ in $(seq "$ROUNDS"); do
    bare "$streams" "$events" "$rate"
    replay "$streams" first
    local first_s
    first_s=$(value cost cpu_s)
    replay "$streams"
    check_equal 'every event is counted' $((streams * events)) "$(value replay events)"
    pair us "$(calc "($(value cost cpu_s) - $first_s) * 1e6 / ($streams * ($events - 1))")" "$(us bare)"
    pair ms "$(calc "($(value replay gap_p99_s) - 1 / $rate) * 1e3")" "$(calc "$(value bare gap_p99_s) * 1e3")"
  done
  stop_server pacer && stop_server first
  ratio us "${title}CPU us an event" '<=' 1.5 us 'bare loop'
  ratio ms "${title}error of gaps, p99 ms" '<=' 1.2 ms 'bare loop'
}

firehose() {
  local streams=64 events=20000 title='replay firehose, 64 streams: '
  lists=()
  start_server pacer "$peers/pacer" 0 $events || return
  for _ in $(seq "$ROUNDS"); do
    bare $streams $events 0
    replay $streams
    check_equal 'every event is counted' $((streams * events)) "$(value replay events)"
    pair us "$(us cost replay)" "$(us bare)"
    add core "$(calc "1 / $(us cost replay)")"
    if command -v node >/dev/null; then
      run node tests/bench/node_sse.mjs "${server_url[pacer]}" $streams
      pair node "$(calc "$(value replay events) / $(value replay total_s) / 1e6")" "$(jq '.events / .wall_s / 1e6' <<<"$out")"
    fi
  done
  stop_server pacer
  figure "${title}million events per CPU second" "$(median core)" '>=' 3 'one core, all of the program'
  ratio us "${title}CPU us an event" '<=' 6 us 'bare loop'
  if [ -n "${lists[node]:-}" ]; then
    ratio node "${title}million events/s" '>=' 1.7 'M/s' node
  else
    skipped "${title}million events/s / node" 'no node here'
  fi
}

paced 64 100
paced 512 50
firehose
summary
