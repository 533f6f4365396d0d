#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# capture between curl and the simulated server: what passes, what is recorded, what is not.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need curl jq cmp

key=sk-4f1d-planted-secret
chat='"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Größe? \"quoted\""}]'

sim() { start_server "$1" "$bin/simllm" --listen 127.0.0.1:0 --time-scale 0.02 --tokens 7 --seed 5 "${@:2}"; }
proxy() { # NAME SIM FILE OPTION...
  start_server "$1" "$bin/capture" -u "${server_url[$2]}" -l 127.0.0.1:0 -o "$3" "${@:4}"
}
post() { run curl -sS -N -m 20 -H "Authorization: Bearer $key" -H 'Content-Type: application/json' "$1" -d "$2" "${@:3}"; }
records() { zcat -f "$1" | jq -c "select(.type == \"$2\")"; }
# What differs between two runs of one server: times
plain() { sed -E 's/"(created|created_at|[a-z_]*duration)":("[^"]*"|[0-9]+)/"\1":0/g' <<<"$out"; }

# The same requests to two like servers, one behind capture: the answers must be the same.
test_answers() {
  local trace=$scratch/answers.jsonl.gz name path body direct n=0
  local -a rows=(
    "chat /v1/chat/completions {\"model\":\"m\",$chat}"
    "chat-stream /v1/chat/completions {\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},$chat}"
    'completions /v1/completions {"model":"m","prompt":"Once","max_tokens":5}'
    'completions-stream /v1/completions {"model":"m","prompt":"Once","stream":true}'
    "ollama-chat /api/chat {\"model\":\"m\",$chat}"
    "ollama-chat-plain /api/chat {\"model\":\"m\",\"stream\":false,$chat}"
    'generate /api/generate {"model":"m","prompt":"Once"}'
    'generate-plain /api/generate {"model":"m","prompt":"Once","stream":false}'
  )
  sim direct && sim behind && proxy capture behind "$trace" || return
  for row in "${rows[@]}"; do
    read -r name path body <<<"$row"
    post "${server_url[direct]}$path" "$body" -w '\n%{http_code} %{content_type}'
    direct=$(plain)
    post "${server_url[capture]}$path" "$body" -w '\n%{http_code} %{content_type}'
    check_equal "$name: the answer is that of the server itself" "$direct" "$(plain)"
    n=$((n + 1))
  done
  run curl -sS -m 20 "${server_url[capture]}/v1/models?limit=1&api_key=$key"
  check_match 'other paths pass too' '"object":"list"' "$out"
  run curl -sS -m 20 -I "${server_url[capture]}/v1/models"
  check_match 'HEAD passes' '200 OK' "$out"
  run curl -sS -m 20 -o /dev/null -w '%{http_code}' "${server_url[capture]}/no/such/page"
  check_equal 'an error of the server passes' 404 "$out"
  stop_server capture
  check_equal 'exit code' 0 "${server_status[capture]}"
  check_equal 'every request is recorded once' $((n + 3)) "$(records "$trace" request | jq .seq | sort -un | wc -l)"
  check_equal 'every response is recorded' $((n + 3)) "$(records "$trace" response | wc -l)"
  check_equal 'the end says so' "{\"requests\":$((n + 3)),\"responses\":$((n + 3)),\"dropped\":0}" \
    "$(records "$trace" end | jq -c '{requests,responses,dropped}')"
  check_equal 'each API is known' \
    'openai.chat openai.chat openai.completions openai.completions ollama.chat ollama.chat ollama.generate ollama.generate http http http' \
    "$(records "$trace" request | jq -r .api | xargs)"
  check_equal 'streams are known' 'false true false true true false true false false false false' \
    "$(records "$trace" request | jq .stream | xargs)"
  check_equal 'tokens are counted' '7 7 5 7 7 7 7 7' "$(records "$trace" response | jq '.output_tokens | values' | xargs)"
  check_equal 'the source of the counts is named' 'usage usage usage events usage usage usage usage' \
    "$(records "$trace" response | jq -r '.token_source | values' | xargs)"
  check_equal 'times are in order' true \
    "$(records "$trace" response | jq -s 'all(.[] | select(.output_tokens); .ttfb_s <= .ttft_s and .ttft_s <= .latency_s)')"
  check_equal 'a body is recorded as it was sent' "$(jq -cS . <<<"{\"model\":\"m\",$chat}")" \
    "$(records "$trace" request | head -n 1 | jq -cS .body)"
  check_equal 'the secret is nowhere in the trace' 0 "$(zcat "$trace" | grep -c 4f1d)"
  check_equal 'what carries the secret is marked' '/v1/models?limit=1&api_key=***' \
    "$(records "$trace" request | jq -r 'select(.path | test("limit")).path')"
  check_equal 'allow-listed headers alone are recorded' 'accept content-type user-agent' \
    "$(records "$trace" request | head -n 1 | jq -r '.headers | keys[]' | xargs)"
  stop_server direct && stop_server behind
}

