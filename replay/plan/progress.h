// SPDX-License-Identifier: GPL-3.0-or-later
//
// How far a run is, for a person (one line that is redrawn) or a script (a JSON line now and then).
#ifndef REPLAY_PROGRESS_H
#define REPLAY_PROGRESS_H

#include <stdint.h>
#include <stdio.h>

#include "lib/base/status.h"

enum progress_mode { PROGRESS_AUTO, PROGRESS_NONE, PROGRESS_BAR, PROGRESS_JSON };

struct progress {
  FILE *stream;
  enum progress_mode mode; // never PROGRESS_AUTO after progress_open
  int64_t start_ns;
  int64_t last_ns; // of the last line drawn
  int shown;       // columns that stand on the terminal now
  int columns;     // of a stream that does not tell its width: COLUMNS; 0: no limit
};

// A snapshot of the work. Counts; `total` 0: unknown.
struct progress_state {
  int64_t done, total; // cells (replicates) measured of the plan
  int64_t in_flight;
  int64_t requests, failed;
  int64_t output_tokens;
  double requests_per_s, tokens_per_s;
  int64_t left_ns;   // until the end; 0: not known, then it is estimated from the pace so far
  const char *label; // "W=8 B=16 rep 2/3", ASCII; NULL: none
};

// AUTO becomes BAR when `stream` is a terminal, NONE otherwise.
void progress_open(struct progress *progress, FILE *stream, enum progress_mode mode, int64_t now_ns);

// Draws when the last line is older than 100 ms (bar) or 1 s (JSON); cheap otherwise. A bar is never as wide
// as the terminal: what tells least is left out first, and a long label is cut.
void progress_draw(struct progress *progress, const struct progress_state *state, int64_t now_ns);

// The last JSON line, however soon it comes, with "final":true; nothing in the other modes.
void progress_finish(struct progress *progress, const struct progress_state *state, int64_t now_ns);

// Wipes the bar (struct log's wipe_line); the next draw brings it back.
void progress_wipe(void *progress);

// "none", "bar", "json" (or "auto").
enum status progress_mode_parse(const char *text, enum progress_mode *out, struct error *error) MUST_USE;

#endif
