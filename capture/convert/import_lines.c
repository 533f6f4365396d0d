// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "capture/convert/import_parts.h"

// The reader's damage at the end: places where the input itself was broken are bad too.
static enum status judge_damage(struct import *import, const struct gzline_reader *reader,
                                struct error *error) {
  struct gzline_damage damage = gzline_reader_damage(reader);
  if (damage.places == 0) return STATUS_OK;
  status_write(error, "%s at byte %lld", damage.torn_end ? "its end is cut off" : "it is broken",
               (long long)damage.first_offset);
  return import_bad(import, error);
}

// True for the failure of one line; false for what ends the import.
static bool concerns_line(enum status status) {
  return status == STATUS_FORMAT || status == STATUS_LIMIT;
}

static enum status read_lines(struct import *import, import_on_line *on_line, void *state, bool also_blank,
                              struct error *error) {
  struct gzline_reader *reader = NULL;
  struct buf scratch = {0};
  enum status status = gzline_reader_open(import_options_of(import)->path, &reader, error);
  while (status == STATUS_OK) {
    const char *line;
    size_t len;
    status = gzline_read(reader, &line, &len, error); // STATUS_LIMIT names the line by itself
    if (status == STATUS_OK) {
      if (!also_blank && gzline_is_blank(line, len)) continue;
      buf_clear(&scratch);
      status = on_line(import, state, (struct json_slice){line, len}, &scratch, error);
      if (concerns_line(status))
        status_write_prefix(error, "line %lld", (long long)gzline_reader_line_number(reader));
    }
    if (concerns_line(status)) status = import_bad(import, error);
  }
  if (status == STATUS_END) status = judge_damage(import, reader, error);
  gzline_reader_close(reader);
  buf_free(&scratch);
  return status;
}

enum status import_lines(struct import *import, import_on_line *on_line, void *state, struct error *error) {
  return read_lines(import, on_line, state, false, error);
}

enum status import_all_lines(struct import *import, import_on_line *on_line, void *state,
                             struct error *error) {
  return read_lines(import, on_line, state, true, error);
}

bool import_count(struct json_slice cell, int64_t *out) {
  int64_t count = 0;
  if (cell.len == 0 || cell.len > 16) return false;
  for (size_t i = 0; i < cell.len; i++) {
    if (cell.data[i] < '0' || cell.data[i] > '9') return false;
    count = count * 10 + (cell.data[i] - '0');
  }
  if (count > FIELD_COUNT_MAX) return false;
  *out = count;
  return true;
}
