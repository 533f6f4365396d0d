#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# capture --bodies both: responses as they were, without secrets, within bounds.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need curl jq

trace=$scratch/t.jsonl.gz
answer() { zcat "$trace" | jq -c "select(.type == \"response\" and .seq == $1)"; }
ask() { # PATH BODY OPTION...
  curl -sS -N -m 20 -o "$scratch/body" -H 'Content-Type: application/json' "${server_url[capture]}$1" -d "$2" "${@:3}"
}
chat='"model":"m","messages":[{"role":"user","content":"x"}]'

test_both() {
  start_server server "$bin/simllm" --listen 127.0.0.1:0 --time-scale 0.02 --tokens 5 --seed 5 || return
  start_server capture "$bin/capture" -u "${server_url[server]}" -l 127.0.0.1:0 -o "$trace" --bodies both --max-body 4000 || return
  ask /v1/chat/completions "{$chat}"
  cp "$scratch/body" "$scratch/plain"
  ask /v1/chat/completions "{\"stream\":true,$chat}"
  cp "$scratch/body" "$scratch/stream"
  ask /api/chat "{$chat,\"stream\":true,\"options\":{\"num_predict\":200}}"
  ask '/no/such?api_key=hush-4f1d-hush' '{}' -H 'Authorization: Bearer sk-4f1d-planted'
  stop_server capture && stop_server server
  check_equal 'a JSON answer is recorded as JSON' "$(jq -cS . "$scratch/plain")" "$(answer 0 | jq -cS .body)"
  check_equal 'a stream is recorded as the text of its events' "$(cat "$scratch/stream")" "$(answer 1 | jq -r .body_text)"
  check_equal 'a longer one is not, and marked' 'true null true' "$(answer 2 | jq -r '"\(.body_truncated) \(.body_text) \(.bytes > 4000)"')"
  check_equal 'an error is recorded too' true "$(answer 3 | jq -r '.status == 404 and (.body // .body_text) != null')"
  check_equal 'no secret is in the trace' 0 "$(zcat "$trace" | grep -c 4f1d)"
  check_equal 'a request is recorded as before' m "$(zcat "$trace" | jq -r 'select(.type == "request" and .seq == 0).body.model')"
}

# Two responses of 40 kB do not find room in 64 KiB at once; their bodies are lost, and counted like records.
test_full_queue() {
  local file=$scratch/full.jsonl i
  start_server server "$bin/simllm" --listen 127.0.0.1:0 --slots 9 --step 0.01,0,0 --tokens 200 --seed 5 || return
  start_server capture "$bin/capture" -u "${server_url[server]}" -l 127.0.0.1:0 -o "$file" --bodies both --queue 64KiB \
    --max-body 60kB --flush-interval 1h --metrics 127.0.0.1:0 || return
  local page
  page=$(sed -n 's|.*metrics on \(http://.*\)|\1|p' "${server_err[capture]}")
  local -a clients=()
  for i in 1 2 3 4 5; do
    curl -sS -N -m 30 -d "{\"stream\":true,$chat}" "${server_url[capture]}/v1/chat/completions" >"$scratch/full.$i" &
    clients+=($!)
  done
  wait "${clients[@]}"
  check_equal 'every client gets its stream' 5 "$(cat "$scratch"/full.? | grep -c DONE)"
  run curl -sS -m 20 "$page"
  check_match 'metrics count what was lost' 'capture_dropped_records_total [1-9]' "$out"
  stop_server capture && stop_server server
  check_equal 'it is exit code 4' 4 "${server_status[capture]}"
  check_equal 'the end record says how many' true \
    "$(jq -s '(map(select(.type == "end").dropped) | add) ==
      10 - (map(select(.type == "request" or .type == "response")) | length) + (map(select(.type == "response" and .body_truncated)) | length)' "$file")"
  check_equal 'some of them bodies of responses that were recorded' true \
    "$(jq -s 'any(.[]; .type == "response" and .body_truncated and .output_tokens == 200)' "$file")"
}

test_both
test_full_queue
summary
