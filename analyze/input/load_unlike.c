// SPDX-License-Identifier: GPL-3.0-or-later
//
// Whether the runs that were read measured the same thing: pooled cells of two models are an average of
// neither.
#include <stdio.h>
#include <string.h>

#include "analyze/input/load_reader.h"
#include "lib/base/buf.h"

#define VALUES_SHOWN 3
#define VALUE_BYTES 512
#define SHOWN_BYTES 60  // of a value, in a sentence
#define DIGEST_BYTES 19 // "sha256:" and 12 digits

// The value of one aspect of a run.
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

static struct value sent_of(const struct run_facts *facts) {
  return text_value(facts->sent_digest);
}

static struct value server_of(const struct run_facts *facts) {
  return text_value(facts->managed ? "managed" : "not managed");
}

static struct value max_tokens_of(const struct run_facts *facts) {
  struct value value = text_value(NULL);
  if (facts->max_tokens >= 0) snprintf(value.text, sizeof value.text, "%lld", (long long)facts->max_tokens);
  return value;
}

struct aspect {
  const char *name;
  read_value *read;
  int shown_bytes;
  bool may_be_compared; // runs that differ in it are what a baseline is for
};

static const struct aspect aspects[] = {{"model", model_of, SHOWN_BYTES, false},
                                        {"url", url_of, SHOWN_BYTES, true},
                                        {"api", api_of, SHOWN_BYTES, false},
                                        {"trace", trace_of, DIGEST_BYTES, false},
                                        {"requests as sent", sent_of, DIGEST_BYTES, false},
                                        {"max-tokens", max_tokens_of, SHOWN_BYTES, false},
                                        {"server", server_of, SHOWN_BYTES, false}};

// Different values of one aspect; those beyond VALUES_SHOWN are only known to be there.
struct values {
  struct value seen[VALUES_SHOWN];
  size_t count;
  bool more;
};

static void collect(const struct run_facts *list, size_t count, const struct aspect *aspect,
                    struct values *values) {
  for (size_t i = 0; i < count; i++) {
    const struct run_facts *facts = &list[i];
    if (strcmp(facts->kind, "run") != 0) continue; // a table has none of this
    struct value value = aspect->read(facts);
    bool known = false;
    for (size_t k = 0; k < values->count && !known; k++)
      known = strcmp(values->seen[k].text, value.text) == 0;
    if (known) continue;
    if (values->count < VALUES_SHOWN)
      values->seen[values->count++] = value;
    else
      values->more = true;
  }
}

// Appends "name (one, other)" where there is more than one value.
static void add_aspect(const struct aspect *aspect, const struct values *values, struct buf *out) {
  if (values->count < 2) return;
  buf_printf(out, "%s%s (", out->len > 0 ? ", " : "", aspect->name);
  for (size_t k = 0; k < values->count; k++) {
    const char *text = values->seen[k].text;
    bool cut = strlen(text) > (size_t)aspect->shown_bytes;
    buf_printf(out, "%s%.*s%s", k > 0 ? ", " : "", aspect->shown_bytes, text, cut ? "..." : "");
  }
  buf_append_text(out, values->more ? ", ...)" : ")");
}

// Then it is compared in place of the traces: other bytes may make the same requests, and the same trace
// other ones.
static bool all_say_what_was_sent(const struct run_facts *list, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(list[i].kind, "run") == 0 && !list[i].sent_digest) return false;
  }
  return true;
}

// Notes in `data` what its runs, and `other` ones (NULL: none), differ in.
static void note(struct load_data *data, const struct run_facts *other, size_t count,
                 enum warning_code code) {
  struct buf words = {0};
  bool by_sent =
      all_say_what_was_sent(data->facts, data->fact_count) && (!other || all_say_what_was_sent(other, count));
  for (size_t i = 0; i < sizeof aspects / sizeof aspects[0]; i++) {
    struct values values = {.count = 0};
    if (other && aspects[i].may_be_compared) continue;
    if (by_sent ? aspects[i].read == trace_of : aspects[i].read == sent_of) continue;
    collect(data->facts, data->fact_count, &aspects[i], &values);
    if (other) collect(other, count, &aspects[i], &values);
    add_aspect(&aspects[i], &values, &words);
  }
  if (words.len > 0 && words.status == STATUS_OK) load_notice_add(data, code, -1, -1, buf_text(&words));
  buf_free(&words);
}

void load_note_unlike(struct load_data *data) {
  note(data, NULL, 0, WARNING_UNLIKE_INPUTS);
}

void load_note_unlike_baseline(struct load_data *baseline, const struct run_facts *run, size_t count) {
  note(baseline, run, count, WARNING_UNLIKE_BASELINE);
}
