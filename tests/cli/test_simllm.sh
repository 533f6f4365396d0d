#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The simulated server as its clients see it: every endpoint, every fault kind, its statistics, its manners.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need curl jq awk

sim() { # NAME OPTION...: a server on a free port, fast
  local name=$1
  shift
  start_server "$name" "$bin/simllm" --listen 127.0.0.1:0 --time-scale 0.05 "$@"
}
post() { run curl -sN -m 20 -w '\n%{http_code}' -H 'Content-Type: application/json' "${server_url[$1]}$2" -d "$3" "${@:4}"; }
get() { run curl -s -m 20 -w '\n%{http_code}' "${server_url[$1]}$2" "${@:3}"; }
code() { tail -n 1 <<<"$out"; }
body() { sed '$d' <<<"$out" | grep -av '^$'; }
events() { sed -n 's/^data: //p' <<<"$out" | grep -v '^\[DONE\]$'; }
stat_of() { curl -s -m 20 "${server_url[$1]}/stats" | jq -c "$2"; }

chat='"messages":[{"role":"system","content":"You are a test."},{"role":"user","content":"Größe?"}]'
# 15 and 6 characters: ceil(21 / 4) + 2 * 4
chat_prompt_tokens=14

test_pages() {
  sim pages --tags-model tide
  get pages /health
  check_equal "health is ok" '{"status":"ok"} 200' "$(body) $(code)"
  get pages /v1/models
  check_equal "the model list has the model" tide "$(body | jq -r '.data[0].id')"
  get pages /api/tags
  check_equal "the tag list has the model" tide "$(body | jq -r '.models[0].name')"
  get pages /api/version
  check_match "a version is told" '^[0-9]+\.[0-9]+\.[0-9]+$' "$(body | jq -r .version)"
  get pages /metrics
  check_match "metrics are Prometheus text" $'\nvllm:generation_tokens_total 0\n' "$out"
  check_equal "every metric line is a comment or NAME VALUE" "" \
    "$(body | grep -vE '^(# (HELP|TYPE) [a-z:_]+ .+|[a-z:_]+ [0-9.e+-]+)$')"
  get pages /nothing
  check_equal "an unknown path is 404" 404 "$(code)"
  get pages /v1/chat/completions
  check_equal "GET on a generating path is 405" 405 "$(code)"
  post pages /health '{}'
  check_equal "POST on a page is 405" 405 "$(code)"
  run curl -sI -m 20 "${server_url[pages]}/health"
  check_match "HEAD has headers only" '^HTTP/1.1 200 OK' "$out"
}

test_openai_chat() {
  post pages /v1/chat/completions "{\"model\":\"m\",$chat,\"max_tokens\":7,\"stream\":true}"
  check_equal "a chat stream is 200" 200 "$(code)"
  check_equal "it begins with a role and no text" 'assistant,""' \
    "$(events | head -n 1 | jq -r '.choices[0].delta | .role + "," + (.content | tojson)')"
  check_equal "it has one event with text per token" 7 \
    "$(events | jq -r 'select((.choices[0].delta.content // "") != "") | 1' | wc -l)"
  check_equal "its last event finishes by length" length "$(events | tail -n 1 | jq -r '.choices[0].finish_reason')"
  check_match "it ends with [DONE]" $'data: \[DONE\]\n' "$out"
  check_equal "it has no usage unasked" 0 "$(events | grep -c '"usage"')"
  local text
  text=$(events | jq -rj '.choices[0].delta.content // empty')

  post pages /v1/chat/completions "{\"model\":\"m\",$chat,\"max_tokens\":7,\"stream\":true}"
  check_equal "an equal request gets equal text" "$text" "$(events | jq -rj '.choices[0].delta.content // empty')"

  post pages /v1/chat/completions \
    "{\"model\":\"m\",$chat,\"max_completion_tokens\":3,\"stream\":true,\"stream_options\":{\"include_usage\":true}}"
  check_equal "usage comes when asked, without choices" "[] $chat_prompt_tokens 3 $((chat_prompt_tokens + 3))" \
    "$(events | tail -n 1 | jq -r '"\(.choices) \(.usage.prompt_tokens) \(.usage.completion_tokens) \(.usage.total_tokens)"')"

  post pages /v1/chat/completions "{\"model\":\"m\",$chat,\"max_tokens\":4}"
  check_equal "an answer that is not streamed is whole" "200 chat.completion m length 4 true" \
    "$(code) $(body | jq -r '"\(.object) \(.model) \(.choices[0].finish_reason) \(.usage.completion_tokens) \(.choices[0].message.content | length > 0)"')"

  post pages /v1/chat/completions "{$chat}"
  check_equal "without a limit --tokens applies and it stops" "tide stop 169" \
    "$(body | jq -r '"\(.model) \(.choices[0].finish_reason) \(.usage.completion_tokens)"')"

  post pages /v1/chat/completions \
    '{"messages":[{"role":"user","content":[{"type":"text","text":"12345678"}]}],"max_tokens":1}'
  check_equal "content parts are counted" 6 "$(body | jq .usage.prompt_tokens)"
}

