#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# replay's command line: what is wrong is said in one line with the right exit code, and the plan is shown without a
# server.
. "$(dirname "$0")/../lib.sh"
need jq

trace=tests/data/mixed.trace.jsonl
nowhere=http://127.0.0.1:1 # nothing listens on port 1

# fails NAME EXIT REGEX ARGUMENT...: nothing on stdout, one line on stderr
fails() {
  local name=$1 code=$2 regex=$3
  shift 3
  run "$bin/replay" "$@"
  check_equal "$name: exit code" "$code" "$status"
  check_match "$name: words" "$regex" "$err"
  check_lines "$name: one line" 1 "$err"
  check_equal "$name: nothing on stdout" '' "$out"
}

printf -- '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' >"$scratch/broken.pem"
fails 'a broken certificate' 1 '--cacert: .*broken' $trace -u $nowhere --cacert "$scratch/broken.pem"
printf '{"workers":2,"batch":4}\n{"workers":2}\n' >"$scratch/cells"
fails 'cell without batch' 2 '--cells .*line 2: "batch" is missing' $trace -u $nowhere --cells "$scratch/cells"
printf '{"workers":2,"batch":4}\n{"batch":4,"workers":2}\n' >"$scratch/cells"
fails 'cell twice' 2 'line 2: duplicate cell: workers 2 batch 4' $trace -u $nowhere --cells "$scratch/cells"
printf '{"rate":12.5,"repeat":3,"why":"edge"}\n' >"$scratch/cells"
fails 'a rate for a cell' 2 '--cells .*line 1: this is a rate and no cell: .*--request-rate or by --next' $trace -u $nowhere --cells "$scratch/cells"

open=(--timing rate --request-rate 5)
fails 'too many rates' 2 '--request-rate: more than 100 rates' $trace -u $nowhere --timing rate --request-rate "$(seq -s, 101)"
fails 'a start years ago' 2 '--start-at: that was [0-9]{4,} days ago$' $trace -u $nowhere "${open[@]}" --start-at 2020-01-01T00:00:00Z
fails 'a start a moment ago' 2 '--start-at: that was [0-9.]+ min ago$' $trace -u $nowhere "${open[@]}" --start-at "$(($(date +%s) - 1000))"
grep -v '"type":"response"' $trace >"$scratch/unanswered"
run "$bin/replay" "$scratch/unanswered" -u $nowhere --timing original --think-time recorded --dry-run
check_match 'think time: turns without one are counted' '6 of 6 later turns have no recorded think time' "$err"
run "$bin/replay" $trace -u $nowhere --timing original --speed 2 --dry-run
check_match 'dry run of the original times' $'original, 9 requests in 1.575 s, 1 time\n' "$out"

printf '{"type":"run","version":1,"start_unix_s":1}\n' >"$scratch/a.run"
fails 'a run' 1 'a.run: line 1: not a trace: it is a run, which analyze reads' "$scratch/a.run" -u $nowhere
head -n 1 $trace >"$scratch/empty"
sed -n 1p $trace >"$scratch/http"
grep '"path":"/v1/models"' $trace >>"$scratch/http"
run "$bin/replay" "$scratch/http" -u $nowhere
check_equal 'no text-generating request: exit code' 1 "$status"
check_match 'no text-generating request: words' 'no request of the chosen APIs among 1' "$err"
run "$bin/replay" "$scratch/empty" -u $nowhere
check_equal 'no request: exit code' 1 "$status"
check_match 'no request: words' 'no request in the trace' "$err"

fails 'unreachable server' 1 'cannot be reached: 127.0.0.1 port 1: Connection refused' $trace -u $nowhere -o "$scratch/r"
check 'an unreachable server leaves no file' test ! -e "$scratch/r"
fails 'unknown host' 1 'cannot be reached: no.such.host.invalid' $trace -u http://no.such.host.invalid

