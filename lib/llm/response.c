// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/llm/response.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/llm/message.h"

#define BODY_BYTES ((size_t)16 << 20)
// Of the body of an HTTP error: enough for the server's words.
#define ERROR_BODY_BYTES ((size_t)64 << 10)

static bool is_success_status(int status) {
  return status >= 200 && status <= 299;
}

// True when the media type, without its parameters, is `name` (RFC 9110, 8.3.1: case does not matter).
static bool is_type(struct json_slice content_type, const char *name) {
  size_t len = strlen(name);
  while (content_type.len && *content_type.data == ' ') {
    content_type.data++;
    content_type.len--;
  }
  if (content_type.len < len || strncasecmp(content_type.data, name, len) != 0) return false;
  return content_type.len == len || strchr("; \t", content_type.data[len]);
}

static bool is_ndjson(struct json_slice type) {
  return is_type(type, "application/x-ndjson") || is_type(type, "application/ndjson") ||
         is_type(type, "application/jsonl") || is_type(type, "application/x-jsonlines");
}

static void words(struct response *response, const char *text) {
  message_copy(response->error_text, sizeof response->error_text, text, strlen(text));
}

// Reading ends here with a class.
static void break_off(struct response *response, enum failure failure, const char *text) {
  response->failure = failure;
  response->closed = true;
  words(response, text);
}

// Reading ends here, and HTTP alone decides.
static void give_up(struct response *response, const char *text) {
  response->unread = true;
  response->closed = true;
  words(response, text);
}

static void note_text(struct response *response) {
  if (response->text_events == 0) response->first_text_ns = response->now_ns;
  if (response->has_answer && !response->answers) {
    response->answers = true;
    if (response->text_events > 0) response->first_answer_ns = response->now_ns;
  }
  response->last_text_ns = response->now_ns;
  response->text_events++;
  if (response->on_text) response->on_text(response->on_text_context, response->now_ns);
}

// "Number of choices must be greater than 0.": a server's own words where a message should be.
static bool is_prose(const char *text, size_t len) {
  return isalpha((unsigned char)*text) && memchr(text, ' ', len);
}

// What is wrong with the bytes of a message that is no JSON object.
static const char *fault_of(const struct response *response, const char *text, size_t len) {
  struct json_slice value;
  if (!response->streamed) return "the body is no JSON object: ";
  const char *line_end = memchr(text, '\n', len);
  if (line_end && json_scan_text(text, (size_t)(line_end - text), &value, NULL) == STATUS_OK)
    return "malformed event (messages without a blank line between them): ";
  if (*text == '{' && !json_scan_skip(text, text + len, 0)) return "malformed event (its JSON is cut off): ";
  return "malformed event: ";
}

static void on_malformed(struct response *response, const char *text, size_t len) {
  if (is_prose(text, len)) {
    break_off(response, FAILURE_SERVER_ERROR, "");
    message_copy(response->error_text, sizeof response->error_text, text, len);
    return;
  }
  char start[64];
  message_copy(start, sizeof start, text, len);
  break_off(response, FAILURE_PROTOCOL, "");
  snprintf(response->error_text, sizeof response->error_text, "%s%s", fault_of(response, text, len), start);
}

// As the message before it but for its text: all else that a reader would find is found.
static bool parse_same_shape(struct response *response, const char *text, size_t len) {
  struct json_slice string;
  if (!response->shape.before || !shape_matches(&response->shape, text, len, &string)) return false;
  if (response->parts && response->on_part)
    response->on_part(response->on_part_context, RESPONSE_PART_TEXT, string);
  note_text(response);
  return true;
}

// A stream's message whose reading changes nothing when it is read again. What ends a stream may be a count
// that adds up.
static void keep_shape(struct response *response, const char *text, size_t len) {
  bool tells_more = response->parts > 1 || (response->parts && response->told.data != response->text.data);
  bool again = response->streamed && response->has_text && !response->ended && !response->failure;
  if (again && response->text.data && !tells_more) {
    shape_keep(&response->shape, text, len, response->text);
  } else {
    shape_drop(&response->shape);
  }
}

static void parse_message(struct response *response, const char *text, size_t len) {
  while (len && (*text == ' ' || *text == '\n' || *text == '\t')) {
    text++;
    len--;
  }
  if (len == 0) return;
  if (parse_same_shape(response, text, len)) return;
  response->messages = true;
  response->has_text = response->has_answer = false;
  response->text = response->told = (struct json_slice){NULL, 0};
  response->parts = 0;
  if (api_dialect(response->api)->read(response, text, len)) {
    on_malformed(response, text, len);
    return;
  }
  if (response->failure) response->closed = true;
  if (response->has_text && !response->failure) note_text(response);
  keep_shape(response, text, len);
}

// A body: one message, or an array of them.
static void parse_body(struct response *response) {
  struct json_slice root, element;
  const char *text = response->body.data;
  size_t len = response->body.len;
  bool may_be_array = api_dialect(response->api)->has_array_bodies;
  if (!may_be_array || json_scan_text(text, len, &root, NULL) || json_scan_kind(root) != JSON_ARRAY) {
    parse_message(response, text, len);
    return;
  }
  struct json_scan scan = json_scan_start(root);
  while (!response->closed && json_scan_element(&scan, &element))
    parse_message(response, element.data, element.len);
}

