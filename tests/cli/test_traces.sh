#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Records are what traces/*.schema.json say: those of the samples, of every importer, and of capture and replay at work. And
# the schemas can refuse: a bad record of each kind is found.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need jq curl

capture=$bin/capture
data=tests/data/import

problems() { run jq -rn --slurpfile schema "traces/$1.schema.json" -f tests/schema.jq "$2"; } # trace|run FILE
check_records() { # NAME trace|run FILE
  problems "$2" "$3"
  check_equal "$1: every record is as the schema says" '0 ' "$status $out$err"
  check "$1: there are records" test -s "$3"
}
# found NAME trace|run RECORD PROBLEM: exactly this is wrong with it
found() {
  printf '%s\n' "$3" >"$scratch/bad"
  problems "$2" "$scratch/bad"
  check_equal "$1 is found" "$4" "$out$err"
}

# named KIND HEADING WRITER...: each member that these C files write is in FORMAT.md behind the heading, and in the schema.
named() {
  local kind=$1 heading=$2 names name absent=''
  shift 2
  sed -n "/^## $heading/,\$p" traces/FORMAT.md >"$scratch/format.md"
  names=$(grep -ohE '(\(&?w, |FIELD[A-Z_]*\(([a-z0-9_]+, )*)"[a-z0-9_]+"' "$@" | cut -d'"' -f2 | sort -u)
  for name in $names; do
    grep -qE "\`$name\`|\"$name\"" "$scratch/format.md" && grep -q "\"$name\"" "traces/$kind.schema.json" || absent+=" $name"
  done
  check_equal "$kind: FORMAT.md and the schema have each written member" '' "$absent"
  check "$kind: there are members" test "$(wc -w <<<"$names")" -ge 40
}

test_written_members_are_documented() {
  named trace Trace lib/record/trace.c
  named run Run lib/record/run.c lib/record/run_reason.c
}

test_schemas_refuse() {
  local request='{"type":"request","seq":0,"t_s":0'
  found 'nothing wrong with a request' trace "$request}" ''
  found 'a missing number' trace '{"type":"request","t_s":0}' ': has no seq'
  found 'a negative time' trace '{"type":"request","seq":0,"t_s":-0.1}' '.t_s: is below 0'
  found 'a half count' trace "$request,\"input_tokens\":1.5}" '.input_tokens: is no ["integer","null"]'
  found 'a header that is no text' trace "$request,\"headers\":{\"accept\":1}}" '.headers.accept: is no string'
  found 'two bodies' trace "$request,\"body\":1,\"body_text\":\"x\"}" ': is what it must not be'
  found 'an unknown API' trace "$request,\"api\":\"grpc\"}" \
    '.api: "grpc" is none of [null,"openai.chat","openai.completions","ollama.chat","ollama.generate","anthropic.messages","openai.responses","openai.embeddings","ollama.embed","rerank","llamacpp.completion","http"]'
  found 'a block that is no id' trace "$request,\"prefix_blocks\":[1,null]}" \
    '.prefix_blocks[1]: is no ["integer","string"]'
  found 'an unknown member' trace "$request,\"colour\":1}" 'colour: no such member'
  found 'an unknown record' trace '{"type":"colour"}' 'type: there is no record colour'
  found 'a later version' trace '{"type":"trace","version":2,"start_unix_s":0}' '.version: is not 1'
  found 'an unknown failure' run '{"type":"batch","session":0,"total_s":1,"requests":1,"errors":{"bad luck":1}}' \
    '.errors (a name): "bad luck" is none of ["connect","tls","timeout","reset","truncated","http_429","http_4xx","http_5xx","protocol","server_error","empty","cancelled"]'
  found 'a flag that is a number' run '{"type":"batch","session":0,"total_s":1,"requests":1,"client":{"valid":1}}' \
    '.client.valid: is no ["boolean","null"]'
}

test_samples() {
  local file
  for file in traces/sample.trace.jsonl traces/sample.anonymous.jsonl tests/data/mixed.trace.jsonl; do
    check_records "$file" trace "$file"
  done
  check_records traces/sample.run.jsonl run traces/sample.run.jsonl
  check_equal 'the anonymous sample holds no text' 0 "$(grep -ciE 'tide|harbour|content|127\.0' traces/sample.anonymous.jsonl)"
  if [ -x "$bin/analyze" ]; then
    run "$bin/analyze" --format json traces/sample.run.jsonl
    check_equal 'analyze reads the sample run' '0 3' "$status $(jq '.cells | length' <<<"$out")"
  fi
}

test_importers() {
  local name
  for name in azure:azure.csv burstgpt:burstgpt.csv burstgpt:burstgpt_sessions.csv har:chromium.har \
    mooncake:mooncake.jsonl openai-batch:batch.jsonl sharegpt:sharegpt.json vegeta:vegeta.jsonl; do
    run "$capture" -q --import "${name%%:*}" "$data/${name#*:}" -o "$scratch/imported" --force
    check_equal "$name: imported" '0 ' "$status $err"
    check_records "$name" trace "$scratch/imported"
  done
}

test_at_work() {
  start_server sim "$bin/simllm" --listen 127.0.0.1:0 --time-scale 0.05 || return
  head -c 32 /dev/urandom >"$scratch/key"
  local kind
  for kind in plain anonymous; do
    local options=()
    [ $kind = plain ] || options=(--anonymize "$scratch/key")
    start_server $kind "$capture" -u "${server_url[sim]}" -l 127.0.0.1:0 -o "$scratch/$kind" "${options[@]}" || return
    local url=${server_url[$kind]}
    local -a ask=(curl -s -m 20 -o "$scratch/answer" -H 'Content-Type: application/json')
    "${ask[@]}" "$url/v1/chat/completions" -d '{"model":"m","max_tokens":4,"stream":true,"messages":[{"role":"user","content":"Hi"}]}'
    "${ask[@]}" "$url/api/generate" -d '{"model":"m","prompt":"Hi","options":{"num_predict":3}}'
    "${ask[@]}" "$url/v1/completions" -d 'no JSON'
    "${ask[@]}" "$url/upload?token=x" --data-binary @"$scratch/key"
    "${ask[@]}" "$url/health"
    stop_server $kind
    check_records "capture, $kind" trace "$scratch/$kind"
  done
  check_equal 'the plain recording has all five' 5 "$(grep -c '"type":"request"' "$scratch/plain")"
  check_equal 'the anonymous one what asks for text' 3 "$(grep -c '"type":"request"' "$scratch/anonymous")"
  if [ -x "$bin/replay" ]; then
    run "$bin/replay" traces/sample.anonymous.jsonl --keep-invalid -u "${server_url[sim]}" -m m -W 2 -B 4 -r 1 -o "$scratch/run"
    check_equal 'replay sends the anonymous sample' 0 "$status"
    check_records 'replay' run "$scratch/run"
  fi
}

test_written_members_are_documented
test_schemas_refuse
test_samples
test_importers
test_at_work
summary
