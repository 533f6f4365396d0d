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

# What throughput counts.
printf '%s\n' workers,batch,total_s,requests,failed,tokens 1,8,4,8,0,800 1,8,4.1,8,0,800 2,8,2,8,0,800 2,8,2.1,8,0,800 >"$scratch/both.csv"
check_equal 'output tokens where there are any' '["output_tokens/s",true]' \
  "$("$analyze" --format json "$scratch/both.csv" | jq -c '[.unit,(.best|has("tokens_per_s"))]')"
check_equal 'requests when they are asked for' '["requests/s",4,true]' \
  "$("$analyze" --format json --measure requests "$scratch/both.csv" |
    jq -c '[.unit,(.best.requests_per_s.estimate|round),(.best|has("tokens_per_s")|not)]')"
run "$analyze" --measure requests --assert 'best.requests_per_s>=3' "$scratch/both.csv"
check_equal 'an assertion in requests' 0 "$status"
run "$analyze" --measure bytes "$scratch/both.csv"
check_equal 'no such unit' 2 "$status"
check_match 'the units are named' 'output_tokens, input_tokens, total_tokens,? (or )?requests' "$err"
run "$analyze" --measure input_tokens "$scratch/both.csv"
check_match 'a table has no input tokens' 'no batch has input tokens; there are output_tokens and requests' "$err"

# Level throughput, and repetitions that are equal.
printf '%s\n' n,throughput 2,240.000 4,240.000 8,240.000 16,240.000 32,240.000 64,240.000 >"$scratch/flat.csv"
run "$analyze" --curve "$scratch/flat.csv"
check_match 'a level curve' 'throughput is level from n = 2 to 64' "$out"
check_equal 'a level curve does not rise' '' "$(grep rises <<<"$out")"
check_match 'a level curve in Russian' 'скорость не меняется от n = 2 до 64' "$("$analyze" --lang ru --curve "$scratch/flat.csv")"
check_equal 'a level curve in JSON' '["level",null,null]' \
  "$("$analyze" --format json --curve "$scratch/flat.csv" | jq -c '[.curve.course,.curve.optimum,.curve.knee]')"
for rep in 0 1 2; do for w in 4 8 16; do echo "$w,$((3 * w)),$((6 * w)).0,$((600 * w)),$rep"; done; done |
  sed 1iworkers,batch,total_s,tokens,rep >"$scratch/identical.csv"
run "$analyze" "$scratch/identical.csv"
check_match 'equal repetitions are said to be equal' 'All repetitions of a cell are equal' "$out"
check_equal 'equal repetitions: no interval' '' "$(grep -E '\[[0-9.]+, [0-9.]+\]' <<<"$out")"

# A cell whose repetitions switch between two states.
{
  echo workers,batch,total_s,tokens
  for t in 20.236 20.3523 20.5171 20.1 20.0563; do echo "8,24,$t,4800"; done
  for t in 85.9243 85.2888 84.6081 67.2496 68.1949; do echo "32,96,$t,19200"; done
} >"$scratch/modes.csv"
run "$analyze" "$scratch/modes.csv"
check_match 'two states are pointed at' 'The repetitions of 32 workers, batch 96 fall into two' "$out"
check_equal 'one state is not' '["two_modes"]' \
  "$("$analyze" --format json "$scratch/modes.csv" | jq -c '[.warnings[].code|select(. == "two_modes")]')"

# Against a baseline: a cell that is not there, and repetitions that are equal by rounding.
printf '%s\n' workers,batch,total_s,tokens 1,4,10,2000 1,4,9.95,2000 1,4,10.06,2000 8,32,16,16000 8,32,15.92,16000 >"$scratch/both.csv"
grep -v ^8 "$scratch/both.csv" >"$scratch/one.csv"
run "$analyze" "$scratch/one.csv" --baseline "$scratch/both.csv"
check_match 'a missing cell is named' 'not measured here \(workers×batch\): 8×32' "$out"
check_match 'and on stderr' '1 of its cells were not measured in the run \(the first: workers 8, batch 32\)' "$err"
check_equal 'and in JSON' '[{"workers":8,"batch":32}] []' \
  "$("$analyze" -q --format json "$scratch/one.csv" --baseline "$scratch/both.csv" | jq -c .comparison.missing) $(
    "$analyze" -q --format json "$scratch/both.csv" --baseline "$scratch/one.csv" | jq -c .comparison.missing)"
for w in 1 2 4; do printf '%s\n' "$w,$((4 * w)),10,2000" "$w,$((4 * w)),9.9,2000" "$w,$((4 * w)),10.1,2000"; done |
  sed 1iworkers,batch,total_s,tokens >"$scratch/old.csv"
sed -E 's/,(10|9.9|10.1),/,14,/' "$scratch/old.csv" >"$scratch/equal.csv"
run "$analyze" "$scratch/equal.csv" --baseline "$scratch/old.csv" --max-regression 5%
check_equal 'equal repetitions, 29 % slower' 3 "$status"
check_match 'are slower' 'of the baseline: slower' "$(tr '\n' ' ' <<<"$out" | tr -s ' ')"

