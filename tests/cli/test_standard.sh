#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Programs that are started without standard input, output or error: none of the numbers 0 to 2 gets a file or socket
# of theirs, so that no words land in it, and what needs one that is not there says so.
. "$(dirname "$0")/../lib.sh"
need jq curl
trace=tests/data/mixed.trace.jsonl

# without NUMBERS CMD...: becomes CMD with these of 0 1 2 closed
without=$scratch/without
cat >"$without" <<'EOF'
#!/bin/sh
case $1 in *0*) exec 0<&- ;; esac
case $1 in *1*) exec 1>&- ;; esac
case $1 in *2*) exec 2>&- ;; esac
shift
exec "$@"
EOF
chmod +x "$without"

# Every line of a file is a record.
is_clean() { jq -e -n 'all(inputs; has("type"))' "$1" >/dev/null; }

socket=$scratch/socket
answers() { curl -sf -m 5 -o /dev/null --unix-socket "$socket" http://x/health; }
# What stands at the closed numbers is no file or socket of the program's.
holds() { # PID NUMBERS
  local fd
  for fd in $(grep -o . <<<"$2"); do [ "$(readlink "/proc/$1/fd/$fd")" = / ] || return 1; done
}

test_capture() {
  local numbers recorded=$scratch/recorded.jsonl pid
  for numbers in 0 1 2 01 12 012; do
    rm -f "$recorded"
    "$without" $numbers "$bin/capture" -v -u "${server_url[sim]}" --unix-socket "$socket" -o "$recorded" --bodies both \
      >"$scratch/out" 2>"$scratch/err" </dev/null &
    pid=$!
    server_pid[capture]=$pid
    check "capture without $numbers serves" wait_for 10 answers
    check "capture without $numbers holds them" holds $pid $numbers
    kill -USR1 $pid # more words
    check "capture without $numbers goes on" wait_for 2 answers
    stop_server capture
    check_equal "capture without $numbers ends well" 0 "${server_status[capture]}"
    check "no words are in what capture without $numbers has recorded" is_clean "$recorded"
    check "capture without $numbers has recorded" test "$(grep -c '"response"' "$recorded")" -ge 2
  done
}

test_replay() {
  local numbers
  for numbers in 0 1 2 01 12 012; do
    run "$without" $numbers "$bin/replay" $trace -u "${server_url[sim]}" -W 2 -r 1 -v -o "$scratch/run-$numbers.jsonl"
    check_equal "replay without $numbers measures" 0 "$status"
    check "no words are in the run of replay without $numbers" is_clean "$scratch/run-$numbers.jsonl"
  done
}

test_analyze() {
  local numbers
  for numbers in 0 1 2 01 12 012; do
    run "$without" $numbers "$bin/analyze" tests/data/sweep.csv -o "$scratch/report-$numbers"
    check_equal "analyze without $numbers reports" 0 "$status"
    check "its numbers are whole" jq -e .version "$scratch/report-$numbers/summary.json" >"$scratch/version"
  done
}

# refused NUMBERS ERROR COMMAND...
refused() {
  run "$without" "${@:1:1}" "${@:3}"
  check_equal "${*:3}: says why" "$2" "$err"
  check_equal "${*:3}: exit code" 1 "$status"
}
test_what_needs_them() {
  local input='standard input is not open for reading' output='standard output is not open for writing'
  refused 1 "capture: $output" "$bin/capture" -u http://127.0.0.1:1 -l :0
  refused 1 "capture: $output" "$bin/capture" --export mooncake $trace
  refused 0 "capture: -: $input" "$bin/capture" --import trace -
  refused 1 "replay: $output" "$bin/replay" $trace -u "${server_url[sim]}" -W 1 -r 1 -q
  refused 0 "replay: $input" "$bin/replay" - -u "${server_url[sim]}"
  refused 0 "analyze: $input" "$bin/analyze" -
  refused 1 'analyze: standard output could not be written' "$bin/analyze" tests/data/sweep.csv
  refused 1 'capture: standard output cannot be written' "$bin/capture" --help
}

start_server sim "$bin/simllm" --listen 127.0.0.1:0 --time-scale 0.01 || summary
test_capture
test_replay
test_analyze
test_what_needs_them

# A machine without the packages is told how to get them, not shown the errors of a compiler.
mkdir "$scratch/empty"
run env -u MAKEFLAGS -u MAKELEVEL make -n all CC="gcc -nostdinc -I$scratch/empty"
check_match 'make without the packages' 'run .make deps. first' "$err"
summary
