#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a server says of itself stands beside what the client saw: its counters (--metrics-url), its own durations; and
# what goes on between batches (--before-batch) is in none of their times.
. "$(dirname "$0")/../lib.sh"
need jq curl

trace=tests/data/mixed.trace.jsonl
records() { jq -s -c "[.[] | select(.type==\"$2\")] | $3" "$1"; }
measured='map(select(.warmup|not))'
replay() { # NAME ARGUMENT...: writes $scratch/NAME.jsonl
  local name=$1
  shift
  run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" -o "$scratch/$name.jsonl" "$@"
}

start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 8 --time-scale 0.1

# Every measured batch has the server's counters, and they agree with the client's.
replay counters -W 1,2,4 -B 4,8 -r 2 --max-tokens 9 --metrics-url /metrics
check_equal 'metrics: exit code' 0 "$status"
check_equal 'metrics: tokens as the client counts them' '[true]' "$(records "$scratch/counters.jsonl" batch \
  "$measured | map(.server_metrics[\"vllm:generation_tokens_total\"] == .output_tokens and .output_tokens > 0) | unique")"
check_equal 'metrics: requests as the client counts them' '[true]' "$(records "$scratch/counters.jsonl" batch \
  "$measured | map(.server_metrics[\"vllm:request_success_total\"] == .requests) | unique")"
check_equal 'metrics: prompt tokens as the client counts them' '[true]' "$(records "$scratch/counters.jsonl" batch \
  "$measured | map(.server_metrics[\"llamacpp:prompt_tokens_total\"] == .input_tokens) | unique")"
check_equal 'metrics: no gauges' 'false' "$(records "$scratch/counters.jsonl" batch 'map(.server_metrics // {} | keys[] | test("requests_(running|waiting|processing)")) | any')"
check_equal 'metrics: none in a warm-up' '[false]' \
  "$(records "$scratch/counters.jsonl" batch 'map(select(.warmup) | has("server_metrics")) | unique')"
check_equal 'metrics: one record per batch, in the order of their starts' true \
  "$(records "$scratch/counters.jsonl" batch '(length == 13) and (map(.start_s) | . == sort)')"
run "$bin/analyze" --format json "$scratch/counters.jsonl"
check_equal 'metrics: analyze reads the run' '0 6' "$status $(jq '.cells | length' <<<"$out")"
run jq -rn --slurpfile schema traces/run.schema.json -f tests/schema.jq "$scratch/counters.jsonl"
check_equal 'metrics: the records are as the schema says' '0 ' "$status $out$err"

replay open --timing rate --request-rate 100 --duration 300ms --max-tokens 9 --metrics-url "${server_url[sim]}/metrics"
check_equal 'metrics, open loop: the repetition with its drain' true "$(jq -s \
  '([.[] | select(.type=="request" and (.warmup|not)) | .output_tokens] | add) as $tokens
   | [.[] | select(.type=="batch" and (.warmup|not))][0].server_metrics["vllm:generation_tokens_total"] == $tokens' "$scratch/open.jsonl")"
replay plain -W 1 -r 1
check_equal 'metrics: no member when nobody asked' '[false]' \
  "$(records "$scratch/plain.jsonl" batch 'map(has("server_metrics")) | unique')"

# A page that is not there, is none, or does not come: said once, recorded as null, and the run goes on.
unread() { # NAME URL REGEX
  replay "$1" -W 1,2 -B 2 -r 2 --max-tokens 3 --metrics-url "$2"
  check_equal "$1: exit code" 0 "$status"
  check_match "$1: words" "--metrics-url: $3" "$err"
  check_equal "$1: said once" 1 "$(grep -c -e '--metrics-url' <<<"$err")"
  check_equal "$1: null" '[null]' "$(records "$scratch/$1.jsonl" batch "$measured | map(.server_metrics) | unique")"
  check_equal "$1: all batches are there" 4 "$(records "$scratch/$1.jsonl" batch "$measured | length")"
}
unread page_missing /nope 'the server answers with status 404'
unread page_of_json /stats 'no metric: \{'
unread page_refused http://127.0.0.1:1/metrics 'Failed to connect'
start_server hangs "$bin/simllm" -l 127.0.0.1:0 --slots 1
kill -STOP "${server_pid[hangs]}"
RUN_TIMEOUT=90 unread page_hangs "${server_url[hangs]}/metrics" '.*timed out'
kill -CONT "${server_pid[hangs]}"
stop_server hangs

# The server's own durations: Ollama's APIs say them, and they lie inside what the client saw.
durations_agree() { # a client that is halted within a stream sees it last longer
  replay durations --api ollama -W 2 -B 8 -r 1 --max-tokens 9 --warmup 0 --force
  short=$(records "$scratch/durations.jsonl" request 'map(select(.events > 1 and .eval_s < 0.7 * (.last_text_s - .ttft_s))) | length')
  [ "$short" = 0 ]
}
in_quiet durations_agree
check_equal 'durations: every request of Ollama has all four' '[4]' "$(records "$scratch/durations.jsonl" request \
  'map([.load_s, .prompt_eval_s, .eval_s, .server_total_s | select(. != null)] | length) | unique')"
check_equal 'durations: the whole lies within the latency' 0 "$(records "$scratch/durations.jsonl" request \
  'map(select(.server_total_s > .latency_s)) | length')"
check_equal 'durations: the parts lie within the whole' 0 "$(records "$scratch/durations.jsonl" request \
  'map(select(.load_s + .prompt_eval_s + .eval_s > .server_total_s + 1e-6)) | length')"
timed 'durations' check_equal 'durations: generating takes most of a stream' 0 "$short"
replay openai --api openai -W 1 -r 1 --warmup 0
check_equal 'durations: none where the server says none' '[false]' \
  "$(records "$scratch/openai.jsonl" request 'map(has("server_total_s")) | unique')"

# --chunks: as many times as events, from the first text to the last.
replay chunks -W 4 -B 18 -r 1 --max-tokens 20 --chunks
check_equal 'chunks: one per event' 0 \
  "$(records "$scratch/chunks.jsonl" request 'map(select((.chunks_s | length) != .events)) | length')"
check_equal 'chunks: from the first text to the last' 0 "$(records "$scratch/chunks.jsonl" request \
  'map(select(.chunks_s[0] != .ttft_s or .chunks_s[-1] != .last_text_s or .chunks_s != (.chunks_s | sort))) | length')"
check_match 'chunks: there are streams' '^[1-9]' "$(records "$scratch/chunks.jsonl" request 'map(select(.events == 20)) | length')"
check_equal 'chunks: the largest gap is the one recorded' 0 "$(records "$scratch/chunks.jsonl" request \
  'map(select(.events > 1) | (.chunks_s as $t | [range(1; $t | length) | $t[.] - $t[. - 1]] | max) - .itl_s.max | fabs | select(. > 2e-9)) | length')"
check_equal 'chunks: none when nobody asked' '[false]' \
  "$(records "$scratch/plain.jsonl" request 'map(has("chunks_s")) | unique')"
replay threads -W 6 -B 24 -r 2 --max-tokens 9 --threads 3 --chunks --metrics-url /metrics --before-batch 'true'
check_equal 'several threads: one time per event' '0 0' "$status $(records "$scratch/threads.jsonl" request \
  'map(select((.chunks_s | length) != .events or .chunks_s[0] != .ttft_s or .chunks_s[-1] != .last_text_s)) | length')"
check_equal 'several threads: tokens as the server counts them' '[true]' "$(records "$scratch/threads.jsonl" batch \
  "$measured | map(.server_metrics[\"vllm:generation_tokens_total\"] == .output_tokens and .output_tokens > 0) | unique")"

# --records batch: no request has a record, and each measured batch a sketch that holds them all.
replay sketch -W 2,4 -B 8 -r 2 --max-tokens 9 --records batch
check_equal 'sketches: no request records' '0 0' "$status $(records "$scratch/sketch.jsonl" request length)"
check_equal 'sketches: the header has it' batch "$(records "$scratch/sketch.jsonl" run '.[0].records' | tr -d '"')"
check_equal 'sketches: all times of a batch' '[8]' "$(records "$scratch/sketch.jsonl" batch \
  "$measured | map(.sketch.latency_s[0].buckets | [.[range(1; length; 2)]] | add) | unique")"
run "$bin/analyze" --no-plots --format json "$scratch/sketch.jsonl"
valid=$(records "$scratch/sketch.jsonl" batch "$measured | map(select(.client.valid) | .workers) | unique | length")
if [ "$valid" -gt 0 ]; then # on a busy machine not always both cells have a valid batch
  check_equal 'sketches: analyze has the latencies' "0 $valid" "$status $(jq '[.cells[] | select(.latency_s.p50.estimate > 0)] | length' <<<"$out")"
else
  skip 'sketches: analyze has the latencies' 'no batch is valid'
fi
replay none -W 2 --records batch --chunks
check_match 'sketches: no chunks in them' '2 .*--chunks goes into request records' "$status $err"

# --before-batch: before each measured batch, with its words replaced, and in no batch's time.
replay between -W 2 -B 2,4 -r 2 --max-tokens 3 --before-batch 'echo "w{workers} b{batch} r{rep} p{port}"; sleep 0.7'
check_equal 'between: exit code' 0 "$status"
port=${server_url[sim]##*:}
check_equal 'between: once before each measured batch' "w2 b2 r0 p$port,w2 b2 r1 p$port,w2 b4 r0 p$port,w2 b4 r1 p$port" \
  "$(sort "$scratch/between.before-batch.log" | paste -sd,)"
check_equal 'between: in no batch' 0 "$(records "$scratch/between.jsonl" batch "map(select(.total_s >= 0.7)) | length")"
check_equal 'between: the next batch begins after it' true "$(records "$scratch/between.jsonl" batch \
  '[range(1; length) as $i | .[$i].start_s - .[$i - 1].start_s - .[$i - 1].total_s >= 0.7] | all')"
check_equal 'between: its output is for its owner only' 600 "$(stat -c %a "$scratch/between.before-batch.log")"

# One that fails ends the run, and --resume goes on.
again=(-W 1 -B 2 -r 4 --max-tokens 3 --before-batch "[ ! -e $scratch/broken ] || { echo broken >&2; exit 5; }")
replay fails "${again[@]}" --before-batch "[ {rep} -lt 2 ] || exit 5"
check_equal 'between fails: exit code' 1 "$status"
check_match 'between fails: words' '--before-batch: the command failed with status 5 \(its output: .*fails.before-batch.log\)' "$err"
check_equal 'between fails: what was measured is there' '[0,1]' "$(records "$scratch/fails.jsonl" batch "$measured | map(.rep)")"
check_equal 'between fails: the run is whole' end "$(tail -n 1 "$scratch/fails.jsonl" | jq -r .type)"
replay fails "${again[@]}" --resume
check_equal 'between fails: resumed' '0 [0,1,2,3]' "$status $(records "$scratch/fails.jsonl" batch "$measured | map(.rep)")"
check_match 'between fails: the record of the arguments has the command' 'broken' \
  "$(records "$scratch/fails.jsonl" run '.[1].arguments')"
replay secret -W 1 -r 1 --max-tokens 1 --before-batch 'PASSWORD=hidden1 true --api-key hidden2' \
  --metrics-url "http://user:hidden3@${server_url[sim]#http://}/metrics"
check_equal 'secrets of the command and the URL: none in the run' '0 ' "$status $(grep -oE 'hidden.|user:' "$scratch/secret.jsonl")"

# What it leaves in the background does not stay, and Ctrl-C ends it.
nap="sleep 60.$$" # a command line that nobody else has
nobody_left() { ! pgrep -fx "$nap" >/dev/null; }
somebody() { pgrep -fx "$nap" >/dev/null; }
replay background -W 1 -r 1 --max-tokens 1 --before-batch "$nap & sleep 0.1"
check_equal 'between in the background: exit code' 0 "$status"
check 'between in the background: nobody is left' wait_for 10 nobody_left
interrupted() { # NAME COMMAND SECONDS: Ctrl-C while it runs
  "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" -W 1 -r 1 --max-tokens 1 --before-batch "$2" -o "$scratch/$1.jsonl" 2>/dev/null &
  local pid=$!
  check "$1: it runs" wait_for 10 somebody
  kill -INT $pid
  SECONDS=0
  wait $pid
  check_equal "$1: exit code" 130 $?
  check "$1: within the grace" [ $SECONDS -le "$3" ]
  check "$1: nobody is left" wait_for 10 nobody_left
  check_equal "$1: a whole run" session,end "$(tail -n 2 "$scratch/$1.jsonl" | jq -r .type | paste -sd,)"
}
interrupted 'between, interrupted' "$nap; :" 2
interrupted 'between that ignores TERM, interrupted' "trap '' TERM; $nap; $nap; :" 5
stop_server sim
summary
