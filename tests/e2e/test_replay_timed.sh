#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --duration in closed loop: each level is measured for a time, and analyze makes a cell of its batches.
. "$(dirname "$0")/../lib.sh"
need jq

trace=tests/data/mixed.trace.jsonl
file=$scratch/run.jsonl
measured='[.[] | select(.type=="batch" and (.warmup|not))]'
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 8 --time-scale 0.05
run "$bin/replay" $trace -u "${server_url[sim]}" -W 1,8 -r 2 --duration 700ms --max-tokens 20 --keep-invalid -o "$file"
check_equal 'timed: exit code' 0 "$status"
check_equal 'timed: no word of a default batch' 0 "$(grep -c 'no -B' <<<"$err")"
check_equal 'timed: batches have no size' '[0]' "$(jq -s -c "$measured | map(.batch) | unique" "$file")"
check_equal 'timed: the plan says for how long' 0.7 "$(jq -s '.[0].plan.duration_s' "$file")"
check_equal 'timed: none ends early' true "$(jq -s "$measured | all(.total_s >= 0.65)" "$file")"
timed 'timed: an end' check_equal 'timed: and none lasts for much longer' true "$(jq -s "$measured | all(.total_s < 1.2)" "$file")"
check_equal 'timed: every request that was sent is recorded' true "$(jq -s '
  [.[] | select(.type=="request" and (.warmup|not))] as $requests
  | [.[] | select(.type=="batch" and (.warmup|not))]
  | all(. as $b | [$requests[] | select(.workers == $b.workers and .rep == $b.rep)] | length == $b.requests)' "$file")"
check_equal 'timed: nothing was sent after the time' true "$(jq -s '[.[] | select(.type=="request" and (.warmup|not))]
  | all(.sent_s - .intended_s < 0.75)' "$file")"
check_equal 'timed: more workers, more requests' true \
  "$(jq -s "$measured | (map(select(.workers==8).requests)|add) > 2*(map(select(.workers==1).requests)|add)" "$file")"
run "$bin/analyze" --format json "$file"
check_equal 'analyze: exit code' 0 "$status"
check_equal 'analyze: a cell each, of both batches' '[[1,true,2],[8,true,2]]' "$(jq -c '.cells | map([.workers,.timed,.reps+.invalid])' <<<"$out")"
check_equal 'analyze: known by the mean of their requests' true "$(jq '.cells | all(.batch > 1 or .reps == 0)' <<<"$out")"
run "$bin/analyze" --suggest 3 "$file"
check_equal 'suggestions have no batch either' 0 "$(grep -c '"batch"' <<<"$out")"
[ -z "$out" ] || {
  printf '%s\n' "$out" >"$scratch/cells"
  run "$bin/replay" $trace -u "${server_url[sim]}" --cells "$scratch/cells" --duration 1s --dry-run
  check_equal 'and replay reads them with --duration' 0 "$status"
}

run "$bin/replay" $trace -u "${server_url[sim]}" -W 1,8 -r 3 --duration 700ms --max-tokens 20 --keep-invalid --resume -o "$file"
check_match 'another number of repetitions is another plan' 'its plan differs' "$err"
run "$bin/replay" $trace -u "${server_url[sim]}" -W 1,8 -r 2 --duration 700ms --max-tokens 20 --keep-invalid --resume -o "$file"
check_match 'resume: nothing is missing' '4 of 4 batches are there already' "$err"
stop_server sim
summary
