#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The number of servers that --demand names keeps the limit, and one fewer does not: servers of 16 slots whose step takes
# a known time, behind a round robin of nginx. BENCH_SECONDS (90) of a repetition, LONG (90) of the runs on all servers.
# Batches of a late client, which the audit rejects, prove nothing.
. "$(dirname "$0")/../bench/lib.sh"
. tests/long/valid.sh
PATH=$PATH:/usr/sbin
need jq nginx

# 16 tokens a step of 108 ms: 148 tokens/s, so 18.5 requests/s of 8 tokens.
each=${BENCH_SECONDS:-90} long=${LONG:-90} limit=ttft_p95=0.5s demand=40
for i in 1 2 3; do start_server "sim$i" "$bin/simllm" -l 127.0.0.1:0 --slots 16 --step .06,.003,0; done
jq -n -c '{type: "trace", version: 1, start_unix_s: 0}, (range(64) | {type: "request", seq: ., t_s: (. * 0.01), method: "POST",
  path: "/v1/chat/completions", headers: {}, stream: true, api: "openai.chat",
  body: {model: "m", stream: true, max_tokens: (4 + . % 9), messages: [{role: "user", content: "x"}]}})' >"$scratch/trace"
open_loop=("$scratch/trace" --timing rate --arrival poisson --warmup 0 --cache-bust off --ignore-eos -q)

replay_valid 'one server' "$scratch/one.jsonl" "${open_loop[@]}" -u "${server_url[sim1]}" --duration "${each}s" \
  --request-rate 13.4,20 -r 4 || summary
run "$bin/analyze" --slo $limit --demand $demand --format json "$scratch/one.jsonl"
jq -c '[.slo_edge.passes, .slo_edge.fails, .slo_edge.estimate]' <<<"$out"
check_equal 'one server: 13.4 requests/s pass, 20 fail' '[13.4,20]' "$(jq -c '.slo_edge | [.passes, .fails]' <<<"$out")"
check_equal 'three servers suffice, two are too few' '[3,2]' "$(jq -c '.demand | [.suffice, .too_few]' <<<"$out")"

for count in 3 2; do
  servers=
  for ((i = 1; i <= count; i++)); do servers+="server ${server_url[sim$i]#http://}; "; done
  start_nginx "front$count" "upstream up { $servers keepalive 1024; } server { listen 127.0.0.1:PORT backlog=4096; location / {
    proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_buffering off; } }" || summary
  replay_valid "$count servers" "$scratch/$count.jsonl" "${open_loop[@]}" -u "${server_url[front$count]}" --duration "${long}s" \
    --request-rate $demand -r 1 || continue
  "$bin/analyze" --slo $limit --format json "$scratch/$count.jsonl" 2>/dev/null >"$scratch/$count.json"
  seen=$(jq -c '.loads[0] | [.whole.ttft_s.p95.estimate, .queue_grows]' "$scratch/$count.json")
  echo "$count servers at $demand requests/s: p95 of TTFT, whether the queue grows: $seen"
  check_equal "$count servers keep the limit" "$([ $count = 3 ] && echo true || echo false)" \
    "$(jq '.[0] <= 0.5 and .[1] != true' <<<"$seen")"
done
summary
