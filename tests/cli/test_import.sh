#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# capture --import, --export and --anonymize from the command line, and --anonymize while traffic passes.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need jq curl

capture=$bin/capture
data=tests/data/import

# import NAME FORMAT FILE WORD...: quietly, to $scratch/NAME.jsonl
import() { run "$capture" -q --import "$2" "$3" -o "$scratch/$1.jsonl" "${@:4}"; }
# refused NAME EXIT REGEX WORD...: one line on stderr, nothing on stdout, the exit code
refused() {
  run "$capture" "${@:4}"
  check_equal "$1: exit code" "$2" "$status"
  check_match "$1: words" "^capture: $3" "$err"
  check_lines "$1: one line" 1 "$err"
  check_equal "$1: standard output is empty" '' "$out"
}

# What was asked for is computed again from the records: $1 is a jq program over the array of requests.
made() { jq -s -r "[.[] | select(.type == \"request\")] | $1" "$scratch/made.jsonl"; }
remake() { import made "$@" --force; }
mean_and_sd='def mean: add / length; def sd: mean as $m | (map(. - $m | . * .) | add / length | sqrt);'

test_made_traffic_has_the_lengths_that_were_asked_for() {
  remake made requests=4000,input=512~128,output=100~20,rate=5
  check_equal 'requests' 4000 "$(made length)"
  check_near 'mean input' 512 "$(made "$mean_and_sd map(.input_tokens) | mean")" 0.02
  check_near 'its spread' 128 "$(made "$mean_and_sd map(.input_tokens) | sd")" 0.05
  check_near 'mean output' 100 "$(made "$mean_and_sd map(.output_tokens) | mean")" 0.02
  check_near 'its spread' 20 "$(made "$mean_and_sd map(.output_tokens) | sd")" 0.05
  local gaps='[map(.t_s) | .[1:], .[:-1]] | transpose | map(.[0] - .[1])'
  check_near 'mean interval' 0.2 "$(made "$mean_and_sd $gaps | mean")" 0.05
  check_near 'as spread as a Poisson process has it' 0.2 "$(made "$mean_and_sd $gaps | sd")" 0.05
  check_equal 'nothing is shared' 0 "$(made 'map(select(.prefix_blocks or .session)) | length')"
  remake made requests=50,input=100,output=10
  check_equal 'one number has no spread, and no rate no times' '[100] [10] [0]' \
    "$(made '[map(.input_tokens), map(.output_tokens), map(.t_s)] | map(unique | tostring) | join(" ")')"
}

test_made_traffic_shares_what_was_asked_for() {
  remake made requests=3000,input=200~50,output=60~10,prefix=2048x8,turns=1-4,rate=20
  check_equal 'so many prefixes' 8 "$(made 'map(.prefix_blocks[:128]) | unique | length')"
  check_equal 'of so many tokens, and nothing else is shared between conversations' '2048 0' "$(made \
    'map(.prefix_blocks[:128]) as $p | ([$p[][]] | unique | length / 8 * 16 | tostring) + " " + (group_by(.session)
     | map(map(.prefix_blocks[128:][]) | unique) | (flatten | length) - (flatten | unique | length) | tostring)')"
  check_equal 'every prefix is used about as often' true \
    "$(made 'group_by(.session) | map(.[0].prefix_blocks[0]) | group_by(.) | map(length) | min > 100 and max < 220')"
  check_equal 'turns' '1 2 3 4' "$(made 'group_by(.session) | map(length) | unique | map(tostring) | join(" ")')"
  check_near 'on average' 2.5 "$(made 'group_by(.session) | map(length) | add / length')" 0.05
  check_equal 'a turn goes on after the one before and its answer' true "$(made \
    'group_by(.session) | all(. as $c | range(1; length) | $c[. - 1] as $a | $c[.] as $b
     | ($b.prefix_blocks[:($a.prefix_blocks | length)] == $a.prefix_blocks) and $b.input_tokens > $a.input_tokens + $a.output_tokens
       and $b.t_s > $a.t_s)')"
  check_near 'and adds its input' 200 "$(made 'group_by(.session) | map(. as $c | range(1; length)
     | $c[.].input_tokens - $c[. - 1].input_tokens - $c[. - 1].output_tokens) | add / length')" 0.03
}

