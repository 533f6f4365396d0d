#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# 1000 exchanges of random bodies (0 to 5 MB), framings, speeds and connections through capture: no byte changes, and
# each is recorded with its size. Bodies of random bytes are no text: small ones come back from the trace's base64.
. "$(dirname "$0")/../lib.sh"
need jq zcat
peer=$BUILD/tests/long/exact_bytes
exchanges=1000 trace=$scratch/trace.jsonl.gz

start_server peer "$peer" server && start_server capture "$bin/capture" -u "${server_url[peer]}" -l 127.0.0.1:0 \
  -o "$trace" --max-body 64KiB || summary
RUN_TIMEOUT=600 run "$peer" client "${server_url[peer]}" 200 8 1
check_equal 'the two ends agree without a proxy' '200 0' "$(jq -r '"\(.exchanges) \(.wrong)"' <<<"$out")"
RUN_TIMEOUT=600 run "$peer" client "${server_url[capture]}" $exchanges 16 2
echo "$err" | head -n 20
check_equal 'every exchange through capture is exact' "$exchanges 0" "$(jq -r '"\(.exchanges) \(.wrong)"' <<<"$out")"
echo "exchanged: $out"
stop_server capture
check_equal 'exit code' 0 "${server_status[capture]}"
check_equal 'every request is recorded' $exchanges "$(zcat "$trace" | grep -c '^{"type":"request"')"
check_equal 'every response is recorded, and none as failed by the transport' $exchanges \
  "$(zcat "$trace" | jq -c 'select(.type == "response" and (.error == null or (.error | test("^http_"))))' | wc -l)"
check_equal 'request bytes are counted' "$(jq .request_bytes <<<"$out")" \
  "$(zcat "$trace" | jq -s 'map(select(.type == "request").body_bytes // 0) | add')"
check_equal 'response bytes are counted' "$(jq .response_bytes <<<"$out")" \
  "$(zcat "$trace" | jq -s 'map(select(.type == "response").bytes // 0) | add')"
check 'recorded bodies have their size' test "$(zcat "$trace" | jq -c 'select(.body_base64) |
  select((.body_base64 | gsub("="; "") | length * 6 / 8 | floor) != .body_bytes)' | wc -l)" -eq 0
check 'small bodies are recorded' test "$(zcat "$trace" | grep -c '"body_base64"')" -ge 100
summary