# Each of its own value, which `planted` counts and `secrets` lists: one that passes can be told from the others.
planted=0
secrets=$scratch/secrets.txt
plant() { # sets $secret
  planted=$((planted + 1))
  secret=$(printf 'sk-%02d-planted-%04x%04x%04x' "$planted" $RANDOM $RANDOM $RANDOM)
  echo "$secret" >>"$secrets"
}
leaks() { grep -aoFf "$secrets" "$@" | sort | uniq -c; }

# Secrets wherever a request can carry them
test_secrets() {
  local folder=$scratch/secrets i secret requests=0
  mkdir "$folder"
  sim server || return
  plant
  start_server capture "$bin/capture" -u "${server_url[server]/\/\///\/user:$secret@}" -l 127.0.0.1:0 -o "$folder/t.jsonl" --rotate 4KiB -v \
    --redact pin --bodies both --metrics 127.0.0.1:0 --flush-interval 50ms --keep-header X-Note || return
  local url=${server_url[capture]} page
  page=$(sed -n 's|.*metrics on \(http://.*\)|\1|p' "${server_err[capture]}")
  send() {
    requests=$((requests + 1))
    curl -sS -m 20 -o /dev/null "$@"
  }
  for i in Authorization Proxy-Authorization X-Api-Key api-key Cookie X-Auth-Token X-Amz-Security-Token X-My-Secret X-Session-Id X-Note; do
    plant
    send -H "$i: $secret" "$url/v1/models"
  done
  plant && send -H "Authorization: Bearer $secret" "$url/v1/chat/completions" -H 'Content-Type: application/json' \
    -d "{\"model\":\"m\",$chat,\"metadata\":{\"copy\":\"$secret\"}}"
  plant && send -H "X-Note: Bearer ${secret#sk-}" "$url/v1/models"
  plant && send -u "user:${secret#sk-}" "$url/no/${secret#sk-}"
  for i in api_key key token access_token api%5Fkey password pin other; do
    plant
    send "$url/v1/models?a=1&$i=$secret&b=2"
  done
  plant && send "$url/tenant/$secret/v1/models"
  check 'a file is full and the next one begun' wait_for 5 test -e "$folder/t.jsonl"
  for i in '{"api_key":"K","model":"m"}' '{"a":1,"token":"K"}' '{"\u0061pi_key":"K"}' '{"pin":"K"}' '{"api_key":"K",}' \
    '{"secret":{"deep":"K"}}' '[{"api_key":"K"}]' $'\xEF\xBB\xBF{"api_key":"K"}' $'{"a":1}\n{"token":"K"}\n' '{"secret":{"a":1,"b":"K"},}' \
    "{api_key: 'K'}" $'{"api_key":"K","x":"\xff"}' 'x=1&client_secret=K'; do
    plant
    send "$url/v1/chat/completions" -H 'Content-Type: application/json' --data-binary "${i//K/$secret}"
  done
  plant && send "$url/form" -d "a=1&api_key=$secret"
  plant && send "$url/form" -F "model=m" -F "api_key=$secret"
  plant && send -H 'Content-Type: application/json' "$url/wide" --data-binary @<(printf '{"api_key":"%s"}' "$secret" | sed 's/./&\x00/g')
  plant && gzip -c <<<"{\"api_key\":\"$secret\",\"model\":\"zipped\"}" |
    curl -sS -m 20 -o /dev/null -H 'Content-Encoding: gzip' -H 'Content-Type: application/json' --data-binary @- "$url/x"
  requests=$((requests + 1))
  kill -USR1 "${server_pid[capture]}"
  run curl -sS -m 20 "$page"
  check_match 'the metrics are there' capture_requests_total "$out"
  check_equal 'no secret is in the metrics' '' "$(leaks <<<"$out")"
  stop_server capture
  # What is looked for may also be the part after the prefix, or hidden in a coding.
  sed -n 's/^sk-//p' "$secrets" >"$secrets.bare" && mv "$secrets.bare" "$secrets"
  check 'at least 20 secrets were planted' test "$planted" -ge 20
  # How many files there are depends on what falls into one flush; that there is one behind the full one does not.
  check 'secrets were planted before and after a rotation' test "$(find "$folder" -type f | wc -l)" -ge 2
  check_equal 'no secret is in any file' '' "$(leaks -h "$folder"/*)"
  check_equal 'nor behind base64 or NULs' '' \
    "$({ cat "$folder"/* | jq -r '.body_base64 | values' | while read -r i; do base64 -d <<<"$i"; done; cat "$folder"/* | sed 's/\\u0000//g'; } | leaks)"
  check_equal 'no secret is in the log' '' "$(leaks "${server_err[capture]}" "$scratch/capture.out")"
  check_equal 'every request is recorded all the same' "$requests" "$(cat "$folder"/* | jq -c 'select(.type == "request")' | wc -l)"
  check_equal 'a compressed body is recorded as what it holds' zipped "$(cat "$folder"/* | jq -r 'select(.path == "/x").body.model | values')"
  check_match 'a client that names its session by a secret gets another name' '^x[0-9a-f]{16}$' \
    "$(cat "$folder"/* | jq -r 'select(.headers["x-session-id"]?).session')"
  stop_server server
}

