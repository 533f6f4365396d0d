#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# replay's open loop: requests go when the schedule says, whatever the server does.
. "$(dirname "$0")/../lib.sh"
need jq curl

trace=tests/data/mixed.trace.jsonl
stats() { curl -s "${server_url[$1]}/stats"; }
records() { jq -s -c "[.[] | select(.type==\"$2\" and (.warmup|not))] | $3" "$1"; }

# At the original times, five times as fast: the trace has a request every 0.35 s.
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 64 --time-scale 0.1
run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" --timing original --speed 5 -o "$scratch/original.jsonl"
check_equal 'original: exit code' 0 "$status"
check_equal 'original: in the order of the trace' '[0,1,2,3,4,5,6,7,10]' \
  "$(records "$scratch/original.jsonl" request 'sort_by(.index) | map(.seq)')"
check_equal 'original: at its times' '[0,70,140,210,280,350,420,490,630]' "$(records "$scratch/original.jsonl" request \
  'sort_by(.index) | (.[0].intended_s) as $first | map((.intended_s - $first) * 1000 | round)')"
check_equal 'original: no workers, no batch' '[null,null,"original",null]' \
  "$(records "$scratch/original.jsonl" batch '.[0] | [.workers,.batch,.timing,.rate]')"
check_match 'original: half of the requests go within a millisecond' true \
  "$(records "$scratch/original.jsonl" request 'map(.sent_s - .intended_s) | sort | .[4] < 0.001')"
run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" --timing original --max-idle 10ms -r 2 -o "$scratch/idle.jsonl"
check_equal 'max-idle: gaps are cut, in both repetitions' '[[9,80],[9,80]]' "$(records "$scratch/idle.jsonl" request \
  'group_by(.rep) | map([length, ((map(.intended_s) | max - min) * 1000 | round)])')"

# Every repetition and the warm-up begin at the trace's start, also when a duration sends a part of it only.
sent_twice() { # ARGUMENT...
  run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" --timing original --speed 10 --duration 60ms --max-tokens 2 "$@"
  head -n 1 <<<"$out" | jq .cache_bust
}
check_equal 'cache bust: the warm-up sends the first request too' true "$(sent_twice)"
check_equal 'cache bust: each repetition sends the same requests' true "$(sent_twice --warmup 0 -r 2)"
check_equal 'cache bust: nothing is sent twice' false "$(sent_twice --warmup 0)"

# At a rate that the server bears: the mean in flight is rate x latency (Little), tokens keep up with requests.
run "$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" --timing rate --request-rate 40 --arrival constant --think-time none --duration 4s \
  --max-tokens 20 -o "$scratch/rate.jsonl"
check_equal 'rate: exit code' 0 "$status"
check_equal 'rate: as many as fit' 160 "$(records "$scratch/rate.jsonl" request length)"
check_equal 'rate: evenly spaced' '[25]' "$(records "$scratch/rate.jsonl" request \
  'map(.intended_s) | sort | [.[1:], .[:-1]] | transpose | map((.[0] - .[1]) * 1000 | round) | unique')"
# Only what lies in the window of 4 s counts; how much that is depends on this machine too.
start=$(records "$scratch/rate.jsonl" batch '.[0].start_s')
little=$(records "$scratch/rate.jsonl" request "(map(([.sent_s + .latency_s, $start + 4] | min) - .sent_s) | add) / 4")
check_near 'rate: in flight as Little says' "$little" "$(records "$scratch/rate.jsonl" batch '.[0].in_flight_mean')" 0.01
check_equal 'rate: every request gets its tokens' '[20]' "$(records "$scratch/rate.jsonl" request 'map(.output_tokens) | unique')"
tokens=$(records "$scratch/rate.jsonl" request "map(.output_tokens * (
  (if .last_text_s > .ttft_s then [.sent_s + .ttft_s, .sent_s + .last_text_s] else [.sent_s, .sent_s + .latency_s] end) as [\$first, \$last] |
  if \$last <= $start + 4 then 1 else ([($start + 4 - \$first) / (\$last - \$first), 0] | max) end)) | add")
