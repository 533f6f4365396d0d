#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# capture from file to file: by size, by time, when told; and the line that SIGUSR1 asks for.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need curl jq

sim() { start_server server "$bin/simllm" --listen 127.0.0.1:0 --time-scale 0.02 --tokens 3 --seed 5 "$@"; }
proxy() { start_server capture "$bin/capture" -u "${server_url[server]}" -l 127.0.0.1:0 --flush-interval 20ms "$@"; }
ask() { curl -sS -m 20 -o /dev/null "${server_url[capture]}/v1/models?n=$1"; }
all() { zcat -f "$@" | jq -c "${filter:-.}"; }
responses_are() { [ "$(filter='select(.type == "response")' all "$1"/* 2>/dev/null | wc -l)" = "$2" ]; }
types() { zcat -f "$1" | jq -r .type | uniq | xargs; }
parts() { find "$1" -name '*.part' | wc -l; }
files_are() { [ "$(find "$1" -type f | wc -l)" -ge "$2" ]; }

test_by_size() {
  local folder=$scratch/size i file
  mkdir "$folder"
  sim && proxy -o "$folder/t.jsonl" --rotate 4KiB || return
  # A file is full when what was flushed fills it, and that is looked for now and then.
  for i in $(seq 600); do
    ask "$i"
    [ $((i % 10)) -ne 0 ] || ! files_are "$folder" 3 || break
  done
  check 'files follow one another' files_are "$folder" 3
  check_soon 'the one that is written is called .part' 1 parts "$folder"
  stop_server capture
  check_equal 'exit code' 0 "${server_status[capture]}"
  check_equal 'in the end none is' 0 "$(parts "$folder")"
  check 'names are numbered' test -s "$folder/t.jsonl" -a -s "$folder/t-1.jsonl" -a -s "$folder/t-2.jsonl"
  check_equal 'every request is in one of them, once' "$(seq 0 $((i - 1)) | xargs)" \
    "$(filter='select(.type == "request").seq' all "$folder"/* | sort -n | xargs)"
  check_equal 'and every response' "$i" "$(filter='select(.type == "response")' all "$folder"/* | wc -l)"
  check_equal 'the ends of all segments add up' "$i $i 0" \
    "$(filter='select(.type == "end")' all "$folder"/* | jq -rs '"\(map(.requests)|add) \(map(.responses)|add) \(map(.dropped)|add)"')"
  for file in "$folder"/*; do
    check_match "$file is whole by itself" '^trace .*end$' "$(types "$file")"
    check_equal "$file: no instant is before its start" 0 "$(jq -c 'select(.t_s != null and .t_s < 0)' "$file" | wc -l)"
    check_equal "$file: mode" 600 "$(stat -c %a "$file")"
  done
  proxy -o "$folder/t.jsonl" --rotate 4KiB || return
  ask 1
  stop_server capture
  check_equal 'a restart replaces no file' $((i + 1)) "$(filter='select(.type == "request")' all "$folder"/* | wc -l)"
  stop_server server
}

test_by_time() {
  local folder=$scratch/time
  mkdir "$folder"
  sim && proxy -o "$folder/t-%Y%m%d-%H%M%S.jsonl.gz" --rotate 1s || return
  ask 1
  check 'a new file is begun when the second is over' wait_for 5 files_are "$folder" 3
  ask 2
  stop_server capture && stop_server server
  local file odd=0
  for file in "$folder"/*; do
    [[ ${file##*/} =~ ^t-20[0-9]{6}-[0-9]{6}(-[0-9]+)?\.jsonl\.gz$ ]] || odd=$((odd + 1))
    check "$file is whole gzip" gzip -t "$file"
  done
  check_equal 'the time is in every name' 0 "$odd"
  check_equal 'both requests are there' '0 1' "$(filter='select(.type == "request").seq' all "$folder"/* | xargs)"
}

in_flight_are() { curl -s -m 5 "$metrics" | grep -qx "capture_in_flight $1"; }

