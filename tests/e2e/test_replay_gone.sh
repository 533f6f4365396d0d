#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A server that goes away in mid-sweep: the run stops at the first batch in which nothing could connect, a managed server
# is started once more before that, and --resume measures what is missing.
. "$(dirname "$0")/../lib.sh"
need jq curl

trace=tests/data/mixed.trace.jsonl
file=$scratch/run.jsonl
batches() { jq -s "[.[] | select(.type==\"batch\" and (.warmup|not))] | $1" "$2"; }
some_measured() { [ "$(grep -c '"type":"batch"' "$file" 2>/dev/null | tail -n 1)0" -ge 40 ]; }

start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 8 --time-scale 0.2
url=${server_url[sim]}
plan=("$trace" -u "$url" -W 1,2 -B 8 -r 20 --max-tokens 20 -o "$file")
"$bin/replay" "${plan[@]}" 2>"$scratch/err" &
pid=$!
check 'gone: something was measured' wait_for 20 some_measured
stop_server sim KILL
wait $pid
check_equal 'gone: exit code' 1 $?
check_match 'gone: words' 'workers [12] batch 8: no request could connect to the server; the run stops' "$(cat "$scratch/err")"
check_equal 'gone: one such line' 1 "$(grep -c 'could connect' "$scratch/err")"
check_equal 'gone: no batch without a server has a record' 0 "$(batches 'map(select(.errors.connect == .requests)) | length' "$file")"
check_equal 'gone: no second batch was tried' true \
  "$(jq -s '[.[] | select(.type=="request" and .error=="connect")] | length <= 15' "$file")"
had=$(batches length "$file")
check_match 'gone: the plan is not through' true "$([ "$had" -lt 40 ] && echo true)"
run "$bin/replay" "${plan[@]}" --resume
check_equal 'gone still: exit code' 1 "$status"

# As an earlier version wrote it: the batches of no server stand among the others, and one is not valid.
start_server again "$bin/simllm" -l "${url#http://}" --slots 8 --time-scale 0.02
jq -c 'if .type=="batch" and (.warmup|not) and .workers==1 and .rep==0 then .errors={"connect":.requests} | .failed=.requests
  elif .type=="batch" and (.warmup|not) and .workers==2 and .rep==0 then .client.valid=false | .client.reason="lag" else . end' \
  "$file" >"$scratch/old.jsonl"
mv "$scratch/old.jsonl" "$file"
counts=$(batches 'map(select(.client.valid and .errors.connect != .requests) | [.workers,.rep]) | unique | length' "$file")
run "$bin/replay" "${plan[@]}" --resume
check_equal 'resumed: exit code' 0 "$status"
check_match 'resumed: what does not count' "$counts of 40 batches are there already" "$err"
check_equal 'resumed: exactly the replicates' '[20,20]' "$(batches 'map(select(.errors.connect != .requests))
  | group_by(.workers) | map(map(.rep) | unique | length)' "$file" | jq -c)"
check 'resumed: those two again' test "$(batches length "$file")" -ge 42
run "$bin/analyze" --format json "$file"
check_equal 'analyze: exit code' 0 "$status"
stop_server again

# A managed server that ends between its batches is started once more, in a session of its own.
# Each server leaves its pid; the command between batches kills it by that, once or each time.
server="echo \$\$ >$scratch/pid; exec $bin/simllm -l 127.0.0.1:{port} --slots {workers} --time-scale 0.02"
managed=("$trace" -u 'http://127.0.0.1:{port}' --ready /health -W 2 -B 4 -r 4 --keep-invalid --restart level --max-tokens 5 --server "$server")
kill_it="kill -KILL \$(cat $scratch/pid); sleep 0.3"
run "$bin/replay" "${managed[@]}" --before-batch "[ {rep} -ne 2 ] || [ -e $scratch/was ] || { touch $scratch/was; $kill_it; }" -o "$scratch/once.jsonl"
check_equal 'managed: exit code' 0 "$status"
check_match 'managed: words' 'workers 2 batch 4: no request could connect; the server is started again' "$err"
check_equal 'managed: every replicate once, in two sessions' '[[0,0],[0,1],[1,2],[1,3]]' \
  "$(batches 'map([.session,.rep]) | sort' "$scratch/once.jsonl" | jq -c)"
check_equal 'managed: the sessions' '["failed","ok"]' "$(jq -s -c '[.[] | select(.type=="session").state]' "$scratch/once.jsonl")"
run "$bin/replay" "${managed[@]}" --before-batch "[ {rep} -ne 2 ] || { $kill_it; }" -o "$scratch/always.jsonl"
check_equal 'managed, gone again: exit code' 1 "$status"
check_match 'managed, gone again: words' 'no request could connect to the server; the run stops' "$err"
check_equal 'managed, gone again: two sessions' 2 "$(jq -s '[.[] | select(.type=="session")] | length' "$scratch/always.jsonl")"

# One that is killed in the last batch of its session fails the session, though nothing is to be asked of it any more. What a
# command leaves behind in its group ends with it: the killer needs a moment to get its own.
run "$bin/replay" "$trace" -u 'http://127.0.0.1:{port}' --ready /health -W 2 -B 4 -r 2 --keep-invalid --restart level --max-tokens 200 \
  --server "echo \$\$ >$scratch/pid; exec $bin/simllm -l 127.0.0.1:{port} --slots {workers} --step 0.02,0,0" \
  --before-batch "[ {rep} -ne 1 ] || { setsid -f sh -c 'sleep 0.4; kill -KILL \$(cat $scratch/pid)' >/dev/null; sleep 0.2; }" -o "$scratch/last.jsonl"
check_equal 'killed in the last batch: the session' 'failed the server was ended by signal 9' \
  "$(jq -r 'select(.type=="session") | "\(.state) \(.error)"' "$scratch/last.jsonl" | cut -c1-39)"
check 'nobody is left' server_gone "$(cat "$scratch/pid")"
summary