test_made_traffic_is_the_same_for_a_seed_and_of_any_api() {
  import a made requests=50,rate=5,seed=7
  import b made requests=50,rate=5,seed=7
  import c made requests=50,rate=5,seed=8
  check 'the same seed' cmp -s "$scratch/a.jsonl" "$scratch/b.jsonl"
  check 'another one' test "$(cmp -s "$scratch/a.jsonl" "$scratch/c.jsonl"; echo $?)" = 1
  remake made requests=2 --api openai.embeddings -m e
  check_equal 'embeddings have no output' 'openai.embeddings e /v1/embeddings false null' \
    "$(made '.[0] | [.api, .model, .path, .stream, .output_tokens] | map(tostring) | join(" ")')"
  refused 'an unknown number' 2 "inputs=1: 'inputs' is none of requests, input, output" --import made inputs=1
  refused 'no number' 2 "input=x: input='x' is not MEAN\[~SD\], MEAN from 1 to 1000000" --import made input=x
  refused 'a fraction of a request' 2 "requests=2.9: requests='2.9' is not a whole number from 1 to 10000000" --import made requests=2.9
  refused 'a prefix below one block' 2 "prefix=7x3: prefix='7x3' is not TOKENS.*from 16 to 1000000" --import made prefix=7x3
  refused 'no key' 2 "foo: 'foo' has no =: KEY=VALUE,... with the keys requests, input" --import made foo
  refused 'less turns' 2 'turns=3-1: the second is the larger one' --import made turns=3-1
  refused 'no numbers' 2 '--import made needs numbers: requests=1000' --import made
  refused 'a limit' 2 '--max-tokens is not for --import made: output=' --import made requests=1 --max-tokens 4
}

test_prompts_become_requests() {
  printf 'When is high tide?\r\n\n"two\\nlines"\n"broken\n' >"$scratch/prompts"
  remake prompts "$scratch/prompts" -m m --max-tokens 20
  check_equal 'each line is one' 'When is high tide?|two\nlines|"broken' "$(made 'map(.body.messages[0].content | gsub("\n"; "\\n")) | join("|")')"
  check_equal 'of this form' '{"model":"m","messages":[{"role":"user","content":"When is high tide?"}],"stream":true,"max_tokens":20}' \
    "$(made '.[0].body | tojson')"
  import made2 prompts "$scratch/prompts" -m m --api openai.responses
  check_equal 'or that of another API' '{"model":"m","input":[{"role":"user","content":"two\nlines"}],"stream":true}' \
    "$(jq -c 'select(.seq == 1) | .body' "$scratch/made2.jsonl")"
  printf '\377\n' >"$scratch/prompts"
  refused 'no text' 1 "$scratch/prompts: line 1: the prompt is not UTF-8" --import prompts "$scratch/prompts"
  refused 'an unknown API' 2 "--api: 'http' is none of openai.chat" --import prompts "$scratch/prompts" --api http
  refused 'a model for what has its own' 2 '--api, --model and --max-tokens are for --import prompts and made' --import trace x -m a
}

