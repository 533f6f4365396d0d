#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# `make test-markdown`: what a linter (markdownlint-cli2 of npm, installed under build/markdown) says of reports of every
# kind, in both languages, and of the documents. tidemark.markdownlint-cli2.jsonc says what is not asked for, and why.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build}
folder=$build/markdown
command -v npm >/dev/null || { echo "skipped: no npm here (make deps-bench)"; exit 77; }
. tests/browser/pages.sh
mkdir -p "$folder"
cp tests/markdown/package.json tests/markdown/package-lock.json tests/markdown/tidemark.markdownlint-cli2.jsonc "$folder"
timeout -k 5 300 npm ci --prefix "$folder" --no-audit --no-fund --ignore-scripts >"$folder/npm.log" 2>&1 ||
  { echo "skipped: the linter could not be installed: $(tail -n 1 "$folder/npm.log")"; exit 77; }
pages_make "$build/bin/analyze" "$folder/pages" || exit 1
timeout -k 5 120 "$folder/node_modules/.bin/markdownlint-cli2" --config "$folder/tidemark.markdownlint-cli2.jsonc" \
  "$folder/pages/*/report.md" README.md CONTRIBUTING.md 'traces/*.md'
