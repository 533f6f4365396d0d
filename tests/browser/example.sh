#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# `make example-report`: renews the README's picture, analyze/example-report.png: the first screen of the demo's report in
# chromium. RUN names another run record; without it that of `make demo` is taken, which runs first where there is none.
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
run=${RUN:-$build/demo/run.jsonl.gz}
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
  { echo "no chromium here (make deps-browser)"; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
[ -r "$run" ] || BUILD=$build tests/demo.sh "$scratch/demo"
"$build/bin/analyze" -q "$run" --title simllm -o "$scratch/report"
timeout -k 5 90 "$browser" --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
  --hide-scrollbars --virtual-time-budget=5000 --user-data-dir="$scratch/profile" --window-size=1280,1160 \
  --screenshot="$scratch/report.png" "file://$scratch/report/report.html" >/dev/null 2>"$scratch/words" ||
  { cat "$scratch/words" >&2; exit 1; }
mv "$scratch/report.png" analyze/example-report.png
echo "analyze/example-report.png shows $run"
