// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/proxy/latency_histogram.h"

#include "lib/base/clock.h"

static const struct {
  int64_t ns;
  const char *seconds; // as the page has it
} bounds[HISTOGRAM_BOUNDS] = {
    {1 * CLOCK_NS_PER_MS, "0.001"},  {2500000, "0.0025"},
    {5 * CLOCK_NS_PER_MS, "0.005"},  {10 * CLOCK_NS_PER_MS, "0.01"},
    {25 * CLOCK_NS_PER_MS, "0.025"}, {50 * CLOCK_NS_PER_MS, "0.05"},
    {100 * CLOCK_NS_PER_MS, "0.1"},  {250 * CLOCK_NS_PER_MS, "0.25"},
    {500 * CLOCK_NS_PER_MS, "0.5"},  {1000 * CLOCK_NS_PER_MS, "1"},
    {2500 * CLOCK_NS_PER_MS, "2.5"}, {5000 * CLOCK_NS_PER_MS, "5"},
    {10 * CLOCK_NS_PER_S, "10"},     {30 * CLOCK_NS_PER_S, "30"},
    {60 * CLOCK_NS_PER_S, "60"},     {120 * CLOCK_NS_PER_S, "120"},
    {300 * CLOCK_NS_PER_S, "300"},   {600 * CLOCK_NS_PER_S, "600"},
};

void latency_histogram_add(struct latency_histogram *histogram, int64_t ns) {
  int bucket = 0;
  if (ns < 0) ns = 0;
  while (bucket < HISTOGRAM_BOUNDS && ns > bounds[bucket].ns)
    bucket++;
  histogram->counts[bucket]++;
  histogram->sum_ns += ns;
}

void latency_histogram_write(const struct latency_histogram *histogram, const char *name, const char *help,
                             struct buf *page) {
  int64_t count = 0;
  buf_printf(page, "# HELP %s %s\n# TYPE %s histogram\n", name, help, name);
  for (int i = 0; i < HISTOGRAM_BOUNDS; i++) {
    count += histogram->counts[i];
    buf_printf(page, "%s_bucket{le=\"%s\"} %lld\n", name, bounds[i].seconds, (long long)count);
  }
  count += histogram->counts[HISTOGRAM_BOUNDS];
  buf_printf(page, "%s_bucket{le=\"+Inf\"} %lld\n", name, (long long)count);
  // Whole nanoseconds, not a double: exact, and no locale's comma.
  buf_printf(page, "%s_sum %lld.%09lld\n", name, (long long)(histogram->sum_ns / CLOCK_NS_PER_S),
             (long long)(histogram->sum_ns % CLOCK_NS_PER_S));
  buf_printf(page, "%s_count %lld\n", name, (long long)count);
}
