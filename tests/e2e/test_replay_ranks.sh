#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Ranks under mpirun: together they send what one process sends, cell by cell, and record it in one file; a rank that
# dies ends the run, and what was measured is kept.
. "$(dirname "$0")/../lib.sh"
need jq curl

if ! ldd "$bin/replay" | grep -q libmpi; then
  skip 'replay under mpirun' 'this build has no MPI (make MPI=1)'
  summary
fi
need mpirun
export LSAN_OPTIONS=detect_leaks=0 # what Open MPI does not free at its end is no leak of ours
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
trace=tests/data/mixed.trace.jsonl
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 64 --time-scale 0.02
records() { jq -s -c "[.[] | select(.type==\"$2\" and (.warmup|not))] | $3" "$1"; }
ranks() { # COUNT ARGUMENT...
  run mpirun -n "$1" "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" --max-tokens 6 "${@:2}"
}
work='map([.workers, .batch, .rep, .index, .seq, .input_tokens, .output_tokens]) | sort'
cells='map([.workers, .batch, .rep, .requests, .failed, .input_tokens, .output_tokens]) | sort'

# One process, two and three ranks; three are more than the workers of the first level.
for n in 1 2 3; do
  ranks $n -W 2,7 -B 5,30 -r 2 -o "$scratch/$n.jsonl"
  check_equal "$n ranks: exit code" 0 "$status"
done
for n in 2 3; do
  check_equal "$n ranks: the requests of one process" "$(records "$scratch/1.jsonl" request "$work")" \
    "$(records "$scratch/$n.jsonl" request "$work")"
  check_equal "$n ranks: the sums of one process, cell by cell" "$(records "$scratch/1.jsonl" batch "$cells")" \
    "$(records "$scratch/$n.jsonl" batch "$cells")"
  check_equal "$n ranks: the header" $n "$(jq -s '.[0].ranks' "$scratch/$n.jsonl")"
  check_equal "$n ranks: an audit of each" "[$n,true]" "$(records "$scratch/$n.jsonl" batch \
    "map(.ranks | length) as \$lengths | [(\$lengths | unique[0]), (map(.client.valid == (.ranks | map(.valid) | all)) | all)]")"
  # The total lasts until the last end of any rank.
  check_equal "$n ranks: totals end with the last answer" true "$(jq -s -c '[.[] | select(.warmup | not)] |
    (map(select(.type == "request")) | group_by([.workers, .batch, .rep]) | map(map(.sent_s + .latency_s) | max)) as $ends |
    (map(select(.type == "batch")) | sort_by([.workers, .batch, .rep]) | map(.start_s + .total_s)) as $totals |
    [$ends, $totals] | transpose | map((.[0] - .[1]) | fabs < 0.005) | all' "$scratch/$n.jsonl")"
done
# In flight over all ranks: an instant of another rank is as exact as its meeting.
check_equal 'pool: no more than W are ready at the start' '[2,2,7,7]' "$(records "$scratch/3.jsonl" request \
  'map(select(.batch == 30)) | group_by([.workers, .rep]) | map(map(select(.ready_s == .intended_s)) | length)')"

ranks 2 -W 3 -B 21 -r 1 --dispatch burst -o "$scratch/burst.jsonl"
check_equal 'burst: each request once' '[0,true]' \
  "[$status,$(records "$scratch/burst.jsonl" request '([.[].index] | sort) == [range(21)]')]"
ranks 2 -W 4 --duration 300ms -r 1 -o "$scratch/timed.jsonl"
check_equal 'timed: each request once, by both' '[0,true]' "[$status,$(records "$scratch/timed.jsonl" request \
  '([.[].index] | unique | length) == length and any(.index % 4 >= 2) and any(.index % 4 < 2)')]"
ranks 3 --timing rate --request-rate 100 --duration 400ms --arrival poisson -o "$scratch/open.jsonl"
run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" --max-tokens 6 --timing rate --request-rate 100 --duration 400ms \
  -o "$scratch/open1.jsonl"
schedule='(min_by(.index) | .intended_s) as $first | map([.index, .seq, ((.intended_s - $first) * 1000 | round)]) | sort'
check_equal 'open loop: the schedule of one process' "$(records "$scratch/open1.jsonl" request "$schedule")" \
  "$(records "$scratch/open.jsonl" request "$schedule")"
check_equal 'open loop: the window' 0.4 "$(records "$scratch/open.jsonl" batch '.[0].total_s')"

ranks 2 /no/such/trace -o "$scratch/none.jsonl"
check 'a trace that is missing: no success' test "$status" -ne 0
check_equal 'a trace that is missing: one message' 1 "$(grep -c 'no/such/trace' <<<"$err")"

# A rank dies in mid-batch.
mpirun -n 2 "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" -W 4 -B 100 -r 200 -o "$scratch/dead.jsonl" 2>"$scratch/dead.err" &
launcher=$!
wait_for 15 grep -sq '"batch","session":0,"workers":4,"batch":100' "$scratch/dead.jsonl"
for pid in $(pgrep -P $launcher); do
  tr '\0' '\n' <"/proc/$pid/environ" | grep -qx OMPI_COMM_WORLD_RANK=1 && kill -KILL "$pid"
done
SECONDS=0
wait $launcher
check 'a dead rank: mpirun fails' test $? -ne 0
check 'a dead rank: within 30 s' test $SECONDS -le 30
# mpirun gives the other ranks a second.
timed 'a dead rank: the file is whole' check_equal 'a dead rank: the file is whole' '"end"' "$(tail -n 1 "$scratch/dead.jsonl" | jq -c .type)"
check_equal 'a dead rank: every batch of it is whole' '[100]' "$(records "$scratch/dead.jsonl" batch 'map(.requests) | unique')"
summary
