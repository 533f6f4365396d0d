# shellcheck shell=bash
# shellcheck disable=SC2034 # several variables are for the tests alone
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Helpers of the shell tests. A test begins with `. tests/lib.sh`, runs from the top of the tree, and ends with
# `summary`, which prints "N passed, N failed, N skipped" and exits (0; 1 when a case failed; 77 when every case was
# skipped). A script that ends before its summary fails. Servers started here are stopped by their pid in any case.
#
#   bin                     the folder of the programs under test
#   scratch                 a folder that is gone after the test
#   start_server NAME CMD.. runs CMD until it says "listening on http://HOST:PORT" on stderr; then server_url[NAME],
#                           server_pid[NAME] and server_err[NAME] (its stderr file) are set. A failed case otherwise.
#   stop_server NAME [SIG]  sends SIG (TERM) and waits; server_status[NAME] is its exit code. KILL after 10 s.
#   run CMD...              runs CMD with a time limit; sets `out`, `err` (texts) and `status`.
#   check NAME CMD...       passes when CMD succeeds; a failure shows CMD as it was called.
#   check_equal NAME EXPECTED SEEN         check_match NAME REGEX SEEN (extended, bash's)
#   check_near NAME EXPECTED SEEN FRACTION passes within EXPECTED*(1 +- FRACTION)
#   check_lines NAME COUNT TEXT            TEXT has exactly COUNT lines
#   skip NAME REASON        counts a case that cannot run here, and says why.
#   need PROGRAM...         skips the whole test when a program is missing.
#   wait_for SECONDS CMD... repeats CMD every 50 ms until it succeeds.
#   check_soon NAME EXPECTED CMD...        passes when CMD prints EXPECTED, now or in the next 10 s: for what another
#                           program does a moment later, which on a busy machine is no longer a moment
#   npm_install FOLDER FILE...  copies the files, package.json and its lock among them, and installs what they name; the
#                           test ends as skipped where that cannot be had
#   in_quiet CMD...         calls CMD, here, until it succeeds, three times at most: for a claim about time. When it fails and
#                           other programs took the CPU in each try, `disturbed` has the reason, else it is empty
#   timed NAME CMD...       CMD is a check of a time, or of what follows from times. Under a sanitizer, which makes programs
#                           several times slower, or when the last in_quiet was disturbed, NAME is skipped instead, and
#                           says so; also when CMD fails, and other programs took the CPU while that in_quiet succeeded
#   check_timed NAME CMD... check NAME in_quiet CMD, a claim about time; under a sanitizer CMD is called once

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
export LC_ALL=C.UTF-8
BUILD=${BUILD:-build}
bin=$BUILD/bin
scratch=$(mktemp -d "${TMPDIR:-/tmp}/tidemark.XXXXXX") || exit 1
declare -A server_pid=() server_url=() server_err=() server_status=()
cases_passed=0 cases_failed=0 cases_skipped=0 summary_reached=
out='' err='' status=0

