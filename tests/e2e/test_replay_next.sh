#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --next: rounds of cells that a command names, all in one file; with analyze's suggestions a search that ends by itself.
. "$(dirname "$0")/../lib.sh"
need jq

trace=tests/data/mixed.trace.jsonl
file=$scratch/run.jsonl.gz
records() { zcat "$file" | jq -s -c "[.[] | select(.type==\"$1\")] | $2"; }
replay() { run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" --max-tokens 8 -o "$file" "$@"; }
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 8 --time-scale 0.02

# The command: one list of cells after the other, then nothing.
cat >"$scratch/cells" <<'CELLS'
#!/bin/sh
count=$(cat "$1/count" 2>/dev/null || echo 0)
echo $((count + 1)) >"$1/count"
case $count in
0) printf '{"workers":4,"batch":8}\n{"workers":2,"batch":8,"repeat":1}\n' ;;
1) printf '\n{"workers":8,"batch":16,"repeat":2}\n' ;;
esac
CELLS
replay -W 1 -B 4 -r 2 --next "sh '$scratch/cells' '$scratch'"
check_equal 'rounds: exit code' 0 "$status"
check_equal 'rounds: the command ran after each' 3 "$(cat "$scratch/count")"
check_match 'rounds: words' 'round 2 measures 2 cells' "$err"
check_match 'rounds: one cell' 'round 3 measures 1 cell$' "$(grep 'round 3' <<<"$err")"
check_equal 'rounds: every cell with its repetitions' '[[1,4,2],[2,8,1],[4,8,2],[8,16,2]]' \
  "$(records batch 'map(select(.warmup|not)) | group_by([.workers,.batch]) | map([.[0].workers,.[0].batch,length])')"
check_equal 'rounds: a run each' '[3,3]' "[$(records run length),$(records end length)]"
check_equal 'rounds: sessions go on counting' '[0,1,2]' "$(records session 'map(.session)')"

# An open loop: rates instead of cells, whose repetitions have arrivals of their own.
rm "$file" "$scratch/count"
cat >"$scratch/rates" <<'RATES'
#!/bin/sh
count=$(cat "$1/count" 2>/dev/null || echo 0)
echo $((count + 1)) >"$1/count"
case $count in
0) printf '{"rate":40,"repeat":2}\n{"rate":20}\n' ;;
1) printf '{"rate":30,"duration_s":0.7}\n' ;;
esac
RATES
replay --timing rate --request-rate 20 -r 1 --duration 0.5s --next "sh '$scratch/rates' '$scratch'"
check_equal 'rates: exit code' 0 "$status"
check_match 'rates: words' 'round 2 measures 2 rates' "$err"
check_equal 'rates: those of all rounds, the last one with -r again' '[[20,3],[30,1],[40,2]]' \
  "$(records batch 'map(select(.warmup|not)) | group_by(.rate) | map([.[0].rate,length])')"
check_equal 'rates: a round may last longer' '[0.5,0.7]' \
  "$(records batch 'map(select(.warmup|not) | (.total_s * 10 | round) / 10) | unique')"
check_equal 'rates: arrivals differ' 2 \
  "$(records request '[map(select(.rate==20 and .rep==0)) | group_by(.session)[] | map(.intended_s) | sort | .[1] - .[0]] | unique | length')"

# Limits, and commands that do not do it.
rm "$file"
replay -W 1 -B 2 -r 1 --next 'echo "{\"workers\":1,\"batch\":2}"' --next-rounds 3
check_equal 'limit of rounds: exit code' 0 "$status"
check_equal 'limit of rounds' 3 "$(records batch 'map(select(.warmup|not)) | length')"
check_match 'limit of rounds: words' '--next-rounds ends the search' "$err"
rm "$file"
replay -W 1 -B 2 -r 1 --next 'echo "{\"workers\":1,\"batch\":2}"' --next-time 1ms
check_equal 'limit of time' 1 "$(records batch 'map(select(.warmup|not)) | length')"
check_match 'limit of time: words' '--next-time ends the search' "$err"
rm "$file"
replay -W 1 -B 2 -r 1 --next 'exit 3'
check_equal 'a command that fails: exit code' 1 "$status"
check_match 'a command that fails: words' '--next: the command ended with exit code 3' "$err"
check_equal 'a command that fails: what was measured stays' 1 "$(records batch 'map(select(.warmup|not)) | length')"
rm "$file"
replay -W 1 -B 2 -r 1 --next 'echo hello'
check_equal 'no cells: exit code' 1 "$status"
check_match 'no cells: words' '--next: what the command prints: line 1: not a JSON object' "$err"
check_equal 'no cells: what was measured stays' 1 "$(records batch 'map(select(.warmup|not)) | length')"

refused() { # WORDS ARGUMENT...
  run "$bin/replay" $trace -u http://127.0.0.1:9 "${@:2}"
  check_equal "$1: exit code" 2 "$status"
  check_match "$1" "$1" "$err"
}
refused '--next goes with -o/--output FILE' --next true
refused '--next goes with -o/--output FILE' --next true -o -
refused '--next-rounds goes with --next' --next-rounds 2
refused '--next goes with --timing batch or --request-rate' --next true -o "$scratch/x" --timing original
stop_server sim

# A server of 16 slots: more workers only wait. The search ends by itself, and never goes far above.
rm -f "$file"
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 16 --time-scale 0.05
search() {
  rm -f "$file"
  RUN_TIMEOUT=200 run "$bin/replay" traces/sample.trace.jsonl -u "${server_url[sim]}" -W 4,8,16 --max-tokens 80 --ignore-eos \
    -o "$file" --next "'$bin/analyze' --suggest 3 '$file'" --next-rounds 6
  # A slot that is free waits for the next step of 80: at 16 workers each loses 1 % or more of its time by that.
  # 14 slots of the 16 give 97 % of the throughput already; a noisy level of 16 may leave one just above it.
  ! grep -q 'next-rounds ends the search' <<<"$err" && [ "$("$bin/analyze" --format json "$file" 2>/dev/null | jq '.recommendation | .state == "shown" and .workers >= 14 and .workers <= 20')" = true ]
}
check_timed 'search: it ends by itself, and about as many workers as slots are shown' search
check_equal 'search: exit code' 0 "$status"
check 'search: never above 64 workers' test "$(records batch 'map(.workers) | max')" -le 64
stop_server sim
summary
