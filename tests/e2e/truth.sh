# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the records say happened against what the server knows it did, both by the same clock. Sourced behind lib.sh.
#
#   truth_run NAME STREAMS SECONDS [WRAPPER...]  so many streams at once, each for about so long, 50 tokens/s, all in step as
#                      continuous batching has them; both programs run through WRAPPER (`chrt -f 10`, or nothing). Every
#                      request has arrived before the first token is made: while it sends, the server would note arrivals
#                      late.
#   truth_told NAME N  compares $scratch/NAME.jsonl with NAME.stats into NAME.truth and prints it; checks that all N are found
#   truth_figure NAME WHAT FIELD                 what came of it: WHAT is ttft, latency, tpot, itl_p50 or itl_p99 (the gaps
#                      between one response's events), FIELD p50, p99, max (ms) or n (how many were compared)

# Each request names itself with its number in the trace: a machine that halts for a moment may change their order.
truth_compare() { # RUN STATS
  jq -n -c --slurpfile run "$1" --slurpfile stats "$2" '
    def spread: map(fabs) | sort | {p50: .[length * 0.5 | floor], p99: .[length * 0.99 | floor], max: .[-1], n: length};
    def gaps: [.[1:], .[:-1]] | transpose | map(.[0] - .[1]) | sort;
    def rank(f): .[(length * f | ceil) - 1];
    ($stats[0].log | INDEX(.request_id)) as $done |
    [$run[] | select(.type == "request") | {r: ., s: $done["\(.seq)"]}] |
    { paired: all(.[]; .r.output_tokens == .s.output_tokens and .r.input_tokens == .s.input_tokens and .r.error == null),
      ttft: map(.r.ttft_s * 1e3 - (.s.first_token_ns - .s.arrival_ns) / 1e6) | spread,
      latency: map(.r.latency_s * 1e3 - (.s.done_ns - .s.arrival_ns) / 1e6) | spread,
      tpot: map(select(.r.output_tokens > 1) |
        ((.r.last_text_s - .r.ttft_s) * 1e3 - (.s.last_token_ns - .s.first_token_ns) / 1e6) / (.r.output_tokens - 1)) | spread,
      itl_p50: map(select(.r.output_tokens > 1) | .r.itl_s.p50 * 1e3 - (.s.events_ns | gaps | rank(0.5)) / 1e6) | spread,
      itl_p99: map(select(.r.output_tokens > 1) | .r.itl_s.p99 * 1e3 - (.s.events_ns | gaps | rank(0.99)) / 1e6) | spread }'
}

truth_run() {
  local name=$1 streams=$2 seconds=$3
  shift 3
  # A step of 20 ms: each stream gets 50 tokens a second, and lives for $seconds.
  local tokens=$((seconds * 50))
  jq -n -c --argjson n "$streams" '{type: "trace", version: 1, start_unix_s: 0}, (range($n) | {type: "request", seq: ., t_s: (. * 0.004),
    method: "POST", path: "/v1/chat/completions", headers: {"x-request-id": "\(.)"}, stream: true, api: "openai.chat",
    body: {model: "m", stream: true, max_tokens: ('$tokens' + . % 7), messages: [{role: "user", content: ("x" * (. + 1))}]}})' >"$scratch/$name.trace"
  start_server "$name" "$@" "$bin/simllm" -l 127.0.0.1:0 --slots "$streams" --step .02,0,0 --load "$((streams * 4 + 500))ms" --log "$streams" --log-events
  RUN_TIMEOUT=120 run "$@" "$bin/replay" "$scratch/$name.trace" -u "${server_url[$name]}" --timing original --warmup 0 \
    --cache-bust off -q -o "$scratch/$name.jsonl" --force
  check_equal "$name: exit code" 0 "$status"
  curl -s "${server_url[$name]}/stats?log=1" >"$scratch/$name.stats"
  stop_server "$name"
  check_equal "$name: all streams ran at once" "$streams" "$(jq .peak_in_flight "$scratch/$name.stats")"
  truth_told "$name" "$streams"
}

truth_told() {
  local what
  truth_compare "$scratch/$1.jsonl" "$scratch/$1.stats" >"$scratch/$1.truth"
  check_equal "$1: every request is found in the log, with its tokens" true "$(jq .paired "$scratch/$1.truth")"
  check_equal "$1: all are compared" "$2" "$(jq .ttft.n "$scratch/$1.truth")"
  for what in ttft latency tpot itl_p50 itl_p99; do
    printf '%s: %-8s record against server, ms: %s\n' "$1" "$what" "$(jq -c ".$what | map_values(. * 1000 | round / 1000)" "$scratch/$1.truth")"
  done
}

truth_figure() { jq ".$2.$3" "$scratch/$1.truth"; }
