// SPDX-License-Identifier: GPL-3.0-or-later
//
// HTTP archives (HAR 1.2), as browsers' developer tools save them. Of what a page loads, the requests to a
// language model are taken; the rest is left out and counted. Secrets are taken out as from live traffic.
#include <math.h>
#include <stdlib.h>

#include "capture/content/record_policy.h"
#include "capture/convert/import_parts.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/http/base64.h"
#include "lib/llm/response.h"

#define RESPONSE_MAX ((size_t)64 * 1024 * 1024) // bytes of an answer that is no stream
#define CONVERSATION_ID_MAX 256                 // as of live traffic

struct entry {
  struct json_slice started;
  struct json_slice method, url, headers, post_text, post_encoding;
  int64_t status;
  struct json_slice content_type, content_text, content_encoding;
  struct json_slice broken; // why it did not end well, in the browser's own word
  double total_ms, blocked_ms, dns_ms, connect_ms, wait_ms, receive_ms; // NaN or -1: does not apply
};

static const struct field post_fields[] = {
    FIELD(entry, post_text, "text", FIELD_TEXT),
    FIELD(entry, post_encoding, "encoding", FIELD_TEXT), // not of HAR 1.2, but written by several tools
    FIELD(entry, post_encoding, "_encoding", FIELD_TEXT),
    FIELD_END,
};
static const struct field request_fields[] = {
    FIELD_REQUIRED(entry, method, "method", FIELD_TEXT),
    FIELD_REQUIRED(entry, url, "url", FIELD_TEXT),
    FIELD(entry, headers, "headers", FIELD_ARRAY),
    FIELD_ROW("postData", FIELD_TABLE, .inner = post_fields),
    FIELD_END,
};
static const struct field content_fields[] = {
    FIELD(entry, content_type, "mimeType", FIELD_TEXT),
    FIELD(entry, content_text, "text", FIELD_TEXT),
    FIELD(entry, content_encoding, "encoding", FIELD_TEXT),
    FIELD_END,
};
static const struct field response_fields[] = {
    FIELD(entry, status, "status", FIELD_INT),
    FIELD(entry, broken, "_error", FIELD_TEXT),       // Chromium's developer tools
    FIELD(entry, broken, "_failureText", FIELD_TEXT), // Playwright
    FIELD_ROW("content", FIELD_TABLE, .inner = content_fields),
    FIELD_END,
};
static const struct field timing_fields[] = {
    FIELD(entry, blocked_ms, "blocked", FIELD_NUMBER), FIELD(entry, dns_ms, "dns", FIELD_NUMBER),
    FIELD(entry, connect_ms, "connect", FIELD_NUMBER), FIELD(entry, wait_ms, "wait", FIELD_NUMBER),
    FIELD(entry, receive_ms, "receive", FIELD_NUMBER), FIELD_END,
};
static const struct field entry_fields[] = {
    FIELD_REQUIRED(entry, started, "startedDateTime", FIELD_TEXT),
    FIELD(entry, total_ms, "time", FIELD_NUMBER),
    FIELD_ROW("request", FIELD_TABLE, .required = true, .inner = request_fields),
    FIELD_ROW("response", FIELD_TABLE, .inner = response_fields),
    FIELD_ROW("timings", FIELD_TABLE, .inner = timing_fields),
    FIELD_END,
};

// What decides whether a model is asked.
static const struct field target_fields[] = {
    FIELD_REQUIRED(entry, method, "method", FIELD_TEXT),
    FIELD_REQUIRED(entry, url, "url", FIELD_TEXT),
    FIELD_END,
};
static const struct field asked_fields[] = {
    FIELD_ROW("request", FIELD_TABLE, .required = true, .inner = target_fields),
    FIELD_END,
};

struct header {
  struct json_slice name, value;
};
static const struct field header_fields[] = {
    FIELD_REQUIRED(header, name, "name", FIELD_TEXT),
    FIELD_REQUIRED(header, value, "value", FIELD_TEXT),
    FIELD_END,
};

// Entries stand by page, not by time: where each is, to be sorted.
struct place {
  int64_t unix_ns;
  size_t number;
  struct json_slice element;
};
struct har {
  struct place *places;
  size_t count, capacity;
  int64_t first_ns;
  struct session_table *sessions;
};

