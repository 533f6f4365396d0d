// SPDX-License-Identifier: GPL-3.0-or-later
//
// Redaction of any bytes: JSON stays JSON, and what has no secret keeps its length or gets shorter; as text
// and as a form nothing breaks, and a secret that is planted behind the bytes on a line of its own is gone
// whatever stands before it.
#include "lib/record/redact.h"

#include "tests/fuzz/fuzz.h"

#define SECRET "hush-4f1d-planted"
#define PLANTED "\n{\"api_key\":\"" SECRET "\"}\n"

static const struct names none;

static void check_json(struct json_slice value) {
  struct buf out = BUF_LIMIT(0);
  struct json_slice clean;
  redact_json(&none, value, &out, NULL);
  FUZZ_CHECK(json_scan_text(out.data, out.len, &clean, NULL) == STATUS_OK);
  FUZZ_CHECK(json_scan_kind(clean) == json_scan_kind(value));
  if (!redact_json_has_secret(&none, value)) FUZZ_CHECK(out.len <= value.len);
  buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = size ? (const char *)data : "";
  struct buf in = BUF_LIMIT(0), out = BUF_LIMIT(0);
  struct json_slice value;
  if (json_scan_text(text, size, &value, NULL) == STATUS_OK) check_json(value);
  buf_append(&in, text, size);
  buf_append_text(&in, PLANTED);
  redact_text(&none, in.data, in.len, &out, NULL);
  FUZZ_CHECK(out.status == STATUS_OK);
  FUZZ_CHECK(memmem(text, size, SECRET, sizeof SECRET - 1) ||
             !memmem(out.data, out.len, SECRET, sizeof SECRET - 1));
  buf_clear(&out);
  redact_form(&none, text, size, &out);
  buf_clear(&out);
  redact_target(&none, buf_text(&in), &out);
  FUZZ_CHECK(out.status == STATUS_OK);
  redact_looks_secret(text, size);
  redact_is_secret_variable(text, size);
  buf_free(&in);
  buf_free(&out);
  return 0;
}
