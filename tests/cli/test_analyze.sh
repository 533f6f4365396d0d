#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# analyze on the command line: what it refuses and how it says so, and what its figures are on known tables.
. "$(dirname "$0")/../lib.sh"
need jq
analyze=$bin/analyze

table=$scratch/table.csv
printf '%s\n' workers,batch,total_s,tokens,requests,failed 1,1,2,100,1,0 1,2,2,180,2,0 2,2,2,250,2,0 2,4,2,260,4,0 \
  >"$table"
broken=$scratch/broken
mkdir "$broken"

# A refusal is one line on stderr that names what and where, nothing on stdout, and the exit code.
refused() { # NAME CODE REGEX ARGUMENT...
  local name=$1 code=$2 words=$3
  shift 3
  run "$analyze" "$@"
  check_equal "$name: exit code" "$code" "$status"
  check_lines "$name: one line" 1 "$err"
  check_match "$name: its words" "$words" "$err"
  check_equal "$name: nothing on stdout" "" "$out"
}

refused 'a directory' 1 "$broken: " "$broken"

: >"$broken/empty"
refused 'an empty file' 1 "$broken/empty: empty" "$broken/empty"
echo 'workers,batch,total_s,tokens' >"$broken/header"
refused 'only a header' 1 'a header and no rows' "$broken/header"
printf 'workers,batch,total_s\n1,1,1\n' >"$broken/column"
refused 'a column is missing' 1 "$broken/column: line 1: no column 'tokens'" "$broken/column"
printf 'workers,batch,total_s,tokens\n1,1,1,1\n1,2,"3,500",4\n' >"$broken/comma"
refused 'a comma that may part thousands' 1 "$broken/comma: line 3, column 3 \(total_s\): '3,500'" "$broken/comma"
printf 'workers,batch,total_s,tokens\n1,1,1,1\n1,2,3' >"$broken/half"
refused 'half a line' 1 "$broken/half: line 3: 3 fields where the header has 4" "$broken/half"
printf 'not gzip at all' >"$broken/run.jsonl.gz"
refused 'not gzip' 1 "$broken/run.jsonl.gz: line 1: no column 'workers'" "$broken/run.jsonl.gz"
printf '\037\213\010\000garbage and no more' >"$broken/torn.gz"
refused 'gzip that cannot be read' 1 "$broken/torn.gz: " "$broken/torn.gz"
refused 'the same file twice' 1 'read already' "$table" "$table"

# Inputs of one kind as another.
run "$analyze" --format json - <"$table"
check_equal 'an empty standard input is refused' 1 "$status"
check_equal 'CSV from a pipe' 0 "$(cat "$table" | "$analyze" --format json - >"$scratch/pipe.json"; echo $?)"
gzip -c "$table" >"$scratch/table.gz"
"$analyze" --format json "$table" | jq 'del(.inputs)' >"$scratch/plain.json"
check_equal 'gzip is told by content' "$(cat "$scratch/plain.json")" \
  "$("$analyze" --format json "$scratch/table.gz" | jq 'del(.inputs)')"
check_equal 'a pipe gives the same' "$(cat "$scratch/plain.json")" "$(jq 'del(.inputs)' "$scratch/pipe.json")"
sed 's/$/\r/' "$table" >"$scratch/crlf.csv"
check_equal 'CRLF gives the same' "$(cat "$scratch/plain.json")" \
  "$("$analyze" --format json "$scratch/crlf.csv" | jq 'del(.inputs)')"

# Every option in the help works; help and version go to stdout.
run "$analyze" --help
check_equal 'help' 0 "$status"
for option in --output --format --lang --title --no-plots --force --curve --confidence --models --scale --sigma --seed \
  --slo --baseline --max-regression --assert --suggest; do
  check_match "help names $option" "$option" "$out"
done
run "$analyze" --version
check_match 'version' '^analyze \(Tidemark\) [0-9]' "$out"
check_match 'GSL by its own version' 'GSL [0-9]+\.' "$out"

# The folder.
report=$scratch/report
run "$analyze" "$table" -o "$report/" --no-plots
check_equal 'a folder is written' 0 "$status"
for file in report.md report.html summary.json cells.csv; do check "the folder has $file" test -s "$report/$file"; done
check_equal 'summary.json is what --format json prints' "$(cat "$scratch/plain.json")" \
  "$(jq 'del(.inputs)' "$report/summary.json")"
