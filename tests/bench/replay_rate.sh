#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# replay in open loop: how far from its schedule requests reach the server, beside a bare loop of timerfd and send. All of
# them run at real-time priority where that is allowed: what is asked is how exact they are, not how busy the machine is.
. "$(dirname "$0")/lib.sh"
need jq
trace=tests/bench/get.trace.jsonl
priority=()
if chrt -f 10 true 2>/dev/null; then priority=(chrt -f 10); fi
seconds=${BENCH_RATE_SECONDS:-$SECONDS_EACH}

# Sets error_ms and drift_ms, what the server saw of COMMAND's arrivals.
arrivals() { # RATE COMMAND...
  local rate=$1
  shift
  start_server server "${priority[@]}" "$peers/arrivals" "$rate" || return
  RUN_TIMEOUT=$((seconds * 2 + 20)) run "${priority[@]}" "${@//URL/${server_url[server]}}"
  stop_server server
  error_ms=$(jq '.error_p99_s * 1e3' "$scratch/server.out")
  drift_ms=$(jq '.drift_s * 1e3 | fabs' "$scratch/server.out")
}

rate() { # RATE
  local title="replay open loop, $1/s${priority[*]:+, ${priority[*]}}: " bare_ms
  lists=()
  for _ in $(seq "$ROUNDS"); do
    arrivals "$1" "$peers/bare_rate" URL "$1" "$seconds" 64 || return
    bare_ms=$error_ms
    arrivals "$1" "$bin/replay" $trace -u URL --api http --timing rate --request-rate "$1" --arrival constant \
      --duration "${seconds}s" --keep-invalid --force -o "$scratch/run.jsonl.gz" || return
    check_equal "${title}exit code" 0 "$status"
    pair ms "$error_ms" "$bare_ms"
    add drift_ms "$drift_ms"
    add requests "$(jq .requests "$scratch/server.out")"
  done
  check_near "${title}all requests are sent" $((seconds * $1)) "$(median requests)" 0.0005 # the last one may be due at the end
  ratio ms "${title}error of sends, p99 ms" '<=' 1.5 ms 'bare timerfd loop'
  figure "${title}drift, ms" "$(median drift_ms)" '<=' 0.1 'median of the last tenth less that of the first'
}
rate 1000
rate 2000
summary
