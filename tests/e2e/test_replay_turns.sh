#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Conversations in open loop: no turn goes before the turn before it is done, on one thread and on several.
. "$(dirname "$0")/../lib.sh"
need jq

# Three conversations of four turns, a request every 20 ms; a response lasts about 100 ms here, and lasted 15 ms when
# it was recorded, so that the recorded client thought for 45 ms.
trace=$scratch/turns.jsonl
jq -n -c '{type: "trace", version: 1, start_unix_s: 1000},
  (range(12) as $i | {type: "request", seq: $i, t_s: ($i * 0.02), session: "s\($i % 3)", method: "POST",
    path: "/v1/chat/completions", api: "openai.chat",
    body: {model: "m", stream: true, max_tokens: 20, messages: [{role: "user", content: "turn \($i)"}]}},
   {type: "response", seq: $i, t_s: ($i * 0.02 + 0.015), status: 200, output_tokens: 20, latency_s: 0.015}),
  {type: "end", requests: 12, responses: 12, dropped: 0}' >"$trace"
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 64 --step 0.005,0,0
run_turns() { # NAME OPTION... ; the requests in their order, with the end of the turn before as `before_s`
  local file=$scratch/$1.jsonl
  shift
  run "$bin/replay" "$trace" --keep-invalid -u "${server_url[sim]}" -o "$file" --force "$@"
  turns=$(jq -s -c '[.[] | select(.type == "request" and (.warmup | not))] | sort_by(.index) |
    [range(length) as $i | .[$i] + {done_s: (.[$i].sent_s + .[$i].latency_s),
      before_s: (if $i < 3 then null else .[$i - 3].sent_s + .[$i - 3].latency_s end)}]' "$file")
}
said() { jq -c "$1" <<<"$turns"; }

for threads in 1 3; do
  run_turns "original$threads" --timing original --threads $threads
  name="original, $threads thread(s)"
  check_equal "$name: exit code" 0 "$status"
  check_equal "$name: all turns are sent" '[0,1,2,3,4,5,6,7,8,9,10,11]' "$(said 'map(.seq)')"
  check_equal "$name: none before the one before it is done" true "$(said '[.[3:][] | .sent_s >= .before_s - 1e-6] | all')"
  check_equal "$name: all stay intended for their time" '[0,20,40,60,80,100,120,140,160,180,200,220]' \
    "$(said '(.[0].intended_s) as $first | map((.intended_s - $first) * 1000 | round)')"
  # The end of an answer may come in a read of its own, after its last event.
  check_equal "$name: ready when the one before it is done" true \
    "$(said '[.[3:][] | .ready_s - .before_s] | sort | .[0] > -1e-6 and (.[4] | fabs) < 1e-6')"
  check_equal "$name: half of them at once" true "$(said '[.[3:][] | .sent_s - .ready_s] | sort | .[4] < 0.002')"
  check_equal "$name: the wait is no lag of the client" true \
    "$(jq -s '[.[] | select(.type == "batch" and (.warmup | not))][0].client.lag_p50_s < 0.01' "$scratch/original$threads.jsonl")"
done
check_equal 'the run says its threads' '[null,3]' \
  "$(jq -s -c 'map(select(.type == "run") | .threads)' "$scratch/original1.jsonl" "$scratch/original3.jsonl")"

run_turns fixed --timing original --think-time 80ms
check_equal 'think time: intended so long after the answer' true \
  "$(said '[.[3:][] | .intended_s - .before_s - 0.08 | fabs < 1e-6] | all')"
check_equal 'think time: ready then' true "$(said '[.[] | .ready_s == .intended_s] | all')"
run_turns recorded --timing original --think-time recorded
check_equal 'recorded think time' true "$(said '[.[3:][] | .intended_s - .before_s - 0.045 | fabs < 1e-6] | all')"
run_turns faster --timing original --speed 3 --think-time recorded
check_equal 'recorded think time goes with --speed' true \
  "$(said '[.[3:][] | .intended_s - .before_s - 0.015 | fabs < 1e-6] | all')"
check_equal 'think time: measured until the last response ends' true "$(jq -s '
  ([.[] | select(.type == "request" and (.warmup | not)) | .sent_s + .latency_s] | max) as $last_s |
  [.[] | select(.type == "batch" and (.warmup | not))][0] | (.start_s + .total_s - $last_s | fabs) < 1e-6' "$scratch/faster.jsonl")"
# Second turns are due after some 0.5 s, fourth ones not before 1.5 s.
run_turns short --timing original --think-time 400ms --duration 1200ms
check_equal 'duration: later turns are left out' true "$(said 'length < 12 and length > 3 and
  (.[0].intended_s as $first | [.[] | .intended_s - $first < 1.2] | all)')"
# At a rate conversations arrive, one in 40 ms; what the end of the duration cuts off is estimated.
run_turns partly --timing rate --request-rate 100 --arrival constant --pick trace --duration 475ms
check_equal 'partly open: turns follow after the recorded think times' true \
  "$(said '.[0].intended_s as $first | [.[] | select(.index % 12 < 3) | .intended_s - $first - (.index / 12 | floor) * 0.12 - .index % 12 * 0.04 | fabs < 1e-6] | all')"
check_equal 'partly open: each pass anew, none before its turn' true "$(said 'group_by([(.index / 12 | floor), .seq % 3]) |
  map(sort_by(.seq) | . as $c | [range(1; length) as $i | $c[$i].intended_s - $c[$i - 1].done_s - 0.045 | fabs < 1e-6] | all) | all')"
check_equal 'partly open: the plan has it' '"recorded"' "$(head -n 1 "$scratch/partly.jsonl" | jq -c .plan.think_time)"
check_match 'partly open: in words' 'the rate counts requests; conversations arrive at 0.25 of it' "$err"
check_match 'partly open: what the duration cuts off' 'about 19 % of the requests would come after the end of --duration' "$err"

run_turns rate --timing rate --request-rate 100 --arrival constant --think-time none --duration 500ms
check_equal 'rate: a shuffled draw keeps turns in order' true \
  "$(said '.[:12] | group_by(.seq % 3) | map(map(.seq) == (map(.seq) | sort)) | all')"
check_equal 'rate: each pass over the trace is new conversations' true \
  "$(said '[.[] | .pass = (.index / 12 | floor) | .key = (.pass * 3 + .seq % 3)] | group_by(.key) |
    map(. as $c | [range(1; length) as $i | $c[$i].sent_s >= $c[$i - 1].done_s - 1e-6] | all) | all')"
check_equal 'rate: all are sent' 50 "$(said length)"

# Three copies: the first at the recorded times, each with all requests and its own turns, in their order.
of_copies() { jq -s -c "map(select(.type == \"request\" and (.warmup | not))) | sort_by(.index) | $1" "$scratch/$2.jsonl"; }
run_turns three --timing original --scale 3 --seed 2
check_equal 'scale 3: exit code' 0 "$status"
check_equal 'scale 3: every request in each copy' '[[0,12,66],[1,12,66],[2,12,66]]' \
  "$(of_copies 'group_by(.copy) | map([.[0].copy, length, (map(.seq) | add)])' three)"
check_equal 'scale 3: the first copy as recorded' '[0,20,40,60,80,100,120,140,160,180,200,220]' \
  "$(of_copies '.[0].intended_s as $first | map(select(.copy == 0) | (.intended_s - $first) * 1000 | round)' three)"
check_equal 'scale 3: all begin at once, and end when one does' '3 true' "$(of_copies '(.[0].intended_s) as $first |
  "\(map(select(.intended_s - $first < 0.0201) | .copy) | unique | length) \(map(.intended_s - $first) | max <= 0.24)"' three | tr -d '"')"
# Turns of a copy wait for each other, but for those that the end of the schedule parts.
check_equal 'scale 3: turns wait for the one before them' true "$(of_copies 'group_by([.copy, .seq % 3]) | map(sort_by(.seq) as $c |
  [range(1; 4) as $i | $c[$i].intended_s < $c[$i - 1].intended_s or $c[$i].sent_s >= $c[$i - 1].sent_s + $c[$i - 1].latency_s - 1e-6] | all) | all' three)"
