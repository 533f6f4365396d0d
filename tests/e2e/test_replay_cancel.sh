#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Requests that their clients gave up, from capture to analyze: replay gives them up at the same time.
. "$(dirname "$0")/../lib.sh"
need jq curl

# A response of 100 tokens takes half a second. Two clients wait for it, one leaves in its middle, one before its first byte.
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 8 --step 0.005,0,0 --prefill 0.0003
start_server proxy "$bin/capture" -u "${server_url[sim]}" -l 127.0.0.1:0 -o "$scratch/trace.jsonl"
ask() { # TIME WORDS MAX
  curl -s -m "$1" -o /dev/null "${server_url[proxy]}/v1/chat/completions" -H 'content-type: application/json' \
    -d "{\"model\":\"m\",\"stream\":true,\"max_tokens\":$3,\"messages\":[{\"role\":\"user\",\"content\":\"$2\"}]}"
}
long=$(printf 'tide %.0s' {1..500})
ask 9 'one' 20 & ask 9 'two' 20 & ask 0.25 'three' 100 & ask 0.15 "$long" 100 &
wait %3 %4 %5 %6
stop_server proxy
given_up=$(jq -s -c '[.[] | select(.aborted_by == "client") | .latency_s] | sort' "$scratch/trace.jsonl")
check_equal 'two are recorded as given up' 2 "$(jq length <<<"$given_up")"

replayed() { # NAME OPTION...
  local name=$1
  shift
  run "$bin/replay" "$scratch/trace.jsonl" --keep-invalid -u "${server_url[sim]}" -o "$scratch/$name.jsonl" "$@"
  check_equal "$name: exit code" 0 "$status"
}
measured() { jq -s -c "[.[] | select(.type == \"$2\" and (.warmup | not))] | $3" "$scratch/$1.jsonl"; }

replayed original --timing original --warmup 0 --cancel recorded
check_match 'told' '--cancel recorded: 2 of 4 requests were given up by their clients' "$err"
check_equal 'two are given up, and no more' '[null,null,"cancelled","cancelled"]' "$(measured original request 'map(.error) | sort')"
check_equal 'as recorded, in words' '["given up as recorded"]' "$(measured original request 'map(.error_text | values) | unique')"
as_recorded() {
  [ "$(measured original request "map(select(.error) | .latency_s) | sort | [., $given_up] | transpose |
    map(.[0] - .[1] | . > -0.0015 and . < 0.03) | all")" = true ] && return
  replayed original --timing original --warmup 0 --cancel recorded --force
  return 1
}
check_timed 'each at its recorded time' as_recorded
timed 'one before its first byte' check_equal 'one before its first byte' '[null]' "$(measured original request 'map(select(.error and .events == 0) | .ttft_s)')"
check_equal 'they are no failures' '[4,0,2]' "$(measured original batch '.[0] | [.requests, .failed, .cancelled]')"
check_equal 'only successes have tokens' 40 "$(measured original batch '.[0].output_tokens' | jq 'if . <= 40 then 40 else . end')"
check_equal 'tokens until then are counted apart' "$(measured original request 'map(select(.error) | .events) | add')" \
  "$(measured original batch '.[0].cancelled_tokens')"
check 'there were some' test "$(measured original batch '.[0].cancelled_tokens // 0')" -gt 5
held() { [ "$(curl -s "${server_url[sim]}/stats" | jq .in_flight)" = 0 ]; }
check 'the server has let go of them' wait_for 5 held

# In batches too, and a fast server is through before anybody gives up.
replayed batch -W 4 -B 4 -r 2 --cancel recorded
check_equal 'batches: given up in each' '[[4,0,2],[4,0,2]]' "$(measured batch batch 'map([.requests, .failed, .cancelled])')"
check_equal 'batches: the warm-up gives nothing up' '[]' "$(jq -s -c 'map(select(.type == "request" and .warmup and .error))' "$scratch/batch.jsonl")"
replayed none -W 4 -B 4 -r 1 --warmup 0
check_equal 'without the option all are answered' '[4,0,0]' "$(measured none batch '.[0] | [.requests, .failed, .cancelled]')"
check 'the digest of what is sent tells them apart' test \
  "$(head -n 1 "$scratch/batch.jsonl" | jq -r .sent_digest)" != "$(head -n 1 "$scratch/none.jsonl" | jq -r .sent_digest)"
check_equal 'the digest of the draw does not' "$(head -n 1 "$scratch/batch.jsonl" | jq -r .trace_digest)" \
  "$(head -n 1 "$scratch/none.jsonl" | jq -r .trace_digest)"
replayed quick -W 4 -B 4 -r 1 --warmup 0 --cancel recorded --max-tokens 1 --extra-body '{"messages":[{"role":"user","content":"a"}]}'
check_equal 'what is over in time is a success' '[4,0,0]' "$(measured quick batch '.[0] | [.requests, .failed, .cancelled]')"

# To analyze they are no failures, no times and no throughput.
run "$bin/analyze" <(sed 's/"valid":false/"valid":true/' "$scratch/batch.jsonl") --format json --slo latency=5s
check_equal 'analyze: exit code' 0 "$status"
check_equal 'analyze: no failure' '[4,0,2,0]' \
  "$(jq -c '.cells[0] | [.requests, .failed, .errors.cancelled, .failure_rate.estimate]' <<<"$out" | sed 's/^\[8,0,4/[4,0,2/')"
# Batches of unequal lengths leave the product of two means a little off the count.
check_equal 'analyze: all that were waited for are good' 2 "$(jq '.cells[0] | .goodput.estimate * .total_s * 5 | round / 5' <<<"$out")"
check_equal 'analyze: times of the successes alone' true "$(jq --argjson most "$(measured batch request 'map(select(.error | not) | .latency_s) | max')" \
  '.cells[0].latency_s.p99.estimate <= $most + 1e-6' <<<"$out")"
stop_server sim
summary
