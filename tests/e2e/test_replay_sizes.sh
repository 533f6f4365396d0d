#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Traces that hold sizes in place of texts: what the server counts is what the trace says, in the order and with the
# shared prefixes of the trace.
. "$(dirname "$0")/../lib.sh"
need jq curl

shared=../shared/data/traces
records() { jq -s -c "[.[] | select(.type==\"$2\" and (.warmup|not))] | $3" "$1"; }
# How far the server's count of input tokens is from the trace's, over all requests and at the worst; output tokens.
compare() { # TRACE RUN
  jq -n -c --slurpfile trace "$1" --slurpfile run "$2" '
    [$trace[] | select(.type == "request") | {key: "\(.seq)", value: .}] | from_entries as $asked |
    [$run[] | select(.type == "request" and (.warmup | not)) | {seen: ., asked: $asked["\(.seq)"]}] |
    { n: length,
      total: ((map(.seen.input_tokens) | add) / (map(.asked.input_tokens) | add) - 1),
      mean: (map(.seen.input_tokens / .asked.input_tokens - 1) | add / length),
      worst: (map(.seen.input_tokens / .asked.input_tokens - 1 | fabs) | max),
      outputs: all(.[]; .seen.output_tokens == ([.asked.output_tokens, 1] | max)) }'
}
check_sizes() { # NAME COUNT FIGURES
  echo "$1: server's input tokens against the trace's, as shares: $3"
  check_equal "$1: all are compared" "$2" "$(jq .n <<<"$3")"
  check_equal "$1: input tokens within 2 % on average" true "$(jq '(.total | fabs) <= 0.02 and (.mean | fabs) <= 0.02' <<<"$3")"
  check_equal "$1: output tokens as recorded" true "$(jq .outputs <<<"$3")"
}

# Sizes of our own making: short and long, over three levels and in every API.
jq -n -c '{type: "trace", version: 1, start_unix_s: 0}, (range(60) | {type: "request", seq: ., t_s: (. / 10), stream: true,
    input_tokens: (40 + . * . * 2), output_tokens: (. % 7 + 1), method: "POST",
    path: ["/v1/chat/completions", "/v1/completions", "/api/chat", "/api/generate"][. % 4]})' >"$scratch/sizes.jsonl"
start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 64 --time-scale 0.001
run "$bin/replay" "$scratch/sizes.jsonl" --keep-invalid -u "${server_url[sim]}" -m sim -W 2,4 -B 30 -r 2 --pick trace -v -o "$scratch/run.jsonl"
check_equal 'sizes: exit code' 0 "$status"
check_match 'sizes: it says what it learned' 'synthetic prompts: [0-9.]+ characters a token' "$err"
check_sizes sizes 120 "$(compare "$scratch/sizes.jsonl" "$scratch/run.jsonl")"
check_equal 'sizes: one scale for all cells' 1 "$(records "$scratch/run.jsonl" batch 'map(.synth) | unique | length')"
check_equal 'sizes: cells sent the same' 1 \
  "$(records "$scratch/run.jsonl" request 'group_by([.workers, .rep]) | map(map([.seq, .input_tokens]) | sort) | group_by(.[0]) | map(unique | length) | unique | .[]')"

# What was learned is kept by a run that goes on, also when the server now counts in another way.
head -c "$(grep -b -m 3 '"type":"batch"' "$scratch/run.jsonl" | tail -n 1 | cut -d: -f1)" "$scratch/run.jsonl" >"$scratch/torn.jsonl"
run "$bin/replay" "$scratch/sizes.jsonl" --keep-invalid -u "${server_url[sim]}" -m sim -W 2,4 -B 30 -r 2 --pick trace --resume -o "$scratch/torn.jsonl"
check_equal 'resume: exit code' 0 "$status"
check_equal 'resume: the scale of the first part' 1 "$(records "$scratch/torn.jsonl" batch 'map(.synth) | unique | length')"
check_equal 'resume: every replicate' 4 "$(records "$scratch/torn.jsonl" batch length)"

# Without a warm-up, or from a server that does not say, there is nothing to learn from: that is told.
run "$bin/replay" "$scratch/sizes.jsonl" --keep-invalid -u "${server_url[sim]}" -m sim -W 2 -B 30 -r 1 --warmup 0 -o "$scratch/cold.jsonl"
check_match 'no warm-up: words' 'may miss the recorded length.*the server counted no input tokens in the warm-up' "$err"
check_equal 'no warm-up: the record says so' '[false]' "$(records "$scratch/cold.jsonl" batch 'map(.synth.calibrated)')"

