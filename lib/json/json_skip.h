// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where the parts of a JSON text end that have no parts: strings, runs of digits, white space. Inline,
// because an event of a stream has dozens of them. Blocks of 16 bytes with SSE2, of 8 elsewhere
// (JSON_SKIP_PORTABLE asks for those); a rest byte by byte. No function reads a byte at `end` or after it.
#ifndef LIB_JSON_JSON_SKIP_H
#define LIB_JSON_JSON_SKIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined __SSE2__ && !defined JSON_SKIP_PORTABLE
#define JSON_SKIP_SSE2
#include <emmintrin.h>
#endif

static inline bool json_skip_is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline const char *json_skip_space(const char *at, const char *end) {
  while (at < end && (unsigned char)*at <= ' ' && json_skip_is_space(*at)) // mostly there is none
    at++;
  return at;
}

#ifdef JSON_SKIP_SSE2
enum { JSON_SKIP_BLOCK = 16 };

static inline __m128i json_skip_load(const char *at) {
  __m128i bytes;
  memcpy(&bytes, at, sizeof bytes);
  return bytes;
}

// The place of the first of the marks that json_skip_hits sets; there must be one.
static inline unsigned json_skip_first(uint64_t hits) {
  return (unsigned)__builtin_ctzll(hits);
}

// Marks each quote, backslash and control character of a block; 0: there is none.
static inline uint64_t json_skip_hits(const char *at) {
  __m128i bytes = json_skip_load(at), last_control = _mm_set1_epi8(0x1F);
  __m128i hit =
      _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
  hit = _mm_or_si128(hit, _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes));
  return (unsigned)_mm_movemask_epi8(hit);
}

// The number of digits that a block begins with.
static inline unsigned json_skip_block_digits(const char *at) {
  __m128i above = _mm_sub_epi8(json_skip_load(at), _mm_set1_epi8('0'));
  __m128i digit = _mm_cmpeq_epi8(_mm_min_epu8(above, _mm_set1_epi8(9)), above);
  unsigned mask = (unsigned)_mm_movemask_epi8(digit) ^ 0xFFFFU;
  return mask ? (unsigned)__builtin_ctz(mask) : JSON_SKIP_BLOCK;
}
#else
enum { JSON_SKIP_BLOCK = 8 };

static inline uint64_t json_skip_load(const char *at) {
  uint64_t word;
  memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}

static inline unsigned json_skip_first(uint64_t hits) {
  return (unsigned)__builtin_ctzll(hits) / 8;
}

// A byte minus one borrows into its top bit only when it is 0 ("Hacker's Delight", 6-1); what lies above the
// first hit may be wrong, what lies below it is not.
static inline uint64_t json_skip_hits(const char *at) {
  const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
  uint64_t word = json_skip_load(at);
  uint64_t quote = word ^ (ones * '"'), backslash = word ^ (ones * '\\');
  uint64_t hit =
      ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | ((word - ones * 0x20) & ~word);
  return hit & tops;
}

// A digit is 0x30 to 0x39: its upper half is 3, also after 6 is added.
static inline unsigned json_skip_block_digits(const char *at) {
  const uint64_t ones = UINT64_C(0x0101010101010101), upper = ones * 0xF0;
  uint64_t word = json_skip_load(at);
  uint64_t other = ((word ^ (ones * 0x30)) | ((word & ~upper) + ones * 6)) & upper;
  return other ? (unsigned)__builtin_ctzll(other) / 8 : JSON_SKIP_BLOCK;
}
#endif

static inline bool json_skip_is_digit(char c) {
  return c >= '0' && c <= '9';
}

static inline const char *json_skip_digits(const char *at, const char *end) {
  while (end - at >= JSON_SKIP_BLOCK) {
    unsigned digits = json_skip_block_digits(at);
    at += digits;
    if (digits < JSON_SKIP_BLOCK) return at;
  }
  while (at < end && json_skip_is_digit(*at))
    at++;
  return at;
}

// `at`: after a backslash. The first byte after the escape, NULL when it is none.
const char *json_skip_escape(const char *at, const char *end);

// `at`: on the opening quote. The first byte after the closing one, NULL when the string is malformed.
const char *json_skip_string(const char *at, const char *end);

// The same without a call, for the common string: NULL when it has an escape or ends less than a block before
// `end` as well. Then json_skip_string decides.
static inline const char *json_skip_plain_string(const char *at, const char *end) {
  for (at++; end - at >= JSON_SKIP_BLOCK; at += JSON_SKIP_BLOCK) {
    uint64_t hits = json_skip_hits(at);
    if (!hits) continue;
    at += json_skip_first(hits);
    return *at == '"' ? at + 1 : NULL;
  }
  return NULL;
}

#endif