test_large_bodies() {
  local trace=$scratch/large.jsonl.gz
  sim server && proxy capture server "$trace" --max-body 6MiB || return
  head -c 3932160 /dev/urandom | base64 -w 0 >"$scratch/text"
  { printf '{"model":"m","stream":false,"max_tokens":1,"messages":[{"role":"user","content":"' && cat "$scratch/text" && printf '"}]}'; } >"$scratch/large.json"
  run curl -sS -m 30 -o "$scratch/answer" -w '%{http_code}' -H 'Content-Type: application/json' \
    --data-binary @"$scratch/large.json" "${server_url[capture]}/v1/chat/completions"
  check_equal 'a body of 5 MB passes' "200" "$out"
  run curl -sS -m 30 -o /dev/null -w '%{http_code}' -H 'Transfer-Encoding: chunked' -H 'Content-Type: application/json' \
    --data-binary @"$scratch/large.json" "${server_url[capture]}/v1/chat/completions"
  check_equal 'so it does in chunks' "200" "$out"
  cat "$scratch/large.json" "$scratch/large.json" >"$scratch/larger"
  run curl -sS -m 30 -o /dev/null -w '%{http_code}' --data-binary @"$scratch/larger" "${server_url[capture]}/x"
  check_equal 'a body over --max-body passes' 404 "$out"
  stop_server capture
  check_equal 'the body is recorded whole' "$(wc -c <"$scratch/text")" \
    "$(records "$trace" request | head -n 1 | jq -r '.body.messages[0].content' | tr -d '\n' | wc -c)"
  check_equal 'the larger one by its size' "true $(wc -c <"$scratch/larger") null" \
    "$(records "$trace" request | tail -n 1 | jq -r '[.body_truncated, .body_bytes, .body] | map(tostring) | join(" ")')"
  stop_server server
}

