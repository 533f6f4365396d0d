// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/synth.h"

#include <string.h>

#include "lib/base/json_write.h"
#include "replay/random.h"

// One token each, with its space, in the vocabularies of GPT, Llama and Qwen; and of four bytes, which is
// what servers without a tokenizer at hand take for a token.
static const char *const words[] = {
    " way", " day", " man", " lot", " eye", " job", " end", " law", " car", " war", " air", " new", " old",
    " big", " red", " sea", " sun", " oil", " gas", " art", " age", " boy", " dog", " cat", " box", " bed",
    " bus", " cup", " ear", " egg", " fan", " gun", " hat", " ice", " key", " leg", " map", " net", " pan",
    " pen", " pot", " row", " sky", " son", " tax", " tea", " tie", " top", " toy", " use", " win", " bit",
    " act", " add", " ago", " aid", " arm", " bad", " bag", " bar", " buy", " cut", " dry", " far",
};
enum { WORDS = sizeof words / sizeof words[0] };

bool synth_fits(const struct trace_request *record) {
  return record->body_kind == TRACE_BODY_NONE && record->input_tokens >= 0 &&
         record->input_tokens <= SYNTH_TOKENS_MOST;
}

static void print_words(uint64_t seed, int64_t count, struct buf *out) {
  for (int64_t i = 0; i < count && out->status == STATUS_OK; i++)
    buf_append_text(out, words[random_spread(seed + (uint64_t)i) % WORDS]);
}

// The prompt between its quotes: nothing in it needs an escape.
static void print_prompt(const struct trace_request *record, struct buf *out) {
  struct json_scan scan = json_scan_start(record->prefix_blocks);
  struct json_slice block;
  int64_t left = record->input_tokens > 0 ? record->input_tokens : 1;
  int64_t id;
  buf_append_char(out, '"');
  while (left > 0 && record->block_tokens > 0 && json_scan_element(&scan, &block)) {
    if (!json_scan_int64(block, &id)) break;
    int64_t count = record->block_tokens < left ? record->block_tokens : left;
    print_words(random_spread((uint64_t)id), count, out);
    left -= count;
  }
  print_words(random_spread(~random_spread((uint64_t)record->seq)), left, out);
  buf_append_char(out, '"');
}

static void print_limit(const struct trace_request *record, enum api api, struct json_writer *w) {
  int64_t tokens = record->output_tokens > 0 ? record->output_tokens : 1;
  if (record->output_tokens < 0) return;
  if (!api_is_ollama(api)) {
    json_member_int(w, "max_tokens", tokens);
    return;
  }
  json_write_key(w, "options");
  json_write_object(w);
  json_member_int(w, "num_predict", tokens);
  json_write_object_end(w);
}

void synth_print_body(const struct trace_request *record, enum api api, struct buf *out) {
  struct json_writer w = JSON_WRITER(out);
  bool chat = api == API_OPENAI_CHAT || api == API_OLLAMA_CHAT;
  json_write_object(&w);
  if (record->model.len > 0) json_member_text(&w, "model", record->model);
  json_write_key(&w, chat ? "messages" : "prompt");
  if (chat) {
    json_write_array(&w);
    json_write_object(&w);
    json_member_string(&w, "role", "user");
    json_write_key(&w, "content");
  }
  print_prompt(record, out);
  w.comma = true; // the prompt went past the writer
  if (chat) {
    json_write_object_end(&w);
    json_write_array_end(&w);
  }
  json_member_bool(&w, "stream", record->stream);
  print_limit(record, api, &w);
  json_write_object_end(&w);
}