start_server sim "$bin/simllm" -l 127.0.0.1:0 --time-scale 0.01
echo old >"$scratch/old"
fails 'existing output' 1 'old: exists already' $trace -u "${server_url[sim]}" -o "$scratch/old"
check_equal 'existing output is untouched' old "$(cat "$scratch/old")"
fails 'output in no folder' 1 '/no/such/run.jsonl' $trace -u "${server_url[sim]}" -o /no/such/run.jsonl

out=$(ulimit -n 64 && "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" -W 100 2>&1)
check_match 'too few descriptors: the number needed' '100 requests in flight need 132 file descriptors, the limit is 64' "$out"
fails 'too few ports' 1 '65536 requests in flight need as many local ports, the system has [0-9]+' $trace -u "${server_url[sim]}" -W 65536 -q

# A torn last line is told, the rest is replayed, and the exit code says that something is missing.
size=$(stat -c %s $trace)
head -c $((size - 300)) $trace >"$scratch/torn"
run "$bin/replay" "$scratch/torn" --keep-invalid -u "${server_url[sim]}" -B 1 -r 1 -o "$scratch/torn.run"
check_equal 'torn trace: exit code' 4 "$status"
check_match 'torn trace: words' 'torn' "$err"
check_equal 'torn trace: a whole run' run,request,batch,request,batch,session,end \
  "$(jq -r .type "$scratch/torn.run" | paste -sd,)"
# So does a trace from a pipe whose writer ended early, though nothing shows that a record is missing.
run bash -c "grep -v '\"type\":\"end\"' $trace | '$bin/replay' - --keep-invalid -u ${server_url[sim]} -B 1 -r 1 -o '$scratch/endless.run'"
check_equal 'a pipe without an end record: exit code' 0 "$status"
check_match 'a pipe without an end record: words' '-: a segment has no end record' "$err"

# The plan.
run "$bin/replay" $trace -u $nowhere -W 1,2 -B 1,2,4 -r 2 --dry-run
check_equal 'dry run: exit code' 0 "$status"
check_equal 'dry run: nothing on stderr' '' "$err"
check_match 'dry run: cells' '6 cells, 12 batches, 1 session;' "$out"
check_match 'dry run: requests' 'requests  30, warm-up included' "$out"
check_match 'dry run: tokens' 'tokens    about 360 of output' "$out"
check_equal 'dry run: a line per batch' 12 "$(grep -c '  workers .* batch .* rep' <<<"$out")"
first=$out
run "$bin/replay" $trace -u $nowhere -W 1,2,4 -r 2 --warmup 0 --dry-run
check_equal 'no -B: every level gets the same batch' '12' "$(grep -oE ' batch [0-9]+' <<<"$out" | sort -u | cut -d' ' -f3)"
check_match 'no -B: words' 'no -B: every level gets batches of 12 \(3 x the largest W\), 72 requests in all, about [0-9]' "$err"
run "$bin/replay" $trace -u $nowhere -W 1,2 -B 4 --dry-run
check_equal 'with -B: no word of the default' 0 "$(grep -c 'no -B' <<<"$err")"
run "$bin/replay" $trace -u $nowhere --timing rate --request-rate 10 --arrival constant --think-time none --duration 1s --dry-run
check_match 'dry run of a rate: requests' $'\nrequests  11, warm-up included\n' "$out"
run "$bin/replay" $trace -u $nowhere --timing rate --request-rate 10,5,20 --arrival constant --think-time none --duration 1s -r 2 --order grid --dry-run
check_match 'dry run of rates' $'\ntiming    rate, 3 rates, each 2 times; order grid, seed 1\nrequests  71, warm-up included\n' "$out"
check_match 'dry run of rates: time' $'\ntime      6 s, and until' "$out"
check_equal 'dry run of rates: in complete blocks' 'rate 10 rep 0|rate 5 rep 0|rate 20 rep 0|rate 10 rep 1|rate 5 rep 1|rate 20 rep 1' \
  "$(grep -oE 'rate [0-9]+ rep [0-9]' <<<"$out" | paste -sd'|')"
