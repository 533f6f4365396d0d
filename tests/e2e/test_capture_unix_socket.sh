#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# capture on a Unix socket: what passes, and the life of the socket's file.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need curl jq flock perl

socket=$scratch/s trace=$scratch/t.jsonl
chat='"messages":[{"role":"user","content":"x"}]'

listening() { grep -qx "listening on unix:$socket" "$scratch/capture.err"; }
start_capture() { # OPTION...
  : >"$scratch/capture.err"
  "$bin/capture" -u "${server_url[server]}" --unix-socket "$socket" -o "$trace" "$@" 2>"$scratch/capture.err" </dev/null &
  server_pid[capture]=$!
  check 'it says where it listens' wait_for 10 listening
}
ask() { run curl -sS -N -m 20 --unix-socket "$socket" -o "$scratch/body" -w '%{http_code}' "http://any$1" "${@:2}"; }
in_flight_is() { [ "$(curl -s -m 5 "${server_url[server]}/stats" | jq .in_flight)" = "$1" ]; }

test_traffic() {
  start_capture --body-timeout 2s
  ask /v1/models
  check_equal 'a request passes' 200 "$out"
  ask /v1/chat/completions -d "{\"stream\":true,\"max_tokens\":5,$chat}"
  check_equal 'a stream passes' '200 1' "$out $(grep -c '^data: \[DONE\]' "$scratch/body")"
  head -c 3000000 /dev/zero | tr '\0' x >"$scratch/large"
  ask /x --data-binary @"$scratch/large"
  check_equal 'a large body passes' 404 "$out"
  ask /x -H 'Transfer-Encoding: chunked' -H 'Content-Length: 1' -d x
  check_equal 'what could be read in two ways is refused here too' 400 "$out"
  run curl -sS -m 20 --unix-socket "$socket" http://any/v1/models http://any/v1/models -w '%{num_connects}' -o /dev/null -o /dev/null
  check_equal 'a connection is used again' 10 "$out"
  local answer='^HTTP/1.1 400 '
  "$bin/capture" --version | grep -q 'libmicrohttpd 0' || answer='^HTTP/1.1 408 ' # from 1.0 on it waits
  # shellcheck disable=SC2016 # the dollars are perl's
  run timeout 20 perl -MIO::Socket::UNIX -e '
    $SIG{PIPE} = "IGNORE";
    my $socket = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "no connection";
    print $socket "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;", "a" x 60000;
    $socket->flush;
    print scalar <$socket>' "$socket"
  check_match 'a chunk-size line without end is refused' "$answer" "$out"
  check_equal 'and soon' 0 "$status"
  curl -sS -N -m 20 -o /dev/null --unix-socket "$socket" -d "{\"stream\":true,\"max_tokens\":100000,$chat}" http://any/v1/chat/completions &
  local client=$!
  check 'a stream runs' wait_for 5 in_flight_is 1
  kill $client
  wait $client 2>/dev/null
  check 'a client that leaves ends it' wait_for 1 in_flight_is 0
  stop_server capture
  check_equal 'exit code' 0 "${server_status[capture]}"
  check_equal 'all is recorded' 'null null null null null client client' "$(jq -r 'select(.type == "response").aborted_by' "$trace" | xargs)"
}

test_the_file() {
  start_capture
  check_equal 'the socket is its owner'"'"'s alone' 'socket 600' "$(stat -c '%F %a' "$socket")"
  run "$bin/capture" -u "${server_url[server]}" --unix-socket "$socket" -o "$scratch/other.jsonl"
  check_equal 'a socket that a server listens on is refused' "1 capture: cannot listen on unix:$socket: a server listens there already" "$status $err"
  check 'and no file is touched for it' test ! -e "$scratch/other.jsonl"
  ask /v1/models
  check_equal 'the server there goes on' 200 "$out"
  stop_server capture KILL
  check 'kill -9 leaves the socket behind' test -S "$socket"
  start_capture
  ask /v1/models
  check_equal 'a dead socket is replaced' 200 "$out"
  stop_server capture
  check 'the socket is gone with the server' test ! -e "$socket"
  echo words >"$socket"
  run "$bin/capture" -u "${server_url[server]}" --unix-socket "$socket" -o "$trace"
  check_equal 'a file that is no socket is refused' "1 capture: cannot listen on unix:$socket: there is a file that is no socket" "$status $err"
  check_equal 'and stays as it was' words "$(cat "$socket")"
  rm "$socket"
  run "$bin/capture" -u "${server_url[server]}" --unix-socket "$scratch/no/such" -o "$trace"
  check_match 'no such folder' "^capture: cannot listen on unix:$scratch/no/such: No such" "$err"
}