refused 'an existing folder' 1 "$report: exists already \(--force" "$table" -o "$report" --no-plots
run "$analyze" "$table" -o "$report" --no-plots --force
check_equal '--force replaces a report' 0 "$status"
touch "$report/mine"
refused '--force keeps what is no report' 1 "$report: not replaced.*'mine'" "$table" -o "$report" --no-plots --force
check "the foreign file is there" test -e "$report/mine"
if command -v gnuplot >/dev/null; then
  run "$analyze" "$table" -o "$scratch/plots" --lang ru
  check_equal 'plots are drawn' 0 "$status"
  check 'an overview as PNG' test -s "$scratch/plots/plots/overview.png"
  check_match 'the report shows it' 'plots/overview.png' "$(cat "$scratch/plots/report.md")"
else
  skip 'plots' 'no gnuplot here'
fi
run env PATH=/nonexistent "$analyze" "$table" -o "$scratch/noplots"
check_equal 'without gnuplot there is a report' 0 "$status"
check_match 'without gnuplot: a notice' 'no pictures' "$err"
check_match 'without gnuplot: a warning in the summary' '"plots"' \
  "$(jq -c '[.warnings[].code]' "$scratch/noplots/summary.json")"
check_equal 'without gnuplot: no link to a picture' '' "$(grep -F 'plots/' "$scratch/noplots/report.md")"
check_equal 'without gnuplot: one warning among the others' 1 "$(grep -c '⚠ There are no pictures' "$scratch/noplots/report.md")"
check_match 'without gnuplot: the sentence in the summary' 'There are no pictures: ' \
  "$(jq -r '.warnings[].text' "$scratch/noplots/summary.json")"
check_equal 'without gnuplot: no figure in the page' 0 "$(grep -c '<figure' "$scratch/noplots/report.html")"

# summary.json is what its schema says, which can refuse.
summary_problems() { run jq -rn --slurpfile schema traces/summary.schema.json -f tests/schema.jq "$1"; }
printf 'n,throughput\n1,20\n2,38.5\n4,70\n8,120\n16,150\n32,140\n40,131\n48,120\n' >"$scratch/eight.csv"
for arguments in "$table" "$table --slo ttft_p95=1s --baseline $table --assert best.batch>=1" traces/sample.run.jsonl \
  "--curve $scratch/eight.csv"; do
  # shellcheck disable=SC2086 # several words
  "$analyze" --format json $arguments >"$scratch/summary.json" 2>/dev/null
  summary_problems "$scratch/summary.json"
  check_equal "the summary of ${arguments##*/} is as its schema says" '0 ' "$status $out$err"
done
check_equal 'a curve of eight points has a robust look and a band' 'object object' \
  "$(jq -r '.curve | "\(.robust | type) \(.band | type)"' "$scratch/summary.json")"
jq '.colour = 1 | .curve.band.of = null | .warnings = [{code: "bad luck", text: ""}]' "$scratch/summary.json" >"$scratch/bad.json"
summary_problems "$scratch/bad.json"
check_match 'the schema finds an unknown member' '\.colour: is what it must not be' "$out"
check_match 'the schema finds a warning that there is none' '"bad luck" is none of' "$out"
check_match 'the schema finds a band of nothing' '\.curve: ' "$out"

# More cells than are allowed are refused in so many words.
awk 'BEGIN { print "workers,batch,total_s,tokens"; for (w = 1; w <= 400; w++) for (b = 1; b <= 251; b++) print w "," b ",1," b }' \
  >"$scratch/many.csv"
refused 'too many cells' 1 'many.csv: line 100002: more than 100000 cells' "$scratch/many.csv"

# A report of as many cells stays a page that can be opened, says what it shows, and loses nothing.
awk 'BEGIN { print "workers,batch,total_s,tokens"; for (w = 1; w <= 150; w++) for (b = 1; b <= 100; b++)
  printf "%d,%d,%.4f,%d\n", w, b, b / (w < 90 ? w : 180 - w) / (1 + b / 30) * (1 + b * b / 9000), b * 100 }' >"$scratch/large.csv"
