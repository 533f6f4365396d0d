// SPDX-License-Identifier: GPL-3.0-or-later
//
// What cli.c does with the value of one option; programs use cli.h.
#ifndef LIB_BASE_CLI_VALUE_H
#define LIB_BASE_CLI_VALUE_H

#include "lib/base/cli.h"

// Puts `value` (NULL for a flag) into the member of the row. STATUS_USAGE (error is set), STATUS_MEMORY;
// what a row's own function returns.
enum status cli_value_parse(const struct cli_value *row, void *context, const char *value,
                            struct error *error) MUST_USE;

// Frees what the row's field owns.
void cli_value_free(const struct cli_value *row, void *context);

#endif
