#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A run with a managed server that was cut off again and again, by Ctrl-C and by SIGKILL, is finished by --resume: every
# cell has exactly its replicates, session ids go on, batches lie in sessions of their level, nothing is left behind.
. "$(dirname "$0")/../lib.sh"
need jq

trace=tests/data/mixed.trace.jsonl
mark=resume-e2e-$$
sim="$bin/simllm -l 127.0.0.1:{port} --slots {workers} --time-scale 0.5 --tags-model $mark"
plan=("$trace" -u 'http://127.0.0.1:{port}' --server "$sim & wait" --ready /health -W 1,2,4 -B 2,4 -r 2 --max-tokens 15 --keep-invalid -q)
read_run() { case $1 in *.gz) zcat "$1" 2>/dev/null ;; *) cat "$1" 2>/dev/null ;; esac; }
records() { read_run "$1" | jq -R -n -c "[inputs | fromjson? | select(.type==\"$2\")] | $3"; }
batches() { records "$1" batch 'map(select(.warmup|not)) | length'; }
nobody_left() { ! pgrep -f "tags-model $mark" >/dev/null; }

# cut_off FILE SIGNAL MORE: goes on until so many more batches are in the file, then gets the signal.
cut_off() {
  local file=$1 signal=$2 goal=$(($(batches "$1") + $3)) pid code
  reached() { [ "$(batches "$file")" -ge "$goal" ]; }
  "$bin/replay" "${plan[@]}" --resume -o "$file" 2>"$scratch/err" &
  pid=$!
  check "$signal: some more was measured" wait_for 20 reached
  kill -"$signal" $pid
  wait $pid 2>/dev/null
  code=$?
  [ "$signal" = KILL ] || check_equal "$signal: exit code" 130 $code
  check "$signal: no server is left" wait_for 12 nobody_left
}

for name in run.jsonl run.jsonl.gz; do
  file=$scratch/$name
  cut_off "$file" INT 2
  cut_off "$file" KILL 3
  cut_off "$file" TERM 2
  check_match "$name: not all of it was measured yet" '^([7-9]|1[01])$' "$(batches "$file")"
  run "$bin/replay" "${plan[@]}" --resume -o "$file"
  check_equal "$name resumed: exit code" 0 "$status"
  check_equal "$name resumed: every cell has exactly its replicates" '[[1,2,[0,1]],[1,4,[0,1]],[2,2,[0,1]],[2,4,[0,1]],[4,2,[0,1]],[4,4,[0,1]]]' \
    "$(records "$file" batch 'map(select(.warmup|not)) | group_by([.workers,.batch]) | map([.[0].workers, .[0].batch, (map(.rep) | sort)])')"
  check_equal "$name resumed: session ids are there once, in order" true \
    "$(records "$file" session 'map(.session) | . == unique')"
  check_equal "$name resumed: no batch of one session has another's level" 0 "$(records "$file" batch \
    'group_by(.session) | map(map(.workers) | unique | select(length != 1)) | length')"
  check_equal "$name resumed: a session of one number is of one segment" 0 "$(read_run "$file" | jq -R -n -c \
    '[foreach (inputs | fromjson? | select(.type=="run" or .type=="batch")) as $r (-1; if $r.type == "run" then . + 1 else . end;
      if $r.type == "batch" then [$r.session, .] else empty end)] | unique | group_by(.[0]) | map(select(length > 1)) | length')"
  check_equal "$name resumed: each session that measured warmed up first" 0 "$(records "$file" batch \
    'group_by(.session) | map(.[0].warmup) | map(select(. != true)) | length')"
  run "$bin/analyze" --format json "$file"
  check_equal "$name resumed: analyze sees all cells of one sweep" '0 6' "$status $(jq -c '.cells | length' <<<"$out")"
  size=$(stat -c %s "$file")
  run "$bin/replay" "${plan[@]}" --resume -o "$file"
  check_equal "$name: nothing is missing any more" "0 $size" "$status $(stat -c %s "$file")"
done
check 'no server is left' wait_for 2 nobody_left
summary
