// SPDX-License-Identifier: GPL-3.0-or-later
//
// Whether the runs that were read measured the same thing: pooled cells of two models are an average of
// neither.
#include <stdio.h>
#include <string.h>

#include "analyze/load_reader.h"
#include "lib/base/buf.h"
#include "lib/base/units.h"

#define VALUES_SHOWN 3
#define VALUE_BYTES 512
#define SHOWN_BYTES 60  // of a value, in a sentence
#define DIGEST_BYTES 19 // "sha256:" and 12 digits

// What a run says of one aspect.
struct value {
  char text[VALUE_BYTES];
};

typedef struct value read_value(const struct run_facts *facts);

static struct value text_value(const char *text) {
  struct value value;
  snprintf(value.text, sizeof value.text, "%s", text && *text ? text : "as recorded");
  return value;
}

static struct value model_of(const struct run_facts *facts) {
  return text_value(facts->model);
}

static struct value url_of(const struct run_facts *facts) {
  return text_value(facts->url);
}

static struct value api_of(const struct run_facts *facts) {
  return text_value(facts->api);
}

static struct value trace_of(const struct run_facts *facts) {
  return text_value(facts->trace_digest ? facts->trace_digest : "unknown");
}

static struct value server_of(const struct run_facts *facts) {
  return text_value(facts->managed ? "managed" : "not managed");
}

// The limit stands in the command line alone. A number that cannot be read is shown as it is.
static struct value max_tokens_of(const struct run_facts *facts) {
  static const char name[] = "--max-tokens";
  const size_t name_len = sizeof name - 1;
  struct json_slice list = {facts->arguments, facts->arguments ? strlen(facts->arguments) : 0}, item;
  struct value value = text_value(NULL);
  struct json_scan scan = json_scan_start(list);
  bool next = false;
  while (json_scan_element(&scan, &item)) {
    struct json_slice word = json_scan_raw_string(item);
    bool joined = word.len > name_len && memcmp(word.data, name, name_len) == 0 && word.data[name_len] == '=';
    if (joined) word = (struct json_slice){word.data + name_len + 1, word.len - name_len - 1};
    if (next || joined) {
      int64_t count;
      snprintf(value.text, sizeof value.text, "%.*s", word.len < 40 ? (int)word.len : 40, word.data);
      if (units_count(value.text, 1, INT64_MAX, &count, NULL) == STATUS_OK)
        snprintf(value.text, sizeof value.text, "%lld", (long long)count);
    }
    next = !joined && json_slice_is(word, name);
  }
  return value;
}

struct aspect {
  const char *name;
  read_value *read;
  int shown_bytes;
};

static const struct aspect aspects[] = {{"model", model_of, SHOWN_BYTES},
                                        {"url", url_of, SHOWN_BYTES},
                                        {"api", api_of, SHOWN_BYTES},
                                        {"trace", trace_of, DIGEST_BYTES},
                                        {"max-tokens", max_tokens_of, SHOWN_BYTES},
                                        {"server", server_of, SHOWN_BYTES}};

// Appends "name (one, other)" where the runs differ in this aspect.
static void add_aspect(const struct load_data *data, const struct aspect *aspect, struct buf *out) {
  struct value seen[VALUES_SHOWN];
  size_t count = 0;
  bool more = false;
  for (size_t i = 0; i < data->fact_count; i++) {
    const struct run_facts *facts = &data->facts[i];
    if (strcmp(facts->kind, "run") != 0) continue; // a table says nothing of this
    struct value value = aspect->read(facts);
    bool known = false;
    for (size_t k = 0; k < count && !known; k++)
      known = strcmp(seen[k].text, value.text) == 0;
    if (known) continue;
    if (count < VALUES_SHOWN)
      seen[count++] = value;
    else
      more = true;
  }
  if (count < 2) return;
  buf_printf(out, "%s%s (", out->len > 0 ? ", " : "", aspect->name);
  for (size_t k = 0; k < count; k++) {
    bool cut = strlen(seen[k].text) > (size_t)aspect->shown_bytes;
    buf_printf(out, "%s%.*s%s", k > 0 ? ", " : "", aspect->shown_bytes, seen[k].text, cut ? "..." : "");
  }
  buf_append_text(out, more ? ", ...)" : ")");
}

void load_note_unlike(struct load_data *data) {
  struct buf words = {0};
  for (size_t i = 0; i < sizeof aspects / sizeof aspects[0]; i++)
    add_aspect(data, &aspects[i], &words);
  if (words.len > 0 && words.status == STATUS_OK)
    load_notice_add(data, WARNING_UNLIKE_INPUTS, -1, -1, buf_text(&words));
  buf_free(&words);
}
