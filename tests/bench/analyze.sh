#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# analyze on a million request records beside zcat of the same file, on a thorough sweep, on two files with two cores
# and with one, and on a hundred million requests in sketches. `make bench` makes the files.
. "$(dirname "$0")/lib.sh"
need zcat jq
runs=$BUILD/bench
[ -e "$runs/sketches.jsonl.gz" ] || { echo "$runs has no run records: make bench makes them" >&2; exit 1; }

measure() { # NAME: sets wall_s
  run "$peers/cost" "$scratch/cost.json" "$bin/analyze" --no-plots --format json "$runs/$1.jsonl.gz"
  check_equal "analyze reads $1" 0 "$status"
  check_equal "$1: a best cell is found" object "$(jq -r '.best | type' <<<"$out")"
  wall_s=$(jq .wall_s "$scratch/cost.json")
  add "$1_s" "$wall_s"
  add "$1_mib" "$(jq '.peak_kib / 1024' "$scratch/cost.json")"
}
two_files() { # COMMAND... before analyze: prints seconds
  "$peers/cost" "$scratch/cost.json" "$@" "$bin/analyze" --no-plots --format json "$runs/million.jsonl.gz" \
    "$runs/second.jsonl.gz" >/dev/null && jq .wall_s "$scratch/cost.json"
}
for _ in $(seq "$ROUNDS"); do
  run "$peers/cost" "$scratch/cost.json" zcat "$runs/million.jsonl.gz"
  zcat_s=$(jq .wall_s "$scratch/cost.json")
  measure million
  pair zcat "$wall_s" "$zcat_s"
  measure sweep
done
measure sketches
for _ in 1 2 3; do
  pair cores "$(two_files taskset -c "$(taskset -pc $$ | grep -oE '[0-9]+' | tail -n 1)")" "$(two_files env)"
done
ratio zcat 'analyze, 1M request records .gz: s' '<=' 2.5 s zcat
figure 'analyze, 1M request records .gz: peak memory, MiB' "$(median million_mib)" '<=' 64 \
  "sweep of 20k records: $(median sweep_mib) MiB"
figure 'analyze, 14 x 9 x 5 sweep without plots: s' "$(median sweep_s)" '<=' 1 ''
figure 'analyze, 100M requests in sketches: s' "$(median sketches_s)" '<=' 10 "$(median sketches_mib) MiB, 64 allowed"
ratio cores 'analyze, 2M records in two files: seconds on one core over those on all' '>=' 1.7 s all
summary
