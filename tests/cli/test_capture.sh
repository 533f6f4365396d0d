#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# capture's command line: what it says and how it exits. No traffic.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need jq

capture=$bin/capture

# refused NAME EXIT REGEX WORD...: one line on stderr, nothing on stdout, the exit code
refused() {
  local name=$1 code=$2 regex=$3
  shift 3
  run "$capture" "$@"
  check_equal "$name: exit code" "$code" "$status"
  check_lines "$name: one line" 1 "$err"
  check_match "$name: words" "^capture: $regex" "$err"
  check_equal "$name: standard output is empty" '' "$out"
}

test_usage() {
  local url=http://127.0.0.1:9
  refused 'a Unix socket whose path is too long' 2 "--unix-socket: 'x{108}' is longer than 107 bytes" -u $url \
    --unix-socket "$(printf 'x%.0s' {1..108})"
}

test_help() {
  run "$capture" --help
  check_equal 'help: exit code' 0 "$status"
  check_match 'help names the upstream option' '-u, --upstream URL' "$out"
  check_match 'help has an example' 'capture -u http://127.0.0.1:11434' "$out"
  check_equal 'help is not an error' '' "$err"
  run "$capture" --version
  check_match 'version' '^capture \(Tidemark\) [0-9][^ ]*$' "$(head -n 1 <<<"$out")"
  check_equal 'and its libraries' 'OpenSSL libcurl libevent libmicrohttpd zlib' "$(sed 1d <<<"$out" | cut -d' ' -f1 | sort | xargs)"
  run bash -c "'$capture' --help >/dev/full"
  check_equal 'help to a full disk fails' 1 "$status"
}

test_files() {
  local url=http://127.0.0.1:9 file=$scratch/t.jsonl
  refused 'no such folder' 1 '.*no/such/t.jsonl: ' -u $url -l :0 -o "$scratch/no/such/t.jsonl"
  refused 'a full device' 1 '.*/dev/full: ' -u $url -l :0 -o /dev/full
  refused 'a folder' 1 ".*: " -u $url -l :0 -o "$scratch"
  echo 'my diary' >"$file"
  refused 'a file that is no trace' 1 '.*t.jsonl: line 1: not a trace' -u $url -l :0 -o "$file"
  check_equal 'a file that is no trace stays as it was' 'my diary' "$(cat "$file")"
  if [ "$(id -u)" -ne 0 ]; then
    mkdir "$scratch/locked" && chmod 500 "$scratch/locked"
    refused 'a folder without permission' 1 '.*denied' -u $url -l :0 -o "$scratch/locked/t.jsonl"
  else
    skip 'a folder without permission' 'root may write anywhere'
  fi
}

test_port() {
  start_server first "$capture" -u http://127.0.0.1:9 -l 127.0.0.1:0 -o "$scratch/first.jsonl" || return
  local port=${server_url[first]##*:}
  refused 'port in use' 1 "cannot listen on 127.0.0.1:$port: Address already in use" \
    -u http://127.0.0.1:9 -l "127.0.0.1:$port" -o "$scratch/second.jsonl"
  check 'a port in use leaves no file' test ! -e "$scratch/second.jsonl"
  refused 'metrics port in use' 1 "cannot listen on 127.0.0.1:$port: " \
    -u http://127.0.0.1:9 -l :0 --metrics "127.0.0.1:$port" -o "$scratch/third.jsonl"
  refused 'host that does not exist' 1 'cannot listen on no-such-host.invalid:1: ' \
    -u http://127.0.0.1:9 -l no-such-host.invalid:1 -o "$scratch/third.jsonl"
}

test_life() {
  local signal file mode
  for signal in TERM INT; do
    file=$scratch/$signal.jsonl.gz
    start_server life "$capture" -u http://127.0.0.1:9 -l 127.0.0.1:0 -o "$file" || return
    check_equal "$signal: one file descriptor's mode: owner only" 600 "$(stat -c %a "$file")"
    stop_server life $signal
    check_equal "$signal: exit code" 0 "${server_status[life]}"
    check_equal "$signal: header and end" 'trace end' "$(zcat "$file" | jq -r .type | xargs)"
  done
  start_server life "$capture" -q -u http://127.0.0.1:9 -l 127.0.0.1:0 -o "$file" || return
  stop_server life
  check_lines 'quiet: only the address is said' 1 "$(cat "${server_err[life]}")"
  check_equal 'an existing trace is continued' 'trace end trace end' "$(zcat "$file" | jq -r .type | xargs)"
  start_server life "$capture" -u 'http://me:hunter2@127.0.0.1:9/base' -l '[::1]:0' -o "$scratch/u.jsonl"
  check_match 'IPv6 addresses are said in brackets' '^http://\[::1\]:[0-9]+$' "${server_url[life]}"
  stop_server life
  check_equal 'the password of the upstream is written nowhere' '' \
    "$(grep -l hunter2 "$scratch/u.jsonl" "${server_err[life]}")"
  check_equal 'the upstream is recorded' http://127.0.0.1:9/base "$(jq -r 'select(.upstream).upstream' "$scratch/u.jsonl")"
  start_server life "$capture" -u http://127.0.0.1:9 -l 127.0.0.1:0
  stop_server life
  check_equal 'without -o the trace goes to standard output' 'trace end' "$(jq -r .type "$scratch/life.out" | xargs)"
}

test_usage
test_help
test_files
test_port
test_life
# A recording on a terminal would be lost; what a conversion prints there is wanted. script (bsdutils) makes a terminal.
if command -v script >/dev/null; then
  run script -qec "'$bin/capture' -u http://127.0.0.1:1 -l 127.0.0.1:0" /dev/null
  check_match 'no -o on a terminal: words' '^capture: -o/--output FILE is missing' "$out"
  check_equal 'no -o on a terminal: exit code' 2 "$status"
  run script -qec "'$bin/capture' --import sharegpt tests/data/import/sharegpt.json" /dev/null
  check_match 'a conversion on a terminal' '"type":"request"' "$out"
else
  skip 'no -o on a terminal' 'no script(1) here'
fi
summary
