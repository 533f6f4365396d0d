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

fails 'no trace' 2 'no TRACE' -u $nowhere
fails 'no url' 2 '--url URL is needed' $trace
fails 'unknown option' 2 '--fast: unknown option' $trace -u $nowhere --fast
fails 'workers 0' 2 "-W/--workers: .*'0'" $trace -u $nowhere -W 0
fails 'empty list entry' 2 "-W/--workers: list '1,,2': empty entry" $trace -u $nowhere -W 1,,2
fails 'workers twice' 2 "-W/--workers: .*duplicate value 2" $trace -u $nowhere -W 1,2,2
fails 'batch over the range' 2 "-B/--batch: .*'1000001'" $trace -u $nowhere -B 1000001
fails 'repeat is no number' 2 "-r/--repeat: .*'x'" $trace -u $nowhere -r x
fails 'seed 0' 2 "--seed: .*'0'" $trace -u $nowhere --seed 0
fails 'unknown order' 2 "--order: 'zigzag' is not one of random, grid" $trace -u $nowhere --order zigzag
fails 'timeout without unit that exists' 2 "--timeout: .*'5parsecs'" $trace -u $nowhere --timeout 5parsecs
fails 'url of another scheme' 2 '--url: .*neither http' $trace -u ftp://host
fails 'url with a query' 2 '--url: .*query' $trace -u 'http://host/?a=b'
fails 'url with a bad port' 2 '--url: .*port' $trace -u http://host:99999
fails 'url with an open port but no server' 2 '\{port\} goes with --server' $trace -u 'http://127.0.0.1:{port}'
fails 'port in the command only' 2 '\{port\} must be in both' $trace -u $nowhere --server 'x {port}'
fails 'ready without server' 2 '--ready goes with --server' $trace -u $nowhere --ready /health
fails 'restart without server' 2 '--restart goes with --server' $trace -u $nowhere --restart level
fails 'ready is a path' 2 "--ready: 'health' does not begin" $trace -u $nowhere --server x --ready health
fails 'burst at several levels' 2 '--dispatch burst' $trace -u $nowhere -W 1,2 --dispatch burst
fails 'a length of its own' 2 '-H/--header: Content-Length is always' $trace -u $nowhere -H 'content-length: 5'
fails 'header without colon' 2 '-H/--header: a header is written' $trace -u $nowhere -H 'x-a b'
fails 'extra body is no JSON' 2 '--extra-body' $trace -u $nowhere --extra-body '{'
fails 'extra body is no object' 2 '--extra-body: not a JSON object' $trace -u $nowhere --extra-body '[1]'
fails 'no such certificates' 1 '--cacert: /no/such: No such file' $trace -u $nowhere --cacert /no/such
fails 'certificates that are none' 1 '--cacert: .*no certificate in it' $trace -u $nowhere --cacert $trace
printf -- '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' >"$scratch/broken.pem"
fails 'a broken certificate' 1 '--cacert: .*broken' $trace -u $nowhere --cacert "$scratch/broken.pem"
fails 'metrics of another scheme' 2 "--metrics-url: 'metrics': neither http" $trace -u $nowhere --metrics-url metrics
fails 'metrics with white space' 2 '--metrics-url: white space' $trace -u $nowhere --metrics-url '/a b'
fails 'metrics at an open port' 2 '--metrics-url: \{port\} must be in -u' $trace -u $nowhere --metrics-url 'http://h:{port}/metrics'
fails 'no metrics' 2 '--metrics-url: ' $trace -u $nowhere --metrics-url ''
fails 'no command' 2 '--before-batch: ' $trace -u $nowhere --before-batch ''
fails 'no command, by its former name' 2 '--between: ' $trace -u $nowhere --between ''
fails 'http bodies stay as they are' 2 '--api http' $trace -u $nowhere --api http -m other
fails 'no such key variable' 2 "--api-key-env: no variable 'NO_SUCH_KEY'" $trace -u $nowhere --api-key-env NO_SUCH_KEY
fails 'cells beside workers' 2 '--cells goes without' $trace -u $nowhere --cells x -W 2
fails 'no such cells file' 1 '--cells /no/such' $trace -u $nowhere --cells /no/such
printf '{"workers":2,"batch":4}\n{"workers":2}\n' >"$scratch/cells"
fails 'cell without batch' 2 '--cells .*line 2: "batch" is missing' $trace -u $nowhere --cells "$scratch/cells"
printf '{"workers":2,"batch":4}\n{"batch":4,"workers":2}\n' >"$scratch/cells"
fails 'cell twice' 2 'line 2: duplicate cell: workers 2 batch 4' $trace -u $nowhere --cells "$scratch/cells"