run "$analyze" "$scratch/large.csv" -o "$scratch/large" --no-plots
check_equal 'a large sweep: exit code' 0 "$status"
check 'a large sweep: the page stays below 2 MB' [ "$(wc -c <"$scratch/large/report.html")" -lt 2000000 ]
check_match 'a large sweep: the page says what it shows' '40 of 150 levels are shown' "$(cat "$scratch/large/report.html")"
check_lines 'a large sweep: all cells are in the table' 15001 "$(cat "$scratch/large/cells.csv")"

# A terminal is not flooded, and what is left out is said.
awk 'BEGIN { print "workers,batch,total_s,tokens"; for (w = 1; w <= 500; w++) print w "," w ",1," 100 + w }' >"$scratch/levels.csv"
run "$analyze" "$scratch/levels.csv"
check_match 'many levels: the rest is counted' '440 more rows are not shown' "$out"
check 'many levels: a short text' [ "$(wc -l <<<"$out")" -lt 120 ]
{
  printf '{"type":"run","version":1,"start_unix_s":1,"seed":1,"warmup":1}\n'
  for i in $(seq 100); do
    printf '{"type":"batch","session":0,"workers":null,"batch":null,"timing":"rate","rate":%s,"in_flight_mean":%s,"rep":%s,"start_s":%s,"total_s":1,"requests":1,"failed":0,"output_tokens":%s,"errors":{}}\n' "$i" "$i" "$i" "$i" "$i"
  done
} >"$scratch/loads.jsonl"
run "$analyze" "$scratch/loads.jsonl"
check_match 'many loads: the rest is counted' '40 more rows are not shown' "$out"

# Stopped while its pictures are drawn, it leaves nothing half made, and no gnuplot.
mkdir "$scratch/slow"
printf '#!/bin/sh\necho $$ >"%s/slow/pid"\nexec sleep 60\n' "$scratch" >"$scratch/slow/gnuplot"
chmod +x "$scratch/slow/gnuplot"
for signal in INT TERM HUP; do
  rm -f "$scratch/slow/pid"
  run timeout --preserve-status -s $signal 1 env PATH="$scratch/slow:$PATH" "$analyze" "$table" -o "$scratch/stopped"
  check_equal "SIG$signal while drawing: exit" 130 "$status"
  check_match "SIG$signal while drawing is said" 'interrupted' "$err"
  check_equal "SIG$signal while drawing: nothing stays" '' "$(ls -d "$scratch"/stopped* 2>/dev/null)"
  check_equal "SIG$signal while drawing: gnuplot is gone" 1 "$(kill -0 "$(cat "$scratch/slow/pid")" 2>/dev/null; echo $?)"
done
# Stopped while its pages are made, it ends as soon, be they ever so large: this gnuplot draws 100 MB of pictures in no
# time, and tells its parent to stop. A busy machine only adds to the time, so the best of three counts.
mkdir "$scratch/quick"
awk 'BEGIN { print "<svg viewBox=\"0 0 1 1\"><path d=\"M0,0"; for (i = 0; i < 400000; i++) print "L1,0 0,1"; print "\"/></svg>" }' \
  >"$scratch/quick/large.svg"
cat >"$scratch/quick/gnuplot" <<END
#!/bin/bash
for script; do ln "$scratch/quick/large.svg" "\${script%.gp}.svg" 2>/dev/null; done
date +%s%N >"$scratch/quick/when"
kill -INT \$PPID
END
chmod +x "$scratch/quick/gnuplot"
awk 'BEGIN { print "workers,batch,total_s,tokens"; for (w = 1; w <= 30; w++) for (b = 1; b <= 3; b++) print w "," b * w ",1," 100 + w }' \
  >"$scratch/thirty.csv"
best_ms=999999
for _ in 1 2 3; do
  run env PATH="$scratch/quick:$PATH" "$analyze" "$scratch/thirty.csv" -o "$scratch/stopped"
  took_ms=$((($(date +%s%N) - $(cat "$scratch/quick/when")) / 1000000))
  [ "$took_ms" -lt "$best_ms" ] && best_ms=$took_ms
  check_equal 'SIGINT while the page is made: exit' 130 "$status"
  check_match 'SIGINT while the page is made is said' 'interrupted' "$err"
  check_equal 'SIGINT while the page is made: nothing stays' '' "$(ls -d "$scratch"/stopped* 2>/dev/null)"
  [ "$best_ms" -ge 1000 ] || break