# While requests under way are finished the next capture can take over: the first must not remove its socket.
test_taking_over() {
  start_capture --shutdown-grace 20s
  curl -sS -N -m 20 -o "$scratch/long" --unix-socket "$socket" -d "{\"stream\":true,\"max_tokens\":400,$chat}" http://any/v1/chat/completions &
  local client=$! first=${server_pid[capture]} status
  check 'a stream runs' wait_for 5 in_flight_is 1
  kill "$first"
  check 'who is told to stop gives the path up' wait_for 5 test ! -e "$socket"
  trace=$scratch/second.jsonl start_capture
  wait $client
  wait "$first"
  check_equal 'the stream ended well, and the first with it' '0 1' "$? $(grep -c '^data: \[DONE\]' "$scratch/long")"
  ask /v1/models
  check_equal 'the second serves' 200 "$out"
  stop_server capture
}

# Several that find the same dead socket: one takes it over, the others see a server there.
test_starting_together() {
  local round i pids pid served=0 refused=0 reached=0
  for round in 1 2 3 4 5; do
    start_capture
    stop_server capture KILL
    pids=()
    for i in 1 2 3 4; do
      "$bin/capture" -u "${server_url[server]}" --unix-socket "$socket" -o "$scratch/$i.jsonl" 2>"$scratch/$i.err" </dev/null &
      pids+=($!) server_pid[$i]=$!
    done
    for i in 1 2 3 4; do wait_for 10 grep -q -e '^listening on' -e 'cannot listen' "$scratch/$i.err"; done
    served=$((served + $(cat "$scratch"/[1-4].err | grep -c '^listening on')))
    refused=$((refused + $(cat "$scratch"/[1-4].err | grep -c 'a server listens there already')))
    ask /v1/models
    [ "$out" = 200 ] && reached=$((reached + 1))
    for i in 1 2 3 4; do stop_server "$i"; done
  done
  check_equal 'one serves, the others are refused, and clients come to it' '5 15 5' "$served $refused $reached"
}

# While another takes the socket over nothing is looked at.
test_waits_for_its_turn() {
  local lock
  start_capture
  stop_server capture KILL
  exec {lock}<"$scratch"
  flock "$lock"
  : >"$scratch/capture.err"
  "$bin/capture" -u "${server_url[server]}" --unix-socket "$socket" -o "$trace" 2>"$scratch/capture.err" </dev/null {lock}<&- &
  server_pid[capture]=$!
  sleep 0.3
  check_equal 'it waits' '' "$(cat "$scratch/capture.err")"
  exec {lock}<&-
  check 'and goes on then' wait_for 5 listening
  stop_server capture
  (cd "$scratch" && exec "$OLDPWD/$bin/capture" -u "${server_url[server]}" --unix-socket short -o t2.jsonl 2>short.err </dev/null) &
  server_pid[capture]=$!
  check 'a path without folder' wait_for 5 grep -qx 'listening on unix:short' "$scratch/short.err"
  stop_server capture
  # A lock that is held for long is for something else.
  exec {lock}<"$scratch"
  flock "$lock"
  start_capture
  stop_server capture
  exec {lock}<&-
}

start_server server "$bin/simllm" --listen 127.0.0.1:0 --step 0.005,0,0 --tokens 5 || summary
test_traffic
test_the_file
test_taking_over
test_starting_together
test_waits_for_its_turn
summary