static enum status read_entry(struct json_slice element, struct entry *entry, struct buf *scratch,
                              struct error *error) {
  *entry = (struct entry){0};
  enum status status = field_read_object(element, entry_fields, entry, scratch, error);
  if (status) return status;
  if (!entry->method.data) return status_fail(error, STATUS_FORMAT, "\"request\" is missing");
  return STATUS_OK;
}

// The body's own bytes: the text, or (into `decoded`) what its base64 stands for.
static enum status bytes_of(struct json_slice text, struct json_slice encoding, struct buf *decoded,
                            struct json_slice *out, struct error *error) {
  *out = text;
  if (!json_slice_is(encoding, "base64")) return STATUS_OK;
  if (!base64_decode(text, decoded)) return status_fail(error, STATUS_FORMAT, "its text is no base64");
  *out = (struct json_slice){decoded->data, decoded->len};
  return STATUS_OK;
}

// The headers, and the client's own name for the session. A scratch of its own: that of the entry may not
// move.
static enum status add_headers(const struct import *import, struct json_slice array, struct buf *headers,
                               struct buf *session, struct error *error) {
  struct json_scan scan = json_scan_start(array);
  struct json_slice element;
  struct buf scratch = {0};
  enum status status = STATUS_OK;
  while (status == STATUS_OK && json_scan_element(&scan, &element)) {
    struct header header = {0};
    buf_clear(&scratch);
    status = field_read_object(element, header_fields, &header, &scratch, error);
    if (status) break;
    bool is_session = header.name.len == 12 && strncasecmp(header.name.data, "x-session-id", 12) == 0;
    if (is_session && header.value.len > 0 && header.value.len <= CONVERSATION_ID_MAX) {
      buf_clear(session);
      record_policy_session(header.value, session);
    }
    import_http_header(import, header.name, header.value, headers);
  }
  buf_free(&scratch);
  if (status) return status;
  return headers->status || session->status ? STATUS_MEMORY : STATUS_OK;
}

// What an entry holds besides its fields.
struct entry_texts {
  struct buf scratch, body, headers, session, content;
};

static void free_texts(struct entry_texts *texts) {
  buf_free(&texts->scratch);
  buf_free(&texts->body);
  buf_free(&texts->headers);
  buf_free(&texts->session);
  buf_free(&texts->content);
}

// The request of an entry, all but its time.
static enum status on_entry(const struct import *import, struct json_slice element, struct entry *entry,
                            struct entry_texts *texts, struct import_http *http, struct error *error) {
  enum status status = read_entry(element, entry, &texts->scratch, error);
  if (status == STATUS_OK)
    status = bytes_of(entry->post_text, entry->post_encoding, &texts->body, &http->body, error);
  if (status == STATUS_OK)
    status = add_headers(import, entry->headers, &texts->headers, &texts->session, error);
  if (status) return status;
  http->method = entry->method;
  http->url = entry->url;
  http->headers = (struct json_slice){texts->headers.data, texts->headers.len};
  if (texts->session.len > 0) http->session = (struct json_slice){texts->session.data, texts->session.len};
  return STATUS_OK;
}

static enum status add_place(struct har *har, const struct place *place, struct error *error) {
  enum status status = array_grow(&har->places, &har->capacity, har->count, sizeof *har->places, SIZE_MAX);
  if (status) return status_memory(error);
  har->places[har->count++] = *place;
  return STATUS_OK;
}

// A page's image or script, by its method and URL: whatever else is wrong with it, nothing is lost.
static bool is_unrelated(struct json_slice element) {
  struct entry entry = {0};
  struct buf scratch = {0};
  bool readable = field_read_object(element, asked_fields, &entry, &scratch, NULL) == STATUS_OK;
  struct import_http http = {.method = entry.method, .url = entry.url};
  bool asks = !readable || !entry.method.data || api_asks_model(import_http_api(&http));
  buf_free(&scratch);
  return !asks;
}