# CPU time in ns of the thread that serves traffic, and of all others
loop_cpu() { cut -d ' ' -f 1 "/proc/${server_pid[capture]}/task/${server_pid[capture]}/schedstat"; }
other_cpu() { cat /proc/"${server_pid[capture]}"/task/*/schedstat | awk -v loop="$(loop_cpu)" '{ sum += $1 } END { printf "%d", sum - loop }'; }

# What recording a body of 16 MB takes is not taken from the thread that serves everybody.
test_large_bodies_beside_the_loop() {
  local trace=$scratch/beside.jsonl without with others
  [ -r /proc/self/schedstat ] || { skip 'large bodies beside the loop' 'no /proc/PID/task/TID/schedstat here'; return; }
  { printf '{"model":"m","stream":false,"max_tokens":1,"messages":[' &&
    seq 120000 | sed 's/.*/{"role":"user","content":"& \\"quoted\\" words and more of them, which make a long conversation with nobody at all, again and again"},/' | tr -d '\n' &&
    printf '{"role":"user","content":"x"}]}'; } >"$scratch/beside.json"
  local -a ask=(curl -sS -m 30 -o "$scratch/answer" -w '%{http_code}' -H 'Content-Type: application/json' --data-binary @"$scratch/beside.json")
  sim server && proxy capture server "$trace" --exclude '/v1/*' || return
  run "${ask[@]}" "${server_url[capture]}/v1/chat/completions"
  without=$(loop_cpu)
  stop_server capture
  proxy capture server "$trace" || return
  run "${ask[@]}" "${server_url[capture]}/v1/chat/completions"
  check_equal 'a body of 16 MB passes' 200 "$out"
  check 'and is recorded' wait_for 10 recorded_on_disk "$trace"
  with=$(loop_cpu) others=$(other_cpu)
  stop_server capture && stop_server server
  check "recording takes other threads' time (ns: loop $without without, $with with; others $others)" \
    test $(((with - without) * 3)) -lt "$others"
}
recorded_on_disk() { [ "$(stat -c %s "$1")" -gt 15000000 ]; }

in_flight_is() { [ "$(curl -s -m 5 "${server_url[slow]}/stats" | jq .in_flight)" = "$1" ]; }

tokens_came() { [ "$(grep -c content "$scratch/part")" -ge 3 ]; } # the first is the role, without text

test_leaving_client() {
  local trace=$scratch/leaving.jsonl
  start_server slow "$bin/simllm" --listen 127.0.0.1:0 --step 0.05,0,0 --tokens 400 || return
  proxy capture slow "$trace" || return
  curl -sS -N -m 20 -o "$scratch/part" -d "{\"model\":\"m\",\"stream\":true,$chat}" "${server_url[capture]}/v1/chat/completions" &
  local client=$!
  check 'the stream runs' wait_for 5 in_flight_is 1
  check 'tokens arrive one by one' wait_for 5 tokens_came
  kill $client
  wait $client 2>/dev/null
  check 'a client that leaves ends the request at the server' wait_for 1 in_flight_is 0
  stop_server capture
  check_equal 'it is recorded as left by the client' 'cancelled client' \
    "$(records "$trace" response | jq -r '.error + " " + .aborted_by')"
  check_equal 'its events are counted' true "$(records "$trace" response | jq '.events >= 1 and .ttft_s < 1')"
  stop_server slow
}

test_dead_upstream() {
  local trace=$scratch/dead.jsonl
  sim server && proxy capture server "$trace" || return
  stop_server server KILL
  post "${server_url[capture]}/v1/chat/completions" "{\"model\":\"m\",$chat}" -w '\n%{http_code}'
  check_equal 'a dead upstream is 502' 502 "$(tail -n 1 <<<"$out")"
  check_equal 'with a JSON error' bad_gateway "$(head -n 1 <<<"$out" | jq -r .error.type)"
  check 'it is said' wait_for 5 grep -q 'requests to it fail' "${server_err[capture]}"
  stop_server capture
  check_equal 'and recorded' 'connect' "$(records "$trace" response | jq -r .error)"
}

# The base URL that the libraries of OpenAI take, while clients send its path too.
test_repeated_base() {
  sim server || return
  start_server capture "$bin/capture" -u "${server_url[server]}/v1" -l 127.0.0.1:0 -o "$scratch/base.jsonl" || return
  post "${server_url[capture]}/chat/completions" "{\"model\":\"m\",$chat}" -w '\n%{http_code}'
  check_equal 'a base path that is right' 200 "$(tail -n 1 <<<"$out")"
  for _ in 1 2; do post "${server_url[capture]}/v1/chat/completions" "{\"model\":\"m\",$chat}"; done
  stop_server capture
  check_equal 'one that clients send too is named once' \
    "capture: -u ends in /v1, with which the clients' paths begin too; the server's URL may be -u ${server_url[server]}" \
    "$(grep 'ends in' "${server_err[capture]}")"
  stop_server server
}

