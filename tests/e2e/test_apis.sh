#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every API that asks a model: what capture records of it, streamed and whole, and that replay sends it again, as it was
# and from its anonymised record.
. "$(dirname "$0")/../lib.sh"
need curl jq

start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 4 --time-scale 0.01
start_server proxy "$bin/capture" -u "${server_url[sim]}" -l 127.0.0.1:0 -o "$scratch/trace.jsonl"

ask() { curl -sS -m 20 -o "$scratch/answer" -H 'Content-Type: application/json' -d "$2" "${server_url[proxy]}$1" || fail "$1" "no answer"; }
message='"messages":[{"role":"user","content":"When is high tide?"}]'
for stream in true false; do
  ask /v1/chat/completions "{\"model\":\"m\",$message,\"max_tokens\":5,\"stream\":$stream,\"stream_options\":{\"include_usage\":true}}"
  ask /v1/messages "{\"model\":\"m\",\"system\":\"Be brief.\",$message,\"max_tokens\":5,\"stream\":$stream}"
  ask /v1/responses "{\"model\":\"m\",\"input\":\"When is high tide?\",\"max_output_tokens\":5,\"stream\":$stream}"
  cp "$scratch/answer" "$scratch/responses"
  ask /completion "{\"prompt\":\"When is high tide?\",\"n_predict\":5,\"stream\":$stream}"
done
ask /v1/embeddings '{"model":"m","input":["When is high tide?","Now."]}'
ask /api/embed '{"model":"m","input":"When is high tide?"}'
ask /v1/rerank '{"model":"m","query":"tide","documents":["When is high tide?","Now."]}'
previous=$(jq -r .id "$scratch/responses")
ask /v1/responses "{\"model\":\"m\",\"input\":\"And then?\",\"previous_response_id\":\"$previous\"}"
ask /v1/foo '{"prompt":"When is high tide?"}'
ask /v1/foo '{"prompt":"When is high tide?"}'
stop_server proxy
check_match 'what no API is known for is named at the end' \
  '2 requests to /v1/foo: of no API that this version supports; they are recorded and forwarded' "$(cat "${server_err[proxy]}")"
