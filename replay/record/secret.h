// SPDX-License-Identifier: GPL-3.0-or-later
//
// The command line as it may be written into a run: secrets are replaced by "***".
//
// Secret are, by the names of lib/record/redact.h: the value of such a header; the userinfo of a URL;
// top-level members of --extra-body; and in a command (--server, --between) the value of NAME=VALUE,
// --name=VALUE or
// --name VALUE, also within quotes, such a header in quotes, and a word that looks like a key.
#ifndef REPLAY_SECRET_H
#define REPLAY_SECRET_H

#include "lib/base/buf.h"

// Appends the arguments (argv[0] too) as a JSON array of strings. Failure sticks in out->status.
void secret_print_arguments(int argc, char *const *argv, struct buf *out);

// Appends a command without secrets.
void secret_print_command(const char *command, struct buf *out);

#endif
