#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Responses that continue what their server keeps: recorded from one server, replayed against another by --stateful.
. "$(dirname "$0")/../lib.sh"
need curl jq

start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 4 --time-scale 0.01
start_server proxy "$bin/capture" -u "${server_url[sim]}" -l 127.0.0.1:0 -o "$scratch/trace.jsonl"
ask() { # MEMBERS ; prints the answer's identifier
  curl -sS -m 20 -H 'Content-Type: application/json' -d "{\"model\":\"m\",\"max_output_tokens\":5,$1}" "${server_url[proxy]}/v1/responses" |
    sed -n 's/^data: {"type":"response.created"/{"/; s/.*"id":"\(resp_[^"]*\)".*/\1/p' | tail -n 1
}
# Of one conversation: a first turn, one that continues it, another that continues the same (a branch), and one of each.
first=$(ask '"input":"When is high tide?"')
second=$(ask "\"input\":\"And low tide?\",\"previous_response_id\":\"$first\",\"stream\":true")
branch=$(ask "\"input\":\"And neap tide at the other end?\",\"previous_response_id\":\"$first\"")
ask "\"input\":\"Now?\",\"previous_response_id\":\"$second\"" >/dev/null
ask "\"previous_response_id\":\"$branch\",\"input\":\"Where?\"" >/dev/null
# One that the client keeps at the server under a name, and one whose beginning was not recorded.
for words in One Two; do ask "\"input\":\"$words\",\"conversation\":{\"id\":\"conv_1\"}" >/dev/null; done
check_match 'an unknown identifier is refused' 'Previous response not found' "$(curl -sS -m 20 -H 'Content-Type: application/json' \
  -d '{"model":"m","input":"Lost","previous_response_id":"resp_0_0"}' "${server_url[proxy]}/v1/responses")"
stop_server proxy
stop_server sim
requests() { jq -s "map(select(.type == \"request\" and (.warmup | not))) | sort_by(.seq)" "$1"; }
check_equal 'conversations are found' '1 1 1 1 1 2 2 3' "$(requests "$scratch/trace.jsonl" | jq -r 'map(.conversation // .session | ltrimstr("c")) | join(" ")')"
tokens=$(jq -s -c 'map(select(.type == "response" and .seq < 6)) | sort_by(.seq) | map(.input_tokens)' "$scratch/trace.jsonl")
# The unrecorded beginning was refused then: let it look like a success, so that only --stateful leaves it out.
jq -c 'if .type == "response" then .status = 200 | .error = null else . end' "$scratch/trace.jsonl" >"$scratch/all.jsonl"

start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 4 --time-scale 0.01
for threads in 1 2; do
  run "$bin/replay" "$scratch/all.jsonl" -u "${server_url[sim]}" --timing original --stateful --threads $threads --cache-bust off --warmup 2 -r 2 \
    -o "$scratch/run.jsonl" --force --progress none
  check_equal "$threads thread(s): exit code" 0 "$status"
  check_match "$threads thread(s): what continues nothing of the trace is left out" '1 request is left out: the trace lacks the answer' "$err"
  check_equal "$threads thread(s): every turn succeeds, twice" '14 0' "$(requests "$scratch/run.jsonl" | jq -r '"\(length) \(map(select(.error)) | length)"')"
  check_equal "$threads thread(s): each continues the same turn as when recorded" "$tokens" \
    "$(requests "$scratch/run.jsonl" | jq -c 'map(select(.rep == 1 and .seq < 6)) | map(.input_tokens)')"
  check_equal "$threads thread(s): the second of a named conversation continues the first" true \
    "$(requests "$scratch/run.jsonl" | jq 'map(select(.rep == 0 and .seq > 4) | .input_tokens) | .[1] > .[0] + 4')"
done
run "$bin/replay" "$scratch/all.jsonl" -u "${server_url[sim]}" --timing original --cache-bust off --warmup 0 -o "$scratch/run.jsonl" --force --progress none
check_match 'without it they are left out' '7 requests are left out: only the recording server has the answer that each continues' "$err"
check_equal 'and the rest is sent' 1 "$(requests "$scratch/run.jsonl" | jq length)"
run "$bin/replay" "$scratch/all.jsonl" -u "${server_url[sim]}" --stateful -W 1
check_equal 'a batch keeps no order of turns' 2 "$status"
check_match 'and the message names what does' '--stateful goes with --timing original or rate' "$err"
# A turn that fails takes those that continue it along.
start_server failing "$bin/simllm" -l 127.0.0.1:0 --fault 500:1
run "$bin/replay" "$scratch/all.jsonl" -u "${server_url[failing]}" --timing original --stateful --cache-bust off --warmup 0 -o "$scratch/failed.jsonl" --progress none
check_equal 'all turns of a failing server are sent' '7 7' "$(requests "$scratch/failed.jsonl" | jq -r '"\(length) \(map(select(.error)) | length)"')"
stop_server failing
stop_server sim
summary