# Two traces that overlap: merged by the wall clock, each request at its own time.
jq -n -c '{type: "trace", version: 1, start_unix_s: 1000}, (range(8) | {type: "request", seq: ., t_s: (. * 0.1), method: "POST", path: "/v1/completions", input_tokens: 20, output_tokens: 1})' >"$scratch/a.jsonl"
jq -n -c '{type: "trace", version: 1, start_unix_s: 1000.25}, (range(8) | {type: "request", seq: ., t_s: (. * 0.1), method: "POST", path: "/v1/completions", input_tokens: 20, output_tokens: 2})' >"$scratch/b.jsonl"
run "$bin/replay" "$scratch/b.jsonl" "$scratch/a.jsonl" --keep-invalid -u "${server_url[sim]}" -m sim --timing original -o "$scratch/merged.jsonl"
check_equal 'merged: exit code' 0 "$status"
check_equal 'merged: order' 'a0 a1 a2 b0 a3 b1 a4 b2 a5 b3 a6 b4 a7 b5 b6 b7' "$(records "$scratch/merged.jsonl" request \
  'sort_by(.index) | map("\(["a", "b"][.output_tokens - 1])\(.seq)") | join(" ")' | jq -r .)"
check_equal 'merged: gaps' '[100,100,50,50,50,50,50,50,50,50,50,50,50,100,100]' "$(records "$scratch/merged.jsonl" request \
  'sort_by(.index) | map(.intended_s) | [.[1:], .[:-1]] | transpose | map((.[0] - .[1]) * 1000 | round)')"
stop_server sim

# Published traces.
if [ -e $shared/azure_llm_2023_code.csv ]; then
  start_server sim "$bin/simllm" -l 127.0.0.1:0 --slots 64 --time-scale 0.001
  head -n 201 $shared/azure_llm_2023_code.csv | "$bin/capture" --import azure - -o "$scratch/azure.jsonl" 2>/dev/null
  run "$bin/replay" "$scratch/azure.jsonl" --keep-invalid -u "${server_url[sim]}" -m sim -W 8 -B 200 -r 1 --pick trace -o "$scratch/run2.jsonl"
  check_equal 'azure: exit code' 0 "$status"
  check_sizes azure 200 "$(compare "$scratch/azure.jsonl" "$scratch/run2.jsonl")"

  zcat $shared/mooncake_conversation.jsonl.gz | head -n 300 | "$bin/capture" --import mooncake - -o "$scratch/mooncake.jsonl" 2>/dev/null
  start_server proxy "$bin/capture" -l 127.0.0.1:0 -u "${server_url[sim]}" -o "$scratch/sent.jsonl"
  run "$bin/replay" "$scratch/mooncake.jsonl" --keep-invalid -u "${server_url[proxy]}" -m sim --timing original --speed 100 --cache-bust off -o "$scratch/run3.jsonl"
  check_equal 'mooncake: exit code' 0 "$status"
  stop_server proxy
  check_sizes mooncake 300 "$(compare "$scratch/mooncake.jsonl" "$scratch/run3.jsonl")"
  check_equal 'mooncake: in its order' true "$(records "$scratch/run3.jsonl" request 'sort_by(.index) | map(.seq) | . == [range(300)]')"
  check_equal 'mooncake: with its gaps' true "$(jq -n --slurpfile trace "$scratch/mooncake.jsonl" --slurpfile run "$scratch/run3.jsonl" '
    [$run[] | select(.type == "request" and (.warmup | not))] | sort_by(.index) | map(.intended_s) as $sent |
    [$trace[] | select(.type == "request") | .t_s] as $asked |
    [range(300) | ($sent[.] - $sent[0]) - ($asked[.] - $asked[0]) / 100 | fabs] | max < 0.000002')"
  # How many blocks are shared: in lexicographic order, the sum over neighbours of the blocks that both begin with. Of the
  # trace's ids, and of the texts that were sent (without the warm-up's, which is sent again).
  check_equal 'mooncake: prefixes are shared as recorded' '{"shared":true,"same":true}' "$(jq -n -c \
    --slurpfile trace "$scratch/mooncake.jsonl" --slurpfile sent "$scratch/sent.jsonl" \
    --argjson synth "$(records "$scratch/run3.jsonl" batch '.[0].synth')" '
    def shared: sort as $all | [range($all | length - 1) | [$all[.], $all[. + 1]] |
      . as [$a, $b] | first(range(1e9) | select($a[.] == null or $a[.] != $b[.]))] | add;
    (512 * $synth.characters_per_token | round) as $size |
    [$trace[] | select(.type == "request") | (((.input_tokens - $synth.fixed_tokens) * $synth.characters_per_token) | round) as $len |
      .prefix_blocks[:($len / $size | floor)]] | shared as $asked |
    [$sent[] | select(.type == "request") | .body.messages[0].content] | .[1:] |
    map(. as $text | [range(length / $size | floor) | $text[. * $size:(. + 1) * $size]]) | shared as $seen |
    {shared: ($asked > 20), same: ($seen == $asked)}' 2>&1)"
  stop_server sim
else
  skip 'published traces' "no $shared here"
fi
summary
