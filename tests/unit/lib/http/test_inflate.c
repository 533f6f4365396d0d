// SPDX-License-Identifier: GPL-3.0-or-later
//
// Compressed by zlib's own deflate, read back by ours.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/http/inflate.h"

static void take(void *context, const char *data, size_t len) {
  buf_append(context, data, len);
}

// Appends `text` compressed with the wrapper that `bits` asks for.
static void deflate_text(const char *text, size_t len, int bits, struct buf *out) {
  z_stream zlib = {.next_in = (Bytef *)(uintptr_t)text, .avail_in = (uInt)len};
  assert_int_equal(deflateInit2(&zlib, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  size_t most = deflateBound(&zlib, len) + 64;
  assert_int_equal(buf_reserve(out, most), STATUS_OK);
  zlib.next_out = (Bytef *)out->data + out->len;
  zlib.avail_out = (uInt)most;
  assert_int_equal(deflate(&zlib, Z_FINISH), Z_STREAM_END);
  out->len += most - zlib.avail_out;
  deflateEnd(&zlib);
}

static enum status play(enum inflate_coding coding, const struct buf *bytes, size_t cut, size_t step,
                        struct buf *seen, bool *ended) {
  struct inflate *inflate = inflate_open(coding, take, seen);
  assert_non_null(inflate);
  enum status status = STATUS_OK;
  for (size_t at = 0; at < bytes->len && status == STATUS_OK;) {
    size_t piece = step ? step : at < cut ? cut - at : bytes->len - at;
    if (piece > bytes->len - at) piece = bytes->len - at;
    status = inflate_feed(inflate, bytes->data + at, piece);
    at += piece;
  }
  *ended = inflate_ended(inflate);
  inflate_close(inflate);
  return status;
}

static void check(enum inflate_coding coding, const struct buf *bytes, const char *expected,
                  size_t expected_len) {
  size_t stride = bytes->len > 400 ? bytes->len / 200 : 1;
  for (size_t cut = 0; cut <= bytes->len + stride; cut += stride) {
    struct buf seen = BUF_LIMIT(0);
    bool ended;
    assert_int_equal(play(coding, bytes, cut, cut > bytes->len, &seen, &ended), STATUS_OK);
    assert_true(ended);
    assert_int_equal(seen.len, expected_len);
    if (expected_len) assert_memory_equal(seen.data, expected, expected_len);
    buf_free(&seen);
  }
}

static void test_inflate_reads_gzip_zlib_and_bare_deflate(void **state) {
  (void)state;
  static const char text[] = "data: прилив\n\ndata: прилив\n\ndata: [DONE]\n\n";
  static const struct {
    enum inflate_coding coding;
    int bits;
  } rows[] = {{INFLATE_GZIP, 31}, {INFLATE_DEFLATE, 15}, {INFLATE_DEFLATE, -15}, {INFLATE_DEFLATE, 9}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct buf bytes = BUF_LIMIT(0), empty = BUF_LIMIT(0);
    deflate_text(text, sizeof text - 1, rows[i].bits, &bytes);
    check(rows[i].coding, &bytes, text, sizeof text - 1);
    deflate_text("", 0, rows[i].bits, &empty);
    check(rows[i].coding, &empty, "", 0);
    buf_free(&bytes);
    buf_free(&empty);
  }
}

static void test_inflate_reads_members_one_after_the_other(void **state) {
  (void)state;
  struct buf bytes = BUF_LIMIT(0);
  deflate_text("high ", 5, 31, &bytes);
  deflate_text("", 0, 31, &bytes);
  deflate_text("tide", 4, 31, &bytes);
  check(INFLATE_GZIP, &bytes, "high tide", 9);
  buf_free(&bytes);
}

// One million equal bytes: what comes out of one small piece of input is much larger than a piece of output.
static void test_inflate_hands_out_more_than_one_piece(void **state) {
  (void)state;
  struct buf plain = BUF_LIMIT(0), bytes = BUF_LIMIT(0);
  for (int i = 0; i < 1000000; i++)
    buf_append_char(&plain, 'x');
  deflate_text(plain.data, plain.len, 31, &bytes);
  check(INFLATE_GZIP, &bytes, plain.data, plain.len);
  buf_free(&plain);
  buf_free(&bytes);
}

static void test_inflate_refuses_what_is_not_of_the_coding(void **state) {
  (void)state;
  struct buf seen = BUF_LIMIT(0), bytes = BUF_LIMIT(0);
  bool ended;
  buf_append_text(&bytes, "data: plain text\n\n");
  assert_int_equal(play(INFLATE_GZIP, &bytes, 0, 0, &seen, &ended), STATUS_FORMAT);
  assert_int_equal(play(INFLATE_DEFLATE, &bytes, 0, 0, &seen, &ended), STATUS_FORMAT);
  buf_clear(&bytes);
  deflate_text("text", 4, 31, &bytes);
  bytes.data[bytes.len - 6] ^= 1; // the checksum
  assert_int_equal(play(INFLATE_GZIP, &bytes, 0, 0, &seen, &ended), STATUS_FORMAT);
  buf_clear(&bytes);
  deflate_text("text", 4, 15, &bytes);
  buf_append_text(&bytes, "more"); // a deflate body is one stream
  assert_int_equal(play(INFLATE_DEFLATE, &bytes, 0, 0, &seen, &ended), STATUS_FORMAT);
  buf_free(&bytes);
  buf_free(&seen);
}

static void test_inflate_hands_out_what_comes_before_an_error(void **state) {
  (void)state;
  struct buf bytes = BUF_LIMIT(0);
  deflate_text("high tide", 9, 31, &bytes);
  buf_append_text(&bytes, "no other member");
  for (size_t cut = 0; cut <= bytes.len; cut++) {
    struct buf seen = BUF_LIMIT(0);
    bool ended;
    assert_int_equal(play(INFLATE_GZIP, &bytes, cut, 0, &seen, &ended), STATUS_FORMAT);
    assert_string_equal(buf_text(&seen), "high tide");
    buf_free(&seen);
  }
  buf_clear(&bytes);
  // A stored block "ab" (RFC 1951, 3.2.4), then a block of the reserved type.
  assert_int_equal(buf_append(&bytes,
                              "\x00\x02\x00\xFD\xFF"
                              "ab"
                              "\x07",
                              8),
                   STATUS_OK);
  for (size_t cut = 0; cut <= bytes.len; cut++) {
    struct buf seen = BUF_LIMIT(0);
    bool ended;
    assert_int_equal(play(INFLATE_DEFLATE, &bytes, cut, 0, &seen, &ended), STATUS_FORMAT);
    assert_string_equal(buf_text(&seen), "ab");
    buf_free(&seen);
  }
  buf_free(&bytes);
}

static void test_inflate_tells_a_cut_body(void **state) {
  (void)state;
  struct buf seen = BUF_LIMIT(0), bytes = BUF_LIMIT(0);
  bool ended = true;
  deflate_text("high tide", 9, 31, &bytes);
  bytes.len -= 3;
  assert_int_equal(play(INFLATE_GZIP, &bytes, 0, 0, &seen, &ended), STATUS_OK);
  assert_false(ended);
  buf_free(&bytes);
  buf_free(&seen);
}

static void test_inflate_stops_at_its_limit(void **state) {
  (void)state;
  struct buf bytes = BUF_LIMIT(0), plain = BUF_LIMIT(0);
  while (plain.len < 1000000)
    buf_append_text(&plain, "0000000000");
  deflate_text(plain.data, plain.len, 31, &bytes);
  static const size_t limits[] = {0, 1, 16383, 16384, 500000, 999999, 1000000};
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
    struct buf seen = BUF_LIMIT(0);
    struct inflate *inflate = inflate_open(INFLATE_GZIP, take, &seen);
    inflate_limit(inflate, limits[i]);
    enum status status = inflate_feed(inflate, bytes.data, bytes.len);
    assert_int_equal(status, limits[i] < 1000000 ? STATUS_LIMIT : STATUS_OK);
    assert_true(seen.len <= limits[i] && seen.len + 16384 > limits[i]);
    assert_int_equal(inflate_feed(inflate, bytes.data, bytes.len), STATUS_LIMIT); // and another member
    inflate_close(inflate);
    buf_free(&seen);
  }
  buf_free(&bytes);
  buf_free(&plain);
}

static void test_inflate_knows_codings_by_name(void **state) {
  (void)state;
  static const struct {
    const char *value;
    enum inflate_coding expected;
  } rows[] = {{"gzip", INFLATE_GZIP},        {"GZIP ", INFLATE_GZIP},        {"x-gzip", INFLATE_GZIP},
              {" deflate", INFLATE_DEFLATE}, {"identity", INFLATE_IDENTITY}, {"", INFLATE_IDENTITY},
              {"br", INFLATE_UNKNOWN},       {"zstd", INFLATE_UNKNOWN},      {"gzip, br", INFLATE_UNKNOWN},
              {"gzi", INFLATE_UNKNOWN}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct json_slice value = {rows[i].value, strlen(rows[i].value)};
    assert_int_equal(inflate_coding_of(value), rows[i].expected);
  }
  assert_int_equal(inflate_coding_of((struct json_slice){NULL, 0}), INFLATE_IDENTITY);
  inflate_close(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_inflate_reads_gzip_zlib_and_bare_deflate),
      cmocka_unit_test(test_inflate_reads_members_one_after_the_other),
      cmocka_unit_test(test_inflate_hands_out_more_than_one_piece),
      cmocka_unit_test(test_inflate_refuses_what_is_not_of_the_coding),
      cmocka_unit_test(test_inflate_hands_out_what_comes_before_an_error),
      cmocka_unit_test(test_inflate_tells_a_cut_body),
      cmocka_unit_test(test_inflate_stops_at_its_limit),
      cmocka_unit_test(test_inflate_knows_codings_by_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
