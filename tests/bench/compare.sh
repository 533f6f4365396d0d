#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# compare.sh BEFORE.json AFTER.json: the rows of two runs of `make bench` side by side. A ratio is worse, or better, when
# the pairs of the two runs do not overlap. Exit code 1 when one is worse.
set -eu
jq -r -n --slurpfile before "$1" --slurpfile after "$2" '
  def of(rows): reduce rows[] as $row ({}; .[$row.title] = $row);
  of($before[0].rows) as $old | $after[0].rows[] | . as $new | $old[.title] as $was
  | if $was == null then ["new", .title, "", .ratio // .ours]
    elif .ratio == null then [if .ours == $was.ours then "same" else "single" end, .title, $was.ours, .ours]
    else (if .ratio_min > $was.ratio_max then "up" elif .ratio_max < $was.ratio_min then "down" else "same" end) as $way
    | [if $way == "same" then "same" elif ($way == "up") == (.op == "<=") then "WORSE" else "better" end,
       .title, $was.ratio, .ratio] end
  | @tsv' | awk -F'\t' '
  { printf "%-7s %-66s %8.3g -> %.3g\n", $1, $2, $3, $4 }
  $1 == "WORSE" { worse = 1 }
  END { exit worse }'
