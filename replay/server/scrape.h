// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads the server's metrics page (--metrics-url), over a connection of its own, so that the measured
// ones are left as they are.
#ifndef REPLAY_SCRAPE_H
#define REPLAY_SCRAPE_H

#include <stdint.h>

#include "lib/net/loop.h"
#include "replay/server/counters.h"
#include "replay/server/settings.h"

#define SCRAPE_TIMEOUT_NS INT64_C(2000000000)

struct scrape;

// The end of each reading, from the loop: STATUS_OK, or what went wrong.
typedef void scrape_done(void *context, enum status status, const char *message);

// Borrows everything. STATUS_IO, STATUS_MEMORY.
enum status scrape_open(struct loop *loop, const struct server_settings *settings, scrape_done *done,
                        void *context, struct scrape **out, struct error *error) MUST_USE;
void scrape_close(struct scrape *scrape); // takes NULL; `done` is not called any more

// Reads the page into `counters`, which is borrowed until `done`; `port` stands for {port}. On failure `done`
// does not come. One at a time.
enum status scrape_start(struct scrape *scrape, uint16_t port, struct counters *counters,
                         struct error *error) MUST_USE;

// Gives the reading up: `done` comes soon, with STATUS_CANCELLED. Nothing when there is none.
void scrape_cancel(struct scrape *scrape);

#endif
