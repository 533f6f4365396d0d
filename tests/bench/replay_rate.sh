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
seconds=${BENCH_RATE_SECONDS:-$((SECONDS_EACH * 3))}

rate() { # RATE
  lists=()
  local name="replay open loop, $1/s, $seconds s${priority[*]:+, ${priority[*]}}"
  for _ in $(seq "$ROUNDS"); do
    start_server server "${priority[@]}" "$peers/arrivals" "$1" || return
    RUN_TIMEOUT=$((seconds * 2 + 20)) run "${priority[@]}" "$peers/bare_rate" "${server_url[server]}" "$1" "$seconds" 64
    stop_server server
    add bare_ms "$(jq '.error_p99_s * 1e3' "$scratch/server.out")"
    start_server server "${priority[@]}" "$peers/arrivals" "$1" || return
    RUN_TIMEOUT=$((seconds * 2 + 20)) run "${priority[@]}" "$bin/replay" $trace -u "${server_url[server]}" --api http --timing rate \
      --request-rate "$1" --arrival constant --duration "${seconds}s" --force -o "$scratch/run.jsonl.gz"
    check_equal "$name: exit code" 0 "$status"
    stop_server server
    add ms "$(jq '.error_p99_s * 1e3' "$scratch/server.out")"
    add drift_ms "$(jq '.drift_s * 1e3 | fabs' "$scratch/server.out")"
    add requests "$(jq .requests "$scratch/server.out")"
  done
  check_near "$name: all requests are sent" $((seconds * $1)) "$(median requests)" 0.0005 # the last one may be due at the end
  busy=$(calc "$(median bare_ms) > 0.3")
  if [ "$busy" = 1 ] && [ "$(calc "$(median ms) > 0.3")" = 1 ]; then
    skipped "$name: p99 of abs(error), ms" "the machine is too busy: $(median ms) ms, bare loop $(median bare_ms) ms (reach 0.3)"
  else
    figure "$name: p99 of abs(error), ms" "$(median ms)" '<=' 0.3 "bare loop $(median bare_ms) ms"
  fi
  figure "$name: drift, ms" "$(median drift_ms)" '<=' 0.1 'median of the last tenth less that of the first'
}

# A rate that rises from 0 to LAST: as exact as a constant one.
series() { # LAST
  lists=()
  local name="replay open loop, 0 to $1/s, $seconds s${priority[*]:+, ${priority[*]}}"
  printf 't_s,rate\n0,0\n%d,%d\n' "$seconds" "$1" >"$scratch/series.csv"
  for _ in $(seq "$ROUNDS"); do
    start_server server "${priority[@]}" "$peers/arrivals" 0 "$1" "$seconds" || return
    RUN_TIMEOUT=$((seconds * 2 + 20)) run "${priority[@]}" "$bin/replay" $trace -u "${server_url[server]}" --api http --timing rate \
      --rate-series "$scratch/series.csv" --arrival constant --force -o "$scratch/run.jsonl.gz"
    check_equal "$name: exit code" 0 "$status"
    stop_server server
    add ms "$(jq '.error_p99_s * 1e3' "$scratch/server.out")"
    add requests "$(jq .requests "$scratch/server.out")"
  done
  check_near "$name: all requests are sent" $((seconds * $1 / 2)) "$(median requests)" 0.001
  if [ "$busy" = 1 ] && [ "$(calc "$(median ms) > 0.3")" = 1 ]; then
    skipped "$name: p99 of abs(error), ms" "the machine is too busy: $(median ms) ms (reach 0.3)"
  else
    figure "$name: p99 of abs(error), ms" "$(median ms)" '<=' 0.3 'from the instants at which requests are due'
  fi
}
rate 1000
rate 2000
series 2000
summary
