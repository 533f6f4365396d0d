// SPDX-License-Identifier: GPL-3.0-or-later
//
// A metrics page gives the same samples and the same error whole and cut. The first byte seeds the cuts.
#include "replay/server/prometheus.h"
#include "tests/fuzz/fuzz.h"

static void take(void *context, const struct prometheus_sample *sample) {
  struct buf *seen = context;
  FUZZ_CHECK(sample->name_len > 0 && sample->name_len <= sample->series_len);
  buf_append(seen, sample->series, sample->series_len);
  buf_printf(seen, " %d %d %a\n", (int)sample->type, prometheus_accumulates(sample), sample->value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1) return 0;
  struct buf whole = BUF_LIMIT(0), cut = BUF_LIMIT(0);
  struct error whole_error = {""}, cut_error = {""};
  struct prometheus page;
  prometheus_open(&page, take, &whole);
  enum status whole_status = prometheus_feed(&page, (const char *)data + 1, size - 1, &whole_error);
  if (whole_status == STATUS_OK) whole_status = prometheus_finish(&page, &whole_error);
  prometheus_close(&page);

  struct fuzz_pieces pieces = fuzz_pieces_of(data + 1, size - 1, data[0]);
  size_t len;
  enum status cut_status = STATUS_OK;
  prometheus_open(&page, take, &cut);
  for (const char *piece; (piece = fuzz_pieces_next(&pieces, &len));) {
    if (cut_status == STATUS_OK) cut_status = prometheus_feed(&page, piece, len, &cut_error);
  }
  if (cut_status == STATUS_OK) cut_status = prometheus_finish(&page, &cut_error);
  prometheus_close(&page);

  FUZZ_CHECK(whole_status == cut_status && strcmp(whole_error.text, cut_error.text) == 0);
  FUZZ_CHECK(whole.len == cut.len && (whole.len == 0 || memcmp(whole.data, cut.data, whole.len) == 0));
  buf_free(&whole);
  buf_free(&cut);
  return 0;
}