check_equal 'scale 3: the plan has it' '[3,null]' "$(head -n 1 "$scratch/three.jsonl" | jq -c '[.plan.scale, .plan.scale_window_s]')"
run_turns part --timing original --scale 0.5 --seed 4
check_equal 'scale 0.5: conversations are whole or not there' '[4]' "$(of_copies 'group_by(.seq % 3) | map(length) | unique' part)"
check_equal 'scale 0.5: some are not there' true "$(of_copies 'length < 12' part)"
run_turns window --timing original --scale 2 --scale-window 30ms --think-time recorded --speed 2
check_equal 'scale-window: late by less than that, at twice the speed' true "$(of_copies '.[0].intended_s as $first |
  map(select(.seq < 3) | .intended_s - $first - .seq * 0.01) | max > 0.0001 and max < 0.0151' window)"
check_equal 'scale-window: think times stay' true "$(of_copies 'group_by([.copy, .seq % 3]) | map(sort_by(.seq) as $c |
  [range(1; 4) as $i | $c[$i].intended_s - $c[$i - 1].sent_s - $c[$i - 1].latency_s - 0.0225 | fabs < 1e-6] | all) | all' window)"
stop_server sim

# A turn that fails lets the next one go too.
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 64 --step 0.005,0,0 --fault 500:50% --seed 3
run_turns failing --timing original
check_equal 'failures: all turns are sent all the same' 12 "$(said length)"
check_equal 'failures: there were some' true "$(said 'map(select(.error)) | length > 0')"
check_equal 'failures: none goes early' true "$(said '[.[3:][] | .sent_s >= .before_s - 1e-6] | all')"

# Ctrl-C while turns wait.
for threads in 1 3; do
  "$bin/replay" "$trace" --keep-invalid -u "${server_url[sim]}" --timing original --think-time 60s --threads $threads --warmup 0 \
    -o "$scratch/int$threads.jsonl" 2>/dev/null &
  pid=$!
  answered() { [ "$(jq -s '[.[] | select(.type == "request")] | length' "$scratch/int$threads.jsonl" 2>/dev/null)" = 3 ]; }
  check "interrupt, $threads thread(s): first turns are answered" wait_for 20 answered
  kill -INT $pid
  wait $pid
  check_equal "interrupt, $threads thread(s): exit code" 130 $?
  check_equal "interrupt, $threads thread(s): no batch, but an end" session,end \
    "$(tail -n 2 "$scratch/int$threads.jsonl" | jq -r .type | paste -sd,)"
done
stop_server sim
summary
