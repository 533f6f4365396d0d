#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# capture --max-connections: clients beyond the limit wait until one goes, and capture serves on afterwards.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need curl jq

most=4
chat='"messages":[{"role":"user","content":"x"}]'
start_capture() { # OPTION...
  start_server capture "$bin/capture" -u "${server_url[server]}" -l 127.0.0.1:0 -o "$scratch/t.jsonl" --max-connections $most \
    --metrics 127.0.0.1:0 "$@" || return
  url=$(sed -n 's|^listening on \(http://.*\)|\1|p' "${server_err[capture]}")
  metrics=$(sed -n 's|.*metrics on \(http://.*\)|\1|p' "${server_err[capture]}")
}
connections() { curl -s -m 5 "$metrics" | awk '$1 == "capture_connections" { print $2 }'; }
connections_are() { [ "$(connections)" = "$1" ]; }
serves() { [ "$(curl -s -m 10 -o /dev/null -w '%{http_code}' "$url/v1/models")" = 200 ]; }

test_more_streams_than_the_limit() {
  start_capture || return
  local -a clients=()
  local i now peak=0
  for i in $(seq 20); do
    curl -sS -N -m 30 -d "{\"stream\":true,\"max_tokens\":60,$chat}" "$url/v1/chat/completions" >"$scratch/stream.$i" 2>&1 &
    clients+=($!)
  done
  while kill -0 "${clients[@]}" 2>/dev/null; do # until none is left; each ends by itself
    now=$(connections)
    [ "${now:-0}" -gt "$peak" ] && peak=$now
    sleep 0.02
  done
  wait "${clients[@]}"
  check_equal 'every stream ends well, also those that waited' 20 "$(grep -l 'DONE' "$scratch"/stream.* | wc -l)"
  check_equal 'there were never more connections than allowed' $most "$peak"
  check 'capture serves on' serves
  stop_server capture
  check_equal 'exit code' 0 "${server_status[capture]}"
}

# Connections that ask nothing hold the places; those that wait are served as soon as one is given up.
test_silent_connections() {
  start_capture || return
  local port=${url##*:} i fd client
  local -a silent=()
  for i in $(seq $most); do
    exec {fd}<>"/dev/tcp/127.0.0.1/$port"
    silent+=("$fd")
  done
  check 'the places are taken' wait_for 5 connections_are $most
  ( # a copy of the connections here would keep them open
    for fd in "${silent[@]}"; do exec {fd}>&-; done
    exec curl -s -m 20 -o /dev/null -w '%{http_code}' "$url/v1/models"
  ) >"$scratch/code" &
  client=$!
  sleep 0.3
  check_equal 'one more waits' "$most " "$(connections) $(cat "$scratch/code")"
  fd=${silent[0]}
  exec {fd}>&-
  wait $client
  check_equal 'and is served when a place is free' 200 "$(cat "$scratch/code")"
  for fd in "${silent[@]:1}"; do exec {fd}>&-; done
  check 'all places are free again' wait_for 5 connections_are 0
  stop_server capture
}

test_waiting_clients_that_leave() {
  start_capture --idle-timeout 1s || return
  local port=${url##*:} i fd
  local -a silent=() clients=()
  for i in $(seq $most); do
    exec {fd}<>"/dev/tcp/127.0.0.1/$port"
    silent+=("$fd")
  done
  check 'the places are taken' wait_for 5 connections_are $most
  for i in $(seq 10); do
    curl -s -m 0.2 -o /dev/null "$url/v1/models" &
    clients+=($!)
  done
  wait "${clients[@]}"
  # The silent ones never go by themselves: the idle timeout frees their places, and nobody else's request is lost for it.
  check 'capture serves after silent clients were closed' serves
  check 'and keeps no place for those that left' wait_for 5 connections_are 0
  for fd in "${silent[@]}"; do exec {fd}>&-; done
  stop_server capture
  check_equal 'exit code' 0 "${server_status[capture]}"
}

# Connections that are kept after an answer must not hold the places for as long as an idle one may.
test_kept_connections() {
  start_capture || return
  local i fd
  local -a kept=()
  for i in $(seq $most); do
    exec {fd}<>"/dev/tcp/127.0.0.1/${url##*:}"
    printf 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n' >&"$fd"
    check_match "kept connection $i has its answer" '^HTTP/1.1 200 ' "$(timeout 10 head -n 1 <&"$fd")"
    kept+=("$fd")
  done
  check 'the places are taken' connections_are $most
  check 'and free for who waits' serves
  for fd in "${kept[@]}"; do exec {fd}>&-; done
  stop_server capture
}

start_server server "$bin/simllm" --listen 127.0.0.1:0 --slots 100 --step 0.005,0,0 --tokens 5 || summary
test_more_streams_than_the_limit
test_silent_connections
test_waiting_clients_that_leave
test_kept_connections
summary
