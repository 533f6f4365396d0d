#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Includes go down only (tool -> net -> llm -> record -> base), stat and report do not see each other, no tool includes
# another, and each library is known in one place. Tests may look at everything.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0

complain() {
  echo "layers: $1"
  bad=1
}

# allow ROOM-REGEX INCLUDE-REGEX: files of the room may include only these of ours.
allow() {
  local line
  while IFS= read -r line; do
    complain "$line (allowed there: $2)"
  done < <(git ls-files '*.c' '*.h' | grep -E "$1" | xargs -r grep -HnE '^#include "' | grep -vE "#include \"($2)")
}

allow '^lib/base/' 'lib/base/'
allow '^lib/record/' 'lib/(base|record)/'
allow '^lib/llm/' 'lib/(base|record|llm)/'
allow '^lib/net/' 'lib/(base|record|llm|net)/'
allow '^analyze/stat/' 'lib/base/|analyze/stat/'
allow '^analyze/report/' 'lib/base/|analyze/report/'
allow '^analyze/[^/]*$' 'lib/(base|record)/|analyze/'
allow '^capture/' 'lib/|capture/'
allow '^replay/' 'lib/|replay/'
allow '^tests/simllm/' 'lib/base/|tests/simllm/'

# only HEADER-REGEX FILE-REGEX: outside the tests this library's header is included by these files alone.
only() {
  local line
  while IFS= read -r line; do
    complain "$line (known only in: $2)"
  done < <(git ls-files '*.c' '*.h' | grep -vE '^tests/|'"$2" | xargs -r grep -HnE "^#include <($1)")
}

only 'cjson/' '^lib/base/json\.c$'
only 'popt' '^lib/base/cli\.c$'
only 'zlib' '^lib/record/gzline|^lib/llm/inflate\.[ch]$'
only 'event2?/|event\.h' '^lib/net/loop\.c$|^capture/proxy'
only 'curl/' '^lib/net/xfer'
only 'microhttpd' '^capture/'
only 'gsl/' '^analyze/stat/|^replay/random\.c$'

[ $bad -eq 0 ] && echo "layers: every include goes down"
exit $bad
