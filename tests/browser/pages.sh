# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Reports of every kind, to be looked at by the browser and by the linter. After `. tests/browser/pages.sh`:
#   pages_make ANALYZE FOLDER   makes FOLDER/NAME-LANG/report.{html,md} for every NAME of pages_names, in both languages
pages_names='table sweep limits compared failing nothing rates'

pages_make() {
  local analyze=$1 folder=$2 made=$2/made lang table=../shared/data/report1.csv
  [ -r "$table" ] || { table=tests/data/sweep.csv; echo "no ../shared/data: the table is $table"; }
  mkdir -p "$made"
  awk -f tests/browser/made_run.awk >"$made/sweep.jsonl" &&
    awk -f tests/browser/made_run.awk -v factor=0.9 -v seed=2 >"$made/slower.jsonl" &&
    awk -f tests/browser/made_run.awk -v fail_from=32 >"$made/failing.jsonl" &&
    awk -f tests/browser/made_run.awk -v fail_from=0 >"$made/nothing.jsonl" &&
    awk -f tests/browser/made_run.awk -v kind=rates >"$made/rates.jsonl" || return 1
  for lang in ru en; do
    pages_one() { # NAME ARGUMENT...; a comparison that finds a regression exits with 3
      "$analyze" -q "${@:2}" --lang $lang -o "$folder/$1-$lang" --force 2>"$made/words" || [ $? -eq 3 ] ||
        { cat "$made/words"; return 1; }
    }
    pages_one table "$table" && pages_one sweep "$made/sweep.jsonl" &&
      pages_one limits "$made/sweep.jsonl" --slo latency_p95=12s,ttft=0.3s &&
      pages_one compared "$made/slower.jsonl" --baseline "$made/sweep.jsonl" --max-regression 5% \
        --assert 'best.tokens_per_s>=300' --assert 'best.tokens_per_s>=400' &&
      pages_one failing "$made/failing.jsonl" && pages_one nothing "$made/nothing.jsonl" &&
      pages_one rates "$made/rates.jsonl" --slo latency_p95=4s || return 1
  done
}
