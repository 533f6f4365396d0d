// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a server counts by itself: the counters of one metrics page, and by how much they grew between two.
#ifndef REPLAY_COUNTERS_H
#define REPLAY_COUNTERS_H

#include <stddef.h>

#include "lib/base/buf.h"

#define COUNTERS_PAGE_BYTES ((size_t)4 << 20) // a longer page is refused
#define COUNTERS_MAX 256                      // series of a difference; what is left out is counted

struct counters;

enum status counters_open(struct counters **out) MUST_USE; // STATUS_MEMORY
void counters_close(struct counters *counters);            // takes NULL

// Forgets what was read: another page begins.
void counters_begin(struct counters *counters);

// Takes the page's bytes in the order of their coming. Only what accumulates is kept (prometheus.h).
// STATUS_FORMAT: it is no metrics page; STATUS_LIMIT: over COUNTERS_PAGE_BYTES; STATUS_MEMORY.
enum status counters_feed(struct counters *counters, const char *data, size_t len,
                          struct error *error) MUST_USE;
// The page is complete; the same errors.
enum status counters_finish(struct counters *counters, struct error *error) MUST_USE;

// Appends {"series":difference,...}, the first COUNTERS_MAX series in the order of the page `after`;
// *left_out: how many more there are. A series that `before` lacks began at 0, as a labelled counter does
// at its first use. null: it is not known by how much it grew, since it became less (the server was started
// anew, and what it had counted up to then is lost) or one of its values is no finite number. A series that
// a page has twice counts once, the first.
void counters_print_difference(const struct counters *before, const struct counters *after, struct buf *out,
                               size_t *left_out);

#endif
