// SPDX-License-Identifier: GPL-3.0-or-later
//
// The secrets that one request carried, and where they come back: a server may repeat them in its error,
// an echo in its answer, as they are or in base64. A list of them is a buffer of texts that each end with a
// NUL.
#ifndef LIB_CARRIED_H
#define LIB_CARRIED_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/names.h"

#define CARRIED_WORDS_MIN 4 // bytes of a secret that is covered in a server's short message
#define CARRIED_BODY_MIN 8  // in a body, where a placeholder key may be an ordinary word

// Adds a value, and what is certain of any base64 of a text that contains it. Failure sticks in
// secrets->status.
void carried_add(struct buf *secrets, const char *value, size_t len);

// Adds each of the values, which end with a NUL as redact_json lists them.
void carried_add_all(struct buf *secrets, const struct buf *values);

// Adds what a header field carries, where its name is that of a secret: of "Bearer sk-..." what follows the
// scheme, of "a=1; b=2" each value, of Basic the password too.
void carried_add_header(struct buf *secrets, const char *name, size_t name_len, const char *value,
                        size_t value_len);

// Covers with asterisks what secrets of at least `least` bytes are in these bytes; also one that their end
// cuts, when `is_cut`.
void carried_cover(const struct buf *secrets, size_t least, bool is_cut, char *bytes, size_t len);

// Takes out of a server's error message (a text in `room` bytes, perhaps cut) what was carried, the
// values of secret names (redact_text), and texts with the form of a credential.
void carried_cover_words(const struct buf *secrets, const struct names *more, char *words, size_t room);

#endif
