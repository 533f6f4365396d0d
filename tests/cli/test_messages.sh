#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Command lines as data, in the manner of zstd's: tests/cli/NAME/cmd has one command a line, each after a comment that
# names its case. Line n of NAME/stderr is the whole of what the n-th command writes on stderr, line n of NAME/exit its
# exit code. NAME/stdout is what all of them print, nothing where there is no such file.
# UPDATE=1 bash tests/cli/test_messages.sh writes stdout, stderr and exit anew, for a person to read in `git diff`.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
PATH=$PWD/$bin:$PATH

update() { # FOLDER
  local line
  for line in stdout stderr exit; do : >"$1/$line"; done
  while IFS= read -r line; do
    run bash -c "$line"
    printf '%s\n' "$err" >>"$1/stderr"
    printf '%s\n' "$status" >>"$1/exit"
    [ -z "$out" ] || printf '%s\n' "$out" >>"$1/stdout"
  done < <(grep -v '^#' "$1/cmd")
  [ -s "$1/stdout" ] || rm "$1/stdout"
}

compare() { # FOLDER
  local name='' line n=0 words codes all=''
  mapfile -t words <"$1/stderr"
  mapfile -t codes <"$1/exit"
  while IFS= read -r line; do
    if [[ $line = '#'* ]]; then name=${line#'# '}; continue; fi
    run bash -c "$line"
    check_equal "$name: exit code of $line" "${codes[n]}" "$status"
    check_equal "$name: message of $line" "${words[n]}" "$err"
    [ -e "$1/stdout" ] || check_equal "$name: nothing on stdout from $line" '' "$out"
    [ -z "$out" ] || all+=$out$'\n'
    n=$((n + 1))
  done <"$1/cmd"
  check_equal "$1: as many messages as commands" "$n $n" "${#words[@]} ${#codes[@]}"
  [ ! -e "$1/stdout" ] || check_equal "$1: stdout" "$(cat "$1/stdout")" "${all%$'\n'}"
}

for folder in tests/cli/*/; do
  if [ "${UPDATE:-}" ]; then update "${folder%/}"; fi
  compare "${folder%/}"
done
summary
