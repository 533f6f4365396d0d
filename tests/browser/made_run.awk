# SPDX-License-Identifier: GPL-3.0-or-later
#
# Run records of our own making, for pages to be looked at: awk -f made_run.awk [-v NAME=VALUE]...
#
#   kind=sweep      (default) 5 workers levels x 5 batches x 3 blocks, a server of its own for each level and block, by
#                   Gunther's law with a peak near 30; kind=rates: open loop at five rates, two repetitions each
#   factor=1        every throughput by this
#   fail_from=99    from this many workers on most requests fail; fail_from=0: all of them everywhere
#   seed=1          of the noise
function noise(sd,   i, sum) { for (i = 0; i < 12; i++) sum += rand(); return exp(sd * (sum - 6)) }
function throughput(n) { return factor * 40 * n / (1 + 0.04 * (n - 1) + 0.0011 * n * (n - 1)) }
function header(start, rest) {
  printf "{\"type\":\"run\",\"version\":1,\"start_unix_s\":%d,\"tool\":\"replay 0.1.0\",\"url\":\"http://127.0.0.1:8080\",\"model\":\"made-8b\",\"api\":\"openai\",\"trace_digest\":\"sha256:00ff\",\"host\":\"made, Linux, 8 CPUs\",\"arguments\":[\"replay\",\"prod.jsonl.gz\",\"-o\",\"it's a run.jsonl\"],\"seed\":1,\"warmup\":1%s}\n", start, rest
}
function request(session, w, b, rep, i, latency, ttft, failed,   error) {
  error = failed ? (i % 3 ? "\"http_5xx\"" : "\"timeout\"") : "null"
  printf "{\"type\":\"request\",\"session\":%d,\"workers\":%s,\"batch\":%s,\"rep\":%d,\"index\":%d,\"seq\":%d,\"intended_s\":%.6f,\"ready_s\":%.6f,\"sent_s\":%.6f,\"connect_s\":0,\"ttfb_s\":0.01,\"ttft_s\":%s,\"last_text_s\":%s,\"latency_s\":%.5f,\"status\":%d,\"input_tokens\":50,\"output_tokens\":%d,\"token_source\":\"usage\",\"events\":128,\"bytes\":900,\"itl_s\":{\"p50\":%.5f,\"p99\":%.5f,\"max\":0.2},\"finish\":\"length\",\"error\":%s}\n",
    session, w, b, rep, i, sent++, now, now, now, failed ? "null" : ttft, failed ? "null" : latency, latency, failed ? 500 : 200, failed ? 0 : 128, latency / 128, latency / 40, error
}
function sweep(   levels, sizes, nw, nb, rep, w, b, W, B, left, n, wave, i, session, start, failed, bad, effect) {
  nw = split("4 8 16 32 48", levels); nb = split("8 16 32 64 96", sizes)
  header(1700000000, ",\"server\":\"serve --slots {workers}\",\"timing\":\"batch\",\"repeat\":3")
  for (rep = 0; rep < 3; rep++) for (w = 1; w <= nw; w++) {
    W = levels[w] + 0
    printf "{\"type\":\"session\",\"session\":%d,\"workers\":%d,\"block\":%d,\"start_s\":%.3f,\"ready_s\":%.3f,\"state\":\"ok\",\"exit\":0,\"error\":null}\n", session, W, rep, now, now + 1
    now += 1; effect = noise(0.01)
    for (b = 1; b <= nb; b++) {
      B = sizes[b]; start = now; failed = 0; bad = 0
      for (left = B; left > 0; left -= n) {
        n = left < W ? left : W
        wave = n * 128 / (throughput(n) * effect * noise(0.005))
        for (i = 0; i < n; i++) {
          bad = W >= fail_from && (fail_from == 0 || i % 4 != 0)
          failed += bad
          request(session, W, B, rep, B - left + i, wave * (1 - 0.2 * rand()), 0.05 + 0.01 * i + 0.02 * rand(), bad)
        }
        now += wave
      }
      printf "{\"type\":\"batch\",\"session\":%d,\"workers\":%d,\"batch\":%d,\"rep\":%d,\"warmup\":false,\"start_s\":%.6f,\"total_s\":%.6f,\"requests\":%d,\"failed\":%d,\"cancelled\":0,\"input_tokens\":%d,\"output_tokens\":%d,\"cached_tokens\":null,\"errors\":{%s},\"client\":{\"cpu\":0.02,\"lag_p50_s\":1e-5,\"lag_p99_s\":1e-4,\"lag_max_s\":2e-4,\"stall_max_s\":0.001,\"valid\":true,\"reason\":null}}\n",
        session, W, B, rep, start, now - start, B, failed, B * 50, (B - failed) * 128, failed ? sprintf("\"http_5xx\":%d", failed) : ""
    }
    session++
  }
}
function loads(   rates, nr, r, rep, i, latency, in_flight, requests) {
  nr = split("1 2 4 6 8", rates)
  for (r = 1; r <= nr; r++) for (rep = 0; rep < 2; rep++) {
    if (rep == 0) { header(1700000000 + r, ",\"timing\":\"rate\",\"repeat\":2"); now = 0; session = 0
      printf "{\"type\":\"session\",\"session\":0,\"workers\":null,\"block\":0,\"start_s\":0,\"ready_s\":0,\"state\":\"ok\",\"exit\":null,\"error\":null}\n" }
    requests = 60 * rates[r]; in_flight = 0
    for (i = 0; i < requests; i++) {
      latency = (2 + 4 / (10 - rates[r])) * (0.7 + 0.8 * rand() ^ 3)
      in_flight += latency / 60
      request(0, "null", "null", rep, i, latency, 0.1 + 0.3 * rand() * rates[r] / 8, 0)
    }
    printf "{\"type\":\"batch\",\"session\":0,\"workers\":null,\"batch\":null,\"timing\":\"rate\",\"rate\":%g,\"in_flight_mean\":%.4f,\"rep\":%d,\"warmup\":false,\"start_s\":%.3f,\"total_s\":60,\"requests\":%d,\"failed\":0,\"cancelled\":0,\"input_tokens\":1,\"output_tokens\":%d,\"cached_tokens\":null,\"errors\":{},\"client\":{\"cpu\":0.02,\"lag_p50_s\":1e-5,\"lag_p99_s\":1e-4,\"lag_max_s\":2e-4,\"stall_max_s\":0.001,\"valid\":true,\"reason\":null}}\n",
      rates[r], in_flight, rep, now, requests, requests * 128
    now += 70
    if (rep == 1) end()
  }
}
function end() { print "{\"type\":\"end\",\"sessions\":1,\"batches\":1,\"requests\":1}" }
BEGIN {
  if (factor == "") factor = 1
  if (fail_from == "") fail_from = 99
  srand(seed == "" ? 1 : seed)
  if (kind == "rates") { loads(); exit }
  sweep()
  end()
}
