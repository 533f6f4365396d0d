// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads a server's metrics page in the Prometheus text format (version 0.0.4, "Exposition formats" in the
// Prometheus documentation) as its bytes come: one sample after another, with the type that the page gives
// its family. What OpenMetrics adds (its types, "# EOF", exemplars) is taken too.
#ifndef LIB_LLM_PROMETHEUS_H
#define LIB_LLM_PROMETHEUS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/llm/ndjson.h"
#include "lib/record/redact.h"

#define PROMETHEUS_LINE_BYTES ((size_t)64 << 10)
#define PROMETHEUS_HIDDEN "\"" REDACT_MARK "\"" // the value of a label with a name of credentials
#define PROMETHEUS_NAME_BYTES 512               // of a family's name; a longer family counts as untyped

enum prometheus_type {
  PROMETHEUS_UNTYPED,
  PROMETHEUS_COUNTER,
  PROMETHEUS_GAUGE, // and all else that is a state: OpenMetrics' info, stateset, gaugehistogram
  PROMETHEUS_HISTOGRAM,
  PROMETHEUS_SUMMARY,
};

// One sample; the texts live until the handler returns. Its timestamp is not kept.
struct prometheus_sample {
  // name{label="value",...}: as on the page, but without space outside the quotes, a comma after the last
  // label, or empty braces; escapes stay. So the same series reads the same on every page of a server.
  const char *series;
  size_t series_len;
  size_t name_len; // the name is the first so many bytes of it
  enum prometheus_type type;
  double value; // also NaN and infinities
};
typedef void prometheus_handler(void *context, const struct prometheus_sample *sample);

// True for what only grows while a server lives: a counter, the sum or count of a histogram or summary, and
// where the page gives no type, a name that ends in _total, _sum or _count. Not a histogram's buckets.
bool prometheus_accumulates(const struct prometheus_sample *sample);

// All members are prometheus.c's own.
struct prometheus {
  prometheus_handler *handler;
  void *context;
  struct ndjson lines;
  struct buf series;
  char family[PROMETHEUS_NAME_BYTES]; // of the last # TYPE line
  size_t family_len;
  enum prometheus_type type;
  enum status status;
  struct error error;
};

// A page may not be moved in memory until it is closed.
void prometheus_open(struct prometheus *page, prometheus_handler *handler, void *context);

// Takes the next bytes, cut anywhere. STATUS_FORMAT, with a message that quotes the line: it is neither a
// sample nor a comment; STATUS_LIMIT: a line over PROMETHEUS_LINE_BYTES; STATUS_MEMORY. Nothing is read after
// that.
enum status prometheus_feed(struct prometheus *page, const char *data, size_t len,
                            struct error *error) MUST_USE;

// The page is complete: a last line needs no end. Same errors.
enum status prometheus_finish(struct prometheus *page, struct error *error) MUST_USE;

// Gives memory back; takes an all-zero page.
void prometheus_close(struct prometheus *page);

#endif