open=(--timing rate --request-rate 5)
fails 'unknown timing' 2 "--timing: 'never' is not one of batch, original, rate" $trace -u $nowhere --timing never
fails 'rate without a rate' 2 '--timing rate needs --request-rate' $trace -u $nowhere --timing rate
fails 'rate 0' 2 '--request-rate' $trace -u $nowhere --timing rate --request-rate 0
fails 'rate twice' 2 "--request-rate: '10.0' is given twice" $trace -u $nowhere --timing rate --request-rate 10,20,10.0
fails 'rate left out' 2 "--request-rate: '' is not a number" $trace -u $nowhere --timing rate --request-rate 5,,20
fails 'too many rates' 2 '--request-rate: more than 100 rates' $trace -u $nowhere --timing rate --request-rate "$(seq -s, 101)"
fails 'order of recorded times' 2 '--order goes with' $trace -u $nowhere --timing original --order grid
fails 'rate of batches' 2 '--request-rate goes with --timing rate' $trace -u $nowhere --request-rate 5
fails 'arrival of batches' 2 '--arrival goes with --timing rate' $trace -u $nowhere --arrival constant
fails 'burstiness of poisson' 2 '--burstiness goes with --arrival gamma' $trace -u $nowhere "${open[@]}" --burstiness 2
fails 'workers in open loop' 2 '-W/--workers goes with --timing batch' $trace -u $nowhere "${open[@]}" -W 2
fails 'server in open loop' 2 '--server goes with --timing batch' $trace -u $nowhere "${open[@]}" --server x
fails 'speed of a rate' 2 '--speed goes with --timing original' $trace -u $nowhere "${open[@]}" --speed 2
fails 'duration beside a batch' 2 'goes without -B/--batch' $trace -u $nowhere --duration 5s -B 4
fails 'duration of a burst' 2 'goes without --dispatch' $trace -u $nowhere --duration 5s --dispatch burst
fails 'think time of batches' 2 '--think-time goes with --timing original or rate' $trace -u $nowhere --think-time 5s
fails 'answers of batches' 2 '--stateful goes with --timing original or rate' $trace -u $nowhere --stateful
fails 'think time in other words' 2 "--think-time: 'soon' is neither 'recorded' nor a time from 0s to 24h" \
  $trace -u $nowhere "${open[@]}" --think-time soon
fails 'no thread' 2 '--threads' $trace -u $nowhere --threads 0
fails 'too many threads' 2 '--threads' $trace -u $nowhere --threads 257
fails 'half a thread' 2 '--threads' $trace -u $nowhere --threads 1.5
grep -v '"type":"response"' $trace >"$scratch/unanswered"
run "$bin/replay" "$scratch/unanswered" -u $nowhere --timing original --think-time recorded --dry-run
check_match 'think time: turns without one are counted' '6 of 6 later turns have no recorded think time' "$err"
run "$bin/replay" $trace -u $nowhere --timing original --speed 2 --dry-run
check_match 'dry run of the original times' 'original, 9 requests in 1.575 s, 1 times' "$out"

