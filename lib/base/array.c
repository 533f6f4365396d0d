// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/base/array.h"

#include <stdlib.h>
#include <string.h>

enum status array_grow(void *items, size_t *capacity, size_t count, size_t size, size_t limit) {
  char *data;
  memcpy(&data, items, sizeof data);
  if (count >= limit) return STATUS_LIMIT;
  if (count == *capacity) {
    size_t wanted = *capacity < 8 ? 8 : *capacity * 2;
    if (wanted > limit) wanted = limit;
    data = reallocarray(data, wanted, size);
    if (!data) return STATUS_MEMORY;
    memcpy(items, &data, sizeof data);
    *capacity = wanted;
  }
  memset(data + count * size, 0, size);
  return STATUS_OK;
}
