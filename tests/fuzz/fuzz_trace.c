// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any line as a trace record: it is refused with an error, or what is read and written again reads the same.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
  if (!holds) abort();
}

static void format(struct buf *out, const struct trace_record *record) {
  switch (record->kind) {
  case TRACE_HEADER: trace_format_header(out, &record->header); break;
  case TRACE_REQUEST: trace_format_request(out, &record->request); break;
  case TRACE_RESPONSE: trace_format_response(out, &record->response); break;
  case TRACE_END: trace_format_end(out, &record->end); break;
  case TRACE_OTHER: break;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct trace_record record;
  struct buf scratch = {0}, first = {0}, second = {0};
  struct error error = {""};
  enum status status = trace_parse((const char *)data, size, &record, &scratch, &error);
  check(status == STATUS_OK || (status == STATUS_FORMAT && error.text[0]));
  if (status == STATUS_OK && record.kind != TRACE_OTHER) {
    format(&first, &record);
    check(first.status == STATUS_OK && first.data && !memchr(first.data, '\n', first.len));
    check(trace_parse(first.data, first.len, &record, &scratch, &error) == STATUS_OK);
    format(&second, &record);
    check(first.len == second.len && second.data && memcmp(first.data, second.data, first.len) == 0);
  }
  buf_free(&scratch);
  buf_free(&first);
  buf_free(&second);
  return 0;
}