test_usage() {
  local trace=tests/data/mixed.trace.jsonl
  refused 'unknown format' 2 "--import: 'frob' is none of mooncake" --import frob x
  refused 'unknown export' 2 "--export: 'azure' is none of mooncake" --export azure x
  refused 'no file' 2 '--import needs a FILE' --import azure
  refused 'two files' 2 "'b': one FILE is enough" --import azure a b
  refused 'both ways' 2 '--import and --export' --import azure --export vegeta a
  refused 'a file without a conversion' 2 "'a': a FILE needs --import or --export" -u http://127.0.0.1:9 a
  refused 'what only recording knows' 2 '--include, --exclude, --sample and --bodies are not for --import' \
    --import azure $data/azure.csv --sample 0.5
  local option
  for option in --rotate=1h --rotate=1MiB --listen=:0 --unix-socket=s --metrics=:0 --tls-cert=c --tls-key=k --cacert=c --insecure; do
    refused "$option where nothing is served" 2 '--listen, .* and --insecure are not for --import' --import azure $data/azure.csv "$option"
    refused "$option where nothing is served" 2 '--listen, .* and --insecure are not for --export' --export vegeta $trace "$option"
  done
  refused 'a file that is not there' 1 "$scratch/none: No such file" --import azure "$scratch/none"
  refused 'a key that is not there' 1 "$scratch/none: " --import trace $trace --anonymize "$scratch/none"
  printf short >"$scratch/short"
  refused 'a key that is too short' 1 "$scratch/short: a key needs at least 16 bytes" --import trace $trace \
    --anonymize "$scratch/short"
  refused 'no trace' 1 "$data/azure.csv: not a trace: " --export mooncake $data/azure.csv
  cp $trace "$scratch/same.jsonl"
  refused 'reading and writing one file' 2 '.*input and output are the same file' --import trace "$scratch/same.jsonl" \
    --force -o "$scratch/same.jsonl"
  check 'that file is as it was' cmp -s $trace "$scratch/same.jsonl"
}

test_output() {
  import out azure $data/azure.csv
  check_equal 'an import succeeds' '0 ' "$status $err"
  check_equal 'a trace is for its owner alone' 600 "$(stat -c %a "$scratch/out.jsonl")"
  refused 'an existing file is not replaced' 1 '.*out.jsonl: exists already' --import azure $data/azure.csv \
    -o "$scratch/out.jsonl"
  import out azure $data/azure.csv --force
  check_equal 'but with --force' 0 "$status"
  run bash -c "'$capture' -q --import azure - <$data/azure.csv"
  check_equal 'from standard input to standard output' "$(cat "$scratch/out.jsonl")" "$out"
  run bash -c "gzip -c $data/azure.csv | '$capture' -q --import azure -"
  check_equal 'gzip is the same' "$(cat "$scratch/out.jsonl")" "$out"
  printf 'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.5,7,8\nyesterday,1,2\n2023-11-16 18:17:05,9,1\n' \
    >"$scratch/bad.csv"
  refused 'a bad line is named' 1 '.*bad.csv: line 3: TIMESTAMP .yesterday. is no' --import azure "$scratch/bad.csv" \
    -o "$scratch/none.jsonl"
  check_equal 'and leaves no file behind' '' "$(ls "$scratch/none.jsonl" 2>/dev/null)"
  run "$capture" --import azure "$scratch/bad.csv"
  check_equal 'on standard output the records before it stand, without an end record' '1 trace,request' \
    "$status $(jq -r .type <<<"$out" | paste -sd,)"
  run "$capture" --import azure --skip-bad "$scratch/bad.csv" -o "$scratch/skipped.jsonl"
  check_equal 'or is skipped, which is exit code 4' '4 2' "$status $(grep -c '"type":"request"' "$scratch/skipped.jsonl")"
  check_match 'and counted' '1 bad line skipped, the first: line 3: ' "$err"
  run "$capture" -q --import azure --skip-bad "$scratch/bad.csv" -o "$scratch/quiet.jsonl"
  check_match 'also with -q' '1 bad line skipped' "$err"
  run "$capture" --import azure --skip-bad $data/azure.csv -o "$scratch/good.jsonl"
  check_equal 'with nothing to skip it is 0' 0 "$status"
  refused 'a folder that is not there' 1 "$scratch/no/out.jsonl: No such file" --import azure $data/azure.csv \
    -o "$scratch/no/out.jsonl"
  { head -n 1 $data/azure.csv && seq 500 | sed 's/.*/2023-11-16 18:17:03.5,&,8/'; } >"$scratch/long.csv"
  run bash -c "trap '' XFSZ; ulimit -f 2; exec '$capture' -q --import azure '$scratch/long.csv' -o '$scratch/full.jsonl'"
  check_equal 'what cannot be written is said by its own name' "1 capture: $scratch/full.jsonl: File too large" "$status $err"
  check_equal 'and nothing is left of it' '' "$(find "$scratch" -name '*full.jsonl')"
}

