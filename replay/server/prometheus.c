// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/server/prometheus.h"

#include <stdlib.h>
#include <string.h>

#include "lib/llm/message.h"

enum { VALUE_BYTES = 64 }; // of a number; longer ones are none

static bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

static bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
}

static size_t name_length(const char *text, size_t len) {
  size_t name = 0;
  while (name < len && (begins_name(text[name]) || (name > 0 && text[name] >= '0' && text[name] <= '9')))
    name++;
  return name;
}

// What is left of a line.
struct rest {
  const char *at, *end;
};

static void skip_blanks(struct rest *rest) {
  while (rest->at < rest->end && is_blank(*rest->at))
    rest->at++;
}

static bool take_char(struct rest *rest, char c) {
  if (rest->at == rest->end || *rest->at != c) return false;
  rest->at++;
  return true;
}

// The next word: up to a blank.
static struct rest take_word(struct rest *rest) {
  skip_blanks(rest);
  struct rest word = {rest->at, rest->at};
  while (word.end < rest->end && !is_blank(*word.end))
    word.end++;
  rest->at = word.end;
  return word;
}

static bool word_is(struct rest word, const char *text) {
  size_t len = (size_t)(word.end - word.at);
  return len == strlen(text) && memcmp(word.at, text, len) == 0;
}

static enum prometheus_type type_of(struct rest word) {
  static const struct {
    const char *word;
    enum prometheus_type type;
  } types[] = {
      {"counter", PROMETHEUS_COUNTER},      {"gauge", PROMETHEUS_GAUGE}, {"histogram", PROMETHEUS_HISTOGRAM},
      {"summary", PROMETHEUS_SUMMARY},      {"info", PROMETHEUS_GAUGE},  {"stateset", PROMETHEUS_GAUGE},
      {"gaugehistogram", PROMETHEUS_GAUGE},
  };
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    if (word_is(word, types[i].word)) return types[i].type;
  }
  return PROMETHEUS_UNTYPED;
}

// A comment matters only as "# TYPE name type".
static void take_comment(struct prometheus *page, struct rest rest) {
  if (!word_is(take_word(&rest), "TYPE")) return;
  struct rest name = take_word(&rest);
  size_t len = (size_t)(name.end - name.at);
  page->family_len = len <= sizeof page->family ? len : 0;
  memcpy(page->family, name.at, page->family_len);
  page->type = type_of(take_word(&rest));
}

// A label's value with its quotes; escapes stay as they are.
static bool take_quoted(struct rest *rest, struct buf *series) {
  const char *start = rest->at;
  if (!take_char(rest, '"')) return false;
  for (; rest->at < rest->end && *rest->at != '"'; rest->at++) {
    if (*rest->at != '\\') continue;
    rest->at++;
    if (rest->at == rest->end || (*rest->at != '\\' && *rest->at != '"' && *rest->at != 'n')) return false;
  }
  if (!take_char(rest, '"')) return false;
  buf_append(series, start, (size_t)(rest->at - start));
  return true;
}

static bool take_labels(struct rest *rest, struct buf *series) {
  size_t labels = 0;
  while (skip_blanks(rest), !take_char(rest, '}')) {
    if (labels > 0) {
      if (!take_char(rest, ',')) return false;
      skip_blanks(rest);
      if (take_char(rest, '}')) break; // a comma after the last
    }
    size_t name = name_length(rest->at, (size_t)(rest->end - rest->at));
    if (name == 0) return false;
    bool is_secret = redact_is_secret_variable(rest->at, name); // hashed_api_key
    buf_append_char(series, labels++ > 0 ? ',' : '{');
    buf_append(series, rest->at, name);
    rest->at += name;
    skip_blanks(rest);
    if (!take_char(rest, '=')) return false;
    buf_append_char(series, '=');
    skip_blanks(rest);
    size_t value_at = series->len;
    if (!take_quoted(rest, series)) return false;
    if (!is_secret || series->status) continue;
    series->len = value_at;
    buf_append_text(series, PROMETHEUS_HIDDEN);
  }
  if (labels > 0) buf_append_char(series, '}');
  return true;
}

static bool take_number(struct rest *rest, double *out) {
  struct rest word = take_word(rest);
  char text[VALUE_BYTES], *end;
  size_t len = (size_t)(word.end - word.at);
  if (len == 0 || len >= sizeof text) return false;
  memcpy(text, word.at, len);
  text[len] = '\0';
  *out = strtod(text, &end);
  return end == text + len;
}

