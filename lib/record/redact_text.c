// SPDX-License-Identifier: GPL-3.0-or-later
//
// Text that is no JSON: lines that are (NDJSON, the events of a stream), and what was perhaps meant as JSON,
// a form or a multipart body.
#include <string.h>

#include "lib/record/redact.h"

#define KEY_MAX                                                                                              \
  ((ptrdiff_t)6 * REDACT_NAME_MAX) // a name with every character written as \u00XX; keeps the search linear

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const char *skip_blank(const char *at, const char *end) {
  while (at < end && is_blank(*at))
    at++;
  return at;
}

// The end of a quoted text that starts after `at`: the closing quote, or `end`.
static const char *quote_end(const char *at, const char *end, char quote) {
  while (at < end && *at != quote)
    at += *at == '\\' && at + 1 < end ? 2 : 1;
  return at < end ? at : end;
}

// The end of the value at `at`: of a quoted text its closing quote, of an object or array its end (of one
// that has none, the text's), of anything else where it could end.
static const char *value_end(const char *at, const char *end) {
  if (at < end && (*at == '"' || *at == '\'')) {
    const char *close = quote_end(at + 1, end, *at);
    return close < end ? close + 1 : end;
  }
  if (at < end && (*at == '{' || *at == '[')) {
    const char *after = json_scan_skip(at, end, 0);
    return after ? after : end;
  }
  while (at < end && *at != ',' && *at != '}' && *at != '\n')
    at++;
  return at;
}

static const char *form_value_end(const char *at, const char *end) {
  if (at < end && (*at == '"' || *at == '\'')) return value_end(at, end);
  while (at < end && *at != '&' && *at != ';' && !is_blank(*at))
    at++;
  return at;
}

// A value that was found: it is taken out, `quoted`: its mark is a text in quotes.
struct found {
  const char *value, *stop;
  bool quoted;
};

// The next empty line of a text. It is kept, so that names without a value do not each search the rest.
struct empty_line {
  const char *from; // where the search began; NULL: there was none yet
  const char *at;   // NULL: there is none from there on
};

static const char *next_empty_line(struct empty_line *line, const char *from, const char *end) {
  if (!line->from || from < line->from || (line->at && line->at < from))
    *line = (struct empty_line){from, memmem(from, (size_t)(end - from), "\n\r\n", 3)};
  return line->at;
}

// A part of a multipart body whose name ends at `close`: its value is what stands between the empty line and
// the next border.
static bool find_part(const char *name, const char *close, const char *end, struct empty_line *line,
                      struct found *found) {
  if (memcmp(name - 6, "name=", 5) != 0) return false;
  const char *blank = next_empty_line(line, close, end);
  if (!blank) return false;
  found->value = blank + 3;
  const char *border = memmem(found->value, (size_t)(end - found->value), "\r\n--", 4);
  found->stop = border ? border : end;
  found->quoted = false;
  return true;
}

// The quoted text at `at` is a name of a secret, and has a value.
static bool find_quoted(const struct names *more, const char *text, const char *at, const char *end,
                        struct empty_line *line, struct found *found) {
  const char *reach = end - at > KEY_MAX ? at + KEY_MAX : end;
  const char *name = at + 1, *close = quote_end(name, reach, *at);
  if (close >= reach || !redact_is_secret_json_key(more, name, (size_t)(close - name))) return false;
  const char *colon = skip_blank(close + 1, end);
  if (colon < end && (*colon == ':' || *colon == '=')) {
    found->value = skip_blank(colon + 1, end);
    found->stop = value_end(found->value, end);
    found->quoted = true;
    return true;
  }
  return name - text >= 6 && find_part(name, close, end, line, found);
}

static bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '.' || c == '%';
}

