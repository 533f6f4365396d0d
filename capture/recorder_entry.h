// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the recorder's two files share. Private to capture/recorder*.c.
#ifndef CAPTURE_RECORDER_ENTRY_H
#define CAPTURE_RECORDER_ENTRY_H

#include "capture/recorder.h"
#include "capture/session.h"
#include "lib/base/buf.h"
#include "lib/llm/api.h"
#include "lib/record/trace.h"

#define RECORDER_KEPT_LINE ((size_t)1024 * 1024)

struct recorder {
  struct recorder_options options;
  struct gzline_writer *writer;
  struct session_table *sessions;
  struct buf line; // the record being formatted
  int64_t start_ns;
  int64_t next_seq;
  int64_t requests, responses;
  int64_t dropped;   // records lost before the writer, which counts its own
  int64_t unnamed;   // requests without a session so far
  size_t held_bytes; // bodies of entries whose record is not written yet
};

// Hands recorder->line to the writer and counts what became of it.
void recorder_write(struct recorder *recorder, bool is_request);

#endif