static bool ends_with(const char *text, size_t len, const char *ending) {
  size_t ending_len = strlen(ending);
  return len >= ending_len && memcmp(text + len - ending_len, ending, ending_len) == 0;
}

// The type of the family that stands before the sample, when it belongs to it: under the family's own name or
// with an ending of those that counters, histograms and summaries give their parts.
static enum prometheus_type type_of_sample(const struct prometheus *page, const char *name, size_t len) {
  static const char *const endings[] = {"", "_total", "_sum", "_count", "_bucket", "_created"};
  if (page->family_len == 0 || len < page->family_len || memcmp(name, page->family, page->family_len) != 0)
    return PROMETHEUS_UNTYPED;
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
    if (len == page->family_len + strlen(endings[i]) && ends_with(name, len, endings[i])) return page->type;
  }
  return PROMETHEUS_UNTYPED;
}

static bool take_sample(struct prometheus *page, struct rest rest) {
  struct prometheus_sample sample = {.name_len = name_length(rest.at, (size_t)(rest.end - rest.at))};
  double timestamp;
  if (sample.name_len == 0) return false;
  sample.type = type_of_sample(page, rest.at, sample.name_len);
  buf_clear(&page->series);
  buf_append(&page->series, rest.at, sample.name_len);
  rest.at += sample.name_len;
  bool apart = rest.at < rest.end && is_blank(*rest.at);
  skip_blanks(&rest);
  if (take_char(&rest, '{')) {
    if (!take_labels(&rest, &page->series)) return false;
  } else if (!apart) {
    return false;
  }
  if (!take_number(&rest, &sample.value)) return false;
  skip_blanks(&rest);
  bool exemplar = rest.at < rest.end && *rest.at == '#';
  if (rest.at < rest.end && !exemplar) {
    if (!take_number(&rest, &timestamp)) return false;
    skip_blanks(&rest);
    exemplar = rest.at < rest.end && *rest.at == '#';
  }
  if (rest.at < rest.end && !exemplar) return false;
  if (page->series.status) {
    page->status = page->series.status;
    return true;
  }
  sample.series = page->series.data;
  sample.series_len = page->series.len;
  page->handler(page->context, &sample);
  return true;
}

static void take_line(void *context, const char *line, size_t len) {
  struct prometheus *page = context;
  struct rest rest = {line, line + len};
  if (page->status) return;
  skip_blanks(&rest);
  if (take_char(&rest, '#')) {
    take_comment(page, rest);
  } else if (!take_sample(page, rest)) {
    char shown[64];
    message_copy(shown, sizeof shown, line, len);
    page->status = status_fail(&page->error, STATUS_FORMAT, "no metric: %s", shown);
  }
}

bool prometheus_accumulates(const struct prometheus_sample *sample) {
  const char *name = sample->series;
  size_t len = sample->name_len;
  bool sums = ends_with(name, len, "_sum") || ends_with(name, len, "_count");
  switch (sample->type) {
  case PROMETHEUS_COUNTER: return !ends_with(name, len, "_created");
  case PROMETHEUS_HISTOGRAM:
  case PROMETHEUS_SUMMARY: return sums;
  case PROMETHEUS_UNTYPED: return sums || ends_with(name, len, "_total");
  case PROMETHEUS_GAUGE: break;
  }
  return false;
}

void prometheus_open(struct prometheus *page, prometheus_handler *handler, void *context) {
  *page = (struct prometheus){.handler = handler, .context = context};
  ndjson_open(&page->lines, PROMETHEUS_LINE_BYTES, take_line, page);
}

// What the lines' splitter and the lines themselves came to.
static enum status outcome(struct prometheus *page, enum status splitting, struct error *error) {
  if (page->status == STATUS_OK && splitting)
    page->status = status_fail(&page->error, splitting, "a line of metrics: %s", status_name(splitting));
  if (page->status) {
    bool wordless = page->error.text[0] == '\0';
    status_write(error, "%s", wordless ? status_name(page->status) : page->error.text);
  }
  return page->status;
}

enum status prometheus_feed(struct prometheus *page, const char *data, size_t len, struct error *error) {
  enum status status = page->status ? STATUS_OK : ndjson_feed(&page->lines, data, len);
  return outcome(page, status, error);
}

enum status prometheus_finish(struct prometheus *page, struct error *error) {
  enum status status = page->status ? STATUS_OK : ndjson_finish(&page->lines);
  return outcome(page, status, error);
}

void prometheus_close(struct prometheus *page) {
  ndjson_close(&page->lines);
  buf_free(&page->series);
}