test_documents() {
  import unpacked har $data/chromium.har
  gzip -c $data/chromium.har >"$scratch/har.gz"
  import packed har "$scratch/har.gz"
  check 'a compressed document is the same' cmp -s "$scratch/unpacked.jsonl" "$scratch/packed.jsonl"
  head -c 2000 "$scratch/har.gz" >"$scratch/cut.gz"
  refused 'a compressed document that is cut' 1 '.*cut.gz: its end is cut off' --import har "$scratch/cut.gz"
  run "$capture" --import har $data/chromium.har -o "$scratch/told.jsonl"
  check_match 'what is left out is told' '2 entries left out: no language model is asked for text' "$err"
  import apis har $data/apis.har
  check_equal 'every API of a recording has its tokens, text events and finish' \
    "$(for name in anthropic_tool_use responses_tool_call embeddings_body embed_body rerank_body llamacpp_two_prompts; do
      awk -F, -v name="$name" '$2 == name { print $3, $6, $8, $9, $10 }' tests/data/transcripts/expected.csv
    done)" \
    "$(jq -s -r '(map(select(.type == "request") | {key: "\(.seq)", value: .api}) | from_entries) as $api |
      map(select(.type == "response"))[] | "\($api["\(.seq)"]) \(.output_tokens // "") \(.input_tokens) \(.events) \(.finish // "")"' "$scratch/apis.jsonl")"
  check_equal 'without their keys' 0 "$(grep -c planted "$scratch/apis.jsonl")"
  printf '\xEF\xBB\xBF[%s,%s]' '{"system":"s","conversations":[{"role":"user","content":"q"}]}' \
    '{"conversations":[{"from":"gpt","value":"a"}]}' >"$scratch/mark.json"
  run "$capture" --import sharegpt "$scratch/mark.json" -o "$scratch/mark.jsonl"
  check_equal 'a byte order mark, a system prompt, roles: exit code' 0 "$status"
  check_match 'what is left out is told by its reason' '1 entry left out: no message of a user' "$err"
  check_equal 'no key is in the trace' 0 "$(grep -c 'sk-' "$scratch/unpacked.jsonl")"
}

test_conversions() {
  import batch openai-batch $data/batch.jsonl
  run "$capture" -q --export openai-batch "$scratch/batch.jsonl"
  check_equal 'the batch bodies come back' "$(jq -cS .body $data/batch.jsonl)" "$(jq -cS .body <<<"$out")"
  import vegeta vegeta $data/vegeta.jsonl
  run "$capture" -q --export vegeta "$scratch/vegeta.jsonl" -u http://127.0.0.1:8000
  check_equal 'the vegeta targets come back' "$(jq -cS '[.method,.url,.body]' $data/vegeta.jsonl)" \
    "$(jq -cS '[.method,.url,.body]' <<<"$out")"
  import kept vegeta $data/vegeta.jsonl --keep-header X-Team --redact model
  check_equal 'headers are kept and fields hidden as when recording' '"blue" "***"' \
    "$(jq -c 'select(.seq == 0) | .headers["x-team"], .body.model' "$scratch/kept.jsonl" | paste -sd' ')"
  import hidden trace tests/data/mixed.trace.jsonl --redact messages
  check_equal 'a trace loses the fields that are named, and no request' '0 11' \
    "$(grep -c 'You are brief' "$scratch/hidden.jsonl") $(grep -c '"type":"request"' "$scratch/hidden.jsonl")"
  import sized made requests=3
  refused 'requests known by size alone have no body to export' 1 \
    '.*sized.jsonl: no request in it: all were left out \(3: known only by size, without a body\)' --export vegeta "$scratch/sized.jsonl"
  cat "$scratch/vegeta.jsonl" "$scratch/sized.jsonl" >"$scratch/some.jsonl"
  run "$capture" --export openai-batch "$scratch/some.jsonl"
  check_match 'some of them: the reason and the count' 'some.jsonl: 3 entries left out: known only by size, without a body' "$err"
  refused 'vegeta without an address' 2 '.*the trace names no upstream: give --upstream URL' --export vegeta \
    "$scratch/vegeta.jsonl"
}

