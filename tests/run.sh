#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs the tests: tests/run.sh [unit|unit/ROOM|cli|e2e|long|clients|packaging]... (default: the first three). Every program is given the same
# time limit; its output is shown when it ends, and kept in $BUILD/test-logs. TEST_JOBS programs run at once (default 1:
# many of them measure time). The last line counts programs; a skipped case says so in its own output.
set -u
cd "$(dirname "$0")/.." || exit 1
export BUILD=${BUILD:-build} LC_ALL=C.UTF-8
limit=${TEST_TIMEOUT:-300} jobs=${TEST_JOBS:-2}
logs=$BUILD/test-logs
mkdir -p "$logs"
passed=0 failed=0 skipped=0 running=0 bad=() times=()

launch() { # NAME COMMAND...: one test program
  local log=$logs/${1//\//_}.log start=$SECONDS
  timeout -k 5 "$limit" "${@:2}" </dev/null >"$log" 2>&1
  echo "$? $((SECONDS - start))" >"$log.end"
}

finish() { # NAME: shows and counts one that ended; exit 77 is a skip
  local log=$logs/${1//\//_}.log status seconds
  read -r status seconds <"$log.end"
  rm -f "$log.end"
  printf '== %s (%s s)\n' "$1" "$seconds"
  cat "$log"
  times+=("$seconds s $1")
  case $status in
    0) passed=$((passed + 1)) ;;
    77) skipped=$((skipped + 1)) ;;
    *) failed=$((failed + 1)); bad+=("$1 (exit $status)") ;;
  esac
}

declare -A under_way=() # pid -> name
wait_one() {
  local pid
  wait -n -p pid "${!under_way[@]}"
  finish "${under_way[$pid]}"
  unset "under_way[$pid]"
  running=$((running - 1))
}

run() { # NAME COMMAND...
  [ "$running" -lt "$jobs" ] || wait_one
  launch "$@" &
  under_way[$!]=$1
  running=$((running + 1))
}

# One that measures time in quiet has the machine for itself: another program beside it would be the noise. Under a
# sanitizer it skips its claims about time (sanitized in tests/lib.sh), and needs no quiet.
sanitized=
grep -qE '__[at]san_init' "$BUILD/bin/simllm" 2>/dev/null && sanitized=yes
run_script() { # FILE
  if [ "$sanitized" ] || ! grep -qE 'in_quiet|check_timed' "$1"; then run "${1%.sh}" bash "$1"; return; fi
  while [ "$running" -gt 0 ]; do wait_one; done
  run "${1%.sh}" bash "$1"
  wait_one
}

for kind in "${@:-unit cli e2e}"; do
  for one in $kind; do
    case $one in
      unit/*) for t in $(find "tests/$one" -name 'test_*.c' | sort); do run "${t%.c}" "$BUILD/${t%.c}"; done ;;
      unit) for t in $(find tests/unit tests/faults/*/ -name 'test_*.c' | sort); do run "${t%.c}" "$BUILD/${t%.c}"; done ;;
      cli | e2e | long | clients | packaging)
        for t in tests/"$one"/test_*.sh; do [ -e "$t" ] && run_script "$t"; done
        [ "$one" = e2e ] && for t in tests/e2e/test_*.c tests/faults/test_*.c; do [ -e "$t" ] && run "${t%.c}" "$BUILD/${t%.c}"; done
        ;;
      *) echo "tests/run.sh: no kind '$one' (unit, unit/ROOM, cli, e2e, long, clients, packaging)" >&2; exit 2 ;;
    esac
  done
done
while [ "$running" -gt 0 ]; do wait_one; done
printf 'slowest: %s\n' "${times[@]}" | sort -k 2,2nr | head -n 5
for b in "${bad[@]}"; do echo "FAILED: $b"; done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