test_openai_completions() {
  post pages /v1/completions '{"model":"m","prompt":"Once upon a time","max_tokens":5,"stream":true}'
  check_equal "a completion stream has one text per token" "200 5" \
    "$(code) $(events | jq -r 'select(.choices[0].text != "") | .object' | grep -c '^text_completion$')"
  check_equal "and finishes by length" length "$(events | tail -n 1 | jq -r '.choices[0].finish_reason')"
  post pages /v1/completions '{"model":"m","prompt":"Once upon a time","max_tokens":5}'
  check_equal "a whole completion tells its usage" "4 5 9" \
    "$(body | jq -r '.usage | "\(.prompt_tokens) \(.completion_tokens) \(.total_tokens)"')"
}

test_ollama() {
  post pages /api/generate '{"model":"m","prompt":"Once upon a time","options":{"num_predict":6}}'
  check_equal "generate streams JSON lines" "200 7" "$(code) $(body | jq -c . | wc -l)"
  check_equal "with one response per token" 6 "$(body | jq -r 'select(.done == false and .response != "") | 1' | wc -l)"
  check_equal "the last line tells the counts" "true length 4 6" \
    "$(body | tail -n 1 | jq -r '"\(.done) \(.done_reason) \(.prompt_eval_count) \(.eval_count)"')"
  post pages /api/generate '{"model":"m","prompt":"x","stream":false,"options":{"num_predict":-1}}'
  check_equal "not streamed, without a limit" "true stop 169" "$(body | jq -r '"\(.done) \(.done_reason) \(.eval_count)"')"
  post pages /api/chat "{\"model\":\"m\",$chat,\"options\":{\"num_predict\":3}}"
  check_equal "chat streams messages" "assistant 3" \
    "$(body | head -n 1 | jq -r .message.role) $(body | jq -r 'select(.message.content != "") | 1' | wc -l)"
  post pages /api/chat "{\"model\":\"m\",$chat,\"stream\":false,\"options\":{\"num_predict\":2}}"
  check_equal "chat not streamed" "200 2 $chat_prompt_tokens" \
    "$(code) $(body | jq -r '"\(.eval_count) \(.prompt_eval_count)"')"
}

test_bad_requests() {
  local body
  for body in '' '{' '[]' '{"model":"m"}' '{"messages":[]}' '{"messages":["x"]}' "{$chat,\"max_tokens\":0}" \
    "{$chat,\"max_tokens\":\"5\"}"; do
    post pages /v1/chat/completions "$body"
    check_equal "400 for '$body'" "400 invalid_request_error" "$(code) $(body | jq -r .error.type)"
  done
  post pages /api/generate '{"model":"m"}'
  check_equal "Ollama's error is a text" "400 string" "$(code) $(body | jq -r '.error | type')"
}

