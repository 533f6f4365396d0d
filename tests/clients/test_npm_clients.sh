#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The official openai, anthropic and ollama packages of npm through capture: whole, streamed and cancelled, they see what they see
# of the server itself, and capture records what they did. Installs them under build/clients.
. "$(dirname "$0")/../lib.sh"
need node npm jq curl
folder=$BUILD/clients trace=$scratch/trace.jsonl.gz
npm_install "$folder" tests/clients/{package.json,package-lock.json,client.mjs,recorded.mjs}

sim() { start_server "$1" "$bin/simllm" --listen 127.0.0.1:0 --time-scale 0.5 --seed 5 || summary; }
ask() { RUN_TIMEOUT=90 run node "$folder/client.mjs" "$1"; }
seen() { jq -c "select(.case == \"$1\") | del(.case)" <<<"$out"; }
nothing_in_flight() { [ "$(curl -sS -m 5 "${server_url[behind]}/stats" | jq .in_flight)" = 0 ]; }
responses() { zcat "$trace" | jq -c 'select(.type == "response")'; }

sim direct
ask "${server_url[direct]}"
direct=$out
check_equal 'eighteen cases run' 18 "$(jq -c .case <<<"$direct" | wc -l)"
sim behind
start_server capture "$bin/capture" -u "${server_url[behind]}" -l 127.0.0.1:0 -o "$trace" || summary
ask "${server_url[capture]}"
for name in $(jq -r .case <<<"$direct"); do
  check_equal "$name: the same as without capture" "$(jq -c "select(.case == \"$name\") | del(.case)" <<<"$direct")" "$(seen "$name")"
done
check_equal 'no case throws' '' "$(jq -c 'select(.threw)' <<<"$out")"
check_equal 'streams are streams' 'true true true true' \
  "$(jq -r 'select(.case | test("Stream")) | .parts > 3' <<<"$out" | xargs)"
check_equal 'texts are not empty' 'true true true true true true' "$(jq -r 'select(.case | test("Chat|Completion|Generate")) | .text | length > 10' <<<"$out" | xargs)"
check_equal 'who leaves has seen a part' 'true false true false' \
  "$(jq -r 'select(.case | test("Cancelled$")) | .atLeast, .all' <<<"$out" | xargs)"
check 'what they left has ended at the server' wait_for 2 nothing_in_flight
stop_server capture
check_equal 'exit code' 0 "${server_status[capture]}"
check_equal 'every request is recorded' '18 18' "$(zcat "$trace" | grep -c '^{"type":"request"') $(responses | wc -l)"
check_equal 'the three that were left, as left by the client' '3 client' \
  "$(responses | jq -r 'select(.error == "cancelled").aborted_by' | sort | uniq -c | xargs)"
check_equal 'APIs are known' 'anthropic.messages 2 http 3 ollama.chat 3 ollama.embed 1 ollama.generate 1 openai.chat 4 openai.completions 1 openai.embeddings 1 openai.responses 2' \
  "$(zcat "$trace" | jq -r 'select(.type == "request").api' | sort | uniq -c | awk '{ print $2, $1 }' | xargs)"
check_equal 'tokens are those that the clients saw' "$(jq -r 'select(.case == "openaiResponses" or .case == "openaiResponsesInPieces") | .usage | "\(.input_tokens) \(.output_tokens)"' <<<"$out" | xargs)" \
  "$(zcat "$trace" | jq -s -r '(map(select(.api == "openai.responses").seq)) as $seqs | map(select(.type == "response" and (.seq as $s | $seqs | index($s) != null)))[] | "\(.input_tokens) \(.output_tokens)"' | xargs)"
check_equal 'and of messages' "$(jq -r 'select(.case | test("anthropic")) | .usage | "\(.input_tokens + .cache_read_input_tokens) \(.output_tokens)"' <<<"$out" | xargs)" \
  "$(zcat "$trace" | jq -s -r '(map(select(.api == "anthropic.messages").seq)) as $seqs | map(select(.type == "response" and (.seq as $s | $seqs | index($s) != null)))[] | "\(.input_tokens) \(.output_tokens)"' | xargs)"
