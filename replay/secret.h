// SPDX-License-Identifier: GPL-3.0-or-later
//
// The command line as it may be written into a run: secrets are replaced by "***" (DESIGN 7).
//
// Secret are: the value of a header whose name is on the secret list; the userinfo of a URL; top-level
// members of
// --extra-body with a secret name; and in --server the value of NAME=VALUE, --name=VALUE or --name VALUE
// where the name ends like a key, token, secret or password.
#ifndef REPLAY_SECRET_H
#define REPLAY_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"

// authorization, proxy-authorization, cookie, set-cookie, *api-key, *token*, *secret* in any case.
bool secret_header(const char *name, size_t len);

// Appends the arguments (argv[0] too) as a JSON array of strings. Failure sticks in out->status.
void secret_print_arguments(int argc, char *const *argv, struct buf *out);

// Appends a --server command without secrets.
void secret_print_command(const char *command, struct buf *out);

#endif
