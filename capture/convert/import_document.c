// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/convert/import_parts.h"
#include "lib/http/inflate.h"

static void add_plain(void *context, const char *data, size_t len) {
  buf_append(context, data, len);
}

// Replaces a gzip file's bytes by what it holds.
static enum status inflate_whole(struct buf *text, struct error *error) {
  struct buf plain = BUF_LIMIT(IMPORT_DOCUMENT_BYTES);
  struct inflate *inflate = inflate_open(INFLATE_GZIP, add_plain, &plain);
  if (inflate) inflate_limit(inflate, IMPORT_DOCUMENT_BYTES);
  enum status status = inflate ? inflate_feed(inflate, text->data, text->len) : STATUS_MEMORY;
  if (status == STATUS_OK) status = plain.status;
  bool ended = inflate && inflate_ended(inflate);
  inflate_close(inflate);
  buf_free(text);
  *text = plain;
  if (status == STATUS_LIMIT)
    return status_fail(error, status, "it holds more than %zu MiB", IMPORT_DOCUMENT_BYTES >> 20);
  if (status == STATUS_FORMAT) return status_fail(error, status, "it is no whole gzip file");
  if (status == STATUS_OK && !ended) return status_fail(error, STATUS_FORMAT, "its end is cut off");
  return status;
}

enum status import_document(struct import *import, struct buf *text, struct json_slice *root,
                            struct error *error) {
  text->limit = IMPORT_DOCUMENT_BYTES;
  enum status status = buf_read_file(text, import_options_of(import)->path, error);
  bool gzip = text->len > 2 && memcmp(text->data, "\x1f\x8b", 2) == 0;
  if (status == STATUS_OK && gzip) status = inflate_whole(text, error);
  if (status) return status;
  size_t mark = text->len >= 3 && memcmp(text->data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0; // of byte order
  return json_scan_text(buf_text(text) + mark, text->len - mark, root, error);
}

static int64_t line_of(const struct buf *text, const char *at) {
  int64_t line = 1;
  const char *from = text->data;
  while (from < at && (from = memchr(from, '\n', (size_t)(at - from)))) {
    line++;
    from++;
  }
  return line;
}

enum status import_elements(struct import *import, const struct buf *text, struct json_slice array,
                            const char *what, import_on_line *on_element, void *state, struct error *error) {
  struct json_scan scan = json_scan_start(array);
  struct json_slice element;
  struct buf scratch = {0};
  enum status status = STATUS_OK;
  for (long long number = 1; status == STATUS_OK && json_scan_element(&scan, &element); number++) {
    buf_clear(&scratch);
    status = on_element(import, state, element, &scratch, error);
    if (status != STATUS_FORMAT && status != STATUS_LIMIT) continue;
    status_write_prefix(error, "line %lld: %s %lld", (long long)line_of(text, element.data), what, number);
    status = import_bad(import, error);
  }
  buf_free(&scratch);
  return status;
}