run "$bin/replay" $trace -u $nowhere --timing rate --request-rate 10 --arrival constant --duration 1s --think-time 1s --dry-run
check_match 'dry run with a think time: about so many' $'\nrequests  about 11, warm-up included; the think time' "$out"
check_match 'dry run with a think time: the rate' 'partly open loop: the rate counts requests; conversations arrive at 0.333 of it.*; about 67 % of the requests' "$err"
run "$bin/replay" $trace -u $nowhere -W 1,2 -B 1,2,4 -r 2 --dry-run
check_equal 'the same seed makes the same plan' "$first" "$out"
run "$bin/replay" $trace -u $nowhere -W 1,2 -B 1,2,4 -r 2 --dry-run --seed 2
check 'another seed makes another' test "$first" != "$out"
printf '{"workers":2,"batch":4,"repeat":1,"why":"edge"}\n\n{"batch":8,"workers":4}\n' >"$scratch/cells"
out=$("$bin/replay" $trace -u $nowhere --cells - -r 2 --dry-run --order grid <"$scratch/cells")
check_match 'cells from standard input' 'plan      2 cells, 3 batches' "$out"
check_equal 'cells in their order' '  workers 2 batch 4 rep 0|  workers 4 batch 8 rep 0|  workers 4 batch 8 rep 1' \
  "$(grep '^  workers' <<<"$out" | paste -sd'|')"

# On a terminal run records are lost; what is printed there on purpose is not. script (bsdutils) makes a terminal.
on_terminal() { run script -qec "'$bin/replay' $trace -u $nowhere -W 1 $*" /dev/null; }
if command -v script >/dev/null; then
  on_terminal ''
  check_match 'no -o on a terminal: words' '^replay: -o/--output FILE is missing' "$out"
  check_equal 'no -o on a terminal: exit code' 2 "$status"
  on_terminal -o -
  check_match '-o - on a terminal: it goes on' 'the server cannot be reached' "$out"
  on_terminal --dry-run
  check_match 'a dry run on a terminal' '1 cell, 3 batches' "$out"
else
  skip 'no -o on a terminal' 'no script(1) here'
fi

run "$bin/replay" --help
check_equal 'help: exit code' 0 "$status"
check_match 'help: usage' 'TRACE\.\.\. -u URL' "$out"
run "$bin/replay" --version
check_equal 'version: exit code' 0 "$status"
check_match 'version' '^replay \(Tidemark\) [0-9]' "$out"
check_match 'libcurl by its own version' 'libcurl [0-9]+\.[0-9]+\.' "$out"
# Traces that lie decades, and days, apart.
sed 's/"start_unix_s":[0-9.]*/"start_unix_s":1/' $trace >"$scratch/old.trace.jsonl"
fails 'traces decades apart' 2 'the schedule would last over a year: --max-idle' $trace "$scratch/old.trace.jsonl" \
  -u $nowhere --timing original --dry-run
sed 's/"start_unix_s":[0-9.]*/"start_unix_s":345600/' $trace >"$scratch/later.trace.jsonl"
run "$bin/replay" "$scratch/old.trace.jsonl" "$scratch/later.trace.jsonl" -u $nowhere --timing original --dry-run
check_match 'traces days apart: told' 'the schedule lasts 96 h \(--max-idle' "$status $err"
run "$bin/replay" "$scratch/old.trace.jsonl" "$scratch/later.trace.jsonl" -u $nowhere --timing original --max-idle 1s --dry-run
check_equal 'traces days apart, the pause cut: nothing to tell' '0 ' "$status $err"
sed 's/"start_unix_s":[0-9.]*/"start_unix_s":1e300/' $trace >"$scratch/never.trace.jsonl"
fails 'a trace of a time that never comes' 2 'the schedule would last over a year: --max-idle' \
  $trace "$scratch/never.trace.jsonl" -u $nowhere --timing original --dry-run
# README's commands follow each other in one folder: none meets the file of another.
check_equal "README names each output once" '' "$(sed -n 's/^    //p' README.md | grep -oE -- '-o [^ ]+' | sort | uniq -d)"
summary
