#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Whole reports of the two hand-made tables, in both languages, word for word: a change of words or numbers shows
# itself as a change of tests/data/golden, to be read before it is kept (tests/cli/test_golden.sh --update).
. "$(dirname "$0")/../lib.sh"
data=../shared/data
golden=tests/data/golden
[ -d "$data" ] || { echo "skipped: no $data here"; exit 77; }
program=$(realpath "$bin/analyze")
cp "$data/report0.csv" "$data/report1.csv" "$scratch"
sigma=([0]=1.0%,3 [1]=2.1%,40)

for table in 0 1; do
  for lang in en ru; do
    name=report$table.$lang
    run env -C "$scratch" PATH="$PATH" "$program" -q "report$table.csv" --sigma "${sigma[$table]}" --lang $lang --no-plots -o "$name"
    check_equal "$name is made" 0 "$status"
    if [ "${1:-}" = --update ]; then
      mkdir -p "$golden"
      cp "$scratch/$name/report.md" "$golden/$name.md"
    fi
    check "$name is as it was" diff -u "$golden/$name.md" "$scratch/$name/report.md"
  done
done

# What METHODS.md 8 asks of these pages, whatever their words.
best=$(grep -c 'edge of the tested range, not an optimum' "$scratch/report1.en/report.md")
check "report1: its best batches at the end of a ladder are called edges ($best)" [ "$best" -ge 9 ]
check_equal 'report0: no best batch among failures' 'none: all requests failed' \
  "$(sed -n '/^### Results for 25 /,$ s/^\*\*Best batch:\*\* //p' "$scratch/report0.en/report.md")"
check 'report0: what was not tested is said' grep -q 'Workers between 10 and 15 were not tested' "$scratch/report0.en/report.md"
check 'report0: the cliff with its interval' grep -qF '0,354 [0,340; 0,369]' "$scratch/report0.ru/report.md"
for name in report0.en report0.ru report1.en report1.ru; do
  check_equal "$name: no number is missing by name" '' "$(grep -niE '(^|[^a-z])(nan|inf|null)([^a-z]|$)' "$scratch/$name/report.md")"
done
summary
