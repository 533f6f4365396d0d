#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Includes go down only, as the Makefile's table of rooms has it, and each library is known in one place. Tests may look
# at everything.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0

complain() {
  echo "layers: $1"
  bad=1
}

# Every folder with C files is a room of the Makefile's table, and its files include what lies below it alone.
rooms=$(MAKEFLAGS= make -s --no-print-directory rooms)
while IFS= read -r folder; do
  grep -q "^$folder: " <<<"$rooms" || complain "$folder is no room of the Makefile's table"
done < <(git ls-files '*.c' '*.h' | grep -E '^(lib|capture|replay|analyze|tests/simllm)/' | xargs -n1 dirname | sort -u)
while IFS= read -r line; do
  complain "$line"
done < <(git ls-files '*.c' '*.h' | xargs grep -HE '^#include "(lib|capture|replay|analyze|tests/simllm)/' | awk -F'[:"]' -v rooms="$rooms" '
  function room(file) { sub(/\/[^\/]*$/, "", file); return file }
  BEGIN { n = split(rooms, lines, "\n"); for (i = 1; i <= n; i++) { m = split(lines[i], w, "[: ]+"); for (j = 2; j <= m; j++) may[w[1], w[j]] = 1; known[w[1]] = 1 } }
  (room($1) in known) && !((room($1), room($3)) in may) { print $1 " includes " $3 }')

# only HEADER-REGEX FILE-REGEX: outside the tests this library's header is included by these files alone.
only() {
  local line
  while IFS= read -r line; do
    complain "$line (known only in: $2)"
  done < <(git ls-files '*.c' '*.h' | grep -vE '^tests/|'"$2" | xargs -r grep -HnE "^#include <($1)")
}

only 'popt' '^lib/base/cli\.c$'
only 'zlib' '^lib/lines/gzline|^lib/http/inflate\.[ch]$'
only 'event2?/|event\.h' '^lib/net/loop\.c$'
only 'curl/' '^lib/(net/xfer|http/endpoint)'
only 'microhttpd' '^capture/(proxy/|metrics\.c$)'
only 'mpi\.h' '^replay/ranks/ranks_mpi\.c$'
only 'gsl/' '^analyze/stat/|^replay/plan/random\.c$'

[ $bad -eq 0 ] && echo "layers: $(wc -l <<<"$rooms") rooms, every include goes down"
exit $bad
