#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# `make demo`: the whole pipeline on a simulated server, in about a minute.
set -eu
cd "$(dirname "$0")/.."
bin=${BUILD:-build}/bin
. tests/demo_sweep.sh
out=${1:-report}
work=${BUILD:-build}/demo # the report names these files
mkdir -p "$work"
rm -f "$work"/*
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
}
trap cleanup EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$1" | { [ -t 1 ] && cat || sed 's/\x1b\[[0-9]*m//g'; }; }

address() { # LOG: waits until the server behind it has said where it listens
  local i url
  for i in $(seq 100); do
    url=$(sed -n 's/.*listening on \(http:[^ ]*\).*/\1/p' "$1" 2>/dev/null | head -n 1) # its log may not be there yet
    [ -n "$url" ] && { echo "$url"; return; }
    sleep 0.05
  done
  cat "$1" >&2
  return 1
}

say "1. A simulated server, and capture in front of it"
"$bin/simllm" --listen 127.0.0.1:0 --slots 8 --time-scale 0.02 2>"$work/simllm.log" &
pids+=($!)
"$bin/capture" -u "$(address "$work/simllm.log")" -l 127.0.0.1:0 -o "$work/prod.jsonl.gz" 2>"$work/capture.log" &
capture_pid=$!
pids+=("$capture_pid")
proxy=$(address "$work/capture.log")
echo "clients -> $proxy (capture) -> simllm"

say "2. Real HTTP traffic through it: 48 requests by curl, to four APIs, streamed and not"
words=("What is a tide?" "Name three seas." "Why is the sea salt?" "Tell me about the Moon." "How deep is the ocean?" "Who charts the coast?")
ask() { # PATH BODY
  curl -sS --fail --max-time 30 -o /dev/null -H 'Content-Type: application/json' -H 'Authorization: Bearer sk-demo-secret' \
    "$proxy$1" --data "$2"
}
for i in $(seq 0 11); do
  q=${words[$((i % 6))]}
  n=$((20 + i % 3 * 4))
  (
    ask /v1/chat/completions "{\"model\":\"sim\",\"messages\":[{\"role\":\"user\",\"content\":\"$q\"}],\"max_tokens\":$n,\"stream\":true}" &
    ask /v1/completions "{\"model\":\"sim\",\"prompt\":\"$q\",\"max_tokens\":$n}" &
    ask /api/chat "{\"model\":\"sim\",\"messages\":[{\"role\":\"user\",\"content\":\"$q\"}],\"options\":{\"num_predict\":$n}}" &
    ask /api/generate "{\"model\":\"sim\",\"prompt\":\"$q\",\"options\":{\"num_predict\":$n},\"stream\":false}" &
    wait
  )
done
kill -TERM "$capture_pid"
wait "$capture_pid"
zcat "$work/prod.jsonl.gz" | tail -n 1

say "3. Replay over a sweep: 7 workers levels x 6 batch sizes x 3 repeats, a server of its own for each level and block"
demo_sweep "$work/prod.jsonl.gz" 7 "$work/run.jsonl.gz"

say "4. Analyze"
"$bin/analyze" "$work/run.jsonl.gz" --title "simllm"
"$bin/analyze" -q "$work/run.jsonl.gz" --title "simllm" -o "$out" --force
say "The report: $out/report.html (and $out/report.md); the records it is made from: $work/"
