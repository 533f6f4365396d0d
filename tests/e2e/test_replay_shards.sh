#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# One open loop sent by several processes: together they send the schedule of one, from a common start.
. "$(dirname "$0")/../lib.sh"
need jq curl

trace=tests/data/mixed.trace.jsonl
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 64 --time-scale 0.01
shard() { # ARGUMENT...
  "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" --max-tokens 2 --progress none --warmup 0 --timing rate "$@"
}
soon() { awk -v now="$(date +%s.%3N)" -v ms="$1" 'BEGIN { printf "%.3f\n", now + ms / 1000 }'; }
# Each request once: its repetition, index and seq, and its instant since the start in ms.
requests() { # START FILE...
  jq -n -c --argjson start "$1" 'reduce inputs as $r ({out: []}; if $r.type == "run" then .unix = $r.start_unix_s
    elif $r.type == "request" then .out += [[$r.rep, $r.index, $r.seq, ((.unix + $r.intended_s - $start) * 1000 | round)]]
    else . end) | .out | sort | .[]' "${@:2}"
}

plan=(--request-rate 100 --duration 300ms -r 2 --timeout 300ms)
start=$(soon 1500)
pids=()
for i in 1 2 3; do
  shard "${plan[@]}" --shard "$i/3" --start-at "$start" -o "$scratch/$i.jsonl" 2>"$scratch/$i.err" &
  pids+=($!)
done
shard "${plan[@]}" --start-at "$start" -o "$scratch/whole.jsonl" 2>"$scratch/whole.err"
check_equal 'whole: exit code' 0 "$?"
check_match 'whole: its timetable is printed' 'each repetition begins 0.3 s after the window' "$(cat "$scratch/whole.err")"
for pid in "${pids[@]}"; do
  wait "$pid"
  check_equal 'shards: exit code' 0 "$?"
done
requests "$start" "$scratch/whole.jsonl" >"$scratch/whole"
requests "$start" "$scratch"/[123].jsonl >"$scratch/parts"
check 'whole: it has requests of both repetitions' test "$(wc -l <"$scratch/whole")" -gt 10
check_equal 'shards: together they send the schedule of one' "$(cat "$scratch/whole")" "$(cat "$scratch/parts")"
check_equal 'shards: each file names its part' "$(jq -n -c "[[1, 2, 3][] | [., 3, $start + 0]]")" \
  "$(jq -s -c 'map(select(.type == "run") | [.shard, .shards, .start_at_unix_s])' "$scratch"/[123].jsonl)"
check_equal 'shards: each sends a part of both repetitions' '[2,2,2]' \
  "$(jq -s -c 'map(select(.type == "batch" and .requests > 0)) | length / 3 | [., ., .]' "$scratch"/[123].jsonl)"

JOB_COMPLETION_INDEX=3 JOB_COMPLETIONS=4 shard --request-rate 4 --arrival constant --duration 400ms --shard auto \
  -o "$scratch/none.jsonl" 2>"$scratch/none.err"
check_equal 'a shard without a request: exit code' 0 "$?"
check_equal 'a shard without a request: its batch' '[4,0,0.4]' \
  "$(jq -s -c '[.[0].shard, (.[] | select(.type == "batch") | .requests, .total_s)]' "$scratch/none.jsonl")"
check_match 'without a start: a notice' '--shard without --start-at' "$(cat "$scratch/none.err")"

run "$bin/replay" $trace -u "${server_url[sim]}" --timing rate --request-rate 4 --duration 1s --start-at 1000000000 -o "$scratch/past.jsonl"
check_equal 'a start in the past: exit code' 2 "$status"
check_match 'a start in the past: the message' '--start-at: that was [0-9]{4,} days ago' "$err"
run "$bin/replay" $trace -u "${server_url[sim]}" --timing rate --request-rate 4 --duration 1s --warmup 200 --start-at "$(soon 700)" \
  -o "$scratch/late.jsonl"
check_match 'a start before the warm-up is over: exit code and message' \
  '^1 .*before the traces were read and the warm-up done|^2 .*s ago' "$status $err"

# Ended while it waits.
"$bin/replay" $trace -u "${server_url[sim]}" --timing rate --request-rate 4 --duration 1s --start-at "$(soon 60000)" \
  -o "$scratch/wait.jsonl" 2>/dev/null &
pid=$!
wait_for 5 test -s "$scratch/wait.jsonl"
kill -TERM $pid
wait $pid
check_equal 'interrupted before the start: exit code' 130 "$?"
summary