done
check "SIGINT while the page is made: it ends in less than a second ($best_ms ms)" [ "$best_ms" -lt 1000 ]
sh -c 'echo $$' >"$scratch/dead" # a process that is no more
mkdir -p "$scratch/swept.new-$(cat "$scratch/dead")/plots" "$scratch/swept.new-$$" "$scratch/swept.newer"
touch "$scratch/swept.new-$(cat "$scratch/dead")/report.md"
run "$analyze" "$table" -o "$scratch/swept" --no-plots
check_equal 'what a killed one left is swept, what may be in use is not' "swept swept.new-$$ swept.newer" \
  "$(cd "$scratch" && echo swept*)"

# A disk that is full is no success.
if [ -e /dev/full ]; then
  "$analyze" --format json "$table" >/dev/full 2>"$scratch/full.err"
  check_equal 'a full disk' 1 $?
  check_match 'a full disk is said' 'standard output' "$(cat "$scratch/full.err")"
fi

# Everything fails: a report that says so, and no best.
printf 'workers,batch,total_s,tokens\n1,1,1,0\n2,2,1,0\n' >"$scratch/failed.csv"
run "$analyze" "$scratch/failed.csv"
check_equal 'all failed: exit code' 0 "$status"
check_match 'all failed: said' 'All cells failed' "$out"
check_equal 'all failed: no best' null "$("$analyze" --format json "$scratch/failed.csv" | jq .best)"

# Judgement: exit code 3, one line per finding on stderr, the result all the same.
run "$analyze" --format json --assert 'best.tokens_per_s >= 1e9' "$table"
check_equal 'an assertion with spaces is one' 3 "$status"
run "$analyze" --format json --assert 'best.tokens_per_s>=100' "$table"
check_equal 'an assertion that holds' '0 true' "$status $(jq '.assertions[0].passed' <<<"$out")"
run "$analyze" --format json --assert 'best.tokens_per_s>=200' --assert 'best.workers==2' "$table"
check_equal 'an assertion that does not' '3 false true' "$status $(jq -r '.assertions|map(.passed)|join(" ")' <<<"$out")"
check_match 'it is said' "assertion failed: best.tokens_per_s>=200 \(it is 130\)" "$err"
check_lines 'and nothing else' 1 "$err"
awk -F, -v OFS=, 'NR > 1 { $3 *= 1.25 + NR / 1000 } 1' "$table" >"$scratch/slow.csv"
run "$analyze" --format json --baseline "$table" --max-regression 5% "$scratch/slow.csv"
check_equal 'a slower run' '3 slower true' "$status $(jq -r '.comparison|"\(.verdict) \(.regressed)"' <<<"$out")"
check_match 'is said' 'regression: slower than .* by more than 5% with certainty' "$err"
run "$analyze" --format json --baseline "$table" --max-regression 50% "$scratch/slow.csv"
check_equal 'a wider limit' '0 false' "$status $(jq '.comparison.regressed' <<<"$out")"
run "$analyze" --format json --baseline "$scratch/slow.csv" "$table"
check_equal 'a faster run' '0 faster' "$status $(jq -r '.comparison.verdict' <<<"$out")"

# What is wrong with the baseline's own file, and what it is unlike in, is said as for the run.
header_of() { printf '{"type":"run","version":1,"start_unix_s":%s,"seed":1,"warmup":1,"url":"http://%s","model":"%s"}\n' "$@"; }
half='{"type":"batch","session":0,"workers":2,"batch":2,"rep":0,"start_s":0,"total_s":2,"requests":2,"failed":0,"output_tokens":100,"errors":{}}'
{ header_of 1 a:1 small; printf '%s\n' "$half" '{"type":"end"}'; } >"$scratch/now.jsonl"
{ header_of 2 b:1 small; printf '%s\n%s' "$half" '{"type":"ba'; } >"$scratch/before_torn.jsonl"
{ header_of 3 b:1 large; printf '%s\n' "$half" '{"type":"end"}'; } >"$scratch/before_large.jsonl"
run "$analyze" --format json --baseline "$scratch/before_torn.jsonl" "$scratch/now.jsonl"
check_equal 'a torn baseline: exit code' 4 "$status"
check_match 'a torn baseline: how many' 'before_torn.jsonl: 1 record' "$err"
check_equal 'a torn baseline: warnings' 'true true false' \
  "$(jq -r '[.warnings[].code] | "\(any(. == "damaged_input")) \(any(. == "no_end")) \(any(. == "unlike_baseline"))"' <<<"$out")"
