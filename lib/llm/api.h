// SPDX-License-Identifier: GPL-3.0-or-later
//
// The language-model API of a request, and the few facts of its body that a record keeps.
#ifndef LIB_LLM_API_H
#define LIB_LLM_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/json/json_scan.h"

// API_HTTP is anything else: bytes whose success HTTP alone decides.
enum api {
  API_HTTP,
  API_OPENAI_CHAT,
  API_OPENAI_COMPLETIONS,
  API_OLLAMA_CHAT,
  API_OLLAMA_GENERATE,
  API_ANTHROPIC_MESSAGES,
  API_OPENAI_RESPONSES,
  API_OPENAI_EMBEDDINGS,
  API_OLLAMA_EMBED,
  API_RERANK,
  API_LLAMACPP,
  API_COUNT
};

// The family of an API: its members share their manners, and --api selects them together.
enum api_family {
  API_FAMILY_NONE,
  API_FAMILY_OPENAI,
  API_FAMILY_OLLAMA,
  API_FAMILY_ANTHROPIC,
  API_FAMILY_RERANK,
  API_FAMILY_LLAMACPP
};

// Reads one message of a dialect, an event's data or a whole body, into a response; see ollama.h.
struct response;
typedef enum status api_reader(struct response *response, const char *text, size_t len);

// Every difference between dialects but the reading of their messages: a row of the table in
// api.c. Names of members are those of the request's JSON body; NULL: the dialect has none.
#define API_PATHS_MAX 5
#define API_LIMITS_MAX 2
#define API_STATES_MAX 2
struct api_dialect {
  const char *name; // in records and options
  enum api_family family;
  const char *paths[API_PATHS_MAX]; // ends of its paths, as api_from_path takes them; the first is the usual
                                    // one: made and anonymised requests go there
  const char *prompt;               // the member that holds the prompt
  bool is_chat;                     // the prompt is an array of messages
  bool or_text;                     // ... or a text
  bool is_list;                     // the prompt is an array of texts in requests that are made
  const char *needs;                // another member, a text, that a request must have
  const char *system;               // a member with text that goes before the prompt
  const char *limits[API_LIMITS_MAX]; // members that limit the output tokens, the strongest first; the last
                                      // is written where a body has none
  const char *options;                // the member inside which the limits are
  const char
      *states[API_STATES_MAX]; // members that name what only that server keeps: it cannot be sent elsewhere
  bool needs_limit;            // the server rejects a request without one
  bool generates_text;
  bool has_array_bodies; // several prompts in one request are answered with an array of answers
  bool streams;          // when the request does not choose
  bool has_usage_option; // stream_options.include_usage asks for token counts
  bool has_ignore_eos;
  const char *key_header; // of the API key, as it is; NULL: Authorization, as bearer token
  const char *version;    // a header field that each request has: "name: value"; NULL: none
  const char *end;        // what ends a stream, for messages
  api_reader *read;       // NULL: API_HTTP
};
const struct api_dialect *api_dialect(enum api api); // never NULL

// The name in the table above: "http", "openai.chat", ...; never NULL.
const char *api_name(enum api api);

// The API of that name. false, and `out` untouched, when there is none.
bool api_from_name(struct json_slice name, enum api *out);

// The API that a method (POST only) and a path (with or without query) address: the longest end of the path
// that is in the table counts, so that a prefix (/api/v1, /openai/deployments/NAME) does not matter. An end
// that begins with ^ must be the whole path.
enum api api_from_path(const char *method, const char *path);

// As api_from_path, but a request that asks for no text is API_HTTP: Ollama loads or unloads a model when
// /api/generate has no prompt or /api/chat no messages. A body that is no JSON leaves the answer to the path.
enum api api_from_request(const char *method, const char *path, const char *body, size_t len);

// True for all but API_HTTP: a model is asked, for text or for something else.
bool api_asks_model(enum api api);

// True for those of them whose answer is text.
bool api_generates_text(enum api api);

// True for the APIs of Ollama's own.
bool api_is_ollama(enum api api);

// True when the body goes on from what the recording server keeps (previous_response_id): no other has it.
bool api_needs_server_state(enum api api, struct json_slice body);

struct api_request_facts {
  struct json_slice
      model;          // the name between the quotes, escapes unresolved, inside `body`; {NULL, 0}: unknown
  bool stream;        // asked for, or the API's default: false for OpenAI and http, true for Ollama
  bool include_usage; // OpenAI's stream_options.include_usage
  bool loads_only;    // Ollama without prompt and messages: see api_from_request
  int64_t max_tokens; // by the names that the dialect has for it; -1: unknown or unlimited
  // Members as they are written, the first of their name; {NULL, 0}: not there.
  struct json_slice prompt, system, states[API_STATES_MAX]; // by the names that the dialect has for them
  struct json_slice context;                                // Ollama's, of an earlier answer
};

// Reads the facts of a request body; what is not there, or not of its kind, stays unknown, also in a body
// that is no JSON.
void api_request_facts(enum api api, const char *body, size_t len, struct api_request_facts *out);

// The same in one pass over a body that json_scan_text has checked; {NULL, 0}: no JSON.
void api_request_members(enum api api, struct json_slice body, struct api_request_facts *out);

#endif
