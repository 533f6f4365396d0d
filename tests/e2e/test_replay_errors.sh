#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A server that refuses: how often is too often, and what it says about when to come back.
. "$(dirname "$0")/../lib.sh"
need jq curl

trace=tests/data/mixed.trace.jsonl
records() { jq -s -c "[.[] | select(.type==\"$2\" and (.warmup|not))] | $3" "$1"; }

start_server busy "$bin/simllm" -l 127.0.0.1:0 --fault 429:100% --time-scale 0.01
plan=("$trace" -u "${server_url[busy]}" -W 1,2 -B 4 -r 5 --order grid --warmup 0)
run "$bin/replay" "${plan[@]}" --max-error-rate 10% -o "$scratch/ended.jsonl"
check_equal 'too many errors: exit code' 3 "$status"
check_equal 'too many errors: each cell ends after its first batch' '[[1,1],[2,1]]' \
  "$(records "$scratch/ended.jsonl" batch 'group_by(.workers) | map([.[0].workers, length])')"
check_match 'too many errors: words' 'workers 1 batch 4: 100 % of the requests failed; the rest of the cell is left out' "$err"
check_match 'too many errors: the table names the class' '2 +4 +1 .* 4  failed: 4 http_429' "$err"
check_equal 'too many errors: counted apart' '[{"http_429":4},{"http_429":4}]' "$(records "$scratch/ended.jsonl" batch 'map(.errors)')"
said=$(curl -si "${server_url[busy]}/v1/completions" -H 'content-type: application/json' -d '{"model":"m","prompt":"x"}' |
  tr -d '\r' | sed -n 's/^[Rr]etry-[Aa]fter: //p')
check_equal 'Retry-After is recorded' "[$said]" "$(records "$scratch/ended.jsonl" request 'map(.retry_after_s) | unique')"
run "$bin/replay" "${plan[@]}" --max-error-rate 1 -o "$scratch/borne.jsonl"
check_equal 'all may fail: nothing ends early' 10 "$(records "$scratch/borne.jsonl" batch length)"
run "$bin/replay" $trace --keep-invalid -u "${server_url[busy]}" --timing rate --request-rate 200 --duration 50ms -r 4 --warmup 0 \
  --max-error-rate 0.5 -o "$scratch/open.jsonl"
check_equal 'open loop: exit code' 3 "$status"
check_equal 'open loop: no second repetition' 1 "$(records "$scratch/open.jsonl" batch length)"
stop_server busy

start_server sim "$bin/simllm" -l 127.0.0.1:0 --time-scale 0.01
run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" -W 1 -B 4 -r 2 --max-error-rate 0 -o "$scratch/good.jsonl"
check_equal 'no error: exit code' 0 "$status"
check_equal 'no error: all is measured' 2 "$(records "$scratch/good.jsonl" batch length)"
check 'no error: no word of a failure' test "${err/failure/}" = "$err"
# The base URL that the libraries of OpenAI take: what was asked, and what the server said to it.
run "$bin/replay" traces/sample.trace.jsonl --keep-invalid -u "${server_url[sim]}/v1" --api openai -W 2 -B 4 -r 1 --threads 2 -o "$scratch/base.jsonl"
check_equal 'a base path too many: exit code' 1 "$status"
check_match 'a base path too many: words' 'the first failure: http_4xx \(404\) for /v1/v1/[a-z/]+: no such path' "$err"
check_match 'a base path too many: said before' $'^(replay: [^\n]*\n)?replay: -u ends in /v1, with which recorded paths begin too; the server.s URL may be -u http://127.0.0.1:[0-9]+\n' "$err"
check_match 'a base path too many: the last words' "not one request succeeded: -u ends in /v1, .* may be -u ${server_url[sim]}\$" "$err"
# The file of such a run does not stand in the way of the next try; one with a success does.
run "$bin/replay" traces/sample.trace.jsonl --keep-invalid -u "${server_url[sim]}" --api openai -W 2 -B 4 -r 1 -o "$scratch/base.jsonl"
check_equal 'a failed run is replaced: exit code' 0 "$status"
check_match 'a failed run is replaced: words' 'base.jsonl: in the run there no request succeeded; this one replaces it' "$err"
check_equal 'a failed run is replaced: one header' 1 "$(grep -c '"type":"run"' "$scratch/base.jsonl")"
run "$bin/replay" traces/sample.trace.jsonl -u "${server_url[sim]}" --api openai -W 2 -B 4 -r 1 -o "$scratch/base.jsonl"
check_match 'a good run is not' '^1 .*base.jsonl: exists already' "$status $err"
run "$bin/replay" traces/sample.trace.jsonl -u 'http://127.0.0.1:{port}' --server 'exit 3 # {port}' -W 1 -r 1 -o "$scratch/died.jsonl"
check_equal 'a server that dies: exit code' 1 "$status"
run "$bin/replay" traces/sample.trace.jsonl -q --keep-invalid -u "${server_url[sim]}" --api openai -W 1 -B 2 -r 1 -o "$scratch/died.jsonl"
check_equal 'the file that this leaves is replaced, and -q prints nothing that is right' '0  ' "$status $out $err"
# HTTP/2 without TLS to a server that speaks 1.1: it hangs up, and the words say what may be wrong.
run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" --http2 -W 1 -B 2 -r 1 -o "$scratch/version.jsonl"
check_equal 'HTTP/2 to a server of 1.1: exit code' 1 "$status"
check_match 'HTTP/2 to a server of 1.1: the last words' 'not one request succeeded \(does the server support HTTP/2 without TLS\?\)' "$err"
check_match 'HTTP/2 to a server of 1.1: those of each request' 'does the server support HTTP/2|does not support HTTP/2' \
  "$(records "$scratch/version.jsonl" request '.[0].error_text')"
