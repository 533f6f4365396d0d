#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# analyze on real runs against the simulated server, whose true optimum is known from its step time
# c0 + c1 n + c2 n^2: n* = sqrt(c0/c2) = 27.9, X* = 1/(c1 + 2 sqrt(c0 c2)) = 353.5 tokens/s at --time-scale 1.
. "$(dirname "$0")/../lib.sh"
need jq
trace=tests/data/mixed.trace.jsonl
scale=0.05
cells=$scratch/cells.jsonl
# Batches are short, since one in which something else has the CPU for a while is not valid.
for cell in '2 8' '4 16' '8 32' '16 64' '24 96' '32 64' '48 96' '64 64'; do
  echo "{\"workers\":${cell% *},\"batch\":${cell#* },\"repeat\":4}"
done >"$cells"

# Managed: a restart per level and block; 64 slots are more than the server can serve, so all fails there.
server="exec $bin/simllm --listen 127.0.0.1:{port} --slots {workers} --max-slots 48 --time-scale $scale --seed \$\$"
batches() { zcat "$scratch/run.jsonl.gz" | jq -s -c "[.[]|select(.type == \"batch\" and (.warmup | not))]|group_by(.workers)|$1"; }
# On a machine that is busy with something else a level may have no valid batch: then the sweep is run once more, behind it.
sweep() {
  RUN_TIMEOUT=200 run "$bin/replay" "$trace" -u 'http://127.0.0.1:{port}' --server "$server" --ready /health \
    --cells "$cells" --max-tokens 30 --ignore-eos --progress none --append -o "$scratch/run.jsonl.gz"
  [ "$status" -eq 0 ] || fail 'the sweep' "replay exited with $status" "$err"
  [ "$(batches 'all(any(.client.valid))')" = true ]
}
in_quiet sweep

run "$bin/analyze" --format json --models usl "$scratch/run.jsonl.gz"
check_equal 'analyze: exit code' 0 "$status"
printf '%s' "$out" >"$scratch/run.json"
look() { jq -c "$1" "$scratch/run.json"; }
failing=$(look '.cells[]|select(.workers == 64)|.flags-["unreplicated"]')
# However busy this machine was meanwhile: what fails at the server is no fault of the client.
check_equal 'the level that fails' '["failed"]' "$failing"
check_equal 'its failures have a class' '["http_5xx"]' "$(look '.cells[]|select(.workers == 64)|.errors|keys')"
check_equal 'it is a cliff' '[64,true]' "$(look '.cliffs[]|select(.total)|[.to,.total]')"
check_equal 'steady throughput makes the curve' '"steady"' "$(look .curve.kind)"
timed 'the optimum is near the true one' check_near 'the optimum is near the true one' 27.9 "$(look '.curve.models[0].parameters|((1-.sigma.estimate)/.kappa.estimate)|sqrt')" 0.2
timed 'so is its height' check_near 'so is its height' 7070 "$(look '[.cells[].tokens_per_s.estimate]|max')" 0.1
timed 'the best' check_match 'the best is where it should be' '^(24|32)$' "$(look .best.workers)"
check_equal 'tokens are those of the records, at each level that works' \
  "$(batches 'map(map(select(.client.valid and .output_tokens > 0))|select(length > 0)|[.[0].workers,(map(.output_tokens)|add/length)])')" \
  "$(look '[.cells[]|select(.tokens > 0)|[.workers,.tokens]]|sort')"
timed 'they are all there' check 'they are all there' test "$(look '[.cells[]|select(.tokens > 0)]|length')" -ge 6
check_equal 'sessions are restarts' true "$(look '.inputs[0].managed')"
check_equal 'every percentile is there' '[true,true,true,true]' \
  "$(look '[.cells[]|select(.tokens > 0)|[.ttft_s,.latency_s,.tpot_s,.response_s]|map(.p99.estimate > 0)]|unique|.[]')"

run "$bin/analyze" "$scratch/run.jsonl.gz" -o "$scratch/report" --lang ru
check_equal 'the report is written' 0 "$status"
check_match 'it says that a level failed' \
  'workers = 64 все запросы завершились ошибкой' "$(cat "$scratch/report/report.md")"

# The suggestions go straight back into replay.
run "$bin/analyze" --suggest 3 "$scratch/run.jsonl.gz"
check_equal 'suggestions: exit code' 0 "$status"
printf '%s\n' "$out" >"$scratch/next.jsonl"
if [ -n "$out" ]; then
  run "$bin/replay" "$trace" -u http://127.0.0.1:9 --cells "$scratch/next.jsonl" --dry-run
  check_equal 'replay reads the suggestions' 0 "$status"
fi

# A run that is cut short is a result with a notice, a damaged one is a result with exit code 4.
zcat "$scratch/run.jsonl.gz" | head -n -1 >"$scratch/short.jsonl"
run "$bin/analyze" --format json "$scratch/short.jsonl"
check_equal 'cut short: exit code' 0 "$status"
check_match 'cut short: notice' 'no end record' "$err"
size=$(stat -c %s "$scratch/run.jsonl.gz")
head -c $((size * 2 / 3)) "$scratch/run.jsonl.gz" >"$scratch/torn.jsonl.gz"
run "$bin/analyze" --format json "$scratch/torn.jsonl.gz"
check_equal 'torn: exit code' 4 "$status"
check_equal 'torn: still a result' true "$(jq '.cells|length > 0' <<<"$out")"

summary