// First pass: every entry is read whole, so that a bad one is found before anything is written.
static enum status find_entry(struct import *import, void *state, struct json_slice element,
                              struct buf *scratch, struct error *error) {
  struct har *har = state;
  struct entry entry;
  struct entry_texts texts = {0};
  struct place place = {.number = har->count, .element = element};
  struct import_http http = {0};
  (void)scratch;
  enum status status = on_entry(import, element, &entry, &texts, &http, error);
  struct json_slice content;
  if (status == STATUS_OK)
    status = bytes_of(entry.content_text, entry.content_encoding, &texts.content, &content, error);
  if (status == STATUS_OK && !import_time(entry.started, &place.unix_ns))
    status = status_fail(error, STATUS_FORMAT, "\"startedDateTime\" is not an ISO 8601 time");
  bool asks = status == STATUS_OK && api_asks_model(import_http_api(&http));
  free_texts(&texts);
  bool is_bad = status == STATUS_FORMAT || status == STATUS_LIMIT;
  if (status && !(is_bad && is_unrelated(element))) return status;
  if (is_bad) error->text[0] = '\0'; // nobody's
  if (asks) return add_place(har, &place, error);
  import_leave_out(import, is_bad ? IMPORT_BAD_UNRELATED : IMPORT_ASKS_NOTHING);
  return STATUS_OK;
}

static int compare_places(const void *left, const void *right) {
  const struct place *a = left, *b = right;
  if (a->unix_ns != b->unix_ns) return a->unix_ns < b->unix_ns ? -1 : 1;
  return a->number < b->number ? -1 : a->number > b->number;
}

// Milliseconds of a part; one that does not apply took no time.
static int64_t part_ns(double ms) {
  return ms > 0 && ms < 9.0e12 ? llround(ms * (double)CLOCK_NS_PER_MS) : 0;
}

static struct json_slice text_slice(const char *text) {
  return text && text[0] ? (struct json_slice){text, strlen(text)} : (struct json_slice){NULL, 0};
}

// How the transfer ended, by Chromium's names of network errors. HAR itself shows only that no status came.
static enum failure transport_of(const struct entry *entry) {
  static const struct {
    const char *begins;
    enum failure failure;
  } names[] = {
      {"net::ERR_ABORTED", FAILURE_CANCELLED},
      {"net::ERR_TIMED_OUT", FAILURE_TIMEOUT},
      {"net::ERR_CONNECTION_TIMED_OUT", FAILURE_CONNECT},
      {"net::ERR_CONNECTION_REFUSED", FAILURE_CONNECT},
      {"net::ERR_CONNECTION_FAILED", FAILURE_CONNECT},
      {"net::ERR_ADDRESS_UNREACHABLE", FAILURE_CONNECT},
      {"net::ERR_NAME_NOT_RESOLVED", FAILURE_CONNECT},
      {"net::ERR_SSL_", FAILURE_TLS},
      {"net::ERR_CERT_", FAILURE_TLS},
      {"net::ERR_INCOMPLETE_CHUNKED_ENCODING", FAILURE_TRUNCATED},
      {"net::ERR_CONTENT_LENGTH_MISMATCH", FAILURE_TRUNCATED},
      {"net::ERR_INVALID_", FAILURE_PROTOCOL}, // ..._HTTP_RESPONSE, ..._CHUNKED_ENCODING
  };
  if (entry->broken.len == 0) return entry->status > 0 ? FAILURE_NONE : FAILURE_RESET;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    size_t len = strlen(names[i].begins);
    if (entry->broken.len >= len && memcmp(entry->broken.data, names[i].begins, len) == 0)
      return names[i].failure;
  }
  return FAILURE_RESET;
}

// Who ended early what had begun to be answered, or was still waited for.
static struct json_slice aborted_by(const struct entry *entry, enum failure transport) {
  if (transport == FAILURE_CANCELLED) return text_slice("client");
  bool broke = transport == FAILURE_RESET || transport == FAILURE_TRUNCATED;
  return text_slice(broke && entry->broken.len > 0 ? "upstream" : NULL);
}