test_sums() {
  check_soon "requests = ok + failed" true stat_of pages '.requests == .ok + .failed and .in_flight == 0'
  check_equal "bad requests are told apart" 9 "$(stat_of pages .failed_by_kind.bad_request)"
  # chat 7 + 7 + 3 + 4 + 169 + 1, completions 5 + 5, generate 6 + 169, Ollama chat 3 + 2
  check_equal "output tokens are what was sent" '[381,191,10,5,175]' \
    "$(stat_of pages '[.output_tokens, .by_api["openai.chat","openai.completions","ollama.chat","ollama.generate"].output_tokens]')"
  check_equal "the log agrees" '[381,true]' "$(curl -s "${server_url[pages]}/stats?log=1" | jq -c \
    '[([.log[].output_tokens] | add), (.started_ns as $s | .now_ns as $n | all(.log[] | select(.outcome == "ok");
      $s < .arrival_ns and .arrival_ns <= .slot_ns and .slot_ns < .first_token_ns and
      .first_token_ns <= .last_token_ns and .last_token_ns <= .done_ns and .done_ns < $n))]')"
}

test_usage_option() {
  sim always --usage always
  post always /v1/completions '{"prompt":"x","max_tokens":2,"stream":true}'
  check_equal "--usage always tells it unasked" 2 "$(events | tail -n 1 | jq .usage.completion_tokens)"
  sim never --usage never
  post never /v1/completions '{"prompt":"x","max_tokens":2,"stream":true,"stream_options":{"include_usage":true}}'
  check_equal "--usage never does not tell it when asked" 0 "$(events | grep -c '"usage"')"
  post never /api/generate '{"prompt":"x","options":{"num_predict":2}}'
  check_equal "nor to Ollama's clients" null "$(body | tail -n 1 | jq .eval_count)"
  stop_server always
  stop_server never
}

fault_case() { # NAME KIND PATH BODY: one request against a server with that fault; sets status and out
  sim faulty --slots 2 --fault "$2:1"
  run curl -sN -m "${FAULT_SECONDS:-10}" -w '\n%{http_code}' "${server_url[faulty]}$3" -d "$4"
  local expected=1
  check_soon "$1 is counted as $2" "$expected" stat_of faulty ".failed_by_kind[\"$2\"]"
  check_soon "$1 leaves nothing behind" '[0,0,0]' stat_of faulty '[.in_flight,.in_slots,.ok]'
  fault_tokens=$(stat_of faulty .output_tokens)
  stop_server faulty
}