# chat SERVER WORDS...: one request of a conversation that shares the system prompt
system=$(for i in {1..200}; do printf 'Rule %d of the harbour office is confidential. ' "$i"; done)
chat() {
  jq -n --arg s "$system" --arg u "$2" \
    '{model:"m",max_tokens:5,messages:[{role:"system",content:$s},{role:"user",content:$u}]}' |
    curl -s -m 20 -o "$scratch/answer" -H 'Content-Type: application/json' -H 'Authorization: Bearer sk-zebra' \
      -H 'X-Session-Id: walrus' -d @- "${server_url[$1]}/v1/chat/completions?user=ostrich"
}

# anonymous NAME KEY: two conversations with the simulated server, recorded to $scratch/NAME.jsonl
anonymous() {
  start_server "$1" "$capture" -u "${server_url[sim]}" -l 127.0.0.1:0 -o "$scratch/$1.jsonl" --anonymize "$scratch/$2" || return
  chat "$1" 'Where does the heron sleep?'
  chat "$1" 'Who painted the lighthouse?'
  curl -s -m 20 -o /dev/null "${server_url[$1]}/v1/models/secretname"
  stop_server "$1"
}

test_anonymous_recording() {
  head -c 32 /dev/urandom >"$scratch/key1"
  head -c 32 /dev/urandom >"$scratch/key2"
  start_server sim "$bin/simllm" --listen 127.0.0.1:0 --time-scale 0.05 || return
  anonymous one key1
  anonymous two key2
  local blocks shared
  blocks=$(jq -c 'select(.type == "request").prefix_blocks' "$scratch/one.jsonl")
  check_lines 'both requests are recorded' 2 "$blocks"
  # 200 rules of about 46 bytes are four whole blocks of 2048 and a rest, in which the questions begin
  shared=$(jq -cs '.[0] - (.[0] - .[1]) | length' <<<"$blocks")
  check_equal 'the blocks of the system prompt are shared, the rest is not' '4 [1,1]' \
    "$shared $(jq -cs '[(.[0] - .[1] | length), (.[1] - .[0] | length)]' <<<"$blocks")"
  check_equal 'the shared blocks come first' true "$(jq -cs '.[0][0:4] == .[1][0:4]' <<<"$blocks")"
  check_equal 'the counts are the server'\''s own' 'usage 5' \
    "$(jq -r 'select(.type == "request") | "\(.token_source) \(.output_tokens)"' "$scratch/one.jsonl" | sort -u)"
  check_equal 'request and response have the same counts' true \
    "$(jq -cs '[.[] | select(.seq == 0) | .input_tokens] | .[0] == .[1] and .[0] > 2000' "$scratch/one.jsonl")"
  check_equal 'no word of the texts is in the file' 0 \
    "$(grep -ciE 'rule|harbour|confidential|heron|lighthouse|painted|zebra|walrus|ostrich|secretname' "$scratch/one.jsonl")"
  check_equal 'nor where the server is' 0 "$(grep -c "${server_url[sim]}" "$scratch/one.jsonl")"
  check_equal 'with another key no id is shared' 0 \
    "$(cat "$scratch/one.jsonl" "$scratch/two.jsonl" | jq -r 'select(.type == "request") | .prefix_blocks | unique[]' |
      sort | uniq -c | awk '$1 > 2' | wc -l)"
  check_equal 'and no session' 2 \
    "$(cat "$scratch/one.jsonl" "$scratch/two.jsonl" | jq -r 'select(.type == "request").session' | sort -u | wc -l)"
  run "$capture" -q --export mooncake "$scratch/one.jsonl"
  check_equal 'the export keeps the sharing' true "$(jq -cs '.[0].hash_ids[0:4] == .[1].hash_ids[0:4]' <<<"$out")"
  check_equal 'with an id for every 512 tokens' true \
    "$(jq -cs 'all(.[]; (.hash_ids | length) == ((.input_length + 511) / 512 | floor))' <<<"$out")"
}