check_equal 'the key is nowhere in the trace' 0 "$(zcat "$trace" | grep -c planted)"

# The whole trace goes again, those that the client left too; what asks no model is left out.
replay_all() { # NAME REQUESTS
  run "$bin/replay" "$trace" -u "${server_url[behind]}" --pick trace -W 2 -B "$2" -r 1 --warmup 0 --progress none --keep-invalid --max-tokens 12 \
    -o "$scratch/run.jsonl" --force
  check_equal "$1 replays whole" "0 $2 0" "$status $(jq -s -r 'map(select(.type == "request")) | "\(map(.seq) | unique | length) \(map(select(.error)) | length)"' "$scratch/run.jsonl")"
}
replay_all 'the trace' 15

# Thoughts and calls of tools: the clients read recorded answers of real servers through capture as without it.
start_server recorded node "$folder/recorded.mjs" serve tests/data/transcripts || summary
run node "$folder/recorded.mjs" "${server_url[recorded]}"
direct=$out trace=$scratch/recorded.jsonl.gz
check_equal 'thoughts, names and inputs arrive' '8 6 5 5' \
  "$(jq -s -r '[length, (map(select(.thought or (.content // [] | map(.type) | index("thinking")))) | length),
    (map(select(.name or (.content // [] | map(.type) | index("tool_use")))) | length),
    (map(select(.input or (.content // [] | map(.input.at // empty) | length > 0))) | length)] | join(" ")' <<<"$direct")"
check_equal 'no recorded case throws' '' "$(jq -c 'select(.threw)' <<<"$direct")"
start_server capture "$bin/capture" -u "${server_url[recorded]}" -l 127.0.0.1:0 -o "$trace" || summary
run node "$folder/recorded.mjs" "${server_url[capture]}"
check_equal 'recorded answers: the same as without capture' "$direct" "$out"
stop_server capture
check_equal 'recorded answers: API, tokens, text events, finish' \
  "$(jq -r .case <<<"$direct" | while read -r name; do awk -F, -v name="$name" '$2 == name { print $3, $6, $8, $9, $10 }' tests/data/transcripts/expected.csv; done)" \
  "$(zcat "$trace" | jq -s -r '(map(select(.type == "request") | {key: "\(.seq)", value: .api}) | from_entries) as $api |
    map(select(.type == "response"))[] | "\($api["\(.seq)"]) \(.output_tokens) \(.input_tokens // "") \(.events) \(.finish)"')"
replay_all 'the trace with tools' 8

# A server whose last chunk comes up to 50 ms after [DONE], when the client has left: it had its answer.
# shellcheck disable=SC2016
late='const http = require("http");
const server = http.createServer((request, answer) => {
  answer.writeHead(200, { "Content-Type": "text/event-stream" });
  const say = (event) => answer.write(`data: ${event}\n\n`);
  for (const text of ["Two", " knots"]) say(`{"choices":[{"index":0,"delta":{"content":"${text}"}}]}`);
  say(`{"choices":[],"usage":{"prompt_tokens":13,"completion_tokens":5}}`);
  say("[DONE]");
  setTimeout(() => answer.end(), 1 + Math.random() * 49);
}).listen(0, "127.0.0.1", () => console.error(`listening on http://127.0.0.1:${server.address().port}`));'
start_server late node -e "$late" || summary
trace=$scratch/late.jsonl.gz
start_server capture "$bin/capture" -u "${server_url[late]}" -l 127.0.0.1:0 -o "$trace" || summary
# shellcheck disable=SC2016
run env -C "$folder" node -e 'const { OpenAI } = require("openai");
const openai = new OpenAI({ baseURL: `${process.argv[1]}/v1`, apiKey: "x", maxRetries: 0 });
(async () => {
  for (let i = 0; i < 20; i++) {
    const stream = await openai.chat.completions.create({ model: "m", messages: [], stream: true });
    for await (const part of stream) part.choices;
  }
})();' "${server_url[capture]}"
stop_server capture
check_equal 'a late last chunk: every answer is whole' '20 [null,5,13,null]' \
  "$(responses | jq -c '[.error, .output_tokens, .input_tokens, .aborted_by]' | sort | uniq -c | xargs)"
summary
