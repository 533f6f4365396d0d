#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# `make demo-seeds`: the demo's sweep with SEEDS (40) seeds. A report states an optimum whose interval holds the simulated
# server's true one, or says that it is not established: in nine runs of ten or more.
set -eu
cd "$(dirname "$0")/.."
bin=${BUILD:-build}/bin
. tests/demo_sweep.sh
seeds=${SEEDS:-40} trace=tests/data/mixed.trace.jsonl
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for seed in $(seq "$seeds"); do
  demo_sweep "$trace" "$seed" "$work/run-$seed.jsonl.gz" 2>"$work/replay.log" || { cat "$work/replay.log" >&2; exit 1; }
  "$bin/analyze" -q --format json "$work/run-$seed.jsonl.gz" |
    jq -c --argjson seed "$seed" --argjson truth "$demo_truth" '(.curve.optimum // {}) as $o | ($o.established // false) as $stated |
      {seed: $seed, stated: $stated, n: $o.n, right: (($stated | not) or (($o.n.lo // 0) <= $truth and ($o.n.hi // 1e9) >= $truth))}' |
    tee -a "$work/verdicts"
done
jq -s -r '"\(map(select(.right)) | length) of \(length) are right; \(map(select(.stated)) | length) state an optimum"' "$work/verdicts"
jq -s -e '(map(select(.right)) | length) >= 0.9 * length' "$work/verdicts" >/dev/null
