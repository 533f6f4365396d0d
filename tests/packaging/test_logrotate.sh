#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The logrotate example moves the trace of a running capture, three times under load: each file is whole, and no record is lost.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need logrotate jq

sed 's,/n/0,/health,' tests/bench/get.trace.jsonl >"$scratch/get.trace.jsonl"
mkdir -m 0700 "$scratch/state"
start_server sim "$bin/simllm" --listen 127.0.0.1:0 -q || summary
start_server capture "$bin/capture" -q -u "${server_url[sim]}" -l 127.0.0.1:0 -o "$scratch/state/trace.jsonl.gz" || summary
# The day is the name's: three rotations need a finer one.
sed "s,/var/lib/private/capture,$scratch/state,; s,dateext,&\n    dateformat -%s," packaging/capture.logrotate |
  sed "s,systemctl .*,kill -HUP ${server_pid[capture]}," >"$scratch/logrotate"
"$bin/replay" "$scratch/get.trace.jsonl" -u "${server_url[capture]}" -r 1 --warmup 0 --keep-invalid -q --api http --timing rate \
  --request-rate 200 --duration 5s -o "$scratch/run.jsonl" 2>"$scratch/replay.err" </dev/null &
load=$!
for n in 1 2 3; do
  sleep 1.1
  run logrotate --force --state "$scratch/rotated" "$scratch/logrotate"
  check_equal "rotation $n" '0 ' "$status $err"
  check "rotation $n: a new file begins" wait_for 5 test -s "$scratch/state/trace.jsonl.gz"
done
wait "$load"
stop_server capture
check_equal 'capture lost no record' 0 "${server_status[capture]}"
check_equal 'four files' 4 "$(find "$scratch/state" -type f | wc -l)"
for file in "$scratch"/state/*; do
  check_equal "$(basename "$file") is whole" '"end"' "$(gzip -dc "$file" | tail -n 1 | jq .type)"
done
check_equal 'each request is in one of them' "$(jq -s 'map(select(.type == "request")) | length' "$scratch/run.jsonl")" \
  "$(gzip -dc "$scratch"/state/* | jq -s 'map(select(.type == "response" and .status == 200)) | length')"
summary
