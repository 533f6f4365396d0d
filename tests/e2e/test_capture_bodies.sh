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

test_both
summary
