#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the records say happened is what the server knows it did: both look at the same clock, each on its own side of
# the connection. A busy machine delays single events, so medians are held to much less than the tails.
. "$(dirname "$0")/../lib.sh"
need jq curl

trace=$scratch/apart.jsonl # turns of a conversation would wait for each other
jq -c 'del(.session)' tests/data/mixed.trace.jsonl >"$trace"
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 128 --time-scale 0.12
run "$bin/replay" "$trace" -u "${server_url[sim]}" --timing rate --request-rate 80 --arrival constant --duration 4s \
  --max-tokens 60 --stream --warmup 0 -q -o "$scratch/run.jsonl"
check_equal 'exit code' 0 "$status"
curl -s "${server_url[sim]}/stats?log=1000" >"$scratch/stats.json"
check_match 'many streams at once' true "$(jq '.peak_in_flight >= 20' "$scratch/stats.json")"

# Requests go 12 ms apart, so that the order of sending is the order of arrival; differences in milliseconds.
jq -n -c --slurpfile run "$scratch/run.jsonl" --slurpfile stats "$scratch/stats.json" '
  def spread: map(if . < 0 then -. else . end) | sort | {p50: .[length * 0.5 | floor], p99: .[length * 0.99 | floor], n: length};
  [$run[] | select(.type == "request")] | sort_by(.sent_s) as $seen |
  $stats[0].log | sort_by(.arrival_ns) as $done |
  [$seen, $done] | transpose | map({r: .[0], s: .[1]}) |
  { paired: all(.[]; .r.output_tokens == .s.output_tokens and .r.input_tokens == .s.input_tokens),
    ttft: map(.r.ttft_s * 1e3 - (.s.first_token_ns - .s.arrival_ns) / 1e6) | spread,
    latency: map(.r.latency_s * 1e3 - (.s.done_ns - .s.arrival_ns) / 1e6) | spread,
    tpot: map(select(.r.output_tokens > 1) |
      ((.r.last_text_s - .r.ttft_s) * 1e3 - (.s.last_token_ns - .s.first_token_ns) / 1e6) / (.r.output_tokens - 1)) | spread }' >"$scratch/truth.json"
check_equal 'every request is found in the log' true "$(jq .paired "$scratch/truth.json")"
for what in ttft latency tpot; do
  echo "$what: record against server, ms: $(jq -c ".$what" "$scratch/truth.json")"
  check_equal "$what: all are compared" 320 "$(jq ".$what.n" "$scratch/truth.json")"
  check_match "$what: half of them within 2 ms" true "$(jq ".$what.p50 < 2" "$scratch/truth.json")"
  check_match "$what: 99 of 100 within 60 ms" true "$(jq ".$what.p99 < 60" "$scratch/truth.json")"
done
stop_server sim
summary
