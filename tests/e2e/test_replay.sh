#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# replay against the simulated server, whose throughput is known in closed form and which counts what it sends.
. "$(dirname "$0")/../lib.sh"
need jq curl

trace=tests/data/mixed.trace.jsonl
stats() { curl -s "${server_url[$1]}/stats"; }
records() { # FILE TYPE FILTER
  local cat=cat
  [[ $1 == *.gz ]] && cat=zcat
  $cat "$1" | jq -s "[.[] | select(.type==\"$2\")] | $3"
}

# A sweep: every token that the server sent is in the records, and each cell runs at the speed that the step time
# c0 + c1 n + c2 n^2 allows (all requests equally long, so that a wave of n takes its tokens times step(n)).
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 8 --time-scale 0.06
run "$bin/replay" $trace -u "${server_url[sim]}" -W 1,2,4,8 -B 1,2,4,8 -r 3 --max-tokens 80 --keep-invalid -o "$scratch/run.jsonl.gz"
check_equal 'sweep: exit code' 0 "$status"
check 'sweep: a good gzip file' gzip -t "$scratch/run.jsonl.gz"
check_equal 'sweep: a file for its owner only' 600 "$(stat -c %a "$scratch/run.jsonl.gz")"
check_equal 'sweep: tokens as the server counts them' "$(stats sim | jq .output_tokens)" \
  "$(records "$scratch/run.jsonl.gz" request 'map(.output_tokens) | add')"
check_equal 'sweep: requests as the server counts them' "$(stats sim | jq .requests)" \
  "$(records "$scratch/run.jsonl.gz" request length)"
check_equal 'sweep: never more in flight than the highest level' 8 "$(stats sim | jq .peak_in_flight)"
check_equal 'sweep: three replicates of each cell' '[3]' \
  "$(records "$scratch/run.jsonl.gz" batch 'map(select(.warmup|not)) | group_by([.workers,.batch]) | map(length) | unique' | jq -c)"
check_equal 'sweep: the end record counts' "[1,49,$(stats sim | jq .requests)]" \
  "$(records "$scratch/run.jsonl.gz" end '.[0] | [.sessions,.batches,.requests]' | jq -c)"
check_equal 'sweep: every cell of a block starts at the same request' 1 \
  "$(records "$scratch/run.jsonl.gz" request 'map(select((.warmup|not) and .rep==1 and .index==0).seq) | unique | length')"
check_equal 'sweep: one warm-up round, marked' '[[8,8]]' \
  "$(records "$scratch/run.jsonl.gz" batch 'map(select(.warmup) | [.workers,.batch])' | jq -c)"
check_equal 'sweep: the run says that prompts got a nonce' true "$(records "$scratch/run.jsonl.gz" run '.[0].cache_bust')"
check_equal 'sweep: no request was sent before it was ready' 0 \
  "$(records "$scratch/run.jsonl.gz" request 'map(select(.sent_s < .ready_s or .ready_s < .intended_s)) | length')"
check_equal 'sweep: only the first W of a batch are ready at its start' 0 \
  "$(records "$scratch/run.jsonl.gz" request 'map(select((.ready_s == .intended_s) != (.index < .workers))) | length')"
# Of each cell the fastest batch: a busy machine makes single ones slower, and nothing makes one faster. A cell of which
# none was as fast as it can be is measured again.
speeds() { # WORKERS BATCH EXPECTED SEEN
  { zcat "$scratch/run.jsonl.gz"; cat "$scratch/again.jsonl" 2>/dev/null; } | jq -s -r 'def step: .02447 + .001076 * . + .0000314 * . * .;
    [.[] | select(.type=="batch" and (.warmup|not))] | group_by([.workers,.batch])[] | .[0].workers as $w | .[0].batch as $b |
    ((($b / $w | floor) * ($w | step)) + (if $b % $w > 0 then $b % $w | step else 0 end)) as $waves_s |
    "\($w) \($b) \($b / ($waves_s * 0.06)) \(map(.output_tokens / .total_s) | max)"'
}
all_are_fast() {
  local slow
  slow=$(speeds | awk '$4 < 0.98 * $3 { printf "{\"workers\":%d,\"batch\":%d}\n", $1, $2 }')
  [ -n "$slow" ] || return 0
  echo "$slow" >"$scratch/slow"
  run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" --cells "$scratch/slow" -r 3 --max-tokens 80 --append -o "$scratch/again.jsonl"
  return 1
}
sanitized || in_quiet all_are_fast
while read -r workers batch expected seen; do
  timed 'sweep: throughput' check_near "sweep: throughput of workers $workers batch $batch" "$expected" "$seen" 0.02
