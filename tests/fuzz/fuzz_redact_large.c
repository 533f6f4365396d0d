// SPDX-License-Identifier: GPL-3.0-or-later
//
// Redaction takes time in proportion to the text: a few bytes, repeated to a large text, take no longer per
// byte than any other. What is quadratic takes minutes here.
#include <time.h>

#include "lib/record/redact.h"

#include "tests/fuzz/fuzz.h"

#define TEXT_BYTES ((size_t)512 * 1024)
#define SECONDS_MAX 4 // of CPU; under the sanitizers text takes 0.1 s

static double cpu_s(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const struct names none;
  if (size == 0 || size > 256) return 0;
  struct buf in = BUF_LIMIT(0), out = BUF_LIMIT(0);
  while (in.len < TEXT_BYTES)
    buf_append(&in, (const char *)data, size);
  double start_s = cpu_s();
  redact_text(&none, in.data, in.len, &out, NULL);
  buf_clear(&out);
  redact_form(&none, in.data, in.len, &out);
  FUZZ_CHECK(cpu_s() - start_s < SECONDS_MAX);
  buf_free(&in);
  buf_free(&out);
  return 0;
}
