#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Steady throughput is the server's own, whatever the batch: within 1 % of the closed form where more workers than slots
# send 3, 6 and 12 waves. The batch's own throughput carries start and drain, and is shown beside it. Batches of a late
# client have no throughput: they are measured again, or the claim is skipped.
. "$(dirname "$0")/../lib.sh"
. tests/long/valid.sh
need jq

# 16 of 32 workers are served at once, a step of 36 ms makes 16 tokens. Answers differ in length, so that they do not end
# in step.
slots=16 workers=32
truth=$(jq -n "$slots / (0.02 + 0.001 * $slots)")
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots $slots --step .02,.001,0
jq -n -c '{type: "trace", version: 1, start_unix_s: 0}, (range(64) | {type: "request", seq: ., t_s: (. * 0.01), method: "POST",
  path: "/v1/chat/completions", headers: {}, stream: true, api: "openai.chat",
  body: {model: "m", stream: true, max_tokens: (20 + . * 7 % 41), messages: [{role: "user", content: "x"}]}})' >"$scratch/trace"

for waves in 3 6 12; do
  file=$scratch/$waves.jsonl
  replay_valid "$waves waves" "$file" "$scratch/trace" -u "${server_url[sim]}" -W $workers -B $((waves * workers)) -r 1 \
    --warmup 0 --cache-bust off -q || continue
  "$bin/analyze" --format json "$file" 2>/dev/null >"$scratch/$waves.json"
  steady=$(jq '.workers[0].steady.throughput.estimate' "$scratch/$waves.json")
  printf '%s waves: steady %s, batch %s, truth %s tokens/s\n' "$waves" "$steady" \
    "$(jq '.cells[0].tokens_per_s.estimate' "$scratch/$waves.json")" "$truth"
  check "$waves waves: steady throughput within 1 % of the closed form" \
    test "$(jq -n "($steady / $truth - 1) | fabs < 0.01")" = true
done
stop_server sim
summary
