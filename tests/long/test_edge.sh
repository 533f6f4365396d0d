#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The search for the highest rate within a limit ends with a bracket that holds what long runs at fixed rates give: a
# server of 16 slots whose step takes a known time, in open loop. SECONDS_EACH (60) of a repetition, LONG (300) of the
# long runs. Batches of a late client, which the audit rejects, prove nothing.
. "$(dirname "$0")/../lib.sh"
. tests/long/valid.sh
need jq

# 16 tokens a step of 36 ms: 444 tokens/s, so 55 requests/s of 8 tokens.
each=${SECONDS_EACH:-60} long=${LONG:-300} limit=ttft_p95=0.5s
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 16 --step .02,.001,0
jq -n -c '{type: "trace", version: 1, start_unix_s: 0}, (range(64) | {type: "request", seq: ., t_s: (. * 0.01), method: "POST",
  path: "/v1/chat/completions", headers: {}, stream: true, api: "openai.chat",
  body: {model: "m", stream: true, max_tokens: (4 + . % 9), messages: [{role: "user", content: "x"}]}})' >"$scratch/trace"
open_loop=("$scratch/trace" -u "${server_url[sim]}" --timing rate --arrival poisson --warmup 0 --cache-bust off --ignore-eos -q)

# A rate whose repetition was rejected is asked for again, by the search itself.
file=$scratch/search.jsonl
RUN_TIMEOUT=3600 run "$bin/replay" "${open_loop[@]}" -o "$file" --duration "${each}s" --request-rate 20 -r 1 --next-rounds 20 \
  --next "'$bin/analyze' --slo $limit --suggest 3 '$file'"
check_equal 'search: exit code' 0 "$status"
"$bin/analyze" --slo $limit --format json "$file" 2>/dev/null >"$scratch/search.json"
passes=$(jq '.slo_edge.passes // 0' "$scratch/search.json") fails=$(jq '.slo_edge.fails // 1e9' "$scratch/search.json")
echo "search: $(jq '[.loads[].reps] | add' "$scratch/search.json") repetitions of $each s; holds up to $passes, fails from $fails, met at $(jq .slo_edge.estimate "$scratch/search.json") requests/s"
lost=$(rejected "$file")
if [ "$lost" -gt 0 ] && [ "$(jq -n "$passes > 0 and $fails < 1e9")" = false ]; then
  skip 'search' "this machine is too busy: the audit rejected $lost batches"
  summary
fi
check 'search: both bounds are there' test "$(jq -n "$passes > 0 and $fails < 1e9")" = true
[ "$cases_failed" -eq 0 ] || summary

# Long runs at the bounds and between them: the highest rate that keeps the limit by its own p95, and the lowest that
# does not.
rates=$(jq -n -r "[range(5) | $passes * pow($fails / $passes; . / 4) * 1000 | round / 1000] | map(tostring) | join(\",\")")
TRY_UNTIL=3600 RUN_TIMEOUT=3600 replay_valid 'long runs' "$scratch/long.jsonl" "${open_loop[@]}" --duration "${long}s" --request-rate "$rates" -r 1 ||
  summary
"$bin/analyze" --slo $limit --format json "$scratch/long.jsonl" 2>/dev/null >"$scratch/long.json"
jq -c '.loads[] | [.rate, .whole.ttft_s.p95.estimate, .queue_grows]' "$scratch/long.json"
check 'long runs: the limit is kept at the lower bound' test \
  "$(jq '.loads[0] | .queue_grows != true and .whole.ttft_s.p95.estimate <= 0.5' "$scratch/long.json")" = true
check 'long runs: it is missed at the upper bound' test \
  "$(jq '.loads[-1] | .queue_grows == true or .whole.ttft_s.p95.estimate > 0.5' "$scratch/long.json")" = true
stop_server sim
summary
