#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A run that was cut off is taken up again, and afterwards every cell has exactly its replicates.
. "$(dirname "$0")/../lib.sh"
need jq curl

trace=tests/data/mixed.trace.jsonl
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 8 --time-scale 0.1
plan=("$trace" -u "${server_url[sim]}" -W 1,2 -B 2,4 -r 3 --max-tokens 20 --keep-invalid -q)
read_run() { case $1 in *.gz) zcat "$1" 2>/dev/null ;; *) cat "$1" 2>/dev/null ;; esac; }
replicates() { # of each cell, their numbers
  read_run "$1" | jq -s -c '[.[] | select(.type=="batch" and (.warmup|not))] | group_by([.workers,.batch]) | map(map(.rep) | sort) | unique'
}
batches() { read_run "$1" | jq -R 'fromjson? | select(.type=="batch" and (.warmup|not)) | 1' | wc -l; }
some_measured() { [ "$(batches "$1")" -ge 3 ]; }

# cut_off FILE SIGNAL [WHAT]: starts the plan and ends it when some batches are in the file.
cut_off() {
  "$bin/replay" "${plan[@]}" -o "$1" 2>/dev/null &
  local pid=$!
  check "$2: something was measured" wait_for 20 some_measured "$1"
  kill -"$2" $pid
  wait $pid 2>/dev/null
  local code=$?
  check_match "$2: not all of it was" true "$([ "$(batches "$1")" -lt 12 ] && echo true)"
  return $code
}

for signal in INT KILL; do
  for name in run.jsonl run.jsonl.gz; do
    file=$scratch/$signal.$name
    cut_off "$file" $signal
    code=$?
    [ $signal = KILL ] || check_equal 'interrupted: exit code' 130 $code
    had=$(batches "$file")
    # What a torn write leaves: half a member, or half a line.
    [ $signal = KILL ] && case $name in
    *.gz) { read_run "$file" | gzip -c | head -c 60 >>"$file"; } ;;
    *) printf '{"type":"batch","session":0,"wor' >>"$file" ;;
    esac
    run "$bin/replay" "${plan[@]}" --resume -o "$file"
    check_equal "$signal $name resumed: exit code" 0 "$status"
    check_equal "$signal $name resumed: exactly the replicates" '[[0,1,2]]' "$(replicates "$file")"
    check_equal "$signal $name resumed: only what was missing" $((12 - had)) \
      "$(read_run "$file" | jq -s '[.[] | select(.type=="end")][-1].batches - ([.[] | select(.type=="batch" and .warmup)] | length) + 1')"
    check_equal "$signal $name resumed: sessions go on counting" '[0,1]' \
      "$(read_run "$file" | jq -s -c '[.[] | select(.type=="batch") | .session] | unique')"
    check_equal "$signal $name resumed: the header says so" '[null,true]' \
      "$(read_run "$file" | jq -s -c '[.[] | select(.type=="run") | .resumes]')"
  done
done
check 'resumed: a good gzip file' gzip -t "$scratch/KILL.run.jsonl.gz"

file=$scratch/INT.run.jsonl
size=$(stat -c %s "$file")
run "$bin/replay" "${plan[@]:0:${#plan[@]}-1}" --resume -o "$file"
check_equal 'nothing missing: exit code' 0 "$status"
check_match 'nothing missing: words' '12 of 12 batches are there already: nothing is missing' "$err"
check_equal 'nothing missing: nothing written' "$size" "$(stat -c %s "$file")"

printf '\n \n' | cat "$file" - >"$scratch/blank.jsonl" # as an editor may leave them
run "$bin/replay" "${plan[@]}" --resume -o "$scratch/blank.jsonl"
check_equal 'blank lines at the end: nothing missing' 0 "$status"
run "$bin/analyze" "$scratch/blank.jsonl"
check_equal 'blank lines at the end: nothing lost' '0 ' "$status $err"

other() { # NAME REGEX ARGUMENT...
  local name=$1 regex=$2
  shift 2
  run "$bin/replay" "${plan[@]}" --resume -o "$file" "$@"
  check_equal "another $name: exit code" 1 "$status"
  check_match "another $name: words" "the file holds another run: its $regex" "$err"
  check_lines "another $name: one line" 1 "$err"
  check_equal "another $name: untouched" "$size" "$(stat -c %s "$file")"
}
other seed '--seed differs \(it was 1\)' --seed 2
other plan 'plan differs' -r 4
other warm-up '--warmup differs \(it was 1\)' --warmup 0
other pick '--pick differs \(it was shuffled\)' --pick trace
other 'HTTP version' 'HTTP version differs \(it was 1\)' --http2
other model 'model differs' -m other
other limit 'form of the bodies .* differs' --max-tokens 21
other 'cache bust' '--cache-bust differs' --cache-bust off
grep -v '"path":"/api/chat"' $trace >"$scratch/other.trace.jsonl"
plan[0]=$scratch/other.trace.jsonl
other trace 'trace differs'
plan[0]=$trace

# Another run in the same file: all of it is measured, and --resume of it sees only that one.
run "$bin/replay" "${plan[@]}" --append -o "$file"
check_equal 'append: exit code' 0 "$status"
check_equal 'append: both are there' '[[0,0,1,1,2,2]]' "$(replicates "$file")"
check_equal 'append: sessions go on counting' 2 "$(jq -s '[.[] | select(.type=="session") | .session] | max' "$file")"
run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" --timing rate --request-rate 100 --duration 100ms -r 3 -q -o "$scratch/open.jsonl"
jq -c 'select(.type!="batch" or .rep!=1)' "$scratch/open.jsonl" >"$scratch/cut.jsonl"
run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" --timing rate --request-rate 100 --duration 100ms -r 3 -q --resume -o "$scratch/cut.jsonl"
check_equal 'open loop: the repetition that lacks is measured' '[0,1,2]' \
  "$(jq -s -c '[.[] | select(.type=="batch" and (.warmup|not)) | .rep] | sort' "$scratch/cut.jsonl")"
rates=(--timing rate --request-rate 100,50 --duration 100ms -r 2 -q)
run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" "${rates[@]}" -o "$scratch/rates.jsonl"
jq -c 'select(.type!="batch" or .rep!=1 or .rate!=50)' "$scratch/rates.jsonl" >"$scratch/cut_rates.jsonl"
run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" "${rates[@]}" --resume -o "$scratch/cut_rates.jsonl"
check_equal 'rates: the repetition that lacks is measured' '[[50,0],[50,1],[100,0],[100,1]]' \
  "$(jq -s -c '[.[] | select(.type=="batch" and (.warmup|not)) | [.rate, .rep]] | sort' "$scratch/cut_rates.jsonl")"
check_equal 'rates: nothing but it' 1 \
  "$(jq -s -c '[.[] | select(.type=="batch" and (.warmup|not) and .session==1)] | length' "$scratch/cut_rates.jsonl")"
run "$bin/replay" "${plan[@]}" --resume -o -
check_equal 'resume of standard output: exit code' 2 "$status"
run "$bin/replay" "${plan[@]}" --resume --force -o "$file"
check_equal 'resume and force: exit code' 2 "$status"
stop_server sim
summary
