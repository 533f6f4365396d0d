// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/llm/request_body.h"

#include "lib/json/json_write.h"

static void print_prompt(const struct api_dialect *dialect, struct json_slice prompt, struct json_writer *w) {
  json_write_key(w, dialect->prompt ? dialect->prompt : "prompt");
  if (dialect->is_chat || dialect->is_list) json_write_array(w);
  if (dialect->is_chat) {
    json_write_object(w);
    json_member_string(w, "role", "user");
    json_write_key(w, "content");
  }
  json_write_text(w, prompt.data, prompt.len);
  if (dialect->is_chat) json_write_object_end(w);
  if (dialect->is_chat || dialect->is_list) json_write_array_end(w);
}

static void print_limit(const struct api_dialect *dialect, int64_t max_tokens, struct json_writer *w) {
  const char *name = NULL;
  for (size_t i = 0; i < API_LIMITS_MAX && dialect->limits[i]; i++)
    name = dialect->limits[i];
  if (max_tokens < 0 && dialect->needs_limit) max_tokens = REQUEST_BODY_LIMIT;
  if (!name || max_tokens < 0) return;
  if (dialect->options) {
    json_write_key(w, dialect->options);
    json_write_object(w);
  }
  json_member_int(w, name, max_tokens);
  if (dialect->options) json_write_object_end(w);
}

void request_body_print(enum api api, const struct request_body *what, struct buf *out) {
  const struct api_dialect *dialect = api_dialect(api);
  struct json_writer w = JSON_WRITER(out);
  json_write_object(&w);
  if (what->model.data) json_member_text(&w, "model", what->model);
  if (dialect->needs) json_member_string(&w, dialect->needs, "tide");
  print_prompt(dialect, what->prompt, &w);
  if (dialect->generates_text) json_member_bool(&w, "stream", what->stream);
  print_limit(dialect, what->max_tokens, &w);
  json_write_object_end(&w);
}