static void on_event(void *context, const struct sse_event *event) {
  struct response *response = context;
  if (response->closed) return;
  if (event->error) {
    message_of_body(response->error_text, sizeof response->error_text, event->data, event->len);
    response->failure = FAILURE_SERVER_ERROR;
    response->closed = true;
  } else {
    parse_message(response, event->data, event->len);
  }
}

static void on_line(void *context, const char *line, size_t len) {
  struct response *response = context;
  if (!response->closed) parse_message(response, line, len);
}

static void start_stream(struct response *response, enum response_framing framing) {
  response->framing = framing;
  response->streamed = true;
  if (framing == RESPONSE_SSE) {
    sse_open(&response->splitter.sse, 0, on_event, response);
  } else {
    ndjson_open(&response->splitter.ndjson, 0, on_line, response);
  }
}

static void splitter_failed(struct response *response, enum status status) {
  if (status == STATUS_LIMIT) {
    break_off(response, FAILURE_PROTOCOL, "an event is larger than the cap");
  } else {
    give_up(response, "no memory to read the stream");
  }
}

static void collect(struct response *response, const char *data, size_t len) {
  struct buf *body = &response->body;
  if (!is_success_status(response->status)) {
    size_t room = ERROR_BODY_BYTES - body->len;
    buf_append(body, data, len < room ? len : room);
  } else if (buf_append(body, data, len)) {
    give_up(response, body->status == STATUS_LIMIT ? "the body is larger than the cap, it was not read"
                                                   : "no memory to read the body");
    buf_free(body);
  }
}

// Decides by the first byte that is no white space; see response_open.
static void decide(struct response *response, const char **data, size_t *len) {
  while (*len && strchr(" \t\r\n", **data) && **data) {
    (*data)++;
    (*len)--;
  }
  if (*len == 0) return;
  if (**data && strchr("deir:", **data)) {
    start_stream(response, RESPONSE_SSE);
  } else {
    response->framing = RESPONSE_BODY;
  }
}

static void keep_start(struct response *response, const char *data, size_t len) {
  size_t room = sizeof response->start - response->start_len;
  size_t more = len < room ? len : room;
  memcpy(response->start + response->start_len, data, more);
  response->start_len += more;
}

// Takes bytes without their content coding.
static void parse_plain(void *context, const char *data, size_t len) {
  struct response *response = context;
  if (response->closed) return;
  if (response->start_len < sizeof response->start) keep_start(response, data, len);
  if (response->framing == RESPONSE_UNDECIDED) decide(response, &data, &len);
  enum status status = STATUS_OK;
  switch (response->framing) {
  case RESPONSE_SSE: status = sse_feed(&response->splitter.sse, data, len); break;
  case RESPONSE_NDJSON: status = ndjson_feed(&response->splitter.ndjson, data, len); break;
  case RESPONSE_BODY: collect(response, data, len); break;
  case RESPONSE_OPAQUE:
  case RESPONSE_UNDECIDED: break;
  }
  if (status) splitter_failed(response, status);
}

static void open_coding(struct response *response, struct json_slice content_encoding) {
  enum inflate_coding coding = inflate_coding_of(content_encoding);
  if (coding == INFLATE_IDENTITY) return;
  if (coding == INFLATE_UNKNOWN) {
    give_up(response, "the body's content coding is not read");
    return;
  }
  response->inflate = inflate_open(coding, parse_plain, response);
  if (!response->inflate) give_up(response, "no memory to read the body");
}

void response_open(struct response *response, enum api api, int status, struct json_slice content_type,
                   struct json_slice content_encoding, size_t max_body_bytes) {
  *response = (struct response){
      .api = api,
      .status = status,
      .input_tokens = -1,
      .output_tokens = -1,
      .cached_tokens = -1,
      .first_text_ns = -1,
      .last_text_ns = -1,
      .first_answer_ns = -1,
      .over_ns = -1,
      .load_ns = -1,
      .prompt_eval_ns = -1,
      .eval_ns = -1,
      .total_ns = -1,
      .usage_output = -1,
      .usage_input = -1,
      .timings_output = -1,
      .timings_input = -1,
  };
  bool events = is_type(content_type, "text/event-stream"), lines = is_ndjson(content_type);
  response->streamed = events || lines;
  response->body.limit = max_body_bytes ? max_body_bytes : BODY_BYTES;
  if (!is_success_status(status)) {
    response->framing = RESPONSE_BODY;
    response->body.limit = ERROR_BODY_BYTES;
  } else if (!api_asks_model(api)) {
    return;
  } else if (!api_generates_text(api)) {
    response->streamed = false;
    response->framing = RESPONSE_BODY;
  } else if (events || lines) {
    start_stream(response, events ? RESPONSE_SSE : RESPONSE_NDJSON);
  } else {
    response->framing = api_is_ollama(api) ? RESPONSE_BODY : RESPONSE_UNDECIDED;
  }
  open_coding(response, content_encoding);
}

