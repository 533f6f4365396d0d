#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Memory per stream with thousands at once: 5000 in replay, 2000 for 30 s through capture (where none fails and nothing
# is lost), and over many small requests, where it must not grow. Counts are exact, so a batch of a late client, which
# a busy machine makes of 5000 streams at once, is not measured again.
. "$(dirname "$0")/../lib.sh"
need jq curl
peers=$BUILD/tests/bench
[ "$(ulimit -Hn)" -ge 12000 ] || { echo "skipped: 12000 open files are needed, $(ulimit -Hn) are allowed"; exit 77; }
ulimit -Sn "$(ulimit -Hn)"

peak_kib() { awk '/^VmHWM/ { print $2 }' "/proc/$1/status"; }

replay_peak() { # STREAMS: peak of replay in KiB; its run goes to $scratch/run.jsonl
  RUN_TIMEOUT=200 run "$peers/cost" "$scratch/cost.json" "$bin/replay" tests/bench/chat.trace.jsonl -u "${server_url[pacer]}" \
    -W "$1" -B "$1" -r 1 --warmup 0 --keep-invalid --force -o "$scratch/run.jsonl"
  jq .peak_kib "$scratch/cost.json"
}

test_replay_streams() {
  local streams=5000 one many each
  start_server pacer "$peers/pacer" 2 20 || return
  one=$(replay_peak 1)
  many=$(replay_peak $streams)
  each=$(((many - one) / streams))
  echo "replay: $one KiB with one stream, $many KiB with $streams: $each KiB each"
  check "replay takes at most 64 KiB a stream ($each)" test "$each" -le 64
  check_equal 'every stream of 5000 ends well' "$streams $((streams * 20)) 0" \
    "$(jq -s -r 'map(select(.type == "request")) |
      "\(length) \(map(.events) | add) \(map(select(.error)) | length)"' "$scratch/run.jsonl")"
  stop_server pacer
}

test_capture_streams() {
  local streams=2000 rate=10 seconds=30 before after each
  start_server pacer "$peers/pacer" $rate $((rate * seconds)) || return
  start_server capture "$bin/capture" -u "${server_url[pacer]}" -l 127.0.0.1:0 -o "$scratch/streams.jsonl.gz" || return
  RUN_TIMEOUT=120 run "$peers/bare_sse" "${server_url[capture]}" 1 $((rate * seconds)) $rate
  before=$(peak_kib "${server_pid[capture]}")
  RUN_TIMEOUT=120 run "$peers/bare_sse" "${server_url[capture]}" $streams $((rate * seconds)) $rate
  echo "2000 streams: $out"
  after=$(peak_kib "${server_pid[capture]}")
  each=$(((after - before) / streams))
  echo "capture: $before KiB after one stream, $after KiB after $streams at once: $each KiB each"
  check_equal 'no stream of 2000 fails, no event is lost' "0 0 $((streams * rate * seconds))" \
    "$status $(jq -r '"\(.failed) \(.events)"' <<<"$out")"
  check "capture takes at most 160 KiB a stream ($each)" test "$each" -le 160
  stop_server capture
  check_equal 'exit code' 0 "${server_status[capture]}"
  check_equal 'every response is recorded, with every event' "$((streams + 1)) $(((streams + 1) * rate * seconds)) 0" \
    "$(zcat "$scratch/streams.jsonl.gz" | jq -s -r 'map(select(.type == "response")) |
      "\(length) \(map(.events) | add) \(map(select(.error)) | length)"')"
  check_equal 'nothing was dropped' 0 "$(zcat "$scratch/streams.jsonl.gz" | jq 'select(.type == "end").dropped')"
  stop_server pacer
}


succeeded() { zcat "$2" | grep -c "\"type\":\"$1\".*\"error\":null"; }

# A tenth of the requests, then all: what is kept per request would show. (replay prepares a batch before its start: its
# memory goes with the batch, not with the run.)
test_many_requests() {
  local requests=${MANY_REQUESTS:-1000000} part ours=() proxy=()
  start_server pacer "$peers/pacer" 0 1 || return
  start_server capture "$bin/capture" -u "${server_url[pacer]}" -l 127.0.0.1:0 -o "$scratch/many.jsonl.gz" --bodies none || return
  for part in $((requests / 10)) "$requests"; do
    RUN_TIMEOUT=500 run "$peers/cost" "$scratch/cost.json" "$bin/replay" tests/bench/chat.trace.jsonl -u "${server_url[capture]}" \
      -W 32 -B 10000 -r $((part / 10000)) --warmup 0 --keep-invalid --force -o "$scratch/run.jsonl.gz"
    check_equal "replay of $part requests: exit code" 0 "$status"
    ours+=("$(jq .peak_kib "$scratch/cost.json")") proxy+=("$(peak_kib "${server_pid[capture]}")")
  done
  stop_server capture
  check_equal 'every request was recorded by both' "$requests $((requests + requests / 10))" \
    "$(succeeded request "$scratch/run.jsonl.gz") $(succeeded response "$scratch/many.jsonl.gz")"
  echo "peak after $((requests / 10)) and $requests requests: replay ${ours[*]} KiB, capture ${proxy[*]} KiB"
  check 'replay does not grow with the requests' test "${ours[1]}" -le $((ours[0] + 8192))
  check 'capture does not grow with the requests' test "${proxy[1]}" -le $((proxy[0] + 8192))
  stop_server pacer
}

# A small file can hold more requests than fit into memory: there is a limit, and it is said.
test_a_trace_of_too_many_requests() {
  {
    echo '{"type":"trace","version":1,"start_unix_s":1}'
    yes '{"type":"request","seq":0,"t_s":1,"input_tokens":5,"output_tokens":5,"api":"openai.chat","path":"/v1/chat/completions"}' |
      head -n 1500000
  } | gzip -1 >"$scratch/dense.jsonl.gz"
  RUN_TIMEOUT=500 run "$peers/cost" "$scratch/cost.json" "$bin/replay" "$scratch/dense.jsonl.gz" -u http://127.0.0.1:9 -m m \
    --timing original --dry-run
  check_equal 'too many requests: exit code' 1 "$status"
  check_match 'too many requests: the limit is said' 'more than 1000000 requests' "$err"
  check 'too many requests: memory is bounded' test "$(jq .peak_kib "$scratch/cost.json")" -le 800000
}

test_replay_streams
test_capture_streams
test_a_trace_of_too_many_requests
test_many_requests
summary
