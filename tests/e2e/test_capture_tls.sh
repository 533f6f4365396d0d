#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# capture with TLS towards its clients.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need curl jq openssl cmp

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1 \
  -keyout "$scratch/key.pem" -out "$scratch/cert.pem" 2>/dev/null
trace=$scratch/t.jsonl
listening() { url=$(sed -n 's|^listening on \(https://.*\)|\1|p' "$scratch/err") && [ -n "$url" ]; }
left() { [ "$(curl -s -m 5 "${server_url[server]}/stats" | jq .in_flight)" = "$1" ]; }

test_tls_to_clients() {
  start_server server "$bin/simllm" --listen 127.0.0.1:0 --step 0.01,0,0 --tokens 300 || return
  "$bin/capture" -u "${server_url[server]}" -l 127.0.0.1:0 -o "$trace" --tls-cert "$scratch/cert.pem" --tls-key "$scratch/key.pem" \
    2>"$scratch/err" </dev/null &
  server_pid[capture]=$!
  check 'the address is said with https' wait_for 10 listening || return
  run curl -sS -m 20 -o /dev/null -w '%{http_code}' --cacert "$scratch/cert.pem" "$url/v1/models"
  check_equal 'a request passes' 200 "$out"
  run curl -sS -m 20 -o /dev/null "$url/v1/models"
  check_equal 'a client that does not know the certificate is not served' 60 "$status"
  run curl -sS -m 20 -N --cacert "$scratch/cert.pem" -d '{"stream":true,"max_tokens":20,"messages":[{"role":"user","content":"x"}]}' "$url/v1/chat/completions"
  check_equal 'a stream ends well' 1 "$(grep -c '^data: \[DONE\]' <<<"$out")"
  head -c 3000000 /dev/zero | tr '\0' x >"$scratch/large"
  run curl -sS -m 20 -o /dev/null -w '%{http_code}' --cacert "$scratch/cert.pem" --data-binary @"$scratch/large" "$url/x"
  check_equal 'a large body passes' 404 "$out"
  curl -sS -N -m 20 -o /dev/null --cacert "$scratch/cert.pem" -d '{"stream":true,"messages":[{"role":"user","content":"x"}]}' "$url/v1/chat/completions" &
  local client=$!
  check 'a stream runs' wait_for 5 left 1
  kill $client
  wait $client 2>/dev/null
  check 'a client that leaves ends it' wait_for 1 left 0
  stop_server capture
  check_equal 'exit code' 0 "${server_status[capture]}"
  check_equal 'all is recorded' 'null null null client' "$(jq -r 'select(.type == "response").aborted_by' "$trace" | xargs)"
  check_equal 'the large body too' 3000000 "$(jq -r 'select(.type == "request" and .path == "/x").body_text | length' "$trace")"
}

