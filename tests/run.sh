#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs the tests: tests/run.sh [unit|cli|e2e|long|clients]... (default: the first three). Every program is given the same
# time limit; its output is shown, and kept in $BUILD/test-logs. The last line counts programs; a skipped case says so in
# its own output.
set -u
cd "$(dirname "$0")/.." || exit 1
export BUILD=${BUILD:-build} LC_ALL=C.UTF-8
limit=${TEST_TIMEOUT:-300}
logs=$BUILD/test-logs
mkdir -p "$logs"
passed=0 failed=0 skipped=0 bad=()

run() { # NAME COMMAND...: one test program; exit 77 is a skip
  local name=$1 log status
  shift
  log=$logs/${name//\//_}.log
  printf '== %s\n' "$name"
  timeout -k 5 "$limit" "$@" </dev/null >"$log" 2>&1
  status=$?
  cat "$log"
  case $status in
    0) passed=$((passed + 1)) ;;
    77) skipped=$((skipped + 1)) ;;
    *) failed=$((failed + 1)); bad+=("$name (exit $status)") ;;
  esac
}

for kind in "${@:-unit cli e2e}"; do
  for one in $kind; do
    case $one in
      unit) for t in tests/unit/*/test_*.c; do [ -e "$t" ] && run "${t%.c}" "$BUILD/${t%.c}"; done ;;
      cli | e2e | long | clients)
        for t in tests/"$one"/test_*.sh; do [ -e "$t" ] && run "${t%.sh}" bash "$t"; done
        [ "$one" = e2e ] && for t in tests/e2e/test_*.c; do [ -e "$t" ] && run "${t%.c}" "$BUILD/${t%.c}"; done
        ;;
      *) echo "tests/run.sh: no kind '$one' (unit, cli, e2e, long, clients)" >&2; exit 2 ;;
    esac
  done
done
for b in "${bad[@]}"; do echo "FAILED: $b"; done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
