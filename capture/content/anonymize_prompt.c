// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/content/anonymize_prompt.h"

#include <openssl/evp.h>

#include "lib/json/json_write.h"

#define DEPTH_MAX 4 // a prompt may be an array of arrays of tokens, content an array of parts

// Stands for bytes that are no text, so that equal ones stay equal.
static void put_digest(struct json_slice value, struct buf *out) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned len = 0;
  if (!EVP_Digest(value.data, value.len, digest, &len, EVP_sha256(), NULL)) out->status = STATUS_MEMORY;
  buf_append(out, digest, len);
}

static void put_token(struct json_slice value, struct buf *out) {
  int64_t token = 0;
  json_scan_int64(value, &token);
  for (int shift = 0; shift < 32; shift += 8)
    buf_append_char(out, (char)(token >> shift & 0xff));
}

// A text, tokens, or an array of these and of {"type":"text","text":...} parts.
static void put_content(struct json_slice content, int depth, struct buf *out) {
  struct json_scan scan;
  struct json_slice element, text;
  switch (json_scan_kind(content)) {
  case JSON_STRING: json_scan_string(content, out); break;
  case JSON_NUMBER: put_token(content, out); break;
  case JSON_ARRAY:
    scan = json_scan_start(content);
    while (depth < DEPTH_MAX && json_scan_element(&scan, &element))
      put_content(element, depth + 1, out);
    break;
  case JSON_OBJECT:
    text = json_scan_get(content, "text");
    if (json_scan_kind(text) == JSON_STRING) {
      json_scan_string(text, out);
    } else {
      put_digest(content, out);
    }
    break;
  default: break;
  }
}

static bool is_there(struct json_slice value) {
  return json_scan_kind(value) > JSON_NULL;
}

static void put_message(struct json_slice message, struct buf *out) {
  static const char *const texts[] = {"reasoning_content", "reasoning", "thinking", "content"};
  buf_append_text(out, "<|");
  json_scan_string(json_scan_get(message, "role"), out);
  buf_append_text(out, "|>\n");
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    put_content(json_scan_get(message, texts[i]), 0, out);
  struct json_slice calls = json_scan_get(message, "tool_calls");
  if (is_there(calls)) json_write_compact(out, calls);
  struct json_slice images = json_scan_get(message, "images");
  if (is_there(images)) put_digest(images, out);
  buf_append_text(out, "\n");
}

// Items of the Responses API, of which some are messages; texts or tokens to be embedded.
static void put_input(struct json_slice input, struct buf *out) {
  struct json_scan scan = json_scan_start(input);
  struct json_slice item;
  if (json_scan_kind(input) != JSON_ARRAY) put_content(input, 0, out);
  while (json_scan_kind(input) == JSON_ARRAY && json_scan_element(&scan, &item)) {
    if (json_scan_get(item, "role").data) {
      put_message(item, out);
    } else {
      put_content(item, 1, out);
    }
  }
}

void anonymize_prompt(struct json_slice body, struct buf *out) {
  static const char *const systems[] = {"system", "instructions"};
  static const char *const prompts[] = {"context",     "prompt", "suffix",    "input_prefix", "input_suffix",
                                        "input_extra", "query",  "documents", "text_1",       "text_2"};
  struct json_slice tools = json_scan_get(body, "tools"), message;
  if (is_there(tools)) json_write_compact(out, tools);
  for (size_t i = 0; i < sizeof systems / sizeof systems[0]; i++) {
    struct json_slice system = json_scan_get(body, systems[i]);
    if (!is_there(system)) continue;
    put_content(system, 0, out);
    buf_append_char(out, '\n');
  }
  struct json_slice messages = json_scan_get(body, "messages");
  struct json_scan scan = json_scan_start(messages);
  while (json_scan_kind(messages) == JSON_ARRAY && json_scan_element(&scan, &message))
    put_message(message, out);
  put_input(json_scan_get(body, "input"), out);
  for (size_t i = 0; i < sizeof prompts / sizeof prompts[0]; i++)
    put_content(json_scan_get(body, prompts[i]), 0, out);
  struct json_slice images = json_scan_get(body, "images");
  if (is_there(images)) put_digest(images, out);
}
