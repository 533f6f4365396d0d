// SPDX-License-Identifier: GPL-3.0-or-later
//
// The files that the shards of one open loop wrote (`replay --shard I/N`), read together as one run: batch by
// batch the requests of all, then one batch record with their sums. Memory is that of the largest repetition.
//
// Each file's clock begins at its header; their wall clocks join them. A batch's window is cut to where all
// were sending; a batch that one of them rejected is rejected.
#ifndef ANALYZE_LOAD_PARTS_H
#define ANALYZE_LOAD_PARTS_H

#include "analyze/input/load.h"

// What a file's first record shows of it.
struct load_part {
  const char *path;
  int64_t shard, shards; // 1 to shards; shards 1: the whole, or no run at all
  uint64_t run;          // equal for the parts of one run: of plan, seed, requests and start
};

// Reads the start of a regular file; anything else is the whole, also what cannot be read: reading it fails
// then. Parts may not come through pipes.
struct load_part load_part_of(const char *path);

// Adds the run that `count` parts are of, in any order. STATUS_FORMAT: one is missing or there twice, or
// their batches do not match; the words name the file. Else as load_file.
enum status load_parts(struct load_data *data, struct load_part *parts, size_t count,
                       struct error *error) MUST_USE;

#endif
