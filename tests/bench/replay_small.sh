#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# replay with small requests, 64 in flight on one thread and every record written, beside wrk, hey
# and a bare loop on libcurl on the same nginx.
. "$(dirname "$0")/lib.sh"
need nginx curl jq
requests=100000
trace=tests/bench/get.trace.jsonl
start_nginx_answer nginx || summary
url=${server_url[nginx]}

measure_wrk() {
  run wrk -t1 -c64 -d"${SECONDS_EACH}s" "$url/n/0"
  add wrk "$(awk '$1 == "Requests/sec:" { print $2 }' <<<"$out")"
}
measure_hey() {
  run "$peers/cost" "$scratch/cost.json" hey -z "${SECONDS_EACH}s" -c 64 "$url/n/0"
  local count
  count=$(awk '$1 == "[200]" { print $2 }' <<<"$out")
  add hey "$(calc "$count / $SECONDS_EACH")"
  add hey_us "$(calc "$(jq .cpu_s "$scratch/cost.json") * 1e6 / $count")"
}
measure_bare() {
  run "$peers/bare_curl" "$url/n/0" 64 $requests
  add bare "$(jq '.requests / .wall_s' <<<"$out")"
  add bare_us "$(jq '.cpu_s * 1e6 / .requests' <<<"$out")"
}
measure_replay() {
  run "$peers/cost" "$scratch/cost.json" "$bin/replay" $trace --api http -u "$url" -W 64 -B $requests -r 1 \
    --warmup 0 --force -o "$scratch/run.jsonl.gz"
  check_equal 'replay ends well' 0 "$status"
  check_equal 'every record is written' $requests "$(zcat "$scratch/run.jsonl.gz" | grep -c '"type":"request".*"error":null')"
  add replay "$(zcat "$scratch/run.jsonl.gz" | jq 'select(.type == "batch") | .requests / .total_s')"
  add replay_us "$(calc "$(jq .cpu_s "$scratch/cost.json") * 1e6 / $requests")"
}

for _ in $(seq "$ROUNDS"); do
  command -v wrk >/dev/null && measure_wrk
  command -v hey >/dev/null && measure_hey
  measure_bare
  measure_replay
done
figure 'replay small, 64 in flight: CPU per request of bare libcurl' "$(calc "$(median replay_us) / $(median bare_us)")" '<=' 1.3 \
  "replay $(median replay_us) us, a bare loop on libcurl $(median bare_us) us; $(median replay)/s and $(median bare)/s"
name='replay small, 64 in flight: requests/s of wrk'
if [ -n "${lists[wrk]:-}" ]; then
  figure "$name" "$(calc "$(median replay) / $(median wrk)")" '>=' 0.25 "replay $(median replay)/s, wrk $(median wrk)/s"
else
  skipped "$name" 'no wrk here'
fi
name='replay small, 64 in flight: CPU per request of hey'
if [ -n "${lists[hey]:-}" ]; then
  figure "$name" "$(calc "$(median replay_us) / $(median hey_us)")" '<=' 1 \
    "replay $(median replay_us) us, hey $(median hey_us) us; hey $(median hey)/s"
else
  skipped "$name" 'no hey here'
fi
summary
