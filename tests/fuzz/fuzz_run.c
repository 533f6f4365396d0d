// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any line as a run record: it is refused with an error, or what is read and written again reads the same.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record/run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
  if (!holds) abort();
}

static void format(struct buf *out, const struct run_record *record) {
  switch (record->kind) {
  case RUN_HEADER: run_format_header(out, &record->header); break;
  case RUN_SESSION: run_format_session(out, &record->session); break;
  case RUN_REQUEST: run_format_request(out, &record->request); break;
  case RUN_BATCH: run_format_batch(out, &record->batch); break;
  case RUN_END: run_format_end(out, &record->end); break;
  case RUN_OTHER: break;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct run_record record;
  struct buf scratch = {0}, first = {0}, second = {0};
  struct error error = {""};
  enum status status = run_parse((const char *)data, size, &record, &scratch, &error);
  check(status == STATUS_OK || (status == STATUS_FORMAT && error.text[0]));
  if (status == STATUS_OK && record.kind != RUN_OTHER) {
    format(&first, &record);
    check(first.status == STATUS_OK && first.data && !memchr(first.data, '\n', first.len));
    check(run_parse(first.data, first.len, &record, &scratch, &error) == STATUS_OK);
    format(&second, &record);
    check(first.len == second.len && second.data && memcmp(first.data, second.data, first.len) == 0);
  }
  buf_free(&scratch);
  buf_free(&first);
  buf_free(&second);
  return 0;
}
