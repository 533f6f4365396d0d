#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# From a public trace that has only sizes to a measurement: 200 requests of Azure's code trace of 2023, imported and
# sent to the simulated server, which counts what it gets.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need jq

source=../shared/data/traces/azure_llm_2023_code.csv
if [ ! -r "$source" ]; then
  skip 'a public trace replayed' "$source is not here"
  summary
fi

count=200
head -n $((count + 1)) "$source" >"$scratch/azure.csv"
run "$bin/capture" -q --import azure "$scratch/azure.csv" -o "$scratch/trace.jsonl"
check_equal 'the import succeeds' '0 ' "$status $err"
start_server sim "$bin/simllm" --listen 127.0.0.1:0 --time-scale 0.001 --slots 16 || summary
run "$bin/replay" -q "$scratch/trace.jsonl" --keep-invalid -u "${server_url[sim]}" -W 8 -B $count -r 1 --warmup 0 --pick trace \
  -o "$scratch/run.jsonl"
check_equal 'the replay succeeds' '0 ' "$status $err"
stop_server sim

# The source's own columns, request by request, beside what the server counted: seq is the row.
tail -n +2 "$scratch/azure.csv" | tr -d '\r' | cut -d , -f 2,3 >"$scratch/recorded"
jq -r 'select(.type == "request") | [.seq, .input_tokens, .output_tokens] | join(",")' "$scratch/run.jsonl" |
  sort -t , -n -k 1,1 | cut -d , -f 2,3 >"$scratch/counted"
check_lines 'every request is answered and counted' $count "$(cat "$scratch/counted")"
check_equal 'output tokens are as recorded' "$(cut -d , -f 2 "$scratch/recorded")" "$(cut -d , -f 2 "$scratch/counted")"
off=$(paste -d , "$scratch/recorded" "$scratch/counted" |
  awk -F , '{ d = $3 / $1 - 1; sum += d < 0 ? -d : d } END { printf "%.5f", sum / NR }')
check "input tokens are within 2 % on average (off by $off)" awk -v off="$off" 'BEGIN { exit !(off <= 0.02) }'
summary
