#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs the benchmarks: tests/bench/run.sh [NAME]... (replay_small, capture_stream, ...; default: all), and writes
# $BUILD/bench.json: the machine and the rows. With BASELINE=FILE, the bench.json of another build, compare.sh follows.
# Exit code 1 when a figure was missed. A skipped row is not a passed one.
set -u
cd "$(dirname "$0")/../.." || exit 1
export BUILD=${BUILD:-build} LC_ALL=C.UTF-8
names=("$@")
[ $# -gt 0 ] || names=(replay_small replay_stream replay_rate capture_small capture_stream analyze)
missed=0
export BENCH_ROWS=$BUILD/bench.rows
: >"$BENCH_ROWS"
cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
echo "$(nproc) CPUs, $cpu, Linux $(uname -r), load $(cut -d' ' -f1 /proc/loadavg)"
for name in "${names[@]}"; do
  printf '== %s\n' "$name"
  timeout -k 10 900 bash "tests/bench/$name.sh" </dev/null
  case $? in
    0 | 77) ;;
    *) missed=1 ;;
  esac
done
jq -s --arg cpu "$cpu" --arg linux "$(uname -r)" --arg at "$(date -u +%FT%TZ)" --argjson cpus "$(nproc)" \
  '{at: $at, cpu: $cpu, cpus: $cpus, linux: $linux, rows: .}' "$BENCH_ROWS" >"$BUILD/bench.json"
rm -f "$BENCH_ROWS"
[ -z "${BASELINE:-}" ] || bash tests/bench/compare.sh "$BASELINE" "$BUILD/bench.json" || missed=1
exit $missed
