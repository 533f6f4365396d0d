// SPDX-License-Identifier: GPL-3.0-or-later
//
// Room for one more element in a growing array, with a cap.
#ifndef LIB_BASE_ARRAY_H
#define LIB_BASE_ARRAY_H

#include <stddef.h>

#include "lib/base/status.h"

// Makes `*items` (malloc'ed or NULL, `count` elements of `size` bytes in room for `*capacity`) hold at least
// one more, which is zeroed. STATUS_LIMIT when `count` has reached `limit`, STATUS_MEMORY; then nothing has
// changed. `items` is the address of a pointer of any type.
enum status array_grow(void *items, size_t *capacity, size_t count, size_t size, size_t limit) MUST_USE;

#endif
