#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What replay draws from a trace, and how it keeps a prompt cache from flattering what is sent again.
. "$(dirname "$0")/../lib.sh"
need jq curl

trace=tests/data/mixed.trace.jsonl
records() { jq -s -c "[.[] | select(.type==\"$2\")] | $3" "$1"; }
header='{"type":"trace","version":1,"start_unix_s":1}'
request() { # SEQ BODY
  printf '{"type":"request","seq":%s,"t_s":%s,"method":"POST","path":"/v1/completions","headers":{},"body":%s}\n' "$1" "$1" "$2"
}
response() { printf '{"type":"response","seq":%s,"t_s":%s,%s}\n' "$1" "$1.5" "$2"; } # SEQ MEMBERS

start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 24 --time-scale 0.02 --prompt-cache

# A trace of one request, in batches that hold it once and many times: no batch meets its own prompts in the cache.
{ echo "$header"; request 0 '{"prompt":"Tell me of the tides.","max_tokens":4}'; } >"$scratch/one"
run "$bin/replay" "$scratch/one" -u "${server_url[sim]}" -W 4 -B 1,4,24 -r 2 -o "$scratch/one.jsonl"
check_equal 'one request: exit code' 0 "$status"
check_equal 'one request: as many as planned' 62 "$(records "$scratch/one.jsonl" request length)"
check_equal 'one request: none of its tokens came from the cache' '[0]' \
  "$(records "$scratch/one.jsonl" request 'map(.cached_tokens) | unique')"
run "$bin/replay" "$scratch/one" -u "${server_url[sim]}" -W 4 -B 4 -r 1 --cache-bust off -o "$scratch/off.jsonl"
check_match 'one request: the cache is there' '[1-9]' \
  "$(records "$scratch/off.jsonl" request 'map(.cached_tokens) | max')"
summary