# A request that is under way while the file changes: its record is in the new file, its instant not before its start.
test_in_mid_request() {
  local file=$scratch/mid.jsonl
  sim --step 1,0,0 && proxy -o "$file" --metrics 127.0.0.1:0 || return # a second of the server's is 20 ms here
  metrics=$(sed -n 's|.*metrics on \(http://.*\)|\1|p' "${server_err[capture]}")
  mkfifo "$scratch/body"
  curl -sS -m 20 -o /dev/null -T - "${server_url[capture]}/slow" <"$scratch/body" &
  local client=$! body
  exec {body}>"$scratch/body"
  printf x >&"$body"
  check 'an upload is under way' wait_for 5 in_flight_are 1
  mv "$file" "$file.1" && kill -HUP "${server_pid[capture]}"
  check 'after HUP a file that was moved is begun anew' wait_for 5 test -s "$file"
  printf y >&"$body"
  exec {body}>&-
  wait $client
  kill -HUP "${server_pid[capture]}"
  ask 2
  stop_server capture && stop_server server
  check_equal 'the old one is finished' 'trace end' "$(types "$file.1")"
  check_equal 'HUP with the file in its place changes nothing' 'trace request response request response end' "$(types "$file")"
  check_equal 'the upload that went on is in the new one' true "$(jq -s 'map(select(.type == "request"))[0] | .path == "/slow" and .t_s >= 0 and .t_s < 0.1' "$file")"
  check_equal 'the clock goes on' true "$(cat "$file.1" "$file" | jq -s 'map(.start_unix_s | values) | .[0] <= .[1] and .[1] - .[0] < 5')"
}

status_says() { # WORDS: what has just passed is recorded a moment later
  kill -USR1 "${server_pid[capture]}"
  sleep 0.05
  grep -q "status: .* $1" "${server_err[capture]}"
}

test_signals() {
  local file=$scratch/s.jsonl
  sim && proxy -q -o "$file" || return
  ask 1
  check 'USR1 says how it is, also with -q' wait_for 5 status_says '1 forwarded, .* 1 requests and 1 responses recorded, 0 dropped'
  mv "$file" "$scratch/moved"
  echo mine >"$file"
  kill -HUP "${server_pid[capture]}"
  check 'another file in that place is left alone, and that is said' wait_for 5 grep -q 'file exists; recording to .* goes on' "${server_err[capture]}"
  ask 2
  stop_server capture && stop_server server
  check_equal 'it is as it was' mine "$(cat "$file")"
  check_equal 'and nothing is lost' '0 1' "$(jq -c 'select(.type == "request").seq' "$scratch/moved" | xargs)"
}

# kill -9: the .part stays, and the next life continues it.
test_crash() {
  local folder=$scratch/crash
  mkdir "$folder"
  sim && proxy -o "$folder/t.jsonl.gz" --rotate 1h || return
  ask 1
  check 'a record is flushed' wait_for 5 responses_are "$folder" 1
  stop_server capture KILL
  check 'what a crash leaves is a .part' test -s "$folder/t.jsonl.gz.part"
  proxy -o "$folder/t.jsonl.gz" --rotate 1h || return
  ask 2
  stop_server capture && stop_server server
  check_equal 'it is continued and gets its name' '0 1' "$(filter='select(.type == "request").seq' all "$folder/t.jsonl.gz" | xargs)"
}

# A disk that is full while one file follows another: nothing is left that has nothing in it.
test_full_disk() {
  local folder=$scratch/tiny i
  if [ "$(id -u)" -ne 0 ] || ! mkdir "$folder" || ! mount -t tmpfs -o size=16k tmpfs "$folder" 2>/dev/null; then
    skip 'rotation on a full disk' 'no right to mount a small one'
    return
  fi
  sim && proxy -o "$folder/t.jsonl" --rotate 4KiB || { umount "$folder"; return; }
  for i in $(seq 40); do ask "$(head -c 1000 /dev/zero | tr '\0' x)"; done
  check 'the disk is full' wait_for 5 grep -q 'cannot be written now' "${server_err[capture]}"
  for i in 1 2 3; do
    kill -HUP "${server_pid[capture]}"
    ask $i
    sleep 0.1
  done
  stop_server capture && stop_server server
  check_equal 'exit code' 4 "${server_status[capture]}"
  check_equal 'no file is empty' '' "$(find "$folder" -type f -empty)"
  check_equal 'each begins with its header' '' \
    "$(for i in "$folder"/t*; do head -n 1 "$i" | jq -r 'select(.type != "trace").type'; done)"
  umount "$folder"
}

test_by_size
test_by_time
test_in_mid_request
test_signals
test_crash
test_full_disk
summary
