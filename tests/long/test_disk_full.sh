#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A disk that is full: capture's traffic goes on, it says how many records were lost, and what is there is readable.
# Runs in a mount namespace of its own, with a small tmpfs.
if [ -z "${IN_NAMESPACE:-}" ]; then
  if unshare -m true 2>/dev/null; then IN_NAMESPACE=1 exec unshare -m bash "$0"; fi
  if unshare -rm true 2>/dev/null; then IN_NAMESPACE=1 exec unshare -rm bash "$0"; fi
  echo 'skipped: no mount namespace may be made here'
  exit 77
fi
. "$(dirname "$0")/../lib.sh"
need jq curl mount
mkdir "$scratch/disk"
mount -t tmpfs -o size=512k tidemark "$scratch/disk" || { echo 'skipped: no tmpfs may be mounted here'; exit 77; }
start_server sim "$bin/simllm" -l 127.0.0.1:0 --time-scale 0.01 --tokens 4 || summary

requests=300
fill() { # NAME FILE: requests with 8 KB of text each; more than the disk holds, whatever gzip does to them
  local trace=$scratch/disk/$2
  start_server "$1" "$bin/capture" -u "${server_url[sim]}" -l 127.0.0.1:0 -o "$trace" --flush-interval 50ms || return
  # One curl asks all of it, not too fast, so that a flush is small. A process for each part of it takes minutes.
  head -c $((6000 * requests)) /dev/urandom | base64 -w 8000 |
    awk -v folder="$scratch" -v url="${server_url[$1]}" '{
      body = folder "/body." NR
      printf "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}", $0 >body
      close(body)
      printf "%surl = %s/v1/chat/completions\noutput = %s/answer.%d\ndata-binary = @%s\nmax-time = 10\nno-buffer\n",
        (NR > 1 ? "next\n" : ""), url, folder, NR, body
      print "silent\nwrite-out = \"%{http_code}\\n\"\nheader = \"Content-Type: application/json\""
    }' >"$scratch/curl.config"
  curl --rate 50/s --config "$scratch/curl.config" >"$scratch/codes"
  check "$1: the disk is full but for less than a flush" test "$(df --output=avail -k "$scratch/disk" | tail -n 1)" -lt 64
  stop_server "$1"
  check_equal "$1: every answer is whole" "$requests 200 $requests" \
    "$(sort "$scratch/codes" | uniq -c | xargs) $(tail -q -n 2 "$scratch"/answer.* | grep -c DONE)"
  rm "$scratch"/answer.*
  check_equal "$1: exit code" 4 "${server_status[$1]}"
  check_match "$1: it says how many were lost" '[1-9][0-9]* records were dropped' "$(tail -n 2 "${server_err[$1]}" | xargs)"
  local lost written
  lost=$(sed -n 's/.*\b\([0-9][0-9]*\) records were dropped.*/\1/p' "${server_err[$1]}" | tail -n 1)
  written=$(zcat -f "$trace" 2>/dev/null | jq -R 'fromjson? | select(.type != "trace") | 1' | wc -l)
  check "$1: something was written first" test "$written" -ge 20
  check_equal "$1: what was written and what was lost is all, with the end record" $((2 * requests + 1)) $((lost + written))
  run "$bin/replay" "$trace" -u http://127.0.0.1:9 --dry-run
  check_equal "$1: the trace can be read" 0 "$status"
  rm "$trace"
}
fill gzip full.jsonl.gz
fill plain full.jsonl
umount "$scratch/disk"
summary