static void parse_coded(struct response *response, const char *data, size_t len) {
  enum status status = inflate_feed(response->inflate, data, len);
  if (response->closed || status == STATUS_OK) return;
  if (status == STATUS_FORMAT) {
    break_off(response, FAILURE_PROTOCOL, "the body is not in its content coding");
  } else {
    give_up(response, "no memory to read the body");
  }
}

void response_feed(struct response *response, const char *data, size_t len, int64_t now_ns) {
  if (len == 0) return;
  response->bytes += (int64_t)len;
  response->now_ns = now_ns;
  if (response->closed || response->framing == RESPONSE_OPAQUE) return;
  if (response->inflate) {
    parse_coded(response, data, len);
  } else {
    parse_plain(response, data, len);
  }
  if (response->closed && !response->unread) response->over_ns = now_ns;
}

// The body is complete: reads what is still held back.
static void flush(struct response *response) {
  enum status status = STATUS_OK;
  switch (response->framing) {
  case RESPONSE_SSE: status = sse_finish(&response->splitter.sse); break;
  case RESPONSE_NDJSON: status = ndjson_finish(&response->splitter.ndjson); break;
  case RESPONSE_BODY:
    if (response->inflate && !inflate_ended(response->inflate)) {
      break_off(response, FAILURE_TRUNCATED, "the compressed body has no end");
    } else {
      parse_body(response);
    }
    break;
  case RESPONSE_OPAQUE:
  case RESPONSE_UNDECIDED: break;
  }
  if (status) splitter_failed(response, status);
}

// A count of 0 beside text is no count: some servers fill it in only at the end, or never.
static bool counts(const struct response *response, int64_t count) {
  return count > 0 || (count == 0 && response->text_events == 0);
}

static void settle_tokens(struct response *response) {
  response->input_tokens = response->usage_input >= 0 ? response->usage_input : response->timings_input;
  if (counts(response, response->usage_output)) {
    response->token_source = TOKENS_USAGE;
    response->output_tokens = response->usage_output;
  } else if (counts(response, response->timings_output)) {
    response->token_source = TOKENS_TIMINGS;
    response->output_tokens = response->timings_output;
  } else if (response->streamed) {
    response->token_source = TOKENS_EVENTS;
    response->output_tokens = response->text_events;
  }
}

static void forget_tokens(struct response *response) {
  response->token_source = TOKENS_NONE;
  response->input_tokens = response->output_tokens = response->cached_tokens = -1;
}

static enum failure classify(const struct response *response, enum failure transport) {
  if (transport == FAILURE_CANCELLED) return transport;
  if (response->status == 0 && transport) return transport;
  enum failure of_status = failure_of_status(response->status);
  if (of_status) return of_status;
  if (!api_asks_model(response->api)) return transport;
  if (response->failure) return response->failure;
  if (response->unread || (transport && !response_is_over(response))) return transport;
  if (!api_generates_text(response->api)) return response->messages ? FAILURE_NONE : FAILURE_EMPTY;
  if (response->streamed && !response->ended) return FAILURE_TRUNCATED;
  bool no_text = response->text_events == 0 && response->output_tokens <= 0;
  return no_text ? FAILURE_EMPTY : FAILURE_NONE;
}

// A stream whose HTTP body is whole has no end of its own.
static void explain_truncated(struct response *response) {
  if (!response->messages) {
    char start[sizeof response->start + 1];
    message_copy(start, sizeof start, response->start, response->start_len);
    snprintf(response->error_text, sizeof response->error_text, "a stream without an event%s%s",
             start[0] ? ": " : "", start);
  } else {
    snprintf(response->error_text, sizeof response->error_text, "the stream ended without %s",
             api_dialect(response->api)->end);
  }
}

static void explain(struct response *response, enum failure transport) {
  if (response->error_text[0]) return;
  if (response->failure == FAILURE_TRUNCATED && !transport) explain_truncated(response);
  if (response->failure == FAILURE_EMPTY && response->loads)
    words(response, "the model was only loaded or unloaded");
  if (!is_success_status(response->status)) {
    message_of_body(response->error_text, sizeof response->error_text, response->body.data,
                    response->body.len);
  }
}

void response_finish(struct response *response, enum failure transport) {
  bool readable = is_success_status(response->status) && !response->closed;
  if (readable && transport == FAILURE_NONE) flush(response);
  if (response->loads && !response->asks_text) response->api = API_HTTP;
  settle_tokens(response);
  response->failure = classify(response, transport);
  if (response->failure) response->finish[0] = '\0';
  if (response->failure || response->unread || !api_asks_model(response->api)) forget_tokens(response);
  explain(response, transport);
}

void response_close(struct response *response) {
  buf_free(&response->body);
  inflate_close(response->inflate);
  response->inflate = NULL;
  if (response->framing == RESPONSE_SSE) sse_close(&response->splitter.sse);
  if (response->framing == RESPONSE_NDJSON) ndjson_close(&response->splitter.ndjson);
}