done < <(speeds)
check_lines 'sweep: of all cells' 16 "$(speeds)"
stop_server sim

# A healthy client is not blamed: B = 10 W, and the last wait for nine waves, which is no lag. Several short batches, since
# another program may take the CPU away now and then.
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 4 --time-scale 0.2
healthy() {
  run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" -W 4 -B 40 -r 6 --max-tokens 4 --warmup 0 --force -o "$scratch/valid.jsonl"
  [ "$(records "$scratch/valid.jsonl" batch 'map(select(.client.valid)) | length')" -ge 1 ]
}
check_timed 'a healthy client is valid' healthy
check_equal 'though requests waited for workers longer than a client may be late' true \
  "$(records "$scratch/valid.jsonl" request 'map(.ready_s - .intended_s) | max > 0.15')"
stop_server sim

# Burst: the server queues, all requests go at once.
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 4
run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" -W 2 -B 12 -r 1 --max-tokens 16 --warmup 0 --dispatch burst -o "$scratch/burst.jsonl"
check_equal 'burst: all are ready at the start' 12 \
  "$(records "$scratch/burst.jsonl" request 'map(select(.ready_s == .intended_s)) | length')"
check_equal 'burst: all are in flight at once' 12 "$(stats sim | jq .peak_in_flight)"
stop_server sim

# Failures have their class, and nothing hangs.
start_server faulty "$bin/simllm" -l 127.0.0.1:0 --time-scale 0.01 --fault reset:0.2
run "$bin/replay" $trace --keep-invalid -u "${server_url[faulty]}" -W 8 -B 400 -r 1 --warmup 0 -o "$scratch/reset.jsonl"
check_equal 'resets: exit code' 0 "$status"
check_near 'resets: a fifth of the requests' 80 "$(records "$scratch/reset.jsonl" batch '.[0].failed')" 0.35
check_equal 'resets: one class' '["reset"]' \
  "$(records "$scratch/reset.jsonl" request 'map(select(.error).error) | unique' | jq -c)"
