// SPDX-License-Identifier: GPL-3.0-or-later
//
// A stream of events gives the same events and the same error whole and cut. The first byte seeds the cuts,
// the second sets the limit.
#include "lib/llm/sse.h"
#include "tests/fuzz/fuzz.h"

static void take(void *context, const struct sse_event *event) {
  struct buf *seen = context;
  buf_printf(seen, "%d %zu ", event->error, event->len);
  buf_append(seen, event->data, event->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2) return 0;
  struct buf whole = BUF_LIMIT(0), cut = BUF_LIMIT(0);
  size_t limit = data[1];
  struct sse sse;
  sse_open(&sse, limit, take, &whole);
  enum status whole_status = sse_feed(&sse, (const char *)data + 2, size - 2);
  if (whole_status == STATUS_OK) whole_status = sse_finish(&sse);
  sse_close(&sse);

  struct fuzz_pieces pieces = fuzz_pieces_of(data + 2, size - 2, data[0]);
  size_t len;
  enum status cut_status = STATUS_OK;
  sse_open(&sse, limit, take, &cut);
  for (const char *piece; (piece = fuzz_pieces_next(&pieces, &len));) {
    if (cut_status == STATUS_OK) cut_status = sse_feed(&sse, piece, len);
  }
  if (cut_status == STATUS_OK) cut_status = sse_finish(&sse);
  sse_close(&sse);

  FUZZ_CHECK(whole_status == cut_status);
  FUZZ_CHECK(whole.len == cut.len && (whole.len == 0 || memcmp(whole.data, cut.data, whole.len) == 0));
  buf_free(&whole);
  buf_free(&cut);
  return 0;
}
