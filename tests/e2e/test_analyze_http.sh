#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A sweep of plain HTTP requests has an answer in requests per second. The server has 4 slots and takes 20 steps of 4 ms
# for each request: 12.5 requests a second and slot, 50 from 4 workers on.
. "$(dirname "$0")/../lib.sh"
need jq
{
  echo '{"type":"trace","version":1,"start_unix_s":1}'
  for i in $(seq 0 39); do
    echo "{\"type\":\"request\",\"seq\":$i,\"t_s\":$i,\"method\":\"POST\",\"path\":\"/v1/chat/completions\",\"headers\":{\"content-type\":\"application/json\"},\"body\":{\"model\":\"sim\",\"messages\":[{\"role\":\"user\",\"content\":\"$i\"}]}}"
  done
  echo '{"type":"end","requests":40,"responses":0,"dropped":0}'
} >"$scratch/trace.jsonl"
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 4 --step .004,0,0 --tokens 20

look() { jq -c "$1" "$scratch/run.json"; }
sweep() {
  run "$bin/replay" "$scratch/trace.jsonl" -u "${server_url[sim]}" --api http -W 2,4,8 -B 40 -r 3 --progress none \
    --force -o "$scratch/run.jsonl"
  [ "$status" -eq 0 ] || fail 'the sweep' "replay exited with $status" "$err"
  "$bin/analyze" --format json "$scratch/run.jsonl" >"$scratch/run.json"
  [ "$(look '[.workers[].steady.throughput.estimate|numbers]|length == 3')" = true ]
}
in_quiet sweep # without a valid batch there is no throughput

check_equal 'the unit' '["requests/s","requests/s"]' "$(look '[.unit,.recommendation.unit]')"
check_equal 'no cell failed' '[]' "$(look '[.cells[]|select(.flags|index("failed"))]')"
timed 'the throughput is that of the records' check_equal 'the throughput is that of the records' true \
  "$(jq -s --slurpfile seen "$scratch/run.json" '[.[]|select(.type == "batch" and (.warmup|not) and .client.valid and .workers == 4)|.requests/.total_s] as $x
    | ($x|map(log)|add/length|exp) as $mean | ($seen[0].cells[]|select(.workers == 4)|.requests_per_s.estimate) / $mean | (. - 1)|fabs < 1e-9' "$scratch/run.jsonl")"
for level in '0 25' '1 50' '2 50'; do
  timed "steady requests of level ${level% *}" check_near "steady requests of level ${level% *}" "${level#* }" \
    "$(look ".workers[${level% *}].steady.throughput.estimate")" 0.1
done
check_equal 'the summary is as its schema says' '' \
  "$(jq -rn --slurpfile schema traces/summary.schema.json -f tests/schema.jq "$scratch/run.json")"

run "$bin/analyze" --no-plots "$scratch/run.jsonl" -o "$scratch/report"
check_equal 'a report' 0 "$status"
run "$bin/analyze" --no-plots --lang ru "$scratch/run.jsonl" -o "$scratch/report_ru"
timed 'its sentences' check_match 'its sentences' '[0-9] requests per second' "$(cat "$scratch/report/report.md")"
check_match 'its tables' 'Highest throughput \(requests/s\)' "$(cat "$scratch/report/report.md")"
timed 'in Russian' check_match 'in Russian' 'запросов в секунду' "$(cat "$scratch/report_ru/report.md")"
check_equal 'no throughput in tokens' '' \
  "$(grep -E 'okens (per second|in total)|okens/s|оке(нов|ны)(/сек| в секунду)' "$scratch"/report*/report.md)"
check_equal 'no word of tokens' '' "$(grep -iE 'token|токен|ITL|TTFT' "$scratch"/report*/report.md)"
check_match 'the table of cells' '^workers,batch,total_s,mean_s,requests_per_s,' "$(cat "$scratch/report/cells.csv")"
run "$bin/analyze" --format json "$scratch/report/cells.csv"
timed 'is read again' check_equal 'is read again' true "$(jq --slurpfile seen "$scratch/run.json" '
  (.cells[1].requests_per_s.estimate / $seen[0].cells[1].requests_per_s.estimate - 1)|fabs < 0.01' <<<"$out")"
run "$bin/analyze" --measure output_tokens "$scratch/run.jsonl"
check_equal 'tokens that nobody counted' '1 analyze: --measure output_tokens: no batch has tokens; there are requests' "$status $err"

summary