run "$analyze" --format json --baseline "$scratch/before_large.jsonl" "$scratch/now.jsonl"
check_equal 'a baseline of another model: exit code' 0 "$status"
check_match 'a baseline of another model is said' 'baseline and run also differ in model \(large, small\)' "$err"
check_equal 'a baseline of another model: a warning' 'Run and baseline also differ in model (large, small): their ratio may come from that.' \
  "$(jq -r '.warnings[] | select(.code == "unlike_baseline").text' <<<"$out")"

# The next cells: lines for replay --cells and nothing else.
run "$analyze" --suggest 2 "$table"
check_equal 'suggestions' 0 "$status"
check_equal 'two lines at most, each a cell' '[[true,true,true,true]]' \
  "$(jq -sc 'map([.workers, .batch, .repeat] | map(. >= 1)) as $ok | [[length > 0, length <= 2] + [($ok|flatten|all), (map(.why|length > 0)|all)]]' <<<"$out")"

# Run records: damage costs exit code 4 and is counted; a missing end alone is a notice.
header='{"type":"run","version":1,"start_unix_s":1,"seed":1,"warmup":1}'
batch='{"type":"batch","session":0,"workers":2,"batch":2,"rep":0,"start_s":0,"total_s":2,"requests":2,"failed":0,"output_tokens":100,"errors":{}}'
printf '%s\n%s\n' "$header" "$batch" >"$scratch/noend.jsonl"
run "$analyze" --format json "$scratch/noend.jsonl"
check_equal 'no end record: exit code' 0 "$status"
check_match 'no end record: notice' 'no end record' "$err"
check_equal 'no end record: the batch counts' 50 "$(jq '.best.tokens_per_s.estimate' <<<"$out")"
printf '%s\n' "$header" "$batch" "$(jq -c '.resumes = true | .start_unix_s = 2' <<<"$header")" '{"type":"end","requests":0,"batches":0,"sessions":0}' >"$scratch/resumed.jsonl"
run "$analyze" --format json "$scratch/resumed.jsonl"
check_equal 'resumed and whole: no word of a missing end' '0 0' "$status $(grep -c 'no end record' <<<"$err$out")"
printf '%s\n%s\n{"type":"ba' "$header" "$batch" >"$scratch/torn.jsonl"
run "$analyze" --format json "$scratch/torn.jsonl"
check_equal 'a torn line: exit code' 4 "$status"
check_match 'a torn line: how many' '1 record' "$err"
check_equal 'a torn line: the rest counts' 50 "$(jq '.best.tokens_per_s.estimate' <<<"$out")"
{ printf '%s\n%s\n' "$header" "$batch" | gzip; printf '%s\n' "$batch" | gzip | head -c 40; } >"$scratch/torn.jsonl.gz"
run "$analyze" --format json "$scratch/torn.jsonl.gz"
check_equal 'a torn gzip member: exit code' 4 "$status"
check_equal 'a torn gzip member: the rest counts' 50 "$(jq '.best.tokens_per_s.estimate' <<<"$out")"

# What a record says cannot be markup of the report, and a report has the mode that the umask gives.
jq -c 'if .type == "run" then . + {model: "m\n\n# Heading\n", host: "h\n# Heading", url: "u\n# Heading"} else . end' \
  traces/sample.run.jsonl >"$scratch/lines.jsonl"
run "$analyze" "$scratch/lines.jsonl" --format md
check_equal 'a new line in a value makes no heading' 0 "$(grep -c '^ *#* *# Heading' <<<"$out")"
(umask 077 && "$analyze" "$table" -o "$scratch/private" --no-plots >/dev/null)
check_equal 'the umask gives the mode of a report' '600 700' "$(stat -c %a "$scratch/private/report.md" "$scratch/private" | xargs)"

# The numbers never use the locale's comma.
if locale -a 2>/dev/null | grep -qi '^ru_RU.utf-\?8'; then
  check_equal 'a comma locale' "$(cat "$scratch/plain.json")" \
    "$(LC_ALL=ru_RU.UTF-8 "$analyze" --format json "$table" | jq 'del(.inputs)')"
else
  skip 'a comma locale' 'no ru_RU here'
fi

summary