// The name that stands from `at` to `stop`, without an opening quote: NAME=VALUE, NAME: "VALUE", and NAME":
// VALUE where quotes do not pair. The end of a value is searched only when it is taken out, so once in all.
static bool find_bare(const struct names *more, const char *at, const char *stop, const char *end,
                      struct found *found) {
  if (stop == end || !redact_is_secret_query_key(more, at, (size_t)(stop - at))) return false;
  bool is_closed = *stop == '"' || *stop == '\'';
  const char *sign = skip_blank(is_closed ? stop + 1 : stop, end);
  if (sign < end && *sign == ':') {
    found->value = skip_blank(sign + 1, end);
    found->quoted = true;
    bool is_text = found->value < end && (*found->value == '"' || *found->value == '\'');
    if (!is_closed && !is_text) return false;
    found->stop = value_end(found->value, end);
    return true;
  }
  if (*stop != '=') return false;
  found->value = stop + 1;
  found->stop = form_value_end(found->value, end);
  found->quoted = false;
  return found->value < found->stop;
}

// A quoted text without its quotes.
static void list_value(const char *at, const char *stop, struct buf *taken) {
  bool is_quoted = stop - at >= 2 && (*at == '"' || *at == '\'') && stop[-1] == *at;
  if (stop - at <= (is_quoted ? 2 : 0) || memchr(at, '\0', (size_t)(stop - at))) return;
  buf_append(taken, at + is_quoted, (size_t)(stop - at) - 2 * (size_t)is_quoted);
  buf_append_char(taken, '\0');
}

// Text without lines of JSON.
static void redact_plain(const struct names *more, const char *text, const char *end, struct buf *out,
                         struct buf *taken) {
  const char *kept = text; // what stands before it is in `out`
  struct empty_line line = {0};
  for (const char *at = text; at < end;) {
    struct found found;
    const char *next = at + 1;
    bool is_found = false;
    if (*at == '"' || *at == '\'') {
      is_found = find_quoted(more, text, at, end, &line, &found);
    } else if (is_name_char(*at)) {
      while (next < end && is_name_char(*next))
        next++;
      is_found = find_bare(more, at, next, end, &found);
    }
    if (is_found) {
      buf_append(out, kept, (size_t)(found.value - kept));
      buf_append_text(out, found.quoted ? "\"" REDACT_MARK "\"" : REDACT_MARK);
      if (taken) list_value(found.value, found.stop, taken);
      kept = found.stop;
      next = found.stop > next ? found.stop : next;
    }
    at = next;
  }
  buf_append(out, kept, (size_t)(end - kept));
}

// A line that is an object or array by itself, also as the data of an event. Not after a colon: then it is
// the value of a name on the line before.
static bool is_json_line(const char *text, const char *line, const char *line_end, struct json_slice *value) {
  const char *at = line;
  if (line_end - at > 5 && memcmp(at, "data:", 5) == 0) at += 5;
  if (line_end - at > 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0) at += 3;
  at = skip_blank(at, line_end);
  if (at == line_end || (*at != '{' && *at != '[')) return false;
  const char *before = line;
  while (before > text && is_blank(before[-1]))
    before--;
  if (before > text && (before[-1] == ':' || before[-1] == '=')) return false;
  return json_scan_text(at, (size_t)(line_end - at), value, NULL) == STATUS_OK;
}

void redact_text(const struct names *more, const char *text, size_t len, struct buf *out, struct buf *taken) {
  const char *end = text + len, *piece = text; // what stands before `piece` is in `out`
  for (const char *line = text; line < end;) {
    const char *newline = memchr(line, '\n', (size_t)(end - line));
    const char *line_end = newline ? newline : end;
    struct json_slice value;
    if (is_json_line(text, line, line_end, &value)) {
      redact_plain(more, piece, line, out, taken);
      if (redact_json_has_secret(more, value)) {
        buf_append(out, line, (size_t)(value.data - line));
        redact_json(more, value, out, taken);
        piece = value.data + value.len;
      } else {
        buf_append(out, line, (size_t)(line_end - line));
        piece = line_end;
      }
    }
    line = newline ? newline + 1 : end;
  }
  redact_plain(more, piece, end, out, taken);
}
