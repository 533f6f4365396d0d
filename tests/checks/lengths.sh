#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# No file over 500 lines, no function over 70. A main that only lists tests is no function to be read.
set -u
cd "$(dirname "$0")/../.." || exit 1
files=$(git ls-files '*.c' '*.h' '*.sh' | xargs wc -l | awk '$2 != "total" && $1 > 500 { print "lengths: " $2 " has " $1 " lines (500 allowed)" }')
functions=$(git ls-files '*.c' | ctags -x --c-kinds=f --fields=+ne -f - --_xformat='%{end} %{line} %N %F' -L - |
  awk '{ n = $1 - $2 + 1; if (n > 70 && !($3 == "main" && $4 ~ /^tests\//)) print "lengths: " $3 " in " $4 " has " n " lines (70 allowed)" }')
if [ -n "$files$functions" ]; then
  printf '%s\n' "$files" "$functions" | grep .
  exit 1
fi
echo "lengths: no file over 500 lines, no function over 70"
