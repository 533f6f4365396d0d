// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a reader has to know before believing the numbers: results.warnings, most important first.
#ifndef ANALYZE_WARNINGS_H
#define ANALYZE_WARNINGS_H

#include "analyze/judge/cells.h"

// Adds one; a field that does not apply is -1, NaN or NULL. STATUS_MEMORY.
enum status warnings_add(struct results *results, const struct warning *warning) MUST_USE;

// A warning of this code with nothing else said.
struct warning warnings_new(enum warning_code code);

// What reading has noted of the input itself: damage, missing ends, later versions, unlike runs. The words
// stay the data's. STATUS_MEMORY.
enum status warnings_of_input(struct results *results, const struct load_data *data) MUST_USE;

// Everything that the other steps have left in `data` and `results`, in order of importance.
//
//   code            carries
//   all_failed      count: cells
//   failed_level    workers; count: its cells; words: why its server did not come up (NULL: requests failed)
//   hole            the same, of a level between usable ones
//   failed_cells    count: failed cells on levels that have usable ones
//   cliff, cliff_possible   workers: the level before; count: the level beyond; value, lo, hi: the ratio
//   replaced        count: failed batches, left out because they were measured again
//   damaged_input   count: broken or missing spots; words: the file
//   no_end          words: the file
//   invalid_client  count: batches left out; lo: those of them that failed too; value: the client's highest
//                   share of a core in them; words: why the first was, as replay writes it
//   littles_law     workers; value: mean requests in flight in its windows, over 2 % off the workers
//   cold_start      count: cells
//   no_spread, unreplicated   count: cells with a single measurement
//   one_session     -
//   grid_order      -
//   edge_batch      workers, batch of the largest
//   edge_workers    workers, batch of the largest
//   partial_waves   count: cells
//   tokens_differ   value: largest over smallest; lo, hi: tokens per request
//   lack_of_fit     value: p
//   fit_range       lo, hi: the n that were fitted
//   two_modes       workers, batch; count: repetitions in the lower group; value: of how many; lo, hi: the
//   means
//                   of both
//   drift           value, lo, hi: change from first to last, as a fraction
//   cached_tokens_differ    lo, hi: the smallest and the largest share of a cell's input tokens; workers,
//                   batch: the cell with the largest
//   cached_tokens   value: their share of the input tokens; count: tokens
enum status warnings_collect(const struct load_data *data, const struct cells_samples *samples,
                             struct results *results, struct error *error) MUST_USE;

#endif
