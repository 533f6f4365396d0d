// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/workload/synth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/llm/request_body.h"
#include "replay/plan/random.h"

// One token each, with its space, in the vocabularies of GPT, Llama and Qwen; and of four bytes, which is
// what servers without a tokenizer at hand take for a token.
enum { WORD_LEN = 4 };
static const char words[][WORD_LEN + 1] = {
    " way", " day", " man", " lot", " eye", " job", " end", " law", " car", " war", " air", " new", " old",
    " big", " red", " sea", " sun", " oil", " gas", " art", " age", " boy", " dog", " cat", " box", " bed",
    " bus", " cup", " ear", " egg", " fan", " gun", " hat", " ice", " key", " leg", " map", " net", " pan",
    " pen", " pot", " row", " sky", " son", " tax", " tea", " tie", " top", " toy", " use", " win", " bit",
    " act", " add", " ago", " aid", " arm", " bad", " bag", " bar", " buy", " cut", " dry", " far",
};
enum { WORDS = sizeof words / sizeof words[0], WORD_BITS = 6, WORDS_AT_ONCE = 64 / WORD_BITS };
_Static_assert(WORDS == 1 << WORD_BITS, "a word is drawn by so many bits");

bool synth_fits(const struct trace_request *record) {
  return record->body_kind == TRACE_BODY_NONE && record->input_tokens >= 0 &&
         record->input_tokens <= SYNTH_TOKENS_MAX;
}

// FNV-1a, 64 bits (Fowler, Noll, Vo).
static uint64_t hash(struct json_slice text) {
  uint64_t sum = UINT64_C(0xcbf29ce484222325);
  for (size_t i = 0; i < text.len; i++)
    sum = (sum ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
  return sum;
}

// What tells one trace's seeds from another's; none for the first.
static uint64_t salt(int64_t trace) {
  return trace > 0 ? random_spread((uint64_t)trace) : 0;
}

static uint64_t seed_of_block(struct json_slice id, int64_t trace) {
  int64_t number;
  if (!json_scan_int64(id, &number)) return random_spread(hash(id));
  bool numbered = number >= 0 && number <= UINT32_MAX;
  return random_spread((uint64_t)number) ^ (numbered ? salt(trace) : 0);
}

static size_t count_elements(struct json_slice array) {
  struct json_scan scan = json_scan_start(array);
  struct json_slice element;
  size_t count = 0;
  while (json_scan_kind(array) == JSON_ARRAY && json_scan_element(&scan, &element))
    count++;
  return count;
}

struct synth_prompt *synth_prompt_of(const struct trace_request *record, int64_t trace) {
  int64_t tokens = record->input_tokens > 0 ? record->input_tokens : 1;
  size_t count = record->block_tokens > 0 ? count_elements(record->prefix_blocks) : 0;
  if (count > 0 && count > (size_t)(tokens / record->block_tokens) + 1) // more than the prompt has room for
    count = (size_t)(tokens / record->block_tokens) + 1;
  struct synth_prompt *prompt = malloc(sizeof *prompt + count * sizeof prompt->blocks[0]);
  if (!prompt) return NULL;
  prompt->tokens = tokens;
  prompt->block_tokens = count > 0 ? record->block_tokens : 0;
  prompt->own = random_spread(~random_spread((uint64_t)record->seq)) ^ salt(trace);
  prompt->block_count = count;
  struct json_scan scan = json_scan_start(record->prefix_blocks);
  struct json_slice id;
  for (size_t i = 0; i < count && json_scan_element(&scan, &id); i++)
    prompt->blocks[i] = seed_of_block(id, trace);
  return prompt;
}

int64_t synth_characters(int64_t tokens, const struct synth_scale *scale) {
  double characters = ((double)tokens - scale->fixed_tokens) * scale->characters_per_token;
  return characters > 1 ? llround(characters) : 1;
}

static void print_words(uint64_t seed, size_t characters, struct buf *out) {
  if (buf_reserve(out, characters + WORD_LEN)) return;
  char *at = out->data + out->len, *end = at + characters;
  while (at < end) {
    uint64_t bits = random_spread(seed++);
    for (int i = 0; i < WORDS_AT_ONCE && at < end; i++, bits >>= WORD_BITS) {
      memcpy(at, words[bits % WORDS], WORD_LEN);
      at += WORD_LEN;
    }
  }
  out->len += characters; // what the last word has more is written over
}

void synth_print_prompt(const struct synth_prompt *prompt, int64_t tokens, const struct synth_scale *scale,
                        struct buf *out) {
  int64_t left = synth_characters(tokens, scale);
  int64_t block = llround((double)prompt->block_tokens * scale->characters_per_token);
  for (size_t i = 0; i < prompt->block_count && left > 0; i++) {
    int64_t characters = block < left ? block : left;
    print_words(prompt->blocks[i], (size_t)characters, out);
    left -= characters;
  }
  if (left > 0) print_words(prompt->own, (size_t)left, out);
}

void synth_print_body(const struct trace_request *record, enum api api, struct buf *out) {
  int64_t limit = record->output_tokens;
  struct request_body what = {.model = record->model.len > 0 ? record->model : (struct json_slice){NULL, 0},
                              .prompt = {SYNTH_PLACEHOLDER, sizeof SYNTH_PLACEHOLDER - 1},
                              .stream = record->stream,
                              .max_tokens = limit == 0 ? 1 : limit};
  request_body_print(api, &what, out);
}
