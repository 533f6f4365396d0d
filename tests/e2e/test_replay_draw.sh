#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What replay draws from a trace, and how it keeps a prompt cache from flattering what is sent again.
. "$(dirname "$0")/../lib.sh"
need jq curl

nowhere=http://127.0.0.1:1 # nothing listens on port 1
records() { jq -s -c "[.[] | select(.type==\"$2\")] | $3" "$1"; }
header='{"type":"trace","version":1,"start_unix_s":1}'
request() { # SEQ BODY
  printf '{"type":"request","seq":%s,"t_s":%s,"method":"POST","path":"/v1/completions","headers":{},"body":%s}\n' "$1" "$1" "$2"
}
response() { printf '{"type":"response","seq":%s,"t_s":%s,%s}\n' "$1" "$1.5" "$2"; } # SEQ MEMBERS

start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 24 --time-scale 0.02 --prompt-cache

# A trace of one request, in batches that hold it once and many times: no batch meets its own prompts in the cache.
{ echo "$header"; request 0 '{"prompt":"Tell me of the tides.","max_tokens":4}'; } >"$scratch/one"
run "$bin/replay" "$scratch/one" --keep-invalid -u "${server_url[sim]}" -W 4 -B 1,4,24 -r 2 -o "$scratch/one.jsonl"
check_equal 'one request: exit code' 0 "$status"
check_equal 'one request: as many as planned' 62 "$(records "$scratch/one.jsonl" request length)"
check_equal 'one request: none of its tokens came from the cache' '[0]' \
  "$(records "$scratch/one.jsonl" request 'map(.cached_tokens) | unique')"
run "$bin/replay" "$scratch/one" --keep-invalid -u "${server_url[sim]}" -W 4 -B 4 -r 1 --cache-bust off -o "$scratch/off.jsonl"
check_match 'one request: the cache is there' '[1-9]' \
  "$(records "$scratch/off.jsonl" request 'map(.cached_tokens) | max')"

# Copies of a trace, each prompt in it twice: the second meets the first of its own copy in the cache, and no other's.
{ echo "$header"; for seq in 0 1 2 3; do request $seq "{\"prompt\":\"The tide of $((seq / 2)) o'clock.\",\"max_tokens\":4}"; done; } >"$scratch/pairs"
run "$bin/replay" "$scratch/pairs" --keep-invalid -u "${server_url[sim]}" --timing original --speed 5 --warmup 0 --scale 3 -o "$scratch/pairs.jsonl"
check_equal 'copies: each prompt comes from the cache once' '[[0,2],[1,2],[2,2]]' \
  "$(records "$scratch/pairs.jsonl" request 'group_by(.copy) | map([.[0].copy, (map(select(.cached_tokens > 0)) | length)])')"
run "$bin/replay" "$scratch/pairs" --keep-invalid -u "${server_url[sim]}" --timing original --speed 5 --warmup 0 --scale 3 --cache-bust off \
  --force -o "$scratch/pairs.jsonl"
check_equal 'copies without a nonce: of each prompt all but the first do' 10 \
  "$(records "$scratch/pairs.jsonl" request 'map(select(.cached_tokens > 0)) | length')"

# Prompts of token ids have no place for a nonce: that is told.
{ echo "$header"; request 0 '{"prompt":[1,2,3,4],"max_tokens":4}'; request 1 '{"prompt":"x","max_tokens":4}'; } >"$scratch/ids"
run "$bin/replay" "$scratch/ids" --keep-invalid -u "${server_url[sim]}" -W 2 -B 2 -r 2 -o "$scratch/ids.jsonl"
check_match 'token ids: told' '1 of 2 drawn requests have no prompt text to put a nonce before' "$err"
run "$bin/replay" "$scratch/ids" --keep-invalid -u "${server_url[sim]}" -W 2 -B 2 -r 2 --cache-bust off --force -o "$scratch/ids.jsonl"
check_equal 'token ids: nothing to tell without a nonce' '' "$(grep nonce <<<"$err")"