fails 'no such trace' 1 '/no/such/trace' /no/such/trace -u $nowhere
printf '{"type":"run","version":1,"start_unix_s":1}\n' >"$scratch/a.run"
fails 'a run' 1 'a.run: line 1: not a trace: it is a run, which analyze reads' "$scratch/a.run" -u $nowhere
fails 'not a trace' 1 'Makefile: line 1: not a trace' Makefile -u $nowhere
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
fails 'share over 1' 2 '--max-error-rate' $trace -u $nowhere --max-error-rate 2
fails 'append to standard output' 2 '--append goes with' $trace -u $nowhere --append

# A torn last line is told, the rest is replayed, and the exit code says that something is missing.
size=$(stat -c %s $trace)
head -c $((size - 300)) $trace >"$scratch/torn"
run "$bin/replay" "$scratch/torn" --keep-invalid -u "${server_url[sim]}" -B 1 -r 1 -o "$scratch/torn.run"
check_equal 'torn trace: exit code' 4 "$status"
check_match 'torn trace: words' 'torn' "$err"
check_equal 'torn trace: a whole run' run,request,batch,request,batch,session,end \
  "$(jq -r .type "$scratch/torn.run" | paste -sd,)"

# The plan.
run "$bin/replay" $trace -u $nowhere -W 1,2 -B 1,2,4 -r 2 --dry-run
check_equal 'dry run: exit code' 0 "$status"
check_equal 'dry run: nothing on stderr' '' "$err"
check_match 'dry run: cells' '6 cells, 12 batches, 1 sessions' "$out"
check_match 'dry run: requests' 'requests  30, warm-up included' "$out"
check_match 'dry run: tokens' 'tokens    about 360 of output' "$out"
check_equal 'dry run: a line per batch' 12 "$(grep -c '  workers .* batch .* rep' <<<"$out")"
first=$out
run "$bin/replay" $trace -u $nowhere -W 1,2,4 -r 2 --warmup 0 --dry-run
check_equal 'no -B: every level gets the same batch' '12' "$(grep -oE ' batch [0-9]+' <<<"$out" | sort -u | cut -d' ' -f3)"
check_match 'no -B: words' 'no -B: every level gets batches of 12 \(3 x the largest W\), 72 requests in all, about [0-9]' "$err"
run "$bin/replay" $trace -u $nowhere -W 1,2 -B 4 --dry-run
check_equal 'with -B: no word of the default' 0 "$(grep -c 'no -B' <<<"$err")"
run "$bin/replay" $trace -u $nowhere --timing rate --request-rate 10 --arrival constant --duration 1s --dry-run
check_match 'dry run of a rate: requests' $'\nrequests  11, warm-up included\n' "$out"
run "$bin/replay" $trace -u $nowhere --timing rate --request-rate 10,5,20 --arrival constant --duration 1s -r 2 --order grid --dry-run
check_match 'dry run of rates' $'\ntiming    rate, 3 rates, each 2 times; order grid, seed 1\nrequests  71, warm-up included\n' "$out"
check_match 'dry run of rates: time' $'\ntime      6 s, and until' "$out"
check_equal 'dry run of rates: in complete blocks' 'rate 10 rep 0|rate 5 rep 0|rate 20 rep 0|rate 10 rep 1|rate 5 rep 1|rate 20 rep 1' \
  "$(grep -oE 'rate [0-9]+ rep [0-9]' <<<"$out" | paste -sd'|')"
run "$bin/replay" $trace -u $nowhere --timing rate --request-rate 10 --arrival constant --duration 1s --think-time 1s --dry-run
check_match 'dry run with a think time: about so many' $'\nrequests  about 11, warm-up included; the think time' "$out"
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
  check_match 'a dry run on a terminal' '1 cells, 3 batches' "$out"
else
  skip 'no -o on a terminal' 'no script(1) here'
fi

run "$bin/replay" --help
check_equal 'help: exit code' 0 "$status"
check_match 'help: usage' 'TRACE\.\.\. -u URL' "$out"
run "$bin/replay" --version
check_equal 'version: exit code' 0 "$status"
check_match 'version' '^replay \(Tidemark\) [0-9]' "$out"
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
