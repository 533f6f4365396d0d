// SPDX-License-Identifier: GPL-3.0-or-later
//
// client.reason of a batch record: {"kind":"lag","seen_s":0.0061,"allowed_s":0.005}.
#ifndef LIB_RECORD_RUN_REASON_H
#define LIB_RECORD_RUN_REASON_H

#include "lib/record/field.h"
#include "lib/record/run.h"

// Of a batch, for its table: an object, null, or the sentence of an older file. STATUS_FORMAT: anything else,
// or a known kind without its two numbers; STATUS_MEMORY, STATUS_LIMIT.
enum status run_reason_read(struct field_context *context, const struct field *field,
                            struct json_slice value) MUST_USE;

void run_reason_write(struct json_writer *w, const struct field *field, const void *from);

#endif
