// SPDX-License-Identifier: GPL-3.0-or-later
//
// Makes records that are safe to share: no text, no names, only sizes, times and which prompts begin alike.
//
// Of a prompt, keyed hashes remain: it is put into one canonical text (tools, then message after message
// with its role; models share nothing), which is cut into blocks of ANONYMIZE_BLOCK_BYTES, the last one
// shorter. Block k's id is HMAC-SHA-256 (RFC 2104, FIPS 198-1) of the hash before it and of the block, so an
// id stands for the whole prefix up to there: two requests share as many ids as their prompts share whole
// blocks at the beginning, and their last ones when they are the same. The hashes themselves are never
// written; an id is 53 bits of one (a JSON number), so that two of ten million ids collide with a chance of
// 0.6 %. Without the key an id cannot be computed from a guessed text, and two keys have nothing in common.
//
// Token counts are the server's own where its response told them; else the input is estimated from the
// canonical text at ANONYMIZE_BYTES_PER_TOKEN, and the record's token_source says "estimate".
#ifndef CAPTURE_ANONYMIZE_H
#define CAPTURE_ANONYMIZE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/status.h"
#include "lib/record/trace.h"

#define ANONYMIZE_BLOCK_TOKENS 512 // as Mooncake's traces have it
#define ANONYMIZE_BYTES_PER_TOKEN 4
#define ANONYMIZE_BLOCK_BYTES ((size_t)ANONYMIZE_BLOCK_TOKENS * ANONYMIZE_BYTES_PER_TOKEN)
#define ANONYMIZE_KEY_MIN 16 // bytes
#define ANONYMIZE_KEY_MAX 4096

struct anonymize;

// Takes the key: all bytes of the file, ANONYMIZE_KEY_MIN to ANONYMIZE_KEY_MAX of them. STATUS_NOT_FOUND,
// STATUS_IO, STATUS_FORMAT (too short or too long), STATUS_MEMORY; error is set.
enum status anonymize_open(const char *key_path, struct anonymize **out, struct error *error) MUST_USE;
// The same with a random key that ends with the process: for ids that need to mean nothing elsewhere.
enum status anonymize_open_random(struct anonymize **out, struct error *error) MUST_USE;
void anonymize_close(struct anonymize *anonymize); // wipes the key; takes NULL

// True for a request whose size is worth keeping: it asks a model for text. Others (a list of models, a page)
// have nothing but their text, and are left out of an anonymised trace.
bool anonymize_keeps(const struct trace_request *request);

// What remains of a request. `response` is what came of it, NULL when that is not known (yet). The slices of
// `out` are constants or live in `scratch` until that is changed. STATUS_MEMORY, STATUS_LIMIT.
//
// Kept: seq, time, API (the method and path are that API's usual ones), streaming, how many images, sounds
// and files there are and their size. The session becomes a keyed hash. A request that is known by its size
// keeps its counts, and the ids of its blocks become keyed hashes of them. Dropped: headers, body, body's
// size, query, model.
enum status anonymize_request(struct anonymize *anonymize, const struct trace_request *request,
                              const struct trace_response *response, struct buf *scratch,
                              struct trace_request *out, struct error *error) MUST_USE;

// Puts the counts that a response tells into a request of anonymize_request that was made without it.
void anonymize_take_counts(const struct trace_response *response, struct trace_request *request);

// The same for a response: numbers and times stay, and what is one of a few known words (token_source, error,
// aborted_by, finish); the server's own words go.
struct trace_response anonymize_response(const struct trace_response *response);

// The same for a header: the upstream goes.
struct trace_header anonymize_header(const struct trace_header *header);

#endif