# Limits: levels of 4, 16 and 32 workers with times to first token of 5 ms, 20 ms and 1 s.
awk 'BEGIN {
  print "{\"type\":\"run\",\"version\":1,\"start_unix_s\":1,\"seed\":1,\"warmup\":1}"
  split("4 16 32", workers); split("1 1 2", latency); split("0.005 0.02 1", ttft)
  for (rep = 0; rep < 3; rep++) for (l = 1; l <= 3; l++) {
    w = workers[l]; b = 8 * w; s = latency[l] * (1 + rep / 1000)
    key = sprintf("\"session\":0,\"workers\":%d,\"batch\":%d,\"rep\":%d", w, b, rep)
    for (i = 0; i < b; i++) {
      at = start + int(i / w) * s
      printf "{\"type\":\"request\",%s,\"index\":%d,\"intended_s\":%.6f,\"sent_s\":%.6f,\"ttft_s\":%.6f,", key, i, at, at,
        ttft[l] * (1 + rep / 100 + i % 7 / 1e4)
      printf "\"last_text_s\":%.6f,\"latency_s\":%.6f,\"output_tokens\":100,\"events\":100,\"error\":null}\n", s, s
    }
    printf "{\"type\":\"batch\",%s,\"start_s\":%.6f,\"total_s\":%.6f,\"requests\":%d,\"failed\":0,", key, start, 8 * s, b
    printf "\"output_tokens\":%d}\n", 100 * b
    start += 8 * s + 1
  }
  print "{\"type\":\"end\",\"sessions\":0,\"batches\":9,\"requests\":1248}"
}' >"$scratch/slo.jsonl"
slo() { "$analyze" --format json --slo "$1" "$scratch/slo.jsonl" | jq -c '.recommendation|[.state,.workers,.slo.state,.slo.binds.workers,.next_up.workers]'; }
check_equal 'within a limit the most throughput is recommended' '["shown",16,"kept",32,32]' "$(slo ttft_p95=0.1s)"
check_equal 'a limit on requests binds too' '["shown",16,"kept",32,32]' "$(slo ttft=0.1s)"
check_equal 'a tight limit leaves the lowest level' '["shown",4,"kept",16,16]' "$(slo ttft_p95=10ms)"
check_equal 'a limit that may be kept is undecided' '["undecided",null,"open",4,null]' "$(slo ttft_p95=5.05ms)"
check_equal 'nothing keeps the limit: none' '["none",null,"missed",4,null]' "$(slo ttft_p95=1ms)"
check_equal 'suggested is nothing above the miss' '2 8' "$(
  "$analyze" --slo ttft_p95=1ms --suggest 3 "$scratch/slo.jsonl" | jq -r .workers) $(
  "$analyze" --slo ttft_p95=10ms --suggest 3 "$scratch/slo.jsonl" | jq -r .workers)"
check_match 'the text names the limit' 'keeps TTFT p95 ≤ 100 ms \(95% confidence\)' \
  "$("$analyze" --slo ttft_p95=0.1s "$scratch/slo.jsonl" | tr '\n' ' ')"
check_match 'and what misses it' 'Above it, 32×256 \(workers×batch\) is the first to miss TTFT p95 ≤ 100 ms' \
  "$("$analyze" --slo ttft_p95=0.1s "$scratch/slo.jsonl" | tr '\n' ' ')"
check_match 'the same in Russian' 'Пределы соблюдены: TTFT p95 ≤ 100 мс' \
  "$("$analyze" --lang ru --slo ttft_p95=0.1s "$scratch/slo.jsonl" | tr '\n' ' ')"

# Responses in one piece have no time per output token: a limit on it is neither kept nor missed.
jq -c 'if .events then .events = 1 else . end' "$scratch/slo.jsonl" >"$scratch/whole.jsonl"
check_equal 'a limit on what no request has is not judged' '[null,null,null]' \
  "$("$analyze" --format json --slo tpot=1ms "$scratch/whole.jsonl" | jq -c '[.cells[]|.meets_slo,.goodput,.good_share]|unique|if length == 1 then [.[0],.[0],.[0]] else . end')"
check_match 'and is said to have no times' 'whether TPOT ≤ 1 ms for 95% of requests is kept is unknown: the input has no such times' \
  "$("$analyze" --slo tpot=1ms "$scratch/whole.jsonl" | tr '\n' ' ')"
check_equal 'that their TTFT is their latency is said once, beside the verdict on it' '1 1' \
  "$("$analyze" --slo ttft=0.1s "$scratch/whole.jsonl" | grep -c 'came in one piece') $(
    "$analyze" --format md --slo ttft=0.1s "$scratch/whole.jsonl" | grep -c 'came in one piece')"

# Runs whose goodput differs much: a rate is not negative.
jq -c 'if .rep == 1 and .ttft_s then .ttft_s *= 100 else . end' "$scratch/slo.jsonl" >"$scratch/uneven.jsonl"
check_equal 'no end of goodput is below zero' true \
  "$("$analyze" --format json --slo ttft=0.1s "$scratch/uneven.jsonl" | jq '[.cells[].goodput|select(.)|(.lo // 0) >= 0]|all')"

# Levels are compared by their steady throughput: the table beside the answer shows that, and nothing else is "highest".
run "$analyze" "$scratch/slo.jsonl"
rate=$("$analyze" --format json "$scratch/slo.jsonl" | jq '[.workers[]|select(.workers == 16).steady.throughput.estimate][0]|floor')
check_match 'the table has what the answer rests on' "^ *16 +$rate.* recommended$" "$(grep -E '^ *16 ' <<<"$out")"
check_equal 'and marks nothing else' '' "$(grep -E 'highest|among the best' <<<"$(grep -E '^ *(4|16|32) ' <<<"$out")")"
summary
