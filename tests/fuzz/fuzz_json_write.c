// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes become a valid JSON string of valid UTF-8, and valid UTF-8 comes back the same; any double
// reads back.
#include <math.h>

#include "lib/json/json_write.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct buf out = BUF_LIMIT(0), back = BUF_LIMIT(0);
  struct json_writer w = JSON_WRITER(&out);
  struct json_slice value;
  const char *text = size ? (const char *)data : "";
  json_write_text(&w, text, size);
  FUZZ_CHECK(json_scan_text(out.data, out.len, &value, NULL) == STATUS_OK);
  FUZZ_CHECK(json_is_utf8(out.data, out.len));
  FUZZ_CHECK(json_scan_string(value, &back) && json_is_utf8(back.data, back.len));
  if (json_is_utf8(text, size))
    FUZZ_CHECK(back.len == size && (size == 0 || memcmp(back.data, text, size) == 0));
  double number, again;
  if (size >= sizeof number) {
    memcpy(&number, data, sizeof number);
    buf_clear(&out);
    w = JSON_WRITER(&out);
    json_write_number(&w, number);
    FUZZ_CHECK(json_scan_text(out.data, out.len, &value, NULL) == STATUS_OK);
    FUZZ_CHECK(json_scan_number(value, &again) == (bool)isfinite(number));
    if (isfinite(number)) FUZZ_CHECK(again == number);
  }
  buf_free(&out);
  buf_free(&back);
  return 0;
}