check_near 'rate: tokens within the window' "$tokens" "$(records "$scratch/rate.jsonl" batch '.[0].output_tokens')" 0.001
check_equal 'rate: the window is the duration' 4 "$(records "$scratch/rate.jsonl" batch '.[0].total_s')"
check_equal 'rate: the draw begins again with another prompt' true "$(head -n 1 "$scratch/rate.jsonl" | jq .cache_bust)"
# A busy machine may have made it invalid, which analyze would heed.
check_match 'rate: analyze takes it as a load' 'rate' \
  "$(sed 's/"valid":false/"valid":true/' "$scratch/rate.jsonl" | "$bin/analyze" - --format json 2>/dev/null | jq -r '.loads[0] | keys | join(",")')"

# Above what the server bears the schedule holds all the same, and the queue shows in the response times.
# (Not so where turns of a conversation wait for each other.)
jq -c 'del(.session)' $trace >"$scratch/apart.jsonl"
run "$bin/replay" "$scratch/apart.jsonl" --keep-invalid -u "${server_url[sim]}" --timing rate --request-rate 300 --duration 1s --max-tokens 100 \
  --warmup 0 -o "$scratch/over.jsonl"
check_equal 'overload: exit code' 0 "$status"
check_match 'overload: all are sent within the window' true "$(records "$scratch/over.jsonl" request \
  '(map(.intended_s) | min) as $first | map(.sent_s - $first) | max < 1.5')"
check_match 'overload: tokens of the drain do not count' true "$(jq -s '
  ([.[] | select(.type=="request") | .output_tokens] | add) > 2 * ([.[] | select(.type=="batch")][0].output_tokens)' \
  "$scratch/over.jsonl")"

# Several rates: each once in a block, told apart in records, and one load each for analyze.
run "$bin/replay" "$scratch/apart.jsonl" --keep-invalid -u "${server_url[sim]}" --timing rate --request-rate 40,20,80 --arrival constant \
  --duration 500ms --max-tokens 5 -r 2 -o "$scratch/rates.jsonl"
check_equal 'rates: exit code' 0 "$status"
check_equal 'rates: each in both blocks' '[[0,[20,40,80]],[1,[20,40,80]]]' \
  "$(records "$scratch/rates.jsonl" batch 'group_by(.rep) | map([.[0].rep, (map(.rate) | sort)])')"
check_equal 'rates: requests name theirs' '[[20,20],[40,40],[80,80]]' \
  "$(records "$scratch/rates.jsonl" request 'group_by(.rate) | map([.[0].rate, length])')"
check_equal 'rates: no two repetitions send the same prompt' true "$(head -n 1 "$scratch/rates.jsonl" | jq .cache_bust)"
check_equal 'rates: the plan' '[40,20,80]' "$(head -n 1 "$scratch/rates.jsonl" | jq -c .plan.rates)"
check_match 'rates: a row each' $'requests/s  reps .*\n +40     2 .*\n +20     2 .*\n +80     2 ' "$err"
sed 's/"valid":false/"valid":true/' "$scratch/rates.jsonl" >"$scratch/rates_valid.jsonl"
run "$bin/analyze" "$scratch/rates_valid.jsonl" --format json --slo ttft=1ns
check_equal 'rates: loads' '[[20,2,20],[40,2,40],[80,2,80]]' "$(jq -c '.loads | map([.rate, .reps, .requests])' <<<"$out")"
check_equal 'rates: no curve of three' null "$(jq .curve <<<"$out")"
check_equal 'rates: no goodput' '[[0,0,false],[0,0,false],[0,0,false]]' \
  "$(jq -c '.loads | map([.goodput.estimate, .good_share.estimate, .meets_slo])' <<<"$out")"
