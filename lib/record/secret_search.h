// SPDX-License-Identifier: GPL-3.0-or-later
//
// Covers secrets in a text, many at once: the work is the text's length plus that of all secrets (the
// automaton of Aho and Corasick, 1975), where one search for each would be their product, and a client
// chooses both.
#ifndef LIB_SECRET_SEARCH_H
#define LIB_SECRET_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

// Overwrites with asterisks every occurrence in `bytes` of one of the secrets: `secrets_len` bytes of texts
// that each end with a NUL. Those shorter than `least` bytes are left out. false: no memory, and nothing is
// covered.
bool secret_search_cover(const char *secrets, size_t secrets_len, size_t least, char *bytes, size_t len);

#endif