# An upstream that answers before it has read the request: capture itself, in front of nobody. Over TLS the client gets
# the answer when it has sent all.
test_early_answers() {
  local framing client metrics
  url='' && : >"$scratch/err"
  start_server early "$bin/capture" -u http://127.0.0.1:9 -l 127.0.0.1:0 -o "$scratch/early.jsonl" || return
  "$bin/capture" -u "${server_url[early]}" -l 127.0.0.1:0 -o "$scratch/t2.jsonl" --tls-cert "$scratch/cert.pem" \
    --tls-key "$scratch/key.pem" --metrics 127.0.0.1:0 2>"$scratch/err" </dev/null &
  server_pid[capture]=$!
  check 'it serves' wait_for 10 listening || return
  metrics=$(sed -n 's|.*metrics on \(http://.*\)|\1|p' "$scratch/err")
  head -c 20000000 /dev/zero >"$scratch/large"
  for framing in 'Content-Length: 20000000' 'Transfer-Encoding: chunked'; do
    run curl -sS -m 20 --cacert "$scratch/cert.pem" -H "$framing" --data-binary @"$scratch/large" -w ' %{http_code}' "$url/x"
    check_match "an early answer arrives ($framing)" 'cannot be reached.* 502$' "$out"
    run curl -sS -m 20 --cacert "$scratch/cert.pem" -d x -w ' %{http_code} %{num_connects}\n' "$url/x" "$url/x"
    check_equal "the connection lives on ($framing)" '502 1 502 0' "$(grep -o '50[0-9] [01]$' <<<"$out" | xargs)"
  done
  curl -sS -m 20 -o /dev/null --cacert "$scratch/cert.pem" --limit-rate 1M --data-binary @"$scratch/large" "$url/x" 2>/dev/null &
  client=$!
  check 'a slow one is under way' wait_for 5 in_flight_is 1
  check 'and answered early' wait_for 5 answers_are 7
  kill $client
  wait $client 2>/dev/null
  check 'and leaves' wait_for 5 in_flight_is 0
  stop_server capture
  check_equal 'exit code' 0 "${server_status[capture]}"
  check_equal 'all is recorded' '502 502 502 502 502 502 502' "$(jq -r 'select(.type == "response").status' "$scratch/t2.jsonl" | xargs)"
}
answers_are() { [ "$(curl -s -m 5 "$metrics" | awk '$1 == "capture_upstream_seconds_count" { print $2 }')" = "$1" ]; }
in_flight_is() { [ "$(curl -s -m 5 "$metrics" | awk '$1 == "capture_in_flight" { print $2 }')" = "$1" ]; }

test_refused() {
  run "$bin/capture" -u http://127.0.0.1:9 -l :0 --tls-cert "$scratch/cert.pem"
  check_equal 'a certificate without key is usage' 2 "$status"
  run "$bin/capture" -u http://127.0.0.1:9 -l :0 -o "$trace" --tls-cert "$scratch/key.pem" --tls-key "$scratch/cert.pem"
  check_equal 'files that are none' 1 "$status"
  run "$bin/capture" -u http://127.0.0.1:9 -l :0 -o "$trace" --tls-cert "$scratch/no.pem" --tls-key "$scratch/key.pem"
  check_match 'a file that is not there is named' 'no\.pem' "$err"
}

# The wrong scheme in -u: a server that expects TLS alone (capture itself), and one that does not.
test_other_scheme() {
  local plain tls
  url='' && : >"$scratch/err"
  start_server plain "$bin/simllm" -l 127.0.0.1:0 || return
  "$bin/capture" -q -u "${server_url[plain]}" -l 127.0.0.1:0 -o "$scratch/t3.jsonl" --tls-cert "$scratch/cert.pem" --tls-key "$scratch/key.pem" \
    2>"$scratch/err" </dev/null &
  server_pid[tls]=$!
  check 'it serves' wait_for 10 listening || return
  tls=$url plain=${server_url[plain]}
  wrong_scheme "http${tls#https}" "a server that expects TLS does this: -u $tls" "the server expects TLS: -u $tls"
  wrong_scheme "https${plain#http}" "a server that does not support TLS does this: -u $plain" "the server does not support TLS: -u $plain"
  stop_server tls
}
wrong_scheme() { # URL WORDS-OF-CAPTURE WORDS-OF-REPLAY
  start_server capture "$bin/capture" -u "$1" -l 127.0.0.1:0 -o "$scratch/t4.jsonl" || return
  curl -s -m 20 -o /dev/null "${server_url[capture]}/v1/models"
  check "capture -u $1" wait_for 5 grep -qF "capture: $2" "${server_err[capture]}"
  stop_server capture
  run "$bin/replay" tests/data/mixed.trace.jsonl -u "$1" --keep-invalid -W 1 -B 1 -r 1 -o "$scratch/wrong.jsonl"
  check_match "replay -u $1" "^1 .*not one request succeeded: $3\$" "$status $err"
}

test_tls_to_clients
test_other_scheme
test_early_answers
test_refused
summary