# Of several traces every request says of which it is, and the header which they are.
{ echo "$header"; for seq in 0 1 2; do request $seq "{\"prompt\":\"a\",\"max_tokens\":1$seq}"; done; } >"$scratch/a"
{ echo "$header"; for seq in 0 1; do request $seq "{\"prompt\":\"b\",\"max_tokens\":2$seq}"; done; } >"$scratch/b"
run "$bin/replay" "$scratch/a" "$scratch/b" --keep-invalid -u "${server_url[sim]}" -W 2 -B 5 -r 2 --ignore-eos -o "$scratch/two.jsonl"
check_equal 'two traces: each request is of the one that it says' '[[0,0,10],[0,1,11],[0,2,12],[1,0,20],[1,1,21]]' \
  "$(records "$scratch/two.jsonl" request 'map([.trace,.seq,.output_tokens]) | unique')"
check_equal 'two traces: the header names them' "[[\"$scratch/a\",3],[\"$scratch/b\",2]]" \
  "$(records "$scratch/two.jsonl" run '.[0].traces | map([.name,.drawn])')"
run "$bin/replay" "$scratch/a" "$scratch/b" --keep-invalid -u "${server_url[sim]}" -W 1 -B 4 -r 1 --warmup 0 --pick trace \
  -o "$scratch/order.jsonl"
check_equal 'two traces: the digests of what was drawn of each' "$(
  for of in 'a 10 11 12' 'b 20'; do
    # shellcheck disable=SC2086 # words
    set -- $of
    prompt=$1
    shift
    for tokens; do printf 'POST\0/v1/completions\0{"prompt":"%s","max_tokens":%s}\0' "$prompt" "$tokens"; done |
      sha256sum | sed 's/^/sha256:/; s/ .*//'
  done | jq -R -s -c 'split("\n")[:2]')" "$(records "$scratch/order.jsonl" run '.[0].traces | map(.digest)')"
run "$bin/replay" "$scratch/a" --keep-invalid -u "${server_url[sim]}" -W 1 -r 1 -o "$scratch/alone.jsonl"
check_equal 'one trace: no word of others' '' "$(grep -E '"traces?":' "$scratch/alone.jsonl")"

# What was answered with an error status when it was recorded is left out; what its client gave up, and what has no
# response, is not.
{
  echo "$header"
  for seq in 0 1 2 3 4 5 6 7; do request $seq "{\"prompt\":\"number $seq\",\"max_tokens\":2}"; done
  response 0 '"status":200,"output_tokens":2'
  response 1 '"status":400,"error":"http_4xx"'
  response 2 '"status":404,"error":"http_4xx"'
  response 3 '"status":200,"aborted_by":"client"'
  response 4 '"status":null,"aborted_by":"client"'
  response 5 '"status":503,"error":"http_5xx"'
  response 6 '"status":399'
} >"$scratch/mixed"
run "$bin/replay" "$scratch/mixed" --keep-invalid -u "${server_url[sim]}" -W 1 -B 5 -r 1 --warmup 0 -o "$scratch/mixed.jsonl"
check_equal 'recorded errors: exit code' 0 "$status"
check_equal 'recorded errors: the others are sent' '[0,3,4,6,7]' \
  "$(records "$scratch/mixed.jsonl" request 'map(.seq) | sort')"
check_match 'recorded errors: told' '3 requests are left out: answered with an error status' "$err"
grep -v '"seq":[25],' "$scratch/mixed" >"$scratch/single"
run "$bin/replay" "$scratch/single" -u $nowhere --dry-run
check_match 'one recorded error: told as one' '1 request is left out: ' "$err"
check_match 'one recorded error: in the preview too' '5 requests to draw from, .* 1 failed when recorded' "$out"
"$bin/replay" - --keep-invalid -u "${server_url[sim]}" -W 1 -B 8 -r 1 --warmup 0 --force -o "$scratch/piped.jsonl" \
  2>"$scratch/piped.err" < <(cat "$scratch/mixed")
check_equal 'recorded errors in a pipe: the others are sent' '[0,3,4,6,7]' \
  "$(records "$scratch/piped.jsonl" request 'map(.seq) | unique')"
check_match 'recorded errors in a pipe: told' '3 requests are left out' "$(cat "$scratch/piped.err")"
grep -v '"seq":[034567]' "$scratch/mixed" >"$scratch/errors"
run "$bin/replay" "$scratch/errors" --keep-invalid -u "${server_url[sim]}" -W 1
check_equal 'nothing but recorded errors: exit code' 1 "$status"
check_match 'nothing but recorded errors: words' 'answered every request of the trace \(2\) with an error' "$err"
summary
