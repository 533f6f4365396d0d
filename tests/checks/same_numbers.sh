#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# same_numbers.sh OLD_BIN_DIR NEW_BIN_DIR: does analyze still compute the same? Both programs read each run and table of
# the tree, and of ../shared where that is there. Prints each number of summary.json that changed or is gone, by its
# path, and counts the new ones. Exit code 1: a number or an exit code changed.
set -u
if [ $# -ne 2 ] || [ ! -x "$1/analyze" ] || [ ! -x "$2/analyze" ]; then
  echo "usage: $0 OLD_BIN_DIR NEW_BIN_DIR" >&2
  exit 2
fi
old=$(realpath "$1")/analyze
new=$(realpath "$2")/analyze
cd "$(dirname "$0")/../.." || exit 1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
compared=0
refused=0
changed=0
added=0

# Each number, truth value and null of a document as one sorted line: path, tab, value.
numbers() {
  jq -r 'paths(type == "number" or type == "boolean" or type == "null") as $path
    | ($path | map(if type == "number" then "[\(.)]" else ".\(.)" end) | add) + "\t" + (getpath($path) | tostring)' \
    "$1" 2>/dev/null | LC_ALL=C sort
}

compare() { # OPTION... FILE
  local old_status new_status difference
  "$old" "$@" --format json >"$scratch/old.json" 2>/dev/null
  old_status=$?
  "$new" "$@" --format json >"$scratch/new.json" 2>/dev/null
  new_status=$?
  compared=$((compared + 1))
  if [ $old_status -ne $new_status ]; then
    echo "$*: exit code $old_status -> $new_status"
    changed=$((changed + 1))
    return
  fi
  [ -s "$scratch/old.json" ] || refused=$((refused + 1))
  numbers "$scratch/old.json" >"$scratch/old"
  numbers "$scratch/new.json" >"$scratch/new"
  difference=$(LC_ALL=C join -t $'\t' -a 1 -e gone -o 0,1.2,2.2 "$scratch/old" "$scratch/new" | awk -F'\t' '$2 != $3 { print "  " $1 ": " $2 " -> " $3 }')
  added=$((added + $(LC_ALL=C join -t $'\t' -v 2 "$scratch/old" "$scratch/new" | wc -l)))
  [ -n "$difference" ] || return
  echo "$*:"
  echo "$difference"
  changed=$((changed + $(wc -l <<<"$difference")))
}

while IFS= read -r file; do
  compare "$file"
  head -n 1 "$file" | grep -qi throughput && compare --curve "$file"
  case $file in */report0.csv | */report1.csv) compare --sigma 2.1%,40 "$file" ;; esac
done < <(find tests/data traces ../shared/data ../shared/cases -type f \( -name '*.csv' -o -name '*.tsv' -o -name '*run*.jsonl*' \
  -o -path '*/answer/*.jsonl.gz' \) ! -path '*/nist/*' 2>/dev/null | LC_ALL=C sort)
[ -d ../shared/cases/all-equal ] &&
  compare --baseline ../shared/cases/all-equal/old.csv ../shared/cases/all-equal/new-equal.csv
echo "same numbers: $compared analyses ($refused refused by both), $changed numbers changed, $added new"
[ "$changed" -eq 0 ]