records() { jq -s -r '(map(select(.type == "request") | {key: (.seq | tostring), value: .api}) | from_entries) as $api
  | map(select(.type == "response" and $api[.seq | tostring] != "http"))[] | [$api[.seq | tostring], .input_tokens, .output_tokens, .events, .finish, (.error // "-")] | join(" ")' "$1"; }
check_equal 'each record has its tokens, text events and finish' "openai.chat 9 5 5 length -
anthropic.messages 11 5 5 max_tokens -
openai.responses 5 5 5 max_output_tokens -
llamacpp.completion 5 5 5 limit -
openai.chat 9 5 1 length -
anthropic.messages 11 5 1 max_tokens -
openai.responses 5 5 1 max_output_tokens -
llamacpp.completion 5 5 1 limit -
openai.embeddings 6  0  -
ollama.embed 5  0  -
rerank 7  0  -
openai.responses 13 $(jq -s 'map(select(.type == "response" and .seq == 11))[0] | "\(.output_tokens) \(.events)"' -r "$scratch/trace.jsonl") completed -" "$(records "$scratch/trace.jsonl")"

run "$bin/replay" "$scratch/trace.jsonl" -u "${server_url[sim]}" -W 2 -B 11 -r 1 --warmup 0 --pick trace --keep-invalid -o "$scratch/run.jsonl" --progress none
check_equal 'all of them are sent again' 0 "$status"
check_match 'what is of an unknown API' 'left out: 2 requests to /v1/foo, of no API that this version supports' "$err"
check_match 'what needs the state of a server is left out' '1 request is left out: only the recording server has the answer' "$err"
check_equal 'with success' '11 0' "$(jq -s -r '[map(select(.type == "request"))[] | .error] | "\(length) \(map(select(. != null)) | length)"' "$scratch/run.jsonl")"
run "$bin/analyze" -q --format json "$scratch/run.jsonl"
check_equal 'analyze keeps the APIs apart' "anthropic.messages 2 0 22 10
llamacpp.completion 2 0 10 10
openai.chat 2 0 18 10
openai.responses 2 0 10 10
ollama.embed 1 0 5 0
openai.embeddings 1 0 6 0
rerank 1 0 7 0" "$(jq -r '.apis[] | "\(.api) \(.requests) \(.failed) \(.input_tokens) \(.output_tokens)"' <<<"$out")"
for lang in 'en:By API.*use 7 APIs. Their tokens and times are not comparable' 'ru:По видам API.*к нескольким API .7.'; do
  run "$bin/analyze" -q --format md --lang "${lang%%:*}" "$scratch/run.jsonl"
  check_match "and says so (${lang%%:*})" "${lang#*:}" "$(tr '\n' ' ' <<<"$out")"
done
for family in openai:4 ollama:1 anthropic:2 rerank:1 llamacpp:2; do
  run "$bin/replay" "$scratch/trace.jsonl" -u "${server_url[sim]}" --api "${family%:*}" -W 1 -B 2 --dry-run
  check_match "--api ${family%:*} draws its own" "^trace +${family#*:} requests|trace +[1-9]" "$(grep '^trace' <<<"$out")"
done

head -c 32 /dev/urandom >"$scratch/key"
run "$bin/capture" --import trace "$scratch/trace.jsonl" --anonymize "$scratch/key" -o "$scratch/anonymous.jsonl"
check_equal 'it is anonymised' 0 "$status"
check_equal 'without a word of it' 0 "$(grep -c 'tide\|Now\|brief' "$scratch/anonymous.jsonl")"
run "$bin/replay" "$scratch/anonymous.jsonl" -u "${server_url[sim]}" -m m -W 2 -B 12 -r 1 --warmup 0 -o "$scratch/made.jsonl" --progress none
check_match 'and sent again from its sizes' '^[1-9][0-9]* 0$' "$(jq -s -r '[map(select(.type == "request"))[] | .error] | "\(length) \(map(select(. != null)) | length)"' "$scratch/made.jsonl")"
run "$bin/replay" "$scratch/trace.jsonl" -u "${server_url[sim]}" -W 1 -B 2 --dry-run
check_match '--dry-run names them' '2 requests to /v1/foo' "$err"
run "$bin/capture" --import trace "$scratch/trace.jsonl" -o "$scratch/again.jsonl"
check_match 'and import' '2 requests to /v1/foo: of no API that this version supports' "$err"

# Made traffic of each API is answered, and measured in what it has.
for api in openai.chat openai.completions ollama.chat ollama.generate anthropic.messages openai.responses openai.embeddings \
  ollama.embed rerank llamacpp.completion; do
  run "$bin/capture" --import made requests=6,input=20,output=5 --api "$api" -m m -o "$scratch/of.jsonl" --force
  run "$bin/replay" "$scratch/of.jsonl" -u "${server_url[sim]}" -W 2 -B 6 -r 1 --warmup 0 --progress none -o "$scratch/of.run.jsonl" --force
  check_equal "$api: no request fails" 0 "$(jq -s 'map(select(.type == "request" and .error != null)) | length' "$scratch/of.run.jsonl")"
  run "$bin/analyze" -q --format json "$scratch/of.run.jsonl"
  unit=output_tokens/s
  [[ $api = *embed* || $api = rerank ]] && unit=requests/s
  check_equal "$api: its unit" "$unit" "$(jq -r .unit <<<"$out")"
done

# A sweep is answered in the unit of what the API gives: tokens, requests where there is no text, input tokens if asked.
words_of() { # API [OPTION...]: the text of a sweep's report
  run "$bin/capture" --import made requests=8,input=20,output=5 --api "$1" -m m -o "$scratch/of.jsonl" --force
  run "$bin/replay" "$scratch/of.jsonl" -u "${server_url[sim]}" -W 1,2,4 -B 8 -r 1 --warmup 0 --progress none --keep-invalid \
    -o "$scratch/of.run.jsonl" --force
  sed -i 's/"valid":false/"valid":true/' "$scratch/of.run.jsonl"
  run "$bin/analyze" -q "${@:2}" "$scratch/of.run.jsonl"
  out=$(tr -s ' \n' '  ' <<<"$out")
}
words_of anthropic.messages
check_match 'a sweep of messages: tokens' '[0-9] tokens per second .*Time to first token|[0-9] tokens per second .*TTFT' "$out"
words_of rerank
check_match 'a sweep of rerank: requests' '[0-9] requests per second' "$out"
check_equal 'and no word of tokens or of a first one' '' "$(grep -oE 'tokens|TTFT' <<<"$out")"
words_of openai.embeddings --measure input_tokens
check_match 'a sweep of embeddings: input tokens where they are asked for' '[0-9] input tokens per second' "$out"
check_equal 'and no time to a first token' '' "$(grep -oE 'TTFT|[Tt]ime to first' <<<"$out")"
stop_server sim
summary
