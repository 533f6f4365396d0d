// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which conversation a request belongs to. A client may say so (X-Session-Id). Else a chat request belongs to
// the conversation whose last request's messages it begins with, followed by an answer (role assistant): so
// are chat clients made, since servers keep nothing between requests. Every other chat request starts a
// conversation of its own; requests that are no chat have none.
//
// Of the messages only 64-bit digests are kept, for the SESSION_MOST conversations that spoke last.
#ifndef CAPTURE_SESSION_H
#define CAPTURE_SESSION_H

#include <stdint.h>

#include "lib/base/json_scan.h"
#include "lib/base/status.h"

#define SESSION_MOST 16384

struct session_table;

// Numbers start above `last`. STATUS_MEMORY.
enum status session_open(int64_t last, struct session_table **out) MUST_USE;
void session_close(struct session_table *table); // takes NULL

// The conversation's number of a chat request with these messages (a JSON array, each member without white
// space between its tokens); 0: none, `messages` is no array of at least one member.
int64_t session_of(struct session_table *table, struct json_slice messages);

// 64 bits that depend on every byte of a text (FNV-1a, then mixed), the same in every run.
uint64_t session_digest(const char *text, size_t len);

#endif
