#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# analyze --demand: how many servers a trace's traffic needs, from the edge of an open loop. Peaks are those that awk counts.
. "$(dirname "$0")/../lib.sh"
need jq

# At 10 requests/s latencies are 0.1 to 0.2 s, at 12 requests/s 2 to 4 s; three repetitions of a minute each.
run_of() {
  echo '{"type":"run","version":1,"start_unix_s":1000,"timing":"rate","plan":{"rates":[10,12]}}'
  awk 'BEGIN { start = 1
    for (rep = 0; rep < 3; rep++) for (rate = 10; rate <= 12; rate += 2) {
      for (i = 0; i < rate * 60; i++) { at = start + i / rate
        printf "{\"type\":\"request\",\"session\":0,\"rep\":%d,\"index\":%d,\"seq\":%d,\"rate\":%d,\"intended_s\":%.6f,\"ready_s\":%.6f,", rep, i, i, rate, at, at
        printf "\"sent_s\":%.6f,\"latency_s\":%.6f,\"status\":200,\"input_tokens\":100,\"output_tokens\":50,\"error\":null}\n", at, (rate == 10 ? 0.1 : 2) * (1 + (i * 7) % 20 / 20) * (1 + rep / 100) }
      printf "{\"type\":\"batch\",\"session\":0,\"rep\":%d,\"start_s\":%d,\"total_s\":60,\"requests\":%d,\"failed\":0,", rep, start, rate * 60
      printf "\"input_tokens\":%d,\"output_tokens\":%d,\"timing\":\"rate\",\"rate\":%d,\"in_flight_mean\":2}\n", rate * 6000, rate * 3000, rate
      start += 100 } }'
  echo '{"type":"end","sessions":0,"batches":6,"requests":3960}'
}
run_of >"$scratch/run.jsonl"
demand() { run "$bin/analyze" "$scratch/run.jsonl" --slo latency_p95=0.5s --format json --demand "$@"; }
said() { jq -c ".demand | $1" <<<"$out"; }

demand 100
check_equal 'a rate: exit code' 0 "$status"
check_equal 'a rate: the edge it stands on' '[10,12]' "$(jq -c '.slo_edge | [.passes, .fails]' <<<"$out")"
check_equal 'a rate: servers' '[100,10,8,0]' "$(said '[.peak_per_s, .suffice, .too_few, .minutes]')"
check_equal 'a rate: the estimate lies between' true "$(said '.estimate >= 9 and .estimate <= 10')"
check_equal 'the summary is as its schema says' '' "$(jq -rn --slurpfile schema traces/summary.schema.json -f tests/schema.jq <(cat <<<"$out"))"
run "$bin/analyze" "$scratch/run.jsonl" --slo latency_p95=0.5s --demand 100
check_match 'in words' '10 keep the limits at 100 requests per second; 8 do not' "$(tr -s ' \n' ' ' <<<"$out")"
run "$bin/analyze" "$scratch/run.jsonl" --slo latency_p95=0.5s --demand 100 --lang ru
check_match 'in Russian' 'при 100 запросах в секунду пределы соблюдают 10' "$(tr -s ' \n' ' ' <<<"$out")"
run "$bin/analyze" "$scratch/run.jsonl" --slo latency_p95=0.5s --format json
check_equal 'not asked' null "$(jq .demand <<<"$out")"

# The recorded traces: the busiest minute as awk counts it.
traces=../shared/data/traces
if [ -d $traces ]; then
  "$bin/capture" -q --import azure $traces/azure_llm_2023_code.csv -o "$scratch/azure.jsonl.gz"
  "$bin/capture" -q --import mooncake $traces/mooncake_conversation.jsonl.gz -o "$scratch/mooncake.jsonl.gz"
  busiest='{ m = int(($1 - (NR == 1 ? first = $1 : first)) / 60); if (++n[m] > most) most = n[m] } END { printf "%.6f\n", most / 60 }'
  azure=$(awk -F'[ :,]' 'NR > 1 { printf "%.7f\n", $2 * 3600 + $3 * 60 + $4 }' $traces/azure_llm_2023_code.csv | awk "$busiest")
  mooncake=$(zcat $traces/mooncake_conversation.jsonl.gz | jq '.timestamp / 1000' | awk "$busiest")
  demand "$scratch/azure.jsonl.gz"
  check_equal 'Azure: the peak' "$azure" "$(printf %.6f "$(said .peak_per_s)")"
  check_equal 'Azure: its lengths are others' false "$(said .lengths.alike)"
  demand "$scratch/mooncake.jsonl.gz"
  check_equal 'Mooncake: the peak' "$mooncake" "$(printf %.6f "$(said .peak_per_s)")"
  check_equal 'Mooncake: one server' '[1,0]' "$(said '[.suffice, .too_few]')"
  demand "$scratch/azure.jsonl.gz" --demand-percentile 50
  check_equal 'Azure: half of its minutes' true "$(said ".peak_per_s < $azure and .percentile == 50")"
else
  skip 'peaks of recorded traces' "no $traces here"
fi

fails() { # NAME EXIT REGEX ARGUMENT...
  run "$bin/analyze" "${@:4}"
  check_equal "$1: exit code" "$2" "$status"
  check_match "$1: words" "$3" "$err"
  check_lines "$1: one line" 1 "$err"
}
fails 'no limits' 2 '--demand needs the limits of --slo' "$scratch/run.jsonl" --demand 5
fails 'a percentile alone' 2 '--demand-percentile goes with --demand' "$scratch/run.jsonl" --slo latency_p95=1s --demand-percentile 5
fails 'a percentile over 100' 2 "--demand-percentile: '101' is not a number from 1 to 100" "$scratch/run.jsonl" --slo latency_p95=1s --demand 5 --demand-percentile 101
fails 'no trace' 1 '--demand /no/such: .*No such file' "$scratch/run.jsonl" --slo latency_p95=1s --demand /no/such
fails 'a run for a trace' 1 '--demand .*run.jsonl: line 1: not a trace' "$scratch/run.jsonl" --slo latency_p95=1s --demand "$scratch/run.jsonl"
fails 'levels' 2 '--demand needs --slo and runs at rates .*a level has no rate of its own' tests/data/sweep.csv --slo latency_p95=1s --demand 5
summary