# What a script sees at the end, whether or not a second has passed.
run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" -W 1 -B 4 -r 2 --max-tokens 5 --progress json -o "$scratch/said.jsonl"
check_equal 'progress: the last line is final' '[true,2,2,9,40,0]' \
  "$(grep '^{' <<<"$err" | tail -n 1 | jq -c '[.final, .done, .total, .requests, .output_tokens, .eta_s]')"
run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" --timing rate --request-rate 100 --arrival constant --think-time none --duration 100ms --warmup 0 --progress json -o "$scratch/said2.jsonl"
check_equal 'progress: and that of an open loop' '[true,1,1,10]' \
  "$(grep '^{' <<<"$err" | tail -n 1 | jq -c '[.final, .done, .total, .requests]')"
# 20 requests of 10 tokens each and their prompts, then no more; the rest can be added.
budget=("$trace" -u "${server_url[sim]}" -W 1 -B 4 -r 10 --max-tokens 10 --warmup 0 -o "$scratch/budget.jsonl")
run "$bin/replay" "${budget[@]}" --token-budget 200
check_equal 'token budget: exit code' 0 "$status"
check_match 'token budget: words' 'token-budget is used up' "$err"
check_equal 'token budget: the batch that reached it was the last' '[true,true]' "$(jq -s -c '
  [.[] | select(.type=="batch") | .input_tokens + .output_tokens] | [add >= 200, add - .[-1] < 200]' "$scratch/budget.jsonl")"
run "$bin/replay" "${budget[@]}" --resume
check_equal 'token budget: resumed' 10 "$(records "$scratch/budget.jsonl" batch 'map(.rep) | unique | length')"

run "$bin/replay" "$trace" --keep-invalid -u "${server_url[sim]}" -W 1 -r 1 --token-budget 1 -o "$scratch/warm.jsonl"
check_equal 'token budget of less than the warm-up: exit code' 1 "$status"
check_match 'token budget of less than the warm-up: words' 'the warm-up used up --token-budget' "$err"

# Answers as long as recorded: cells of few requests draw different ones.
jq -c 'if .type=="request" and .seq==0 then .body.max_tokens=4 | del(.body.max_completion_tokens) else . end' \
  $trace >"$scratch/uneven.trace.jsonl"
run "$bin/replay" "$scratch/uneven.trace.jsonl" --keep-invalid -u "${server_url[sim]}" -W 1 -B 1,8 -r 1 --pick trace --warmup 0 -o "$scratch/uneven.jsonl"
spread=$(records "$scratch/uneven.jsonl" batch 'map(.output_tokens / .requests) | max / min > 1.1')
check_equal 'uneven cells: they differ by more than a tenth' true "$spread"
check_match 'uneven cells: told' 'cells differ in output tokens per request' "$err"
run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" -W 1 -B 1,8 -r 1 --max-tokens 5 --warmup 0 -o "$scratch/even.jsonl"
check_equal 'even cells: not told' 0 "$(grep -c 'cells differ' <<<"$err")"

# A burst takes as many connections as it has requests, and the next one finds them all. The server's first token comes
# after all are sent, also where the client hardly gets the CPU.
stop_server sim
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 200 --step 0.7,0,0
run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" --dispatch burst -W 1 -B 200 -r 2 --max-tokens 2 --warmup 0 -q -o "$scratch/burst.jsonl"
# One whose last chunk has not come yet when the next batch begins is not free.
check_equal 'burst: connections are kept for the next batch' '[[0,0],[1,true]]' "$(records "$scratch/burst.jsonl" request \
  'group_by(.rep) | map([.[0].rep, (map(select(.connect_s == 0)) | length | if . > 0 then . >= 180 else . end)])')"
stop_server sim
summary