test_faults() {
  local trace=$scratch/faults.jsonl kind
  for kind in 500 429 truncate malformed error_in_stream empty; do
    sim "$kind" --fault "$kind:1" && proxy capture "$kind" "$trace" || return
    post "${server_url[capture]}/v1/chat/completions" "{\"model\":\"m\",\"stream\":true,$chat}"
    [ $kind = truncate ] && check_equal 'a cut stream is an error for curl' 18 "$status"
    stop_server capture && stop_server "$kind"
  done
  check_equal 'each fault has its class' 'http_5xx http_429 truncated protocol server_error empty' \
    "$(records "$trace" response | jq -r .error | xargs)"
  check_equal 'numbers go on over the segments' '0 1 2 3 4 5' "$(records "$trace" request | jq .seq | xargs)"
  check_equal 'so do sessions' 'c1 c2 c3 c4 c5 c6' "$(records "$trace" request | jq -r .session | xargs)"
}

test_sessions_and_choice() {
  local trace=$scratch/choice.jsonl one two three
  sim server && proxy capture server "$trace" --include '/v1/*' --exclude '*/models' --keep-header X-Team --bodies none || return
  local url=${server_url[capture]}
  one='{"role":"user","content":"one"}' three='{"role":"user","content":"three"}'
  post "$url/v1/chat/completions" "{\"messages\":[$one]}" -H 'X-Team: blue' -H 'X-Other: 1'
  two=$(jq -c '.choices[0].message' <<<"$out")
  post "$url/v1/chat/completions" "{\"messages\":[$one,$two,$three]}"
  post "$url/v1/chat/completions" "{\"messages\":[$one]}"
  post "$url/v1/chat/completions" "{\"messages\":[$one]}" -H 'X-Session-Id: mine'
  curl -sS -m 20 -o /dev/null "$url/v1/models"
  curl -sS -m 20 -o /dev/null "$url/api/tags"
  stop_server capture
  check_equal 'conversations are told apart' 'c1 c1 c2 mine' "$(records "$trace" request | jq -r .session | xargs)"
  check_equal 'a chosen header is kept' blue "$(records "$trace" request | head -n 1 | jq -r '.headers["x-team"]')"
  check_equal 'others are not' null "$(records "$trace" request | head -n 1 | jq -r '.headers["x-other"]')"
  check_equal 'no bodies, but their sizes' "null $((${#one} + 15))" \
    "$(records "$trace" request | head -n 1 | jq -r '"\(.body) \(.body_bytes)"')"
  proxy capture server "$scratch/sampled.jsonl" --sample 50% || return
  local i j
  for i in $(seq 40); do
    for j in 1 2; do curl -sS -m 20 -o /dev/null -H "X-Session-Id: s$i" "${server_url[capture]}/v1/models"; done
  done
  stop_server capture
  check_equal 'a session is recorded whole or not at all' 2 \
    "$(records "$scratch/sampled.jsonl" request | jq -s -r 'group_by(.session) | map(length) | unique | join(" ")')"
  check_near 'about half of them' 20 "$(records "$scratch/sampled.jsonl" request | jq -r .session | sort -u | wc -l)" 0.6
  stop_server server
}

# What a stream's events hold together, as a JSON string
joined() { sed 's/^data: //' <<<"$out" | jq -R 'fromjson? // empty' | jq -sc "map($1 // empty | select(type == \"string\")) | add"; }