test_faults() {
  local stream='{"prompt":"x","max_tokens":10,"stream":true}' whole='{"prompt":"x","max_tokens":10}'
  local ollama='{"prompt":"x","options":{"num_predict":10}}' path=/v1/completions

  fault_case "a 500" 500 $path "$stream"
  check_equal "500 has an error body" "500 server_error" "$(code) $(body | jq -r .error.type)"
  sim busy --fault 429:100%
  run curl -si -m 10 "${server_url[busy]}$path" -d "$stream"
  check_match "429 has Retry-After" $'^HTTP/1.1 429 .*\r\nRetry-After: 1\r\n' "$out"
  stop_server busy

  fault_case "a reset stream" reset $path "$stream"
  check_equal "a stream is reset half way (curl 56)" "56 200 5" "$status $(code) $(events | wc -l)"
  check_equal "5 tokens were sent before the reset" 5 "$fault_tokens"
  fault_case "a reset answer" reset $path "$whole"
  check_equal "an answer is reset before its headers" "56 000" "$status $(code)"
  fault_case "an early reset" reset_early $path "$stream"
  check_equal "an early reset comes before the headers" "56 000" "$status $(code)"

  fault_case "a truncated stream" truncate $path "$stream"
  check_equal "a stream without its last chunk (curl 18)" "18 200 5" "$status $(code) $(events | wc -l)"
  fault_case "a truncated answer" truncate $path "$whole"
  check_equal "an answer shorter than Content-Length (curl 18)" "18 200" "$status $(code)"

  FAULT_SECONDS=1 fault_case "a hung stream" hang $path "$stream"
  check_equal "headers, then nothing (curl 28)" "28 200 0" "$status $(code) $(events | wc -l)"
  FAULT_SECONDS=1 fault_case "a hung answer" hang $path "$whole"
  check_equal "the same without a stream" "28 200" "$status $(code)"

  fault_case "a malformed stream" malformed $path "$stream"
  check_equal "one event more, and it is no JSON" "0 200 12 1" \
    "$status $(code) $(events | wc -l) $(events | while read -r e; do jq -e . <<<"$e" >/dev/null 2>&1 || echo; done | wc -l)"
  fault_case "a malformed answer" malformed $path "$whole"
  check_equal "an answer that is no JSON" "0 200 1" "$status $(code) $(body | jq . >/dev/null 2>&1 || echo 1)"

  fault_case "an error in a stream" error_in_stream $path "$stream"
  check_equal "5 tokens, an error, [DONE]" "0 200 6 server_error" \
    "$status $(code) $(events | wc -l) $(events | tail -n 1 | jq -r .error.type)"
  fault_case "an error in Ollama's stream" error_in_stream /api/generate "$ollama"
  check_equal "5 tokens, an error, no done" "0 200 6 string" \
    "$status $(code) $(body | wc -l) $(body | tail -n 1 | jq -r '.error | type')"
  fault_case "an error in an answer" error_in_stream $path "$whole"
  check_equal "an error object with status 200" "0 200 server_error" "$status $(code) $(body | jq -r .error.type)"

  fault_case "an empty stream" empty /v1/chat/completions "{$chat,\"max_tokens\":9,\"stream\":true,\"stream_options\":{\"include_usage\":true}}"
  check_equal "an empty stream ends properly" "0 200 stop 0" \
    "$status $(code) $(events | jq -r '.choices[0].finish_reason // empty') $(events | tail -n 1 | jq .usage.completion_tokens)"
  fault_case "an empty Ollama stream" empty /api/generate "$ollama"
  check_equal "with done and no count" "true 0" "$(body | jq -r '"\(.done) \(.eval_count)"')"
}

test_fault_probability() {
  sim some --fault 500:30% --fault 429:0.2 --seed 3
  local codes=
  while [ "$(wc -w <<<"$codes")" -lt 25 ]; do
    codes+=$(curl -s -m 10 -o "$scratch/ignored" -w '%{http_code} ' "${server_url[some]}/api/generate" \
      -d '{"prompt":"x","options":{"num_predict":1}}')
  done
  check_equal "what clients saw is what the server counts" \
    "[$(grep -o 200 <<<"$codes" | wc -l),$(grep -o 500 <<<"$codes" | wc -l),$(grep -o 429 <<<"$codes" | wc -l)]" \
    "$(stat_of some '[.ok,.failed_by_kind["500"],.failed_by_kind["429"]]')"
  # Each has a chance below 1e-3 to fall outside for a right probability; the seed makes it repeatable.
  check "about 30 % are 500" test "$(grep -o 500 <<<"$codes" | wc -l)" -ge 1 -a "$(grep -o 500 <<<"$codes" | wc -l)" -le 16
  stop_server some
}

test_max_slots() {
  sim over --slots 25 --max-slots 24
  post over /api/generate '{"prompt":"x"}'
  check_equal "above --max-slots every request is 500" "500 1" "$(code) $(stat_of over .failed_by_kind.over_slots)"
  get over /health
  check_equal "though the server is healthy" 200 "$(code)"
  stop_server over
  sim at --slots 24 --max-slots 24
  post at /api/generate '{"prompt":"x","options":{"num_predict":1}}'
  check_equal "at --max-slots it works" 200 "$(code)"
  stop_server at
}