check_equal "resets: as the server counts them, those that were sent again included" "$(stats faulty | jq .failed_by_kind.reset)" \
  "$(records "$scratch/reset.jsonl" request "map((.attempts // 1) - 1 + (if .error then 1 else 0 end)) | add")"
check_equal 'resets: no tokens from failures' 0 \
  "$(records "$scratch/reset.jsonl" request 'map(select(.error and .output_tokens != null)) | length')"
stop_server faulty

class_of() { # KIND CLASS [ARGUMENT...]
  local kind=$1 class=$2
  shift 2
  start_server faulty "$bin/simllm" -l 127.0.0.1:0 --time-scale 0.01 --fault "$kind:1"
  run "$bin/replay" $trace --keep-invalid -u "${server_url[faulty]}" -W 2 -B 6 -r 1 --stream "$@" -o "$scratch/$kind.jsonl"
  check_equal "$kind: exit code when nothing succeeds" 1 "$status"
  check_match "$kind: words when nothing succeeds" 'not one request succeeded' "$err"
  check_equal "$kind: class" "[\"$class\"]" \
    "$(records "$scratch/$kind.jsonl" request 'map(.error) | unique' | jq -c)"
  check_equal "$kind: the run is whole" run,batch,batch,session,end \
    "$(jq -r 'select(.type!="request").type' "$scratch/$kind.jsonl" | paste -sd,)"
  stop_server faulty
}
class_of 500 http_5xx
class_of 429 http_429
class_of reset_early reset
class_of truncate truncated
class_of malformed protocol
class_of error_in_stream server_error
class_of empty empty
class_of hang timeout --timeout 300ms
check_equal '429: the wish to wait is recorded' 0 \
  "$(records "$scratch/429.jsonl" request 'map(select(.retry_after_s == null)) | length')"

# Ctrl-C: what was in flight is cancelled, everything is written.
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 4
"$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" -W 4 -B 8 -r 9 --max-tokens 50 --warmup 0 -o "$scratch/int.jsonl.gz" \
  2>"$scratch/int.err" &
pid=$!
served() { [ "$(stats sim | jq .ok)" -ge 10 ]; }
check 'interrupt: it has begun' wait_for 20 served
kill -INT $pid
wait $pid
check_equal 'interrupt: exit code' 130 $?
check 'interrupt: a good gzip file' gzip -t "$scratch/int.jsonl.gz"
check_equal 'interrupt: it ends as it should' session,end \
  "$(zcat "$scratch/int.jsonl.gz" | tail -n 2 | jq -r .type | paste -sd,)"
check_equal 'interrupt: the requests in flight are cancelled' 4 \
  "$(records "$scratch/int.jsonl.gz" request 'map(select(.error=="cancelled")) | length')"
check_equal 'interrupt: no record of the unfinished batch' 8 \
  "$(records "$scratch/int.jsonl.gz" batch 'map(.requests) | unique | .[0]')"
idle() { [ "$(stats sim | jq .in_slots)" -eq 0 ]; }
check 'interrupt: the server is free again' wait_for 5 idle
check_match 'interrupt: words' 'interrupted' "$(cat "$scratch/int.err")"

check_equal 'the run names the model of the trace' '"m"' "$(records "$scratch/valid.jsonl" run '.[0].model')"

# What is sent: the user's headers and body, no secret in the record.
run env KEY=sk-very-secret "$bin/replay" $trace --keep-invalid -u "${server_url[sim]/127/user:pw@127}" -W 1 -B 9 -r 1 --warmup 0 \
  --max-tokens 3 --api-key-env KEY -H 'X-Api-Key: hidden1' --extra-body '{"api_key":"hidden2","top_p":0.5}' \
  -o "$scratch/secret.jsonl"
check_equal 'secrets: exit code' 0 "$status"
check_equal 'secrets: none in the run' '' "$(grep -oE 'sk-very|hidden1|hidden2|user:|pw@' "$scratch/secret.jsonl")"
check_equal 'rewriting: every API heeds its limit' '[3]' \
  "$(records "$scratch/secret.jsonl" request 'map(.output_tokens) | unique' | jq -c)"
check_equal 'rewriting: streams say their tokens' '["usage"]' \
  "$(records "$scratch/secret.jsonl" request 'map(.token_source) | unique' | jq -c)"
stop_server sim

# Any HTTP server will do for --api http: success by HTTP alone.
start_server sim "$bin/simllm" -l 127.0.0.1:0 --time-scale 0.01
run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" --api http -W 2 -B 11 -r 1 --warmup 0 --pick trace -o "$scratch/http.jsonl"
check_equal 'http: every request of the trace in its order' '[0,1,2,3,4,5,6,7,8,9,10]' \
  "$(records "$scratch/http.jsonl" request 'sort_by(.index) | map(.seq)' | jq -c)"
check_equal 'http: no tokens are claimed' '[null]' \
  "$(records "$scratch/http.jsonl" request 'map(.output_tokens) | unique' | jq -c)"
# Requests known only by their size get a text of that length: an imported trace can be replayed.
cat >"$scratch/sizes" <<'JSON'
{"timestamp": 0, "input_length": 900, "output_length": 5, "hash_ids": [1, 2]}
{"timestamp": 7, "input_length": 1100, "output_length": 6, "hash_ids": [1, 3, 4]}
JSON
"$bin/capture" --import mooncake "$scratch/sizes" -o "$scratch/sizes.trace" 2>/dev/null
run "$bin/replay" "$scratch/sizes.trace" --keep-invalid -u "${server_url[sim]}" -m sim -W 1 -B 2 -r 1 --warmup 0 -o "$scratch/sizes.jsonl"
check_equal 'sizes: exit code' 0 "$status"
check_match 'sizes: words' '2 requests are known only by size' "$err"
check_equal 'sizes: as many output tokens as recorded' '[[0,5],[1,6]]' \
  "$(records "$scratch/sizes.jsonl" request 'sort_by(.seq) | map([.seq,.output_tokens])' | jq -c)"

# A reader that leaves, a full disk: the sweep stops, and says why.
run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" -W 1 -r 2 --max-tokens 1 -o /dev/full
check_equal 'full disk: exit code' 1 "$status"
check_match 'full disk: words' 'No space left' "$err"
"$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" -W 1 -r 999 --max-tokens 20 2>"$scratch/pipe.err" | head -n 1 >/dev/null
check_equal 'reader gone: exit code' 1 "${PIPESTATUS[0]}"
check_match 'reader gone: words' 'Broken pipe' "$(cat "$scratch/pipe.err")"

# TLS to a server that has none.
run "$bin/replay" $trace -u "https${server_url[sim]#http}" -W 1 -B 1 -r 1 --warmup 0 -o "$scratch/tls.jsonl"
check_equal 'tls: exit code' 1 "$status"
check_equal 'tls: class' '["tls"]' "$(records "$scratch/tls.jsonl" request 'map(.error)' | jq -c)"

stop_server sim
summary
