// SPDX-License-Identifier: GPL-3.0-or-later
//
// A count of tokens in a response, which may be any JSON value.
#ifndef LIB_LLM_COUNT_H
#define LIB_LLM_COUNT_H

#include <stdint.h>

#include "lib/json/json_scan.h"

// More than any model reads or writes for one request. What is above is no count: it would drown every sum
// that it goes into, and records hold no more than 2^53.
#define COUNT_MAX INT64_C(1000000000)

// Takes a whole number from 0 to COUNT_MAX; anything else leaves what is known.
void count_parse(struct json_slice value, int64_t *count);

#endif
