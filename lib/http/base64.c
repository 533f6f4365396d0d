// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/http/base64.h"

void base64_encode(struct json_slice bytes, struct buf *out) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < bytes.len; i += 3) {
    unsigned bits = (unsigned)(unsigned char)bytes.data[i] << 16;
    if (i + 1 < bytes.len) bits |= (unsigned)(unsigned char)bytes.data[i + 1] << 8;
    if (i + 2 < bytes.len) bits |= (unsigned char)bytes.data[i + 2];
    char four[4] = {digits[bits >> 18], digits[bits >> 12 & 63],
                    i + 1 < bytes.len ? digits[bits >> 6 & 63] : '=',
                    i + 2 < bytes.len ? digits[bits & 63] : '='};
    buf_append(out, four, sizeof four);
  }
}

static int digit_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62; // the second of each: base64url
  if (c == '/' || c == '_') return 63;
  return -1;
}

bool base64_decode(struct json_slice text, struct buf *out) {
  unsigned bits = 0;
  int held = 0; // bits in `bits` that are not written
  size_t digits = 0, padding = 0;
  if (buf_reserve(out, text.len / 4 * 3 + 3)) return false;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.data[i];
    if (c == '\n' || c == '\r') continue;
    if (c == '=') {
      padding++;
      continue;
    }
    int digit = digit_of(c);
    if (digit < 0 || padding > 0) return false;
    bits = (bits << 6 | (unsigned)digit) & 0xffff;
    held += 6;
    digits++;
    if (held < 8) continue;
    held -= 8;
    if (buf_append_char(out, (char)(bits >> held & 0xff))) return false;
  }
  return digits % 4 != 1 && padding <= 2 && (padding == 0 || (digits + padding) % 4 == 0);
}