# Each conversation's second request carries the answer that the first really got, or one that nobody gave.
test_conversations() {
  local trace=$scratch/talk.jsonl url user next='{"role":"user","content":"b"}' said stream path
  sim server && proxy capture server "$trace" || return
  url=${server_url[capture]}
  for path in /v1/chat/completions /api/chat; do
    for stream in false true; do
      user="{\"role\":\"user\",\"content\":\"a $path $stream\"}"
      post "$url$path" "{\"model\":\"m\",\"stream\":$stream,\"messages\":[$user]}"
      said=$(joined '.choices[0].delta.content // .choices[0].message.content // .message.content')
      post "$url$path" "{\"model\":\"m\",\"stream\":$stream,\"messages\":[$user,{\"role\":\"assistant\",\"content\":$said},$next]}"
      post "$url$path" "{\"model\":\"m\",\"stream\":$stream,\"messages\":[$user,{\"role\":\"assistant\",\"content\":\"never\"},$next]}"
    done
  done
  for path in /v1/completions /api/generate; do
    for stream in false true; do
      post "$url$path" "{\"model\":\"m\",\"stream\":$stream,\"prompt\":\"Once $path $stream\"}"
      said=$(joined '.choices[0].text // .response')
      post "$url$path" "{\"model\":\"m\",\"stream\":$stream,\"prompt\":$(jq -c '"Once '"$path $stream"' " + . + " and"' <<<"$said")}"
      post "$url$path" "{\"model\":\"m\",\"stream\":$stream,\"prompt\":\"Once $path $stream never and\"}"
    done
  done
  # Two at once with the same beginning
  post "$url/v1/chat/completions" "{\"model\":\"m\",\"max_tokens\":3,\"messages\":[$user]}"
  said=$(jq -c '.choices[0].message' <<<"$out")
  post "$url/v1/chat/completions" "{\"model\":\"m\",\"max_tokens\":5,\"messages\":[$user]}"
  post "$url/v1/chat/completions" "{\"model\":\"m\",\"messages\":[$user,$(jq -c '.choices[0].message' <<<"$out"),$next]}"
  post "$url/v1/chat/completions" "{\"model\":\"m\",\"messages\":[$user,$said,$next]}"
  stop_server capture && stop_server server
  check_equal 'only the answer that was given continues a conversation, streamed or not, in every API' \
    'c1 c1 c2 c3 c3 c4 c5 c5 c6 c7 c7 c8 c9 c9 c10 c11 c11 c12 c13 c13 c14 c15 c15 c16 c17 c18 c18 c17' \
    "$(records "$trace" request | jq -r .session | xargs)"
}

requests_on_disk() { [ "$(records "$1" request 2>/dev/null | wc -l)" = "$2" ]; }

test_kill() {
  local trace=$scratch/kill.jsonl.gz i
  sim server && proxy capture server "$trace" --flush-interval 100ms || return
  for i in $(seq 20); do curl -sS -m 20 -o /dev/null "${server_url[capture]}/v1/models?n=$i"; done
  check 'records are flushed while it runs' wait_for 5 requests_on_disk "$trace" 20
  stop_server capture KILL
  check 'after kill -9 the file is whole gzip' gzip -t "$trace"
  check_equal 'and has what was flushed' 20 "$(records "$trace" request | wc -l)"
  printf '\037\213\010\000torn' >>"$trace" # what a crash in the middle of a write would leave
  proxy capture server "$trace" || return
  curl -sS -m 20 -o /dev/null "${server_url[capture]}/v1/models?n=21"
  stop_server capture
  check_equal 'a torn tail is cut off and the trace continued' '21 2' \
    "$(records "$trace" request | wc -l) $(records "$trace" trace | wc -l)"
  stop_server server
}

test_drops() {
  local trace=$scratch/drops.jsonl i
  sim server && proxy capture server "$trace" --queue 64KiB --max-body 60kB --flush-interval 1h || return
  head -c 40000 /dev/zero | tr '\0' x >"$scratch/body"
  # Slow uploads, all at once: more than the queue may hold of bodies that are not complete yet.
  local -a clients=()
  for i in $(seq 12); do
    curl -sS -m 20 -o /dev/null -w '%{http_code}\n' --limit-rate 40k --data-binary @"$scratch/body" \
      "${server_url[capture]}/x" >"$scratch/code.$i" &
    clients+=($!)
  done
  wait "${clients[@]}"
  cat "$scratch"/code.* >"$scratch/codes"
  stop_server capture
  check_equal 'a full queue costs no traffic' '12 404' "$(sort "$scratch/codes" | uniq -c | xargs)"
  check_equal 'lost records are exit code 4' 4 "${server_status[capture]}"
  check_match 'and their number is said' '[1-9][0-9]* records were dropped' "$(tail -n 1 "${server_err[capture]}")"
  local dropped written
  dropped=$(records "$trace" end | jq .dropped)
  written=$(zcat -f "$trace" | jq -c 'select(.type == "request" or .type == "response")' | wc -l)
  check_equal 'what was written and what was lost is all' 24 $((dropped + written))
  stop_server server
}

