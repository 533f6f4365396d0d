#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Images and sounds among the text: capture says how many and how large, replay sends them as recorded, an anonymised
# trace keeps their sizes alone.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need curl jq
picture=$(head -c 3000 /dev/zero | base64 -w 0) # 3000 bytes
start_server simllm "$bin/simllm" -l 127.0.0.1:0 -t 4 --time-scale 0.01 || summary
send() { # BASE-URL
  curl -sS -o /dev/null "$1/v1/chat/completions" -H 'content-type: application/json' -d '{"model":"m","messages":[
    {"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,'"$picture"'"}},
    {"type":"input_audio","input_audio":{"data":"aGVsbG8=","format":"wav"}}]}]}'
  curl -sS -o /dev/null "$1/v1/messages" -H 'content-type: application/json' -d '{"model":"m","max_tokens":4,"messages":[
    {"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"'"$picture"'"}}]}]}'
  curl -sS -o /dev/null "$1/v1/responses" -H 'content-type: application/json' -d '{"model":"m","input":[
    {"role":"user","content":[{"type":"input_image","image_url":"https://example.com/a.png"}]}]}'
  curl -sS -o /dev/null "$1/api/chat" -H 'content-type: application/json' -d '{"model":"m","stream":false,"messages":[
    {"role":"user","content":"c","images":["'"$picture"'"]}]}'
  curl -sS -o /dev/null "$1/api/generate" -H 'content-type: application/json' -d '{"model":"m","stream":false,"prompt":"d"}'
}
requests() { jq -c 'select(.type == "request")' "$1"; }

start_server capture "$bin/capture" -u "${server_url[simllm]}" -l 127.0.0.1:0 -o "$scratch/trace.jsonl" || summary
send "${server_url[capture]}"
stop_server capture
check_equal 'parts and bytes of each request, none of text alone' '[[2,3005],[1,3000],[1,0],[1,3000],[null,null]]' \
  "$(requests "$scratch/trace.jsonl" | jq -sc 'map([.media_parts, .media_bytes])')"

start_server capture "$bin/capture" -u "${server_url[simllm]}" -l 127.0.0.1:0 -o "$scratch/again.jsonl" || summary
run "$bin/replay" "$scratch/trace.jsonl" -u "${server_url[capture]}" -W 1 -B 5 -r 1 --warmup 0 --pick trace --cache-bust off \
  --keep-invalid -o "$scratch/run.jsonl"
check_equal 'replay ends well' 0 "$status"
stop_server capture
bodies() { requests "$1" | jq -c '[.path, .body]'; }
check_equal 'each is sent as recorded' "$(bodies "$scratch/trace.jsonl")" "$(bodies "$scratch/again.jsonl")"

run "$bin/replay" "$scratch/trace.jsonl" -u "${server_url[simllm]}" -W 1 -B 5 --dry-run
check_match 'a dry run has how many and how large' 'media +4 requests with images, audio or files, of 8\.794 KiB' "$out"

head -c 32 /dev/urandom >"$scratch/key"
run "$bin/capture" --import trace "$scratch/trace.jsonl" --anonymize "$scratch/key" -o "$scratch/public.jsonl"
check_equal 'anonymised, the sizes are left' '[[2,3005],[1,3000],[1,0],[1,3000],[null,null]]' \
  "$(requests "$scratch/public.jsonl" | jq -sc 'map([.media_parts, .media_bytes])')"
check_equal 'and no part' 0 "$(grep -c -e AAAAAAAA -e example.com "$scratch/public.jsonl")"
summary
