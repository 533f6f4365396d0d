// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/llm/sse.h"

#include <string.h>

// What a line may have beside the data of an event: the field's name, colon and space, and a byte order mark.
#define FIELD_BYTES 16
// Buffers larger than this are given back after the event that needed them.
#define KEPT_BYTES 16384

void sse_open(struct sse *sse, size_t limit, sse_handler *handler, void *context) {
  if (limit == 0) limit = SSE_EVENT_BYTES;
  *sse = (struct sse){.handler = handler, .context = context, .limit = limit};
  sse->line.limit = limit + FIELD_BYTES;
  sse->event.limit = limit;
}

static void empty(struct buf *buf) {
  if (buf->capacity > KEPT_BYTES) buf_free(buf);
  buf_clear(buf);
}

// Moves a data line that stands in foreign bytes into the event buffer.
static enum status keep_data(struct sse *sse) {
  if (!sse->data) return STATUS_OK;
  enum status status = buf_append(&sse->event, sse->data, sse->data_len);
  sse->data = NULL;
  return status;
}

static void dispatch(struct sse *sse) {
  if (sse->has_data) {
    struct sse_event event = {.data = sse->data, .len = sse->data_len, .error = sse->is_error};
    if (!sse->data) {
      event.data = sse->event.len ? sse->event.data : "";
      event.len = sse->event.len;
    }
    sse->handler(sse->context, &event);
    sse->data = NULL;
    if (sse->event.len) empty(&sse->event);
  }
  sse->has_data = false;
  sse->is_error = false;
}

static enum status on_data(struct sse *sse, const char *value, size_t len) {
  if (len > sse->limit) return STATUS_LIMIT;
  if (!sse->has_data) {
    sse->has_data = true;
    sse->data = value;
    sse->data_len = len;
    if (len == 6 && memcmp(value, "[DONE]", 6) == 0) dispatch(sse);
    return STATUS_OK;
  }
  enum status status = keep_data(sse);
  if (status == STATUS_OK) status = buf_append_char(&sse->event, '\n');
  return status == STATUS_OK ? buf_append(&sse->event, value, len) : status;
}

static enum status on_field(struct sse *sse, const char *line, size_t len) {
  if (len > 6 && memcmp(line, "data: ", 6) == 0) return on_data(sse, line + 6, len - 6);
  const char *colon = memchr(line, ':', len);
  size_t name_len = colon ? (size_t)(colon - line) : len;
  const char *value = colon ? colon + 1 : line + len;
  size_t value_len = (size_t)(line + len - value);
  if (value_len && *value == ' ') {
    value++;
    value_len--;
  }
  if (name_len == 4 && memcmp(line, "data", 4) == 0) return on_data(sse, value, value_len);
  if (name_len == 5 && memcmp(line, "event", 5) == 0) {
    sse->is_error = value_len == 5 && memcmp(value, "error", 5) == 0;
  } else if (name_len == 5 && memcmp(line, "error", 5) == 0) {
    sse->is_error = true; // llama.cpp until 2025
    return on_data(sse, value, value_len);
  } else if (line[0] == '{') {
    return on_data(sse, line, len); // Ollama's /v1 ends a broken stream with a bare error object
  }
  return STATUS_OK;
}

static enum status on_line(struct sse *sse, const char *line, size_t len) {
  if (len > sse->limit + FIELD_BYTES) return STATUS_LIMIT; // as a line that came in pieces
  if (!sse->started) {
    sse->started = true;
    if (len >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0) {
      line += 3;
      len -= 3;
    }
  }
  if (len > 0) return on_field(sse, line, len);
  dispatch(sse);
  return STATUS_OK;
}

// Takes the line that ends with these bytes and may have begun in an earlier feed.
static enum status end_line(struct sse *sse, const char *rest, size_t len) {
  if (sse->line.len == 0) return on_line(sse, rest, len);
  enum status status = buf_append(&sse->line, rest, len);
  if (status == STATUS_OK) status = on_line(sse, sse->line.data, sse->line.len);
  if (status == STATUS_OK) status = keep_data(sse); // it may stand in the buffer that is emptied now
  empty(&sse->line);
  return status;
}

enum status sse_feed(struct sse *sse, const char *data, size_t len) {
  if (sse->status || len == 0) return sse->status;
  const char *at = data, *end = data + len;
  if (sse->after_cr && *at == '\n') at++;
  sse->after_cr = false;
  const char *cr = memchr(at, '\r', (size_t)(end - at)); // the next one; most streams have none
  while (at < end && sse->status == STATUS_OK) {
    const char *stop = *at == '\n' ? at : memchr(at, '\n', (size_t)(end - at));
    if (cr && (!stop || cr < stop)) stop = cr;
    if (!stop) {
      sse->status = buf_append(&sse->line, at, (size_t)(end - at));
      break;
    }
    sse->status = end_line(sse, at, (size_t)(stop - at));
    at = stop + 1;
    if (stop != cr) continue;
    if (at == end) {
      sse->after_cr = true;
    } else if (*at == '\n') {
      at++;
    }
    cr = memchr(at, '\r', (size_t)(end - at));
  }
  enum status kept = keep_data(sse);
  if (sse->status == STATUS_OK) sse->status = kept;
  return sse->status;
}

enum status sse_finish(struct sse *sse) {
  if (sse->status) return sse->status;
  if (sse->line.len) sse->status = end_line(sse, "", 0);
  if (sse->status == STATUS_OK) dispatch(sse);
  return sse->status;
}

void sse_close(struct sse *sse) {
  buf_free(&sse->line);
  buf_free(&sse->event);
}
