// SPDX-License-Identifier: GPL-3.0-or-later
//
// The command line and the messages of servers, as they may be written into a run: secrets are replaced.
//
// Secret are the value of every header but a few that are known to be harmless; the userinfo of a URL; and by
// the names of lib/record/redact.h what redact_json takes out of --extra-body, and in a command (--server,
// --before-batch) the value of NAME=VALUE, --name=VALUE or --name VALUE, also within quotes, such a header in
// quotes, and a word with the form of a key.
#ifndef REPLAY_SECRET_H
#define REPLAY_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "replay/record/request.h"

// Appends the arguments (argv[0] too) as a JSON array of strings. Failure sticks in out->status.
void secret_print_arguments(int argc, char *const *argv, struct buf *out);

// Appends a command without secrets.
void secret_print_command(const char *command, struct buf *out);

// Copies why a request failed, without the secrets that it carried, which a server may repeat.
void secret_copy_words(const struct request_result *result, char *words, size_t room);

#endif
