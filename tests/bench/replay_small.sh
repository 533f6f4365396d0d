#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# replay with small requests, 64 in flight on one thread and every record written, beside wrk, hey
# and a bare loop on libcurl on the same nginx.
. "$(dirname "$0")/lib.sh"
need nginx curl jq
requests=30000
trace=tests/bench/get.trace.jsonl
start_nginx_answer nginx || summary
url=${server_url[nginx]}

# Each sets PROGRAM_rate (requests/s) and PROGRAM_us (CPU a request).
measure_wrk() {
  run wrk -t1 -c64 -d"${SECONDS_EACH}s" "$url/n/0"
  wrk_rate=$(awk '$1 == "Requests/sec:" { print $2 }' <<<"$out")
}
measure_hey() {
  run "$peers/cost" "$scratch/cost.json" hey -z "${SECONDS_EACH}s" -c 64 "$url/n/0"
  hey_us=$(calc "$(jq .cpu_s "$scratch/cost.json") * 1e6 / $(awk '$1 == "[200]" { print $2 }' <<<"$out")")
}
measure_bare() {
  run "$peers/bare_curl" "$url/n/0" 64 $requests
  bare_rate=$(jq '.requests / .wall_s' <<<"$out") bare_us=$(jq '.cpu_s * 1e6 / .requests' <<<"$out")
}
measure_replay() {
  run "$peers/cost" "$scratch/cost.json" "$bin/replay" $trace --api http -u "$url" -W 64 -B $requests -r 1 \
    --warmup 0 --keep-invalid --force -o "$scratch/run.jsonl.gz"
  check_equal 'replay ends well' 0 "$status"
  check_equal 'every record is written' $requests "$(zcat "$scratch/run.jsonl.gz" | grep -c '"type":"request".*"error":null')"
  replay_rate=$(zcat "$scratch/run.jsonl.gz" | jq 'select(.type == "batch") | .requests / .total_s')
  replay_us=$(calc "$(jq .cpu_s "$scratch/cost.json") * 1e6 / $requests")
}

for _ in $(seq "$ROUNDS"); do
  measure_bare
  measure_replay
  pair bare_us "$replay_us" "$bare_us"
  pair bare "$replay_rate" "$bare_rate"
  command -v wrk >/dev/null && measure_wrk && pair wrk "$replay_rate" "$wrk_rate"
  command -v hey >/dev/null && measure_hey && pair hey_us "$replay_us" "$hey_us"
done
title='replay small, 64 in flight: '
ratio bare_us "${title}CPU us a request" '<=' 1.3 us 'bare libcurl'
ratio bare "${title}requests/s" '>=' 0.77 /s 'bare libcurl'
if [ -n "${lists[wrk]:-}" ]; then ratio wrk "${title}requests/s" '>=' 0.45 /s wrk; else skipped "${title}requests/s / wrk" 'no wrk here'; fi
if [ -n "${lists[hey_us]:-}" ]; then ratio hey_us "${title}CPU us a request" '<=' 0.7 us hey; else skipped "${title}CPU us a request / hey" 'no hey here'; fi
summary
