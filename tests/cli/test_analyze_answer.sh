#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The answer in cases that a sweep meets in earnest: a level that failed once, traffic that is no text, tables
# from a spreadsheet.
. "$(dirname "$0")/../lib.sh"
need jq
analyze=$bin/analyze

# A level that failed between levels that work.
printf '%s\n' workers,batch,rep,total_s,tokens,requests,failed 2,24,1,10,1000,24,0 2,24,2,10.1,1000,24,0 \
  4,24,1,1,0,24,24 8,24,1,4,1000,24,0 8,24,2,4.1,1000,24,0 16,48,1,3,2000,48,0 16,48,2,3.1,2000,48,0 >"$scratch/gap.csv"
run "$analyze" "$scratch/gap.csv"
check_match 'a hole is said' 'workers = 4 failed, while levels below and above work: a hole' "$out"
check_match 'a hole is measured again' 'Measure again \(workers×batch\) 4×24' "$out"
check_equal 'a hole is no cliff' '' "$(grep -i 'do not use' <<<"$out")"
run "$analyze" --lang ru "$scratch/gap.csv"
check_match 'a hole is said in Russian' 'пропуск в сетке' "$out"
check_equal 'a hole: levels above stay in use' '16 [] ["hole"] 3' \
  "$("$analyze" --format json "$scratch/gap.csv" |
    jq -r '"\(.recommendation.workers) \(.cliffs) \([.warnings[].code|select(. == "hole")]) \([.curve.points[].n]|unique|length)"')"
check_equal 'suggested is what failed, alone' '[[4,24]]' \
  "$("$analyze" --suggest 3 "$scratch/gap.csv" | jq -cs 'map([.workers,.batch])')"

# Measured again, it is in use; failed again, it is left alone.
printf '%s\n' workers,batch,total_s,tokens 4,24,6,1000 4,24,6.1,1000 >"$scratch/again.csv"
check_equal 'measured again: the failed batch is left out' '[[],2,1]' \
  "$("$analyze" --format json "$scratch/gap.csv" "$scratch/again.csv" |
    jq -c '[([.cells[]|select(.workers == 4)][0]|.flags,.reps),([.warnings[].code|select(. == "replaced")]|length)]')"
printf '%s\n' workers,batch,total_s,tokens 4,24,1,0 >"$scratch/again.csv"
run "$analyze" "$scratch/gap.csv" "$scratch/again.csv"
check_match 'failed again: said' 'workers = 4 failed in more than one run' "$out"
check_equal 'failed again: not suggested a third time' '[]' \
  "$("$analyze" --suggest 3 "$scratch/gap.csv" "$scratch/again.csv" | jq -cs 'map(select(.workers == 4))')"

summary
