#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Batches sent by several threads: each request once, never more than W in flight, one stream of records.
. "$(dirname "$0")/../lib.sh"
need jq curl

trace=tests/data/mixed.trace.jsonl
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 64 --time-scale 0.05
records() { jq -s -c "[.[] | select(.type==\"$2\" and (.warmup|not))] | $3" "$1"; }
# The most that were in flight at once, as the records tell; an end and a beginning at one instant are no overlap.
peak='map([.sent_s + .latency_s, -1], [.sent_s, 1]) | sort | reduce .[] as $e ({now: 0, most: 0};
  .now += $e[1] | .most = ([.most, .now] | max)) | .most'

run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" -W 2,7 -B 40 -r 2 --threads 3 --max-tokens 8 -o "$scratch/pool.jsonl"
check_equal 'pool: exit code' 0 "$status"
check_equal 'pool: each request once' '[[2,0,true],[2,1,true],[7,0,true],[7,1,true]]' "$(records "$scratch/pool.jsonl" \
  request 'group_by([.workers, .rep]) | map([.[0].workers, .[0].rep, ([.[].index] | sort) == [range(40)]])')"
check_equal 'pool: every batch has a record' '[[2,40],[2,40],[7,40],[7,40]]' \
  "$(records "$scratch/pool.jsonl" batch 'map([.workers, .requests]) | sort')"
check_equal 'pool: W in flight, no more' '[2,2,7,7]' \
  "$(records "$scratch/pool.jsonl" request "group_by([.workers, .rep]) | map($peak)")"
check_equal 'pool: a batch begins with W requests that are ready' '[2,2,7,7]' "$(records "$scratch/pool.jsonl" request \
  'group_by([.workers, .rep]) | map(map(select(.ready_s == .intended_s)) | length)')"
# A connection whose last chunk comes late is waited for, 25 ms at most: then its worker is free later than its response ends.
check_equal 'pool: the next goes when a worker is free' '[true,true]' "$(records "$scratch/pool.jsonl" request \
  'group_by([.workers, .rep]) | map((map(.sent_s + .latency_s)) as $ends |
    map(select(.ready_s > .intended_s) | .ready_s as $ready | $ends | map($ready - .) |
      [any(fabs < 1e-6), any(. > -1e-6 and . < 0.026)])) | flatten(1) |
    [(map(select(.[0])) | length) > 0.5 * length, (map(.[1]) | all)]')"
check_equal 'pool: replicates did the same work' true "$(records "$scratch/pool.jsonl" request \
  'group_by(.rep) | map(group_by(.workers) | map(sort_by(.index) | map(.seq))) | .[0][0] == .[0][1] and .[1][0] == .[1][1]')"

run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" -W 4 -B 40 -r 2 --threads 3 --dispatch burst --max-tokens 30 \
  -o "$scratch/burst.jsonl"
check_equal 'burst: exit code' 0 "$status"
check_equal 'burst: all at once' true "$(records "$scratch/burst.jsonl" request 'map(.ready_s == .intended_s) | all')"
check_equal 'burst: each request once' '[true,true]' \
  "$(records "$scratch/burst.jsonl" request 'group_by(.rep) | map(([.[].index] | sort) == [range(40)])')"

# Ctrl-C in mid-batch; what is missing is then measured.
"$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" -W 6 -B 60 -r 8 --threads 3 -o "$scratch/int.jsonl" 2>/dev/null &
pid=$!
measured() { [ "$(jq -s '[.[] | select(.type == "batch" and (.warmup | not))] | length' "$scratch/int.jsonl" 2>/dev/null)" -ge 1 ]; }
check 'interrupt: it has begun' wait_for 20 measured
kill -INT $pid
wait $pid
check_equal 'interrupt: exit code' 130 $?
check_equal 'interrupt: an end' end "$(tail -n 1 "$scratch/int.jsonl" | jq -r .type)"
check_match 'interrupt: a batch is missing' true "$(records "$scratch/int.jsonl" batch 'length < 8')"
run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" -W 6 -B 60 -r 8 --threads 2 --resume -o "$scratch/int.jsonl"
check_equal 'resume: exit code' 0 "$status"
check_equal 'resume: each replicate once' '[0,1,2,3,4,5,6,7]' "$(records "$scratch/int.jsonl" batch 'map(.rep) | sort')"
run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" -W 3 -B 120 -r 1 --warmup 0 --threads 3 --max-tokens 40 --progress json \
  -o "$scratch/progress.jsonl"
check_match 'progress counts what all threads have in flight' '"in_flight":3' "$err"
stop_server sim

# Nobody listens any more: every request fails, on every thread.
run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" -W 3 -B 9 --threads 3 -o "$scratch/none.jsonl"
check_equal 'no server: exit code' 1 "$status"
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 64 --time-scale 0.05 --fault 500:1
run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" -W 4 -B 12 -r 4 --max-error-rate 50% --threads 3 -o "$scratch/failing.jsonl"
check_equal 'failures: exit code' 3 "$status"
check_equal 'failures: the cell ended after one batch' '[[12,12]]' \
  "$(records "$scratch/failing.jsonl" batch 'map([.requests, .failed])')"
stop_server sim
summary