test_headers_option() {
  local -a ask=(curl -sN -m 20 -o "$scratch/ignored" -d '{"prompt":"x","options":{"num_predict":100000}}')
  local client
  start_server early "$bin/simllm" --listen 127.0.0.1:0 --step 60,0,0
  "${ask[@]}" -D "$scratch/head" "${server_url[early]}/api/generate" &
  client=$!
  check "early headers do not wait for the first token, which never comes here" wait_for 10 grep -qs '^HTTP/1.1 200' "$scratch/head"
  kill "$client"
  wait "$client" 2>/dev/null
  stop_server early
  start_server late "$bin/simllm" --listen 127.0.0.1:0 --step .4,0,0 --headers late
  run "${ask[@]}" -m 2 -w '%{http_code} %{time_starttransfer}' "${server_url[late]}/api/generate"
  check_equal "late headers come while the stream goes on (curl 28)" "28 200" "$status ${out% *}"
  check "and not before its first token" awk -v s="${out#* }" 'BEGIN { exit !(s >= .4) }'
  stop_server late
}

test_client_leaves() {
  start_server left "$bin/simllm" --listen 127.0.0.1:0 --step .05,0,0 --slots 1
  local client
  tokens_came() { [ "$(cat "$scratch/left" 2>/dev/null | wc -l)" -ge 5 ]; }
  curl -sN -m 20 -o "$scratch/left" "${server_url[left]}/api/generate" -d '{"prompt":"x","options":{"num_predict":100000}}' &
  client=$!
  check "tokens come" wait_for 10 tokens_came
  kill "$client"
  wait "$client" 2>/dev/null
  check_soon "a client that leaves frees its slot" '[1,0,0]' stat_of left '[.client_gone,.in_slots,.in_flight]'
  check "its tokens count" test "$(stat_of left .output_tokens)" -ge 5
  curl -sN -m 20 "${server_url[left]}/api/generate" -d '{"prompt":"x","stream":false,"options":{"num_predict":100000}}' &
  client=$!
  check_soon "another is served" 1 stat_of left .in_slots
  kill "$client"
  wait "$client" 2>/dev/null
  check_soon "also where nothing was sent yet" '[2,0,0]' stat_of left '[.client_gone,.in_slots,.in_flight]'
  stop_server left
}

test_chunks() { # the same bytes, cut in other places
  local way ask='{"prompt":"x","max_tokens":40,"stream":true}' text longest
  for way in event ready 7; do
    sim cut --chunks "$way" --step .000001,0,0
    run curl -sN -m 20 "${server_url[cut]}/v1/completions" -d "$ask"
    # shellcheck disable=SC2001 # a pattern, not a text
    text=$(sed 's/"id":"[^"]*","object":"[^"]*","created":[0-9]*//' <<<"$out")
    case $way in event) event_text=$text ;; *) check_equal "--chunks $way changes no byte" "$event_text" "$text" ;; esac
    run curl -sN --raw -m 20 "${server_url[cut]}/v1/completions" -d "$ask"
    longest=$(grep -aE '^[0-9A-F]+.$' <<<"$out" | tr -d '\r' | while read -r n; do echo $((16#$n)); done | sort -n | tail -n 1)
    case $way in
      event) check "one event is one chunk" test "$longest" -gt 100 -a "$longest" -lt 300 ;;
      ready) check "events that are ready share a chunk" test "$longest" -gt 300 ;;
      7) check_equal "pieces of an event" 7 "$longest" ;;
    esac
    stop_server cut
  done
  check_equal "the text was there" 42 "$(grep -c '^data:' <<<"$event_text")"
}

