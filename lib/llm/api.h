// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which language-model API a request speaks, and the few facts of its body that a record keeps.
#ifndef LIB_LLM_API_H
#define LIB_LLM_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/json/json_scan.h"

// API_HTTP is anything else: bytes whose success HTTP alone decides.
enum api { API_HTTP, API_OPENAI_CHAT, API_OPENAI_COMPLETIONS, API_OLLAMA_CHAT, API_OLLAMA_GENERATE };

// "http", "openai.chat", "openai.completions", "ollama.chat", "ollama.generate"; never NULL.
const char *api_name(enum api api);

// The API of that name. false, and `out` untouched, when there is none.
bool api_from_name(struct json_slice name, enum api *out);

// The API that a method and a path (with or without query) address, by the end of the path, so that a prefix
// (/api/v1, /openai/deployments/NAME) does not matter: .../chat/completions, .../completions,
// .../api/chat, .../api/generate, POST only. llama.cpp's /completion is API_HTTP.
enum api api_from_path(const char *method, const char *path);

// As api_from_path, but a request that asks for no text is API_HTTP: Ollama loads or unloads a model when
// /api/generate has no prompt or /api/chat no messages. A body that is no JSON leaves the answer to the path.
enum api api_from_request(const char *method, const char *path, const char *body, size_t len);

// True for all but API_HTTP.
bool api_generates_text(enum api api);

// True for the two APIs of Ollama's own.
bool api_is_ollama(enum api api);

struct api_request_facts {
  struct json_slice
      model;          // the name between the quotes, escapes unresolved, inside `body`; {NULL, 0}: unknown
  bool stream;        // asked for, or the API's default: false for OpenAI and http, true for Ollama
  bool include_usage; // OpenAI's stream_options.include_usage
  bool loads_only;    // Ollama without prompt and messages: see api_from_request
  int64_t max_tokens; // max_completion_tokens, max_tokens, options.num_predict or n_predict; -1: unknown or
                      // unlimited
};

// Reads the facts of a request body; what is not there, or not of its kind, stays unknown, also in a body
// that is no JSON.
void api_request_facts(enum api api, const char *body, size_t len, struct api_request_facts *out);

#endif
