#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the records say happened is what the server knows it did: both look at the same clock, each on its own side of
# the connection. A busy machine delays single events, so medians are held to much less than the tails.
. "$(dirname "$0")/../lib.sh"
. tests/e2e/truth.sh
need jq curl

trace=$scratch/mixed.jsonl
# Each but once, under a name of its own, and none a turn of a conversation: turns would wait for each other.
jq -n -c '[inputs] | .[0], ([.[] | select(.type == "request" and .api != "http") | del(.session)] as $mixed | range(320) | . as $i |
  $mixed[$i % ($mixed | length)] | .seq = $i | .headers["x-request-id"] = "\($i)")' tests/data/mixed.trace.jsonl >"$trace"
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 128 --time-scale 0.12 --log-events
run "$bin/replay" "$trace" -u "${server_url[sim]}" --timing rate --request-rate 80 --arrival constant --duration 4s \
  --max-tokens 60 --stream --warmup 0 -q -o "$scratch/run.jsonl"
check_equal 'exit code' 0 "$status"
curl -s "${server_url[sim]}/stats?log=1000" >"$scratch/stats.json"
check_match 'many streams at once' true "$(jq '.peak_in_flight >= 20' "$scratch/stats.json")"

truth_compare "$scratch/run.jsonl" "$scratch/stats.json" >"$scratch/truth.json"
check_equal 'every request is found in the log' true "$(jq .paired "$scratch/truth.json")"
for what in ttft latency tpot itl_p50; do
  echo "$what: record against server, ms: $(jq -c ".$what" "$scratch/truth.json")"
  check_equal "$what: all are compared" 320 "$(jq ".$what.n" "$scratch/truth.json")"
  check_match "$what: half of them within 2 ms" true "$(jq ".$what.p50 < 2" "$scratch/truth.json")"
  check_match "$what: 99 of 100 within 60 ms" true "$(jq ".$what.p99 < 60" "$scratch/truth.json")"
done
stop_server sim

# 64 streams in step, their gaps too. tests/long/test_truth.sh holds them, and 512, to what the tool promises.
truth_run streams 64 1
for what in ttft latency itl_p99; do
  check_match "streams: $what: 99 of 100 within 60 ms" true "$(jq -n "$(truth_figure streams $what p99) < 60")"
done
check_match 'streams: itl_p50: 99 of 100 within 2 ms' true "$(jq -n "$(truth_figure streams itl_p50 p99) < 2")"
check_match 'streams: tpot: 99 of 100 within 1 ms' true "$(jq -n "$(truth_figure streams tpot p99) < 1")"
summary
