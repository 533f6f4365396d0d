// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/llm/count.h"

void count_parse(struct json_slice value, int64_t *count) {
  int64_t number;
  if (json_scan_int64(value, &number) && number >= 0 && number <= COUNT_MAX) *count = number;
}
