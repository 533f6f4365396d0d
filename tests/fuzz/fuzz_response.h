// SPDX-License-Identifier: GPL-3.0-or-later
//
// A response finds the same whole and cut, by the shape of its messages and by reading each, and its findings
// agree with each other.
#ifndef TESTS_FUZZ_FUZZ_RESPONSE_H
#define TESTS_FUZZ_FUZZ_RESPONSE_H

#include "lib/json/json_write.h"
#include "lib/llm/response.h"
#include "tests/fuzz/fuzz.h"

// The first byte seeds the cuts, the second chooses content type, coding, status and how the transport ended.
struct fuzz_head {
  struct json_slice type, encoding;
  int status;
  enum failure transport;
};

static inline struct fuzz_head fuzz_head_of(uint8_t choice) {
  static const char *const types[] = {"text/event-stream", "application/x-ndjson", "application/json", ""};
  static const char *const encodings[] = {"", "", "gzip", "deflate"};
  static const int statuses[] = {200, 200, 200, 500};
  static const enum failure transports[] = {FAILURE_NONE, FAILURE_NONE, FAILURE_NONE, FAILURE_TRUNCATED};
  const char *type = types[choice & 3], *encoding = encodings[(choice >> 2) & 3];
  return (struct fuzz_head){.type = {type, strlen(type)},
                            .encoding = {encoding, strlen(encoding)},
                            .status = statuses[(choice >> 4) & 3],
                            .transport = transports[(choice >> 6) & 3]};
}

static inline void fuzz_response_check(const struct response *response) {
  FUZZ_CHECK(strlen(response->finish) < sizeof response->finish);
  FUZZ_CHECK(json_is_utf8(response->finish, strlen(response->finish)));
  FUZZ_CHECK(json_is_utf8(response->error_text, strlen(response->error_text)));
  FUZZ_CHECK((response->text_events == 0) == (response->first_text_ns == -1));
  FUZZ_CHECK(response->first_text_ns <= response->last_text_ns);
  FUZZ_CHECK((response->token_source == TOKENS_NONE) == (response->output_tokens == -1));
  if (response->failure) FUZZ_CHECK(response->output_tokens == -1 && response->finish[0] == '\0');
  if (response->failure == FAILURE_NONE && response->output_tokens == 0)
    abort(); // never a zero-token success
}

// What goes to on_part and is not empty, as one number.
static inline void fuzz_response_hear(void *context, enum response_part part, struct json_slice value) {
  uint64_t *sum = context;
  if (value.len <= 2 || json_scan_kind(value) == JSON_NULL) return;
  *sum = (*sum ^ (uint64_t)part) * 1099511628211u;
  for (size_t i = 0; i < value.len; i++)
    *sum = (*sum ^ (uint8_t)value.data[i]) * 1099511628211u;
}

static inline int fuzz_response(enum api api, const uint8_t *data, size_t size) {
  if (size < 2) return 0;
  struct fuzz_head head = fuzz_head_of(data[1]);
  struct response whole, cut;
  uint64_t heard = 0, heard_cut = 0;
  response_open(&whole, api, head.status, head.type, head.encoding, 1 << 20);
  whole.on_part = fuzz_response_hear;
  whole.on_part_context = &heard;
  whole.shape.misses = SHAPE_MISSES; // each message is read
  response_feed(&whole, (const char *)data + 2, size - 2, 1);
  response_finish(&whole, head.transport);
  response_close(&whole);
  fuzz_response_check(&whole);

  struct fuzz_pieces pieces = fuzz_pieces_of(data + 2, size - 2, data[0]);
  size_t len;
  response_open(&cut, api, head.status, head.type, head.encoding, 1 << 20);
  cut.on_part = fuzz_response_hear;
  cut.on_part_context = &heard_cut;
  for (const char *piece; (piece = fuzz_pieces_next(&pieces, &len));)
    response_feed(&cut, piece, len, 1);
  response_finish(&cut, head.transport);
  response_close(&cut);

  FUZZ_CHECK(heard == heard_cut && whole.first_answer_ns == cut.first_answer_ns);
  FUZZ_CHECK(whole.api == cut.api && whole.failure == cut.failure && whole.streamed == cut.streamed);
  FUZZ_CHECK(whole.output_tokens == cut.output_tokens && whole.input_tokens == cut.input_tokens);
  FUZZ_CHECK(whole.cached_tokens == cut.cached_tokens && whole.token_source == cut.token_source);
  FUZZ_CHECK(whole.text_events == cut.text_events && whole.bytes == cut.bytes);
  FUZZ_CHECK(whole.total_ns == cut.total_ns && whole.load_ns == cut.load_ns && whole.eval_ns == cut.eval_ns);
  FUZZ_CHECK(strcmp(whole.finish, cut.finish) == 0 && strcmp(whole.error_text, cut.error_text) == 0);
  return 0;
}

#endif
