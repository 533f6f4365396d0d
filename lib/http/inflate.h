// SPDX-License-Identifier: GPL-3.0-or-later
//
// Undoes a content coding (RFC 9110, 8.4.1) as bytes come: gzip and deflate.
#ifndef LIB_LLM_INFLATE_H
#define LIB_LLM_INFLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/status.h"
#include "lib/json/json_scan.h"

struct inflate;

enum inflate_coding { INFLATE_IDENTITY, INFLATE_GZIP, INFLATE_DEFLATE, INFLATE_UNKNOWN };

// The coding that a Content-Encoding value names; INFLATE_IDENTITY when it is absent, INFLATE_UNKNOWN also
// for several codings one upon the other.
enum inflate_coding inflate_coding_of(struct json_slice content_encoding);

typedef void inflate_handler(void *context, const char *data, size_t len);

// For INFLATE_GZIP and INFLATE_DEFLATE (zlib's wrapper, or bare as some servers send it). NULL: no memory.
struct inflate *inflate_open(enum inflate_coding coding, inflate_handler *handler, void *context);

// Ends the reading with STATUS_LIMIT before there are more than `most` plain bytes in all; without it there
// is no limit. A megabyte can hold a gigabyte.
void inflate_limit(struct inflate *inflate, size_t most);

// Hands the plain bytes to the handler, in pieces of at most 16 KiB, as far as the input allows; a gzip
// member may follow another. STATUS_FORMAT for bytes that are not of the coding, STATUS_MEMORY, STATUS_LIMIT;
// nothing is read after that.
enum status inflate_feed(struct inflate *inflate, const char *data, size_t len) MUST_USE;

// True at the end of a member: a body that stops elsewhere has been cut.
bool inflate_ended(const struct inflate *inflate);

// Frees; takes NULL.
void inflate_close(struct inflate *inflate);

#endif
