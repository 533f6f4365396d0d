// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/llm/ndjson.h"

#include <string.h>

// A buffer larger than this is given back after the line that needed it.
#define KEPT_BYTES 16384

void ndjson_open(struct ndjson *ndjson, size_t limit, ndjson_handler *handler, void *context) {
  *ndjson = (struct ndjson){.handler = handler, .context = context};
  ndjson->line.limit = limit ? limit : NDJSON_LINE_BYTES;
}

static enum status on_line(struct ndjson *ndjson, const char *line, size_t len) {
  if (len > ndjson->line.limit) return STATUS_LIMIT;
  while (len && (line[len - 1] == ' ' || line[len - 1] == '\t' || line[len - 1] == '\r'))
    len--;
  if (len) ndjson->handler(ndjson->context, line, len);
  return STATUS_OK;
}

// Takes the line that ends with these bytes and may have begun in an earlier feed.
static enum status end_line(struct ndjson *ndjson, const char *rest, size_t len) {
  struct buf *line = &ndjson->line;
  if (line->len == 0) return on_line(ndjson, rest, len);
  enum status status = buf_append(line, rest, len);
  if (status == STATUS_OK) status = on_line(ndjson, line->data, line->len);
  if (line->capacity > KEPT_BYTES) buf_free(line);
  buf_clear(line);
  return status;
}

enum status ndjson_feed(struct ndjson *ndjson, const char *data, size_t len) {
  const char *at = data, *end = data + len;
  while (at < end && ndjson->status == STATUS_OK) {
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    if (!stop) {
      ndjson->status = buf_append(&ndjson->line, at, (size_t)(end - at));
      break;
    }
    ndjson->status = end_line(ndjson, at, (size_t)(stop - at));
    at = stop + 1;
  }
  return ndjson->status;
}

enum status ndjson_finish(struct ndjson *ndjson) {
  if (ndjson->status == STATUS_OK && ndjson->line.len) ndjson->status = end_line(ndjson, "", 0);
  return ndjson->status;
}

void ndjson_close(struct ndjson *ndjson) {
  buf_free(&ndjson->line);
}