# A disk that fills up: what could not be written is counted, and traffic does not notice.
test_full_disk() {
  if [ "$(id -u)" -ne 0 ] || ! mkdir "$scratch/tiny" || ! mount -t tmpfs -o size=16k tmpfs "$scratch/tiny" 2>/dev/null; then
    skip 'a full disk' 'no right to mount a small one'
    return
  fi
  local i
  sim server && proxy capture server "$scratch/tiny/t.jsonl" --flush-interval 50ms
  for i in $(seq 60); do
    curl -sS -m 20 -o /dev/null -w '%{http_code}\n' "${server_url[capture]}/v1/models?x=$(head -c 300 /dev/zero | tr '\0' x)"
  done >"$scratch/codes"
  check 'a full disk is said when it happens' wait_for 5 grep -q 'cannot be written now' "${server_err[capture]}"
  stop_server capture
  stop_server server
  check_equal 'a full disk costs no traffic' '60 200' "$(sort "$scratch/codes" | uniq -c | xargs)"
  check_equal 'lost records on a full disk are exit code 4' 4 "${server_status[capture]}"
  check_equal 'what is there is whole' true "$(jq -s 'length > 2' "$scratch/tiny/t.jsonl")"
  umount "$scratch/tiny"
}

tls_port() { tls_port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' "$scratch/tls.out" 2>/dev/null) && [ -n "$tls_port" ]; }

test_tls() {
  command -v openssl >/dev/null || { skip 'TLS to the upstream' 'no openssl here'; return; }
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$scratch/key.pem" -out "$scratch/cert.pem" 2>/dev/null
  timeout 60 openssl s_server -accept 127.0.0.1:0 -key "$scratch/key.pem" -cert "$scratch/cert.pem" -www \
    >"$scratch/tls.out" 2>&1 </dev/null &
  local server=$! row
  check 'a TLS server starts' wait_for 5 tls_port
  for row in '502 ' "200 --cacert $scratch/cert.pem" '200 --insecure'; do
    # shellcheck disable=SC2086 # the options are words
    start_server tls "$bin/capture" -u "https://127.0.0.1:$tls_port" -l 127.0.0.1:0 -o "$scratch/tls.jsonl" ${row#* } || break
    run curl -sS -m 20 -o /dev/null -w '%{http_code}' "${server_url[tls]}/"
    check_equal "an unknown certificate with '${row#* }'" "${row%% *}" "$out"
    stop_server tls
  done
  check_equal 'a refused certificate has its class' 'tls null null' \
    "$(records "$scratch/tls.jsonl" response | jq -r '.error' | xargs)"
  kill $server
  wait $server 2>/dev/null
}

# Many streams at once, with few descriptors allowed: those that do not fit wait.
test_few_descriptors() {
  start_server few "$bin/simllm" --listen 127.0.0.1:0 --slots 200 --step 0.002,0,0 --tokens 20 || return
  start_server capture bash -c "ulimit -n 128; exec '$bin/capture' -u '${server_url[few]}' -l 127.0.0.1:0 -o '$scratch/few.jsonl'" || return
  check_equal 'it gains no privileges by a program' 1 "$(awk '$1 == "NoNewPrivs:" { print $2 }' "/proc/${server_pid[capture]}/status")"
  check_match 'a low limit is said' 'limit of 128 open files allows 32 connections' "$(cat "${server_err[capture]}")"
  local -a clients=()
  local i
  for i in $(seq 60); do
    curl -sS -N -m 20 -d "{\"model\":\"m\",\"stream\":true,$chat}" "${server_url[capture]}/v1/chat/completions" | grep -c DONE >"$scratch/few.$i" &
    clients+=($!)
  done
  wait "${clients[@]}"
  check_equal 'every stream ends well' 60 "$(cat "$scratch"/few.* | grep -c '^1$')"
  stop_server capture
  check_equal 'and is recorded' 60 "$(records "$scratch/few.jsonl" response | jq -c 'select(.output_tokens == 20)' | wc -l)"
  stop_server few
}

test_answers
test_tls
test_few_descriptors
test_secrets
test_large_bodies
test_large_bodies_beside_the_loop
test_leaving_client
test_dead_upstream
test_repeated_base
test_faults
test_sessions_and_choice
test_conversations
test_kill
test_drops
test_full_disk
summary