check_equal 'rates: the answer' '{"kept_per_s":null,"broken_per_s":20}' "$(jq -c .load_answer <<<"$out")"
check_equal 'rates: the summary is as its schema says' '' \
  "$(jq -rn --slurpfile schema traces/summary.schema.json -f tests/schema.jq <(cat <<<"$out"))"
run "$bin/analyze" "$scratch/rates_valid.jsonl" --slo ttft=1ns
check_match 'rates: said in words' 'none. At 20 requests per second, the lowest' "$(tr '\n' ' ' <<<"$out")"

# A rate that rises from 0 to 100/s within 2 s: i requests are due until sqrt(i / 25) s.
printf 't_s,rate\n0,0\n2,100\n' >"$scratch/ramp.csv"
run "$bin/replay" "$scratch/apart.jsonl" --keep-invalid -u "${server_url[sim]}" --timing rate --rate-series "$scratch/ramp.csv" \
  --arrival constant --max-tokens 2 --warmup 0 -o "$scratch/ramp.jsonl"
check_equal 'series: exit code' 0 "$status"
check_equal 'series: each request when it is due' '[100,0]' "$(records "$scratch/ramp.jsonl" request \
  'sort_by(.index) | (.[0].intended_s) as $first | [length, (to_entries | map(.value.intended_s - $first - (.key / 25 | sqrt) | fabs) |
    max * 1e6 | round)]')"
check_match 'series: half of them go within a millisecond' true \
  "$(records "$scratch/ramp.jsonl" request 'map(.sent_s - .intended_s) | sort | .[50] < 0.001')"
check_equal 'series: of no one rate' '["rate",null,2]' "$(records "$scratch/ramp.jsonl" batch '.[0] | [.timing,.rate,.total_s]')"
check_equal 'series: it is in the plan' '[[0,0],[2,100]]' "$(head -n 1 "$scratch/ramp.jsonl" | jq -c .plan.rate_series)"
run "$bin/analyze" <(sed 's/"valid":false/"valid":true/' "$scratch/ramp.jsonl") --format json
check_equal 'series: a load at the mean of what was sent' '[[null,50,100]]' \
  "$(jq -c '.loads | map([.rate, .sent_per_s, .requests])' <<<"$out")"

# Four slots make 34 requests of 20 tokens per second: a third of that is served, twice as many queue.
start_server small "$bin/simllm" -l 127.0.0.1:0 --slots 4 --time-scale 0.2
run "$bin/replay" "$scratch/apart.jsonl" -u "${server_url[small]}" --timing rate --request-rate 11,68 --duration 3s --max-tokens 20 \
  --warmup 0 -o "$scratch/queue.jsonl"
run "$bin/analyze" <(sed 's/"valid":false/"valid":true/' "$scratch/queue.jsonl") --format json
check_equal 'queue: the answer' '{"kept_per_s":11,"broken_per_s":68}' "$(jq -c .load_answer <<<"$out")"
check_equal 'queue: it grows at the higher rate' '[false,true]' "$(jq -c '.loads | map(.queue_grows)' <<<"$out")"
# In flight rise by what is offered more than served, 34 requests per second.
check_match 'queue: as fast as more is offered than served' true "$(jq '.loads[1].queue_slope | . > 20 and . < 48' <<<"$out")"
stop_server small

# Ctrl-C.
"$bin/replay" $trace --keep-invalid -u "${server_url[sim]}" --timing rate --request-rate 50 --duration 60s --warmup 0 \
  -o "$scratch/int.jsonl" 2>/dev/null &
pid=$!
before=$(stats sim | jq .ok)
served() { [ "$(stats sim | jq .ok)" -ge $((before + 10)) ]; }
check 'interrupt: it has begun' wait_for 20 served
kill -INT $pid
wait $pid
check_equal 'interrupt: exit code' 130 $?
check_equal 'interrupt: no batch, but an end' session,end "$(tail -n 2 "$scratch/int.jsonl" | jq -r .type | paste -sd,)"
check_equal 'interrupt: no batch record' 0 "$(records "$scratch/int.jsonl" batch length)"
stop_server sim
summary
