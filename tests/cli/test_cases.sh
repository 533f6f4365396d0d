#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# tests/data/cases/cases.txt: commands on inputs that an earlier version got wrong, what their words must have and must
# not have, and for other cases the test that holds them. The file describes its lines.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need jq
PATH=$PWD/$bin:$PATH
list=tests/data/cases/cases.txt
shared=$PWD/../shared/cases
export shared

line_of() { # VERB REST: one line of the list, within $case and on $words of $command
  case $1 in
    case) case=$2 command='' ;;
    elsewhere)
      check "$case: ${2%% *} has the test" grep -qF -- "${2#* }" "${2%% *}"
      ;;
    run)
      command=$2 expected_exit=0
      if [[ $2 = *\$shared* && ! -r $shared/README.md ]]; then
        skip "$case: $2" "no $shared"
        command=
        return
      fi
      # The exit code is that of the last program of a pipe.
      run bash -c "cd tests/data/cases && $2"
      words=$(tr -s ' \n' '  ' <<<"$err $out")
      words=${words# } words=${words% }
      ;;
    exit) expected_exit=$2 ;;
    has) [ -z "$command" ] || check_match "$case: $command" "$2" "$words" ;;
    not) [ -z "$command" ] || check "$case: $command: nothing of '$2' in: $words" test -z "$(grep -oE -- "$2" <<<"$words")" ;;
    *) fail "$list" "no such line: $1 $2" ;;
  esac
}
check_exit() { [ -z "$command" ] || check_equal "$case: exit code of $command" "$expected_exit" "$status"; }

case='' command='' words='' expected_exit=0
while read -r verb rest; do
  case $verb in '' | '#'*) continue ;; run | case) check_exit ;; esac
  line_of "$verb" "$rest"
done <"$list"
check_exit
summary
