// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/lib/llm/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// One header field of interest, or an empty slice.
static struct json_slice header(const char *head, const char *head_end, const char *name) {
  size_t len = strlen(name);
  const char *at = memchr(head, '\n', (size_t)(head_end - head));
  while (at && ++at < head_end) {
    const char *stop = memchr(at, '\r', (size_t)(head_end - at));
    if (!stop) break;
    if ((size_t)(stop - at) > len && strncasecmp(at, name, len) == 0 && at[len] == ':') {
      const char *value = at + len + 1;
      while (value < stop && *value == ' ')
        value++;
      return (struct json_slice){value, (size_t)(stop - value)};
    }
    at = memchr(stop, '\n', (size_t)(head_end - stop));
  }
  return (struct json_slice){NULL, 0};
}

// Undoes chunked framing; true when the last chunk is there.
static bool dechunk(struct buf *body, const char *at, const char *end) {
  while (at < end) {
    char *after;
    unsigned long size = strtoul(at, &after, 16);
    const char *data = memchr(after, '\n', (size_t)(end - after));
    if (!data++) return false;
    if (size == 0) return true;
    size_t there = (size_t)(end - data) < size ? (size_t)(end - data) : size;
    buf_append(body, data, there);
    if (there < size) return false;
    at = data + size + 2 <= end ? data + size + 2 : end;
  }
  return false;
}

bool wire_read(struct wire *wire, const char *path) {
  *wire = (struct wire){.status = 0};
  if (buf_read_file(&wire->bytes, path, NULL)) return false;
  const char *head = buf_text(&wire->bytes), *end = head + wire->bytes.len;
  const char *head_end = strstr(head, "\r\n\r\n");
  if (!head_end || sscanf(head, "HTTP/1.%*d %d", &wire->status) != 1) return false;
  const char *body = head_end + 4;
  head_end += 2;
  wire->content_type = header(head, head_end, "content-type");
  wire->content_encoding = header(head, head_end, "content-encoding");
  struct json_slice length = header(head, head_end, "content-length");
  if (header(head, head_end, "transfer-encoding").len) {
    wire->complete = dechunk(&wire->body, body, end);
  } else {
    buf_append(&wire->body, body, (size_t)(end - body));
    wire->complete = !length.len || strtoull(length.data, NULL, 10) == wire->body.len;
  }
  return true;
}

void wire_free(struct wire *wire) {
  buf_free(&wire->bytes);
  buf_free(&wire->body);
}

static int64_t number_or_unknown(const char *text) {
  return *text ? strtoll(text, NULL, 10) : -1;
}

static bool read_row(char *line, struct wire_row *row) {
  char *fields[11];
  for (size_t i = 0; i < 11; i++) {
    fields[i] = strsep(&line, ",");
    if (!fields[i]) return false;
  }
  snprintf(row->server, sizeof row->server, "%s", fields[0]);
  snprintf(row->name, sizeof row->name, "%s", fields[1]);
  snprintf(row->api, sizeof row->api, "%s", fields[2]);
  row->status = atoi(fields[3]);
  row->stream = strcmp(fields[4], "1") == 0;
  row->output_tokens = number_or_unknown(fields[5]);
  snprintf(row->token_source, sizeof row->token_source, "%s", fields[6]);
  row->input_tokens = number_or_unknown(fields[7]);
  row->text_events = number_or_unknown(fields[8]);
  snprintf(row->finish, sizeof row->finish, "%s", fields[9]);
  snprintf(row->error, sizeof row->error, "%s", fields[10]);
  return true;
}

struct wire_row *wire_rows(const char *path, size_t *count) {
  struct buf text = {.data = NULL};
  struct wire_row *rows = NULL;
  *count = 0;
  if (buf_read_file(&text, path, NULL)) {
    printf("%s: cannot be read\n", path);
    return NULL;
  }
  buf_text(&text);
  char *rest = text.data, *line;
  strsep(&rest, "\n"); // the header row
  while ((line = strsep(&rest, "\n")) && *line) {
    struct wire_row *more = realloc(rows, (*count + 1) * sizeof *rows);
    if (!more) break;
    rows = more;
    line[strcspn(line, "\r")] = '\0';
    if (!read_row(line, &rows[*count])) {
      printf("%s: row %zu is short\n", path, *count + 1);
      break;
    }
    ++*count;
  }
  buf_free(&text);
  return rows;
}

// Its own copy of the bytes, so that the sanitizer sees every read past their end.
static void feed_copy(struct response *response, const char *data, size_t len, size_t fed) {
  char *copy = malloc(len ? len : 1);
  if (!copy) abort();
  if (len) memcpy(copy, data, len);
  response_feed(response, copy, len, (int64_t)fed);
  free(copy);
}

void wire_play(const struct wire *wire, enum api api, size_t cut, size_t step, struct response *response) {
  response_open(response, api, wire->status, wire->content_type, wire->content_encoding, 0);
  size_t len = wire->body.len;
  for (size_t at = 0; at < len;) {
    size_t piece = step ? step : at < cut ? cut - at : len - at;
    if (piece > len - at) piece = len - at;
    feed_copy(response, wire->body.data + at, piece, at + piece);
    at += piece;
  }
  response_finish(response, wire->complete ? FAILURE_NONE : FAILURE_TRUNCATED);
}

void wire_describe(const struct response *response, struct buf *out) {
  const char *failure = failure_name(response->failure);
  const char *source = token_source_name(response->token_source);
  buf_printf(out, "%s streamed=%d failure=%s source=%s ", api_name(response->api), response->streamed,
             failure ? failure : "none", source ? source : "none");
  buf_printf(out, "in=%" PRId64 " out=%" PRId64 " cached=%" PRId64 " events=%" PRId64 " bytes=%" PRId64 " ",
             response->input_tokens, response->output_tokens, response->cached_tokens, response->text_events,
             response->bytes);
  buf_printf(out, "load=%" PRId64 " prompt=%" PRId64 " eval=%" PRId64 " total=%" PRId64 " ",
             response->load_ns, response->prompt_eval_ns, response->eval_ns, response->total_ns);
  buf_printf(out, "finish='%s' words='%s'", response->finish, response->error_text);
}
