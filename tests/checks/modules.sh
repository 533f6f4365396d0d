#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every module ROOM/X.c has its tests in tests/unit/ROOM/test_X.c. Those of untested.txt have none yet; the list may
# only shrink. Nor does anything lie at the top level that is no part of the house, such as what a program has written.
set -u
cd "$(dirname "$0")/../.." || exit 1
known=tests/checks/untested.txt
bad=0
modules=0

complain() {
  echo "modules: $1"
  bad=1
}

while IFS= read -r module; do
  modules=$((modules + 1))
  test=tests/unit/$(dirname "$module")/test_$(basename "$module")
  if [ -e "$test" ]; then
    grep -qxF "$module" "$known" && complain "$module has a test now: take it off $known"
  else
    grep -qxF "$module" "$known" || complain "$module has no $test"
  fi
done < <(git ls-files 'lib/*.c' 'capture/*.c' 'replay/*.c' 'analyze/*.c' | grep -v '/main\.c$')

while IFS= read -r module; do
  [ -e "$module" ] || complain "$module is gone: take it off $known"
done <"$known"
top=' CHANGELOG.md CONTRIBUTING.md LICENSE Makefile README.md analyze capture lib packaging replay tests traces '
while IFS= read -r name; do
  case $name in .*) ;; *) [[ $top == *" $name "* ]] || complain "$name does not belong at the top level" ;; esac
done < <(git ls-files | cut -d/ -f1 | sort -u)
[ "$(LC_ALL=C sort -u "$known")" = "$(cat "$known")" ] || complain "$known is not sorted, or has a module twice"

[ $bad -eq 0 ] && echo "modules: $modules, $(wc -l <"$known") of them without a test file"
exit $bad
