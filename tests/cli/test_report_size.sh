#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A large sweep (14 workers levels x 9 batches x 5 repeats, every request recorded) still makes a page that opens at
# once: under 2 MB, pictures included.
. "$(dirname "$0")/../lib.sh"

# Gunther's law wave by wave; times in the order of the run, 3 % of ripple from the counters alone.
awk 'BEGIN {
  nw = split("1 2 3 4 5 6 8 10 15 22 24 28 32 36", workers); nb = split("1 2 4 8 16 24 32 40 48", batches)
  print "{\"type\":\"run\",\"version\":1,\"start_unix_s\":1700000000,\"tool\":\"replay\",\"url\":\"http://127.0.0.1:1\",\"model\":\"made\",\"api\":\"openai\",\"timing\":\"batch\",\"seed\":1,\"server\":\"serve\",\"repeat\":5}"
  now = 0; session = 0; cells = 0; sent = 0
  for (rep = 0; rep < 5; rep++) for (w = 1; w <= nw; w++) {
    W = workers[w]
    printf "{\"type\":\"session\",\"session\":%d,\"workers\":%d,\"block\":%d,\"start_s\":%.3f,\"ready_s\":%.3f,\"state\":\"ok\",\"exit\":0,\"error\":null}\n", session, W, rep, now, now + 1
    now += 1
    for (b = 1; b <= nb; b++) {
      B = batches[b]; start = now; left = B; index_ = 0
      while (left > 0) {
        n = left < W ? left : W
        X = 40 * n / (1 + 0.04 * (n - 1) + 0.001 * n * (n - 1))
        wave = n * 128 / X * (1 + 0.03 * sin(cells + rep * 7 + w))
        for (i = 0; i < n; i++) {
          latency = wave * (1 - 0.2 * i / n); ttft = 0.05 + 0.01 * i
          printf "{\"type\":\"request\",\"session\":%d,\"workers\":%d,\"batch\":%d,\"rep\":%d,\"index\":%d,\"seq\":%d,\"warmup\":false,\"intended_s\":%.6f,\"ready_s\":%.6f,\"sent_s\":%.6f,\"connect_s\":0,\"ttfb_s\":0.01,\"ttft_s\":%.4f,\"last_text_s\":%.4f,\"latency_s\":%.4f,\"status\":200,\"input_tokens\":50,\"output_tokens\":128,\"token_source\":\"usage\",\"events\":128,\"bytes\":900,\"itl_s\":{\"p50\":0.01,\"p99\":0.02,\"max\":0.03},\"finish\":\"length\",\"error\":null}\n", session, W, B, rep, index_++, sent++, start, now, now, ttft, latency, latency
        }
        now += wave; left -= n
      }
      printf "{\"type\":\"batch\",\"session\":%d,\"workers\":%d,\"batch\":%d,\"rep\":%d,\"warmup\":false,\"start_s\":%.6f,\"total_s\":%.6f,\"requests\":%d,\"failed\":0,\"cancelled\":0,\"input_tokens\":%d,\"output_tokens\":%d,\"cached_tokens\":null,\"errors\":{},\"client\":{\"cpu\":0.02,\"lag_p50_s\":1e-5,\"lag_p99_s\":1e-4,\"lag_max_s\":2e-4,\"stall_max_s\":0.001,\"valid\":true,\"reason\":null}}\n", session, W, B, rep, start, now - start, B, B * 50, B * 128
      cells++
    }
    session++
  }
  printf "{\"type\":\"end\",\"sessions\":%d,\"batches\":%d,\"requests\":%d}\n", session, cells, sent
}' >"$scratch/run.jsonl"

run "$bin/analyze" -q "$scratch/run.jsonl" -o "$scratch/report"
check_equal 'a report is made' 0 "$status"
page=$scratch/report/report.html
bytes=$(wc -c <"$page")
check "the page is under 2 MB (it has $bytes bytes)" [ "$bytes" -lt 2000000 ]
check_equal 'all 126 cells are in it' 126 "$(($(wc -l <"$scratch/report/cells.csv") - 1))"
if command -v gnuplot >/dev/null; then
  check_equal 'one picture per level, those over all levels, and the course' 22 "$(grep -c '<svg class="plot"' "$page")"
  check_equal 'every identifier is there once' '' "$(grep -oE " id=['\"][^'\"]+" "$page" | sort | uniq -d)"
else
  skip 'pictures' 'no gnuplot here'
fi
summary
