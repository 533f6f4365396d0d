#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the records say happened is what the server knows it did: both look at the same clock, each on its own side of
# the connection. A busy machine delays single events, so medians are held to much less than the tails, and all of them
# may take three tries. That every request is found, with its tokens, is checked in each.
. "$(dirname "$0")/../lib.sh"
. tests/e2e/truth.sh
need jq curl

# Each but once, under a name of its own, and none a turn of a conversation: turns would wait for each other.
jq -n -c '[inputs] | .[0], ([.[] | select(.type == "request" and .api != "http") | del(.session)] as $mixed | range(320) | . as $i |
  $mixed[$i % ($mixed | length)] | .seq = $i | .headers["x-request-id"] = "\($i)")' tests/data/mixed.trace.jsonl >"$scratch/mixed.trace"

is_near() { # NAME WHAT P50 P99: in ms
  [ "$(jq ".$2 | .p50 < $3 and .p99 < $4" "$scratch/$1.truth")" = true ]
}

mixed() {
  start_server mixed "$bin/simllm" -l 127.0.0.1:0 --slots 128 --time-scale 0.12 --log-events
  run "$bin/replay" "$scratch/mixed.trace" --keep-invalid -u "${server_url[mixed]}" --timing rate --request-rate 80 --arrival constant \
    --duration 4s --max-tokens 60 --stream --warmup 0 -q -o "$scratch/mixed.jsonl" --force
  check_equal 'exit code' 0 "$status"
  curl -s "${server_url[mixed]}/stats?log=1000" >"$scratch/mixed.stats"
  stop_server mixed
  check_match 'many streams at once' true "$(jq '.peak_in_flight >= 20' "$scratch/mixed.stats")"
  truth_told mixed 320
  is_near mixed ttft 2 60 && is_near mixed latency 2 60 && is_near mixed tpot 2 60 && is_near mixed itl_p50 2 60
}
check_timed 'mixed: half of the times within 2 ms of what the server knows, 99 of 100 within 60' mixed

# 64 streams in step, their gaps too. tests/long/test_truth.sh holds them, and 512, to what the tool promises.
streams() {
  truth_run streams 64 1
  is_near streams ttft 60 60 && is_near streams latency 60 60 && is_near streams itl_p99 60 60 &&
    is_near streams itl_p50 2 2 && is_near streams tpot 1 1
}
check_timed 'streams: times within 60 ms of what the server knows, ITL within 2, TPOT within 1' streams
summary
