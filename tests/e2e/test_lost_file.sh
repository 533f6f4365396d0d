#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A file that is removed, or cut, while capture or replay writes it: noticed within a second, said, a new file begun.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need curl jq

start_server server "$bin/simllm" --listen 127.0.0.1:0 --time-scale 0.02 --tokens 3 --seed 5 || summary
proxy() { start_server capture "$bin/capture" -u "${server_url[server]}" -l 127.0.0.1:0 --flush-interval 20ms "$@"; }
ask() { curl -sS -m 20 -o /dev/null "${server_url[capture]}/v1/models?n=[1-$1]"; }
records() { zcat -f "$1" 2>/dev/null | jq -r .type | sort | uniq -c | xargs; }
has_response() { [[ $(records "$1") =~ response ]]; }
said() { grep -q 'was removed or cut' "${server_err[$1]}"; }

lose() { # NAME FILE CMD...: the file is lost with CMD in the middle of a recording
  local name=$1 file=$2
  shift 2
  proxy -o "$file" || return
  ask 5
  check "$name: five are there" wait_for 5 has_response "$file"
  "$@"
  check_timed "$name: it is said within a second" wait_for 2 said capture
  check "$name: a new file begins" wait_for 5 test -s "$file"
  ask 3
  stop_server capture
  check_equal "$name: exit code" 4 "${server_status[capture]}"
  check_equal "$name: the new file is whole" '1 end 3 request 3 response 1 trace' "$(records "$file")"
  check_equal "$name: it begins with a header" trace "$(zcat -f "$file" | head -n 1 | jq -r .type)"
  check_match "$name: losses are counted" '10 records were dropped' "$(cat "${server_err[capture]}")"
  run "$bin/replay" "$file" -u http://127.0.0.1:9 --api http --dry-run
  check_equal "$name: the new file is readable, and what it lacks is known" 4 "$status"
}
mkdir "$scratch/folder"
lose 'removed' "$scratch/removed.jsonl.gz" rm "$scratch/removed.jsonl.gz"
lose 'copytruncate' "$scratch/cut.jsonl.gz" truncate -s 0 "$scratch/cut.jsonl.gz"
remove_folder() { rm -r "$scratch/folder" && sleep 0.6 && mkdir "$scratch/folder"; }
lose 'the folder' "$scratch/folder/t.jsonl.gz" remove_folder

test_without_a_folder() {
  proxy -o "$scratch/folder/t.jsonl.gz" || return
  ask 5
  rm -r "$scratch/folder"
  check 'no new file can be begun: it is said' wait_for 5 grep -q 'cannot be written now' "${server_err[capture]}"
  ask 2
  stop_server capture
  check_equal 'no new file: exit code' 4 "${server_status[capture]}"
  check_match 'no new file: every record is counted' '1[0-9] records were dropped' "$(cat "${server_err[capture]}")"
}
test_without_a_folder

test_moved() {
  local file=$scratch/moved.jsonl
  proxy -o "$file" || return
  ask 5
  mv "$file" "$file.1"
  ask 2
  stop_server capture
  check_equal 'moved without a signal: nothing is lost' 0 "${server_status[capture]}"
  check_equal 'moved: the file is written to its end' '1 end 7 request 7 response 1 trace' "$(records "$file.1")"
}
test_moved

batches() { jq -r 'select(.type == "batch" and (.warmup | not)) | .rep' "$1" 2>/dev/null | wc -l; }
has_batches() { [ "$(batches "$1")" -ge "$2" ]; }

test_replay() { # NAME CMD...
  local name=$1 file=$scratch/run.jsonl
  shift
  rm -f "$file"
  "$bin/replay" traces/sample.trace.jsonl -u "${server_url[server]}" -W 2 -B 8 -r 400 --timeout 10s -o "$file" \
    >/dev/null 2>"$scratch/replay.err" &
  local pid=$!
  check "$name: batches are there" wait_for 10 has_batches "$file" 3
  "$@"
  check "$name: it is said while it runs" wait_for 3 grep -q 'removed or cut' "$scratch/replay.err"
  check "$name: more batches come" wait_for 10 has_batches "$file" 3
  kill -INT "$pid"
  wait "$pid"
  status=$?
  check_equal "$name: exit code" 1 "$status"
  check_match "$name: losses are counted" '[1-9][0-9]* run records are lost' "$(cat "$scratch/replay.err")"
  check_equal "$name: the new file is whole" 'run end' "$(jq -r .type "$file" | sed -n '1p;$p' | xargs)"
}
test_replay 'a run removed' rm "$scratch/run.jsonl"
test_replay 'a run cut' truncate -s 0 "$scratch/run.jsonl"
summary
