// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads one response of a language-model server as its bytes come: when text came, how many tokens, how
// it ended. It sees no sockets and no clock: bytes and times are passed in. What counts
// as success: response_finish.
#ifndef LIB_LLM_RESPONSE_H
#define LIB_LLM_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/http/inflate.h"
#include "lib/llm/api.h"
#include "lib/llm/ndjson.h"
#include "lib/llm/shape.h"
#include "lib/llm/sse.h"
#include "lib/record/failure.h"
#include "lib/record/token_source.h"

// Called for each event that carries text, at once, with the time that response_feed was given.
typedef void response_text_handler(void *context, int64_t now_ns);

// Called for what a client may send back later, piece by piece as it comes: the value of a message's
// `content`, `text` or `response` (a string or an array of parts), of its `tool_calls`, of Ollama's
// `context`; of the other APIs' calls one after another the name and the arguments (a string, piece by piece,
// or the JSON value). Of several choices only the first's. What a model thought is none of it. `value` lives
// during the call.
enum response_part {
  RESPONSE_PART_TEXT,
  RESPONSE_PART_CALLS,
  RESPONSE_PART_CALL_TEXT,
  RESPONSE_PART_CONTEXT
};
typedef void response_part_handler(void *context, enum response_part part, struct json_slice value);

// How the body is cut into messages.
enum response_framing { RESPONSE_OPAQUE, RESPONSE_UNDECIDED, RESPONSE_BODY, RESPONSE_SSE, RESPONSE_NDJSON };

struct response {
  // What was found. Bytes, text events and their times hold at any moment; the rest after response_finish.
  // -1: unknown.
  enum api api; // as opened; API_HTTP when Ollama only loaded or unloaded a model, see asks_text
  int status;
  bool streamed; // the body is a stream of events, by its content type or its first bytes
  enum failure failure;
  enum token_source token_source;
  int64_t input_tokens;
  int64_t output_tokens;
  int64_t cached_tokens; // of the input, taken from the server's prompt cache
  int64_t text_events;   // events with text; an answer in a body that is no stream counts as one
  int64_t first_text_ns, last_text_ns;
  int64_t first_answer_ns; // of a stream that began with a model's thoughts: the first event with text of its
                           // answer (content, a refusal, a tool call); -1: no thoughts came before it, or
                           // none came
  int64_t over_ns; // when a stream's own end, or its failure, came: what comes after it changes nothing; see
                   // response_is_over
  int64_t bytes;   // of the body as fed, before inflating
  int64_t load_ns; // the server's own durations: Ollama's, or of llama.cpp's timings the two of evaluation
  int64_t prompt_eval_ns;
  int64_t eval_ns;
  int64_t total_ns;
  char finish[32];      // "stop", "length", "tool_calls", "unload", ...; "": unknown
  char answer_id[128];  // by which a later request may continue it (previous_response_id); "": none
  char error_text[256]; // the server's message, or what is wrong with its bytes; UTF-8, one line; "": none

  // The caller's, may be set after response_open.
  response_text_handler *on_text; // NULL: none
  void *on_text_context;
  response_part_handler *on_part; // NULL: none
  void *on_part_context;
  bool asks_text; // the request did: an answer that only loads or unloads a model is `empty`, no success

  // The rest is the parsers' own.
  enum response_framing framing;
  bool messages;          // one at least was handed to a parser
  bool loads;             // Ollama only loaded or unloaded the model
  bool ended;             // the protocol's own end was seen
  bool has_text;          // the message being parsed carries text
  bool has_answer;        // ... that is not a model's thoughts alone
  bool answers;           // one that has_answer came
  struct json_slice text; // ... in this string, the last of them; {NULL, 0}: in none that was noted
  struct json_slice told; // ... of which this text went to on_part
  int parts;              // ... and so many that are not empty went to on_part
  struct shape shape;     // the message before this one
  bool closed;            // nothing that still comes is read: the end, an error, or no reading is possible
  bool unread;            // success by HTTP alone: the body is in a foreign coding or over the cap
  int64_t now_ns;
  int64_t usage_output, usage_input;
  bool usage_final;     // the last count came in an event without choices
  bool several_choices; // of one request
  int64_t timings_output, timings_input;
  char start[48]; // the first bytes, without their coding: quoted when the body is not the protocol
  size_t start_len;
  struct buf body;
  union {
    struct sse sse;
    struct ndjson ndjson;
  } splitter;
  struct inflate *inflate; // NULL: the body is not compressed
};

// Starts on a response whose head has come (or never came: `status` 0, as for a failed connect).
// `content_type` and `content_encoding` are the header values, {NULL, 0} when absent. `max_body_bytes`: most
// bytes kept of a body that is not a stream (0: 16 MiB); of a stream no more than one event is kept, at most
// SSE_EVENT_BYTES. Allocates nothing unless the body is compressed; a response may not be moved in memory
// until it is closed. Streams are known by text/event-stream and NDJSON's content types; under any other type
// a body of an OpenAI API that begins as a field of an event does (data, event, id, retry, error or a
// comment) is read as events too: no JSON text begins so.
void response_open(struct response *response, enum api api, int status, struct json_slice content_type,
                   struct json_slice content_encoding, size_t max_body_bytes);

// Takes body bytes in the order of their coming, after de-chunking, cut anywhere; `now_ns` is when they came.
// gzip and deflate are inflated here. Never fails: what is wrong is in `failure` after response_finish.
void response_feed(struct response *response, const char *data, size_t len, int64_t now_ns);

// Ends it and decides the class. `transport` is FAILURE_NONE when the HTTP body was complete, else what
// broke it.
//
// The first that holds decides: cancelled by us; HTTP status (4xx, 5xx; others than 2xx are `protocol`);
// for API_HTTP what broke the transport, or success; an error object (`server_error`); bytes that are not
// the protocol's or an event over the cap (`protocol`); what broke the transport, unless the stream was over
// by then; a stream without its end (`truncated`); no token (`empty`),
// or of an API that answers with something else than text no answer at all. A failure has no tokens and no
// finish: they are unknown. A body over max_body_bytes, or in a coding that is not read (br, zstd), is
// success by HTTP alone with unknown tokens; error_text has the reason. So are the tokens of a body that is
// no stream and has text but no counts.
void response_finish(struct response *response, enum failure transport);

// A stream is over at its own end event ([DONE], "done":true), or at what fails it, while its connection may
// stay open: known as soon as that is fed. A body that is no stream is over at the end of the HTTP body.
static inline bool response_is_over(const struct response *response) {
  return response->over_ns >= 0;
}

// For the parsers: hands a part to on_part, if it is set.
static inline void response_tell(struct response *response, enum response_part part,
                                 struct json_slice value) {
  if (part == RESPONSE_PART_TEXT && json_scan_has_text(value)) response->told = value;
  if (value.len > 2 && json_scan_kind(value) != JSON_NULL) response->parts++;
  if (response->on_part) response->on_part(response->on_part_context, part, value);
}

// Gives memory back; the findings stay readable. Takes an all-zero response.
void response_close(struct response *response);

#endif
