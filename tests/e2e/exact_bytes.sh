# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Random bodies, framings, speeds and connections through capture: no byte changes, and each exchange is recorded with
# its sizes. Bodies of random bytes are no text: small ones come back from the trace's base64. Sourced behind lib.sh.
#
#   exact_bytes MIX EXCHANGES CONNECTIONS    see tests/long/exact_bytes.c

exact_bytes() {
  local mix=$1 exchanges=$2 connections=$3
  local peer=$BUILD/tests/long/exact_bytes trace=$scratch/trace.jsonl.gz records=$scratch/trace.jsonl
  RUN_TIMEOUT=600
  start_server peer "$peer" server && start_server capture "$bin/capture" -u "${server_url[peer]}" -l 127.0.0.1:0 \
    -o "$trace" --max-body 64KiB || return
  run "$peer" client "${server_url[peer]}" "$mix" $((exchanges / 5)) 8 1
  check_equal 'the two ends agree without a proxy' "$((exchanges / 5)) 0" "$(jq -r '"\(.exchanges) \(.wrong)"' <<<"$out")"
  run "$peer" client "${server_url[capture]}" "$mix" "$exchanges" "$connections" 2
  echo "$err" | head -n 20
  check_equal 'every exchange through capture is exact' "$exchanges 0" "$(jq -r '"\(.exchanges) \(.wrong)"' <<<"$out")"
  echo "exchanged: $out"
  stop_server capture
  check_equal 'exit code' 0 "${server_status[capture]}"
  zcat "$trace" >"$records"
  check_equal 'every request is recorded' "$exchanges" "$(grep -c '^{"type":"request"' "$records")"
  check_equal 'every response is recorded, and none as failed by the transport' "$exchanges" \
    "$(jq -c 'select(.type == "response" and (.error == null or (.error | test("^http_"))))' "$records" | wc -l)"
  check_equal 'request bytes are counted' "$(jq .request_bytes <<<"$out")" \
    "$(jq -n '[inputs | select(.type == "request").body_bytes // 0] | add' "$records")"
  check_equal 'response bytes are counted' "$(jq .response_bytes <<<"$out")" \
    "$(jq -n '[inputs | select(.type == "response").bytes // 0] | add' "$records")"
  check_equal 'recorded bodies have their size' 0 "$(jq -c 'select(.body_base64) |
    select((.body_base64 | gsub("="; "") | length * 6 / 8 | floor) != .body_bytes)' "$records" | wc -l)"
  check 'small bodies are recorded' test "$(grep -c '"body_base64"' "$records")" -ge $((exchanges / 10))
}
