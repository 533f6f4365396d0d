#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the records say is what the server did, within 1 ms at 64 streams and 5 ms at 512 (99 of 100 requests).
. "$(dirname "$0")/../lib.sh"
. tests/e2e/truth.sh
need jq curl

# Another program that takes the CPU away for a few milliseconds would be blamed on the records: both sides run before
# others where that is allowed.
priority=()
if chrt -f 10 true 2>/dev/null; then
  priority=(chrt -f 10)
elif nice -n -5 true 2>/dev/null && [ "$(nice -n -5 nice)" -lt 0 ]; then
  priority=(nice -n -5)
fi
echo "priority: ${priority[*]:-none may be set here: another program may blur the figures}; load $(cut -d' ' -f1 /proc/loadavg) on $(nproc) CPUs"

# Whatever else runs only adds to the differences, and does so at times: the best of three tries counts.
within() { # NAME LIMIT_MS
  local what
  for what in ttft latency tpot itl_p50 itl_p99; do
    [ "$(jq -n "$(truth_figure "$1" $what p99) <= $2")" = true ] || return 1
  done
}
hold() { # STREAMS SECONDS LIMIT_MS
  local try
  for try in 1 2 3; do
    truth_run "$1-streams-$try" "$1" "$2" "${priority[@]}"
    within "$1-streams-$try" "$3" && break
  done
  check "$1 streams: 99 of 100 requests within $3 ms in every figure" within "$1-streams-$try" "$3"
}
hold 64 4 1
hold 512 6 5
summary