pass() { cases_passed=$((cases_passed + 1)); }
fail() { # NAME LINE...
  cases_failed=$((cases_failed + 1))
  printf 'FAIL: %s\n' "$1"
  shift
  [ $# -eq 0 ] || printf '  %s\n' "$@"
}
skip() {
  cases_skipped=$((cases_skipped + 1))
  printf 'skipped: %s: %s\n' "$1" "$2"
}

check() {
  local name=$1
  shift
  if "$@"; then pass; else fail "$name" "expected to succeed: ${*@Q}"; fi
}
check_equal() { if [ "$2" = "$3" ]; then pass; else fail "$1" "expected: $2" "seen:     $3"; fi; }
check_match() { if [[ $3 =~ $2 ]]; then pass; else fail "$1" "expected to match: $2" "seen:              $3"; fi; }
check_near() {
  if awk -v e="$2" -v s="$3" -v f="$4" \
    'BEGIN { d = s - e; if (d < 0) d = -d; if (e < 0) e = -e; exit !(s ~ /^[-+.0-9eE]+$/ && d <= f * e) }'; then
    pass
  else
    fail "$1" "expected: $2 within a fraction of $4" "seen:     $3"
  fi
}
check_lines() {
  local count=0
  [ -z "$3" ] || count=$(printf '%s\n' "$3" | wc -l)
  if [ "$count" -eq "$2" ]; then pass; else fail "$1" "expected: $2 line(s)" "seen:     $count: $3"; fi
}

prints() { [ "$("${@:2}" 2>/dev/null)" = "$1" ]; }
check_soon() {
  wait_for 10 prints "${@:2}"
  check_equal "$1" "$2" "$("${@:3}")"
}
npm_install() {
  local folder=$1
  shift
  mkdir -p "$folder"
  cp "$@" "$folder"
  RUN_TIMEOUT=300 run npm ci --prefix "$folder" --no-audit --no-fund --ignore-scripts
  [ "$status" -eq 0 ] && return
  skip 'the packages of npm' "they could not be installed: $(tail -n 1 <<<"$err")"
  summary
}

sanitized() { grep -q __asan_init "$bin/simllm" || grep -q __tsan_init "$bin/simllm"; }
disturbed='' busy=''
timed() {
  if sanitized; then
    skip "$1" 'time is not measured under a sanitizer'
  elif [ "$disturbed" ]; then
    skip "$1" "$disturbed"
  elif [ "$busy" ]; then
    unless_busy "$@"
  else
    "${@:2}"
  fi
}
unless_busy() {
  local failed=$cases_failed
  "${@:2}" >"$scratch/said" 2>&1
  if [ "$cases_failed" -gt "$failed" ]; then
    cases_failed=$failed
    skip "$1" "$busy: $(tail -n +2 "$scratch/said" | tr -s ' \n' ' ')"
  else
    cat "$scratch/said"
  fi
}
check_timed() {
  if sanitized || in_quiet "${@:2}"; then
    sanitized && "${@:2}"
    disturbed=
    timed "$1" pass
  else
    timed "$1" fail "$1" "expected to succeed: ${*@Q}"
  fi
}

# Hundredths of a second so far: the clock's, of all CPUs busy or stolen, and of this test's own programs.
cpu_times() {
  cat /proc/uptime /proc/stat /proc/[0-9]*/stat 2>/dev/null |
    awk -v group="$(ps -o pgid= $$)" -v tick="$(getconf CLK_TCK)" '
    NR == 1 { now = $1 }
    $1 == "cpu" { busy = $2 + $3 + $4 + $7 + $8 + $9 }
    /^[0-9]+ \(/ { sub(/.*\) /, ""); if ($3 == group + 0) own += $12 + $13 + $14 + $15 }
    END { printf "%.0f %.0f %.0f\n", now * 100, busy * 100 / tick, own * 100 / tick }'
}
# More than a tenth of one core for other programs is no quiet.
CPU_OF_OTHERS=10
in_quiet() {
  local try before after others worked quiet=
  for try in 1 2 3; do
    read -ra before < <(cpu_times)
    disturbed='' busy='' worked=''
    "$@" && worked=yes
    read -ra after < <(cpu_times)
    others=$((100 * (after[1] - before[1] - after[2] + before[2]) / (after[0] - before[0] + 1)))
    [ "$others" -le $CPU_OF_OTHERS ] || busy="other programs took the CPU, $others % of a core"
    [ -z "$worked" ] || return 0
    echo "try $try of 3 failed while other programs took $others % of a core: ${*@Q}"
    [ "$busy" ] || quiet=yes
  done
  if [ "$quiet" ]; then busy=''; else disturbed="$busy in the last of three tries"; fi
  return 1
}

run() {
  timeout -k 2 "${RUN_TIMEOUT:-60}" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
  status=$?
  out=$(tr -d '\0' <"$scratch/out") err=$(tr -d '\0' <"$scratch/err")
}

wait_for() {
  local tries=$(($1 * 20))
  shift
  while ! "$@"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.05
  done
}

server_spoke_or_died() { grep -q 'listening on http://' "${server_err[$1]}" || ! kill -0 "${server_pid[$1]}" 2>/dev/null; }
start_server() {
  local name=$1
  shift
  server_err[$name]=$scratch/$name.err
  : >"${server_err[$name]}" # what an earlier server of this name said is not to be read
  "$@" >"$scratch/$name.out" 2>"${server_err[$name]}" </dev/null &
  server_pid[$name]=$!
  wait_for 10 server_spoke_or_died "$name"
  server_url[$name]=$(sed -n 's|.*listening on \(http://[^ ]*\).*|\1|p' "${server_err[$name]}" | head -n 1)
  [ -n "${server_url[$name]}" ] && return 0
  fail "server '$name' starts" "expected: listening on http://HOST:PORT within 10 s" \
    "seen:     $(cat "${server_err[$name]}")" "command:  ${*@Q}"
  return 1
}

server_gone() { ! kill -0 "$1" 2>/dev/null; }
stop_server() {
  local name=$1 pid=${server_pid[$1]:-}
  [ -n "$pid" ] || return 0
  kill -"${2:-TERM}" "$pid" 2>/dev/null
  wait_for 10 server_gone "$pid" || kill -KILL "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  server_status[$name]=$?
  unset "server_pid[$name]"
}

stop_all() {
  local name
  for name in "${!server_pid[@]}"; do stop_server "$name"; done
}

finish() {
  local code=$?
  stop_all
  rm -rf "$scratch"
  if [ -z "$summary_reached" ] && [ "$code" -ne 77 ]; then
    echo "FAIL: the test ended before its summary (exit $code)"
    exit 1
  fi
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

need() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || { echo "skipped: no $program here"; exit 77; }
  done
}

summary() {
  summary_reached=1
  stop_all
  echo "$cases_passed passed, $cases_failed failed, $cases_skipped skipped"
  [ "$cases_failed" -eq 0 ] || exit 1
  [ "$cases_passed" -gt 0 ] || exit 77
  exit 0
}