# The same texts recorded plainly and anonymised afterwards give the same ids as anonymised at once.
test_anonymous_filter() {
  start_server plain "$capture" -u "${server_url[sim]}" -l 127.0.0.1:0 -o "$scratch/plain.jsonl" || return
  chat plain 'Where does the heron sleep?'
  chat plain 'Who painted the lighthouse?'
  stop_server plain
  check_equal 'the plain recording has the texts' 2 "$(grep -c 'Rule 17 of the harbour' "$scratch/plain.jsonl")"
  import filtered trace "$scratch/plain.jsonl" --anonymize "$scratch/key1"
  check_equal 'filtering afterwards is the same as anonymising at once' \
    "$(jq -c 'select(.type == "request") | del(.t_s)' "$scratch/one.jsonl")" \
    "$(jq -c 'select(.type == "request") | del(.t_s)' "$scratch/filtered.jsonl")"
  check_equal 'no word of the texts is left' 0 "$(grep -ciE 'rule|harbour|heron|zebra|walrus' "$scratch/filtered.jsonl")"
}

# A marker in every member of FORMAT.md that can hold a text, and in one that nobody knows: nothing passes but the members
# that traces/README.md lists.
test_anonymous_import_passes_what_is_listed() {
  local marker=XqMarkerXq members body
  members=$(sed -n '/^## Trace/,/^## Run/p' traces/FORMAT.md | sed -n 's/^| \(`[^|]*\)|.*/\1/p' | grep -o '`[a-z0-9_]*`' | tr -d '`' | sort -u)
  check_match 'the members are read from the document' 'body_text.*error_text.*upstream' "$(xargs <<<"$members")"
  for body in body body_text body_base64; do
    jq -ncR --arg m "$marker" --arg body "$body" '
      ($ARGS.positional | map({(.): $m}) | add) as $texts |
      {type: "trace", version: 1, start_unix_s: 1, tool: $m, upstream: $m, other: $m},
      ($texts + {type: "request", seq: 0, t_s: 0, method: "POST", path: "/v1/chat/completions?\($m)", session: $m,
        headers: {"user-agent": $m}, api: "openai.chat", model: $m, stream: true, other: $m, prefix_blocks: [$m]}
        | del(.body, .body_text, .body_base64, .body_bytes, .input_tokens, .output_tokens, .block_tokens, .body_truncated, .media_parts, .media_bytes)
        | .[$body] = (if $body == "body" then {model: $m, user: $m, messages: [{role: "user", content: $m}]} else $m end)),
      ({type: "response", seq: 0, t_s: 1, status: 200, error: $m, error_text: $m, finish: $m, token_source: $m,
        aborted_by: $m, other: $m} | .[$body] = (if $body == "body" then {choices: [{message: {content: $m}}]} else $m end)),
      {type: "end", requests: 1, responses: 1, dropped: 0, other: $m}' --args $members >"$scratch/marked.jsonl"
    run "$capture" --import trace "$scratch/marked.jsonl" --anonymize "$scratch/key1" -o "$scratch/unmarked.jsonl" --force
    check_equal "$body: exit code" 0 "$status"
    check_equal "$body: no marker passes" 0 "$(grep -c "$marker" "$scratch/unmarked.jsonl")"
    check_equal "$body: the request and its response are there" 'request response' \
      "$(jq -r 'select(.type == "request" or .type == "response").type' "$scratch/unmarked.jsonl" | xargs)"
    check_equal "$body: nothing is there that is not listed" '' "$(jq -r 'select(.type != "end") | keys[]' "$scratch/unmarked.jsonl" |
      sort -u | grep -vxE 'type|version|start_unix_s|tool|seq|t_s|session|method|path|api|stream|(input|output|cached)_tokens|token_source|prefix_blocks|block_tokens|status|(ttfb|ttft|ttfa|latency)_s|events|bytes|finish|error|aborted_by|attempts')"
  done
}

test_usage
test_output
test_documents
test_conversions
test_made_traffic_has_the_lengths_that_were_asked_for
test_made_traffic_shares_what_was_asked_for
test_made_traffic_is_the_same_for_a_seed_and_of_any_api
test_prompts_become_requests
test_anonymous_recording
test_anonymous_filter
test_anonymous_import_passes_what_is_listed
summary
