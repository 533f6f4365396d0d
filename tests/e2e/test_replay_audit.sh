#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A client that does not get the CPU says so: batches in which replay was stopped for a while are not valid and analyze
# leaves them out; a healthy batch of B = 10 W, with its waiting for workers, is valid.
. "$(dirname "$0")/../lib.sh"
need jq

trace=tests/data/mixed.trace.jsonl
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 8 --time-scale 0.1
batches() { jq -s -c "[.[] | select(.type == \"batch\" and (.warmup | not))] | $1" "$scratch/run.jsonl"; }

# Batches of about 0.3 s, stopped for 0.2 s in each half second of the first two. What else runs on this machine may spoil
# some of the others and make a stop longer.
measured() { [ "$(batches length 2>/dev/null)" -ge 1 ]; }
halted_run() {
  rm -f "$scratch/run.jsonl"
  "$bin/replay" $trace -u "${server_url[sim]}" -W 4 -B 40 -r 20 --max-tokens 10 --progress none \
    -o "$scratch/run.jsonl" 2>/dev/null &
  local pid=$!
  check 'it has begun' wait_for 20 measured
  for _ in 1 2 3 4; do
    sleep 0.3
    kill -STOP "$pid"
    sleep 0.2
    kill -CONT "$pid"
  done
  wait "$pid"
  check_equal 'exit code' 0 $?
}
halted_run
check_match 'some batches are not valid' true "$(batches 'any(.client.valid | not)')"
check_equal 'with the reason' true "$(batches 'map(select(.client.valid | not) | .client.reason | (.kind | IN("stall", "lag")) and .seen_s > .allowed_s) | all')"
stalls() { # a failed try is measured again
  [ "$(batches 'map(select(.client.valid | not) | .client.stall_max_s) | max > 0.19 and any(.[]; . > 0.19 and . < 0.3)')" = true ] && return
  halted_run
  return 1
}
check_timed 'and a stall as long as the stop, within a tick' stalls
others_valid() {
  [ "$(batches 'any(.client.valid)')" = true ] && return
  halted_run
  return 1
}
check_timed 'some of the rest, with ten requests a worker, are valid' others_valid
valid=$(batches 'map(select(.client.valid)) | length')
run "$bin/analyze" -q --format json "$scratch/run.jsonl"
check_equal 'analyze leaves them out' "$valid" "$(jq '.cells[0].reps' <<<"$out")"
check_match 'and says so' true "$(jq '.warnings | any(.code == "invalid_client")' <<<"$out")"
stop_server sim
summary