// What came of it. `found` is closed by the caller; the record's texts point into it.
static struct trace_response judge(const struct entry *entry, int64_t t_ns, enum api api,
                                   struct json_slice content, struct response *found,
                                   struct conversation_answer *heard) {
  struct trace_response record = trace_blank_response();
  struct json_slice none = {NULL, 0};
  bool answered = entry->status > 0;
  enum failure transport = transport_of(entry);
  // Without the text nothing but HTTP can be judged.
  response_open(found, content.len > 0 ? api : API_HTTP, answered ? (int)entry->status : 0,
                entry->content_type, none, RESPONSE_MAX);
  found->on_part = conversation_hear;
  found->on_part_context = heard;
  found->asks_text = api_generates_text(api);
  response_feed(found, content.data, content.len, 0);
  if (response_is_over(found)) transport = FAILURE_NONE; // it was whole, and the page read no further
  response_finish(found, transport);
  // The request is handed over once a connection is there; `time` counts from before that.
  int64_t before_ns = part_ns(entry->blocked_ms) + part_ns(entry->dns_ms) + part_ns(entry->connect_ms);
  int64_t total_ns = part_ns(entry->total_ms);
  // Of an answer that was not received to its end, `time` leaves out how long it was received.
  bool timed = entry->total_ms >= 0 && !(transport && !(entry->receive_ms >= 0));
  if (timed) record.t_ns = t_ns + total_ns;
  if (answered) record.status = entry->status;
  if (timed && total_ns > 0) record.latency_ns = total_ns > before_ns ? total_ns - before_ns : 0;
  if (answered && entry->wait_ms >= 0 && total_ns > 0) record.ttfb_ns = part_ns(entry->wait_ms);
  record.input_tokens = found->input_tokens;
  record.output_tokens = found->output_tokens;
  record.cached_tokens = found->cached_tokens;
  record.token_source = text_slice(token_source_name(found->token_source));
  if (content.data) record.events = found->text_events;
  if (content.data) record.bytes = found->bytes;
  record.finish = text_slice(found->finish);
  record.answer_id = text_slice(found->answer_id);
  record.error = text_slice(failure_name(found->failure));
  record.aborted_by = aborted_by(entry, transport);
  return record;
}

static enum status write_entry(struct import *import, struct har *har, const struct place *place,
                               struct error *error) {
  struct entry entry;
  struct entry_texts texts = {0};
  struct json_slice content = {NULL, 0};
  struct response found = {0};
  struct import_http http = {.t_ns = place->unix_ns - har->first_ns, .sessions = har->sessions};
  enum status status = on_entry(import, place->element, &entry, &texts, &http, error);
  if (status == STATUS_OK)
    status = bytes_of(entry.content_text, entry.content_encoding, &texts.content, &content, error);
  if (status == STATUS_OK) {
    struct conversation_answer heard = CONVERSATION_ANSWER;
    struct trace_response record = judge(&entry, http.t_ns, import_http_api(&http), content, &found, &heard);
    if (content.len > 0) http.answer = &heard;
    status = import_add_http(import, &http, &record, error);
  }
  response_close(&found);
  free_texts(&texts);
  return status;
}

static enum status write_all(struct import *import, struct har *har, struct error *error) {
  if (har->count == 0) return STATUS_OK;
  qsort(har->places, har->count, sizeof *har->places, compare_places);
  har->first_ns = har->places[0].unix_ns;
  enum status status = conversation_open(0, &har->sessions);
  if (status == STATUS_OK)
    status = import_start(import, clock_seconds(har->first_ns), (struct json_slice){NULL, 0}, error);
  for (size_t i = 0; status == STATUS_OK && i < har->count; i++)
    status = write_entry(import, har, &har->places[i], error);
  conversation_close(har->sessions);
  return status;
}

enum status import_har(struct import *import, struct error *error) {
  struct buf text = {0};
  struct har har = {0};
  struct json_slice root;
  enum status status = import_document(import, &text, &root, error);
  if (status == STATUS_OK) {
    struct json_slice entries = json_scan_get(json_scan_get(root, "log"), "entries");
    status = json_scan_kind(entries) == JSON_ARRAY
                 ? import_elements(import, &text, entries, "entry", find_entry, &har, error)
                 : status_fail(error, STATUS_FORMAT, "it is no HAR: \"log\" has no array \"entries\"");
  }
  if (status == STATUS_OK) status = write_all(import, &har, error);
  free(har.places);
  buf_free(&text);
  return status;
}
