#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A minute of open loop at 1000 and 2000 requests/s: the schedule is kept as seen at the server, and does not drift.
cd "$(dirname "$0")/../.." || exit 1
BENCH_ROUNDS=1 BENCH_RATE_SECONDS=60 exec bash tests/bench/replay_rate.sh