test_keep_alive() {
  sim alive
  run curl -s -m 20 -o "$scratch/a" -o "$scratch/b" -w '%{num_connects} ' "${server_url[alive]}/v1/completions" \
    "${server_url[alive]}/v1/completions" -d '{"prompt":"x","max_tokens":3,"stream":true}'
  check_equal "a connection carries two streams" "1 0 " "$out"
  check_equal "the second as whole as the first" "5 5" "$(grep -c ^data "$scratch/a") $(grep -c ^data "$scratch/b")"
  stop_server alive
}

is_near() { awk -v e="$1" -v s="$2" -v f="$3" 'BEGIN { exit !(s >= e * (1 - f) && s <= e * (1 + f)) }'; }

measure_throughput() {
  start_server rate "$bin/simllm" --listen 127.0.0.1:0 --slots "$slots" --time-scale "$scale"
  local -a bodies=()
  while [ ${#bodies[@]} -lt $((slots * waves)) ]; do bodies+=("${server_url[rate]}/v1/completions"); done
  run curl -s -m 60 -Z --parallel-max $((slots * waves)) --parallel-immediate --no-progress-meter "${bodies[@]}" \
    -d "{\"prompt\":\"x\",\"max_tokens\":$tokens,\"stream\":true}"
  seen=$(curl -s "${server_url[rate]}/stats?log=1" | jq '.output_tokens / (([.log[].done_ns] | max) - ([.log[].arrival_ns] | min)) * 1e9')
  counts=$(stat_of rate '[.output_tokens_ok,.peak_in_flight]')
  stop_server rate
  is_near "$expected" "$seen" 0.02 && [ "$counts" = "$expected_counts" ]
}

# Three waves of W streams: B*T tokens in waves*T*step(W), see engine.h.
test_throughput() {
  local scale=$1 slots=$2 tokens=$3 waves=3 expected seen counts
  local expected_counts="[$((slots * waves * tokens)),$((slots * waves))]"
  expected=$(awk -v n="$slots" -v x="$scale" 'BEGIN { print n / (.02447 + .001076 * n + .0000314 * n * n) / x }')
  in_quiet measure_throughput
  timed 'throughput' check_near "throughput of $slots slots at time scale $scale is the closed form" "$expected" "$seen" 0.02
  check_equal "with all tokens sent, all requests at once" "$expected_counts" "$counts"
}

ask_cold() {
  curl -s -m 10 -o "$scratch/ignored" -w '%{time_total}' "${server_url[cold]}/api/generate" \
    -d '{"prompt":"12345678","options":{"num_predict":1}}'
}
measure_cold() {
  start_server cold "$bin/simllm" --listen 127.0.0.1:0 --step .01,0,0 --load 500ms --prefill 50ms
  first=$(ask_cold)
  second=$(ask_cold)
  stop_server cold
  is_at_least 0.61 "$first" && is_at_least 0.11 "$second"
}
# A busy machine adds to a wait, and takes nothing from it: less than the next thing that a request may wait for.
is_at_least() { awk -v e="$1" -v s="$2" 'BEGIN { exit !(s >= e && s < e + 0.3) }'; }

test_load_and_prefill() {
  local first second
  in_quiet measure_cold
  check "the first request waits for loading and prefill, 0.61 s: $first" is_at_least 0.61 "$first"
  check "the second for prefill alone, 0.11 s: $second" is_at_least 0.11 "$second"
}

test_startup() {
  start_server starting "$bin/simllm" --listen 127.0.0.1:0 --step .01,0,0 --startup 2s
  code_of() { curl -s -m 10 -o "$scratch/ignored" -w '%{http_code}' "${server_url[starting]}$1" "${@:2}"; }
  check_equal "while it starts, / is not there" 404 "$(code_of /)"
  check_equal "and its health is bad" 503 "$(code_of /health)"
  check_equal "and requests fail" 503 "$(code_of /api/generate -d '{"prompt":"x"}')"
  up() { [ "$(code_of /health)" = 200 ]; }
  check "then it is up" wait_for 10 up
  check_equal "and requests do not fail" 200 "$(code_of /api/generate -d '{"prompt":"x","options":{"num_predict":1}}')"
  check_equal "the failed one is counted" 1 "$(stat_of starting .failed_by_kind.starting)"
  stop_server starting
}

test_prompt_cache() {
  sim cache --prompt-cache --verbose
  post cache /v1/completions '{"prompt":"12345678901234567890","max_tokens":1}'
  check_equal "a new prompt is not cached" "5 0" "$(body | jq -r '.usage | "\(.prompt_tokens) \(.prompt_tokens_details.cached_tokens)"')"
  post cache /v1/completions '{"prompt":"12345678901234567890","max_tokens":1}'
  check_equal "an equal one is, but for one token" 4 "$(body | jq .usage.prompt_tokens_details.cached_tokens)"
  post cache /v1/completions '{"prompt":"x2345678901234567890","max_tokens":1}'
  check_equal "one that begins otherwise is not" 0 "$(body | jq .usage.prompt_tokens_details.cached_tokens)"
  check_equal "the sum is told" '[15,4]' "$(stat_of cache '[.prompt_tokens,.cached_tokens]')"
  check_soon "-v tells every request" "simllm: request 3: openai.completions ok, 1 tokens" tail -n 1 "${server_err[cache]}"
  stop_server cache
}

test_bad_options() {
  local words
  for words in '--slots 0' '--slots x' '--slots -1' '--step 1,2' '--step 0,0,0' '--step 1,2,3,4' '--tokens 0' '--fault 500' \
    '--fault what:1' '--fault 500:2' '--fault 500:60% --fault 429:60%' '--usage maybe' '--headers now' '--cliff 5' '--chunks 0' '--session-noise x' \
    '--cliff 5:0.5' '--noise -1' '--time-scale 0' '--listen 1.2.3.4' '--listen 127.0.0.1:70000' '--load -1s' \
    '--prefill fast' '--seed x' '--max-slots 0' '--log 0' '--what' 'operand'; do
    # shellcheck disable=SC2086 # several words
    run "$bin/simllm" $words
    check_equal "exit 2 for $words" 2 "$status"
    check_lines "one line for $words" 1 "$err"
    check_match "that names it" "${words%% *}" "$err"
  done
}

test_manners() {
  run "$bin/simllm" --help
  check_equal "--help exits 0 and says nothing on stderr" "0 " "$status $err"
  check_match "--help names the options" '--time-scale FACTOR' "$out"
  run "$bin/simllm" --version
  check_match "--version" '^simllm \(Tidemark\) [0-9][^ ]*$' "$(head -n 1 <<<"$out")"
  sim first
  run "$bin/simllm" --listen "${server_url[first]#http://}"
  check_equal "a port in use is exit 1" 1 "$status"
  check_lines "with one line" 1 "$err"
  check_match "that says what" 'cannot listen on 127.0.0.1:[0-9]+: Address already in use' "$err"
  curl -sN -m 20 "${server_url[first]}/api/generate" -d '{"prompt":"x","options":{"num_predict":100000}}' >"$scratch/cut" &
  local curl=$!
  check "the stream runs" wait_for 10 test -s "$scratch/cut"
  stop_server first TERM
  check_equal "SIGTERM in mid-stream is exit 0" 0 "${server_status[first]}"
  wait "$curl"
  check_equal "and the stream was cut (curl 18)" 18 $?
  sim second
  stop_server second INT
  check_equal "SIGINT is exit 0" 0 "${server_status[second]}"
}

test_pages
test_openai_chat
test_openai_completions
test_ollama
test_bad_requests
test_sums
test_usage_option
test_faults
test_fault_probability
test_max_slots
test_headers_option
test_client_leaves
test_chunks
test_keep_alive
test_throughput 0.05 8 150
test_throughput 0.1 24 120
test_throughput 0.01 8 1000
test_load_and_prefill
test_startup
test_prompt_cache
test_bad_options
test_manners
summary
