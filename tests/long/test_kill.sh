#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# kill -9 of capture at 50 random moments under load, always on the same trace: it is readable each time, and no record
# of an answer that was older than the flush interval is lost, then and to the end.
. "$(dirname "$0")/../lib.sh"
need jq zcat curl
rounds=${KILL_ROUNDS:-50} flush_ms=200
grace_ms=300 # for the write itself, on a machine with other work
trace=$scratch/trace.jsonl.gz
RANDOM=$$
start_server sim "$bin/simllm" -l 127.0.0.1:0 || summary

now_ns() { awk '{ printf "%.0f", $1 * 1e9 }' /proc/uptime; } # the monotonic clock, in steps of 10 ms

# The paths of requests that the trace has with their answers, as ROUND/NUMBER.
recorded() {
  zcat "$trace" 2>/dev/null | jq -r 'if .type == "request" then "q \(.seq) \(.path)" elif .type == "response" then "a \(.seq)" else empty end' |
    awk '$1 == "q" { path[$2] = $3 } $1 == "a" && $2 in path { sub("^/r", "", path[$2]); sub("/n/", "/", path[$2]); print path[$2] }'
}
missing() { # FILE of expected: how many of them the trace has not
  recorded | sort -u >"$scratch/recorded"
  sort -u "$1" | comm -23 - "$scratch/recorded" | wc -l
}

: >"$scratch/all"
readable=0 lost=0 old=0
for round in $(seq "$rounds"); do
  start_server capture "$bin/capture" -u "${server_url[sim]}" -l 127.0.0.1:0 -o "$trace" --flush-interval ${flush_ms}ms || break
  "$BUILD/tests/bench/bare_rate" "${server_url[capture]}/r$round" 1000 5 16 "$scratch/log" >/dev/null 2>"$scratch/rate.err" &
  load=$!
  sleep "0.$(printf %03d $((RANDOM % 800 + 50)))"
  [ $((RANDOM % 4)) -ne 0 ] || sleep 0.7
  killed_ns=$(now_ns)
  { stop_server capture KILL; } 2>/dev/null # the shell's own words about it
  wait $load
  awk -v r="$round" -v limit="$(((killed_ns / 1000000 - flush_ms - grace_ms) * 1000000))" '$2 < limit { print r "/" $1 }' \
    "$scratch/log" >"$scratch/expected"
  cat "$scratch/expected" >>"$scratch/all"
  old=$((old + $(wc -l <"$scratch/expected")))
  lost=$((lost + $(missing "$scratch/expected")))
  run "$bin/capture" --import trace "$trace"
  [ "$status" -eq 0 ] && readable=$((readable + 1))
done
echo "$old answers were older than the flush interval when capture was killed; $(recorded | wc -l) are in the trace"
check_equal 'readable after every kill' "$rounds" "$readable"
check_equal 'no record older than the flush interval is lost' 0 "$lost"
check_equal 'none of them later either' 0 "$(missing "$scratch/all")"
check 'the load was real' test "$old" -ge $((rounds * 50))
run "$bin/capture" --version
start_server capture "$bin/capture" -u "${server_url[sim]}" -l 127.0.0.1:0 -o "$trace" || summary
run curl -sS -m 10 -o /dev/null "${server_url[capture]}/v1/models"
stop_server capture
check_equal 'it goes on after all of them' '0 0' "$status ${server_status[capture]}"
check_equal 'every life has a segment of its own' "$((rounds + 1))" "$(zcat "$trace" | grep -c '^{"type":"trace"')"
summary
