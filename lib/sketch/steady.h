// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a level does while it is really held: throughput in the window of a batch in which all its workers are
// busy, from the first end of a request to the last send.
//
// A batch's own throughput also carries its start (all first prompts at once) and its drain (workers that run
// empty), so it grows with the size of the batch; the window's does not. A window of fewer than three waves
// is short and noisy: sums over several windows weigh each by its length.
//
// Where most of the amount comes without a text of its own (requests that are counted, answers in one piece),
// it is not known when it was made: a request may have waited inside the server. Such a batch is counted at
// the ends of its requests, in a window that begins after as many ends as there are workers: both edges then
// lie at the end of a wave, whether waves keep step or not.
#ifndef LIB_SKETCH_STEADY_H
#define LIB_SKETCH_STEADY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One request of a batch; instants in ns on one clock. `amount`: what of it is counted, such as the tokens of
// its answer; 0 for one that failed. An answer whose `first_text_ns` is not known (-1), or of several tokens
// that came at one instant, is in one piece; a `last_text_ns` that is not known (-1) is done.
struct steady_request {
  int64_t sent_ns, first_text_ns, last_text_ns, done_ns;
  int64_t amount;
};

// Sums over windows; all zero is no window.
struct steady {
  double windows;   // how many
  double window_s;  // their length
  double batch_s;   // length of the batches that have a window
  double amount;    // in the window: one at its first text, the rest spread evenly to its last text; of an
                    // answer in one piece, see above
  double busy_s;    // integral of requests in flight over the window
  double ended;     // requests that ended in the window
  double latency_s; // sum of their latencies
  double squares; // over amount^2: the variance of ln throughput that the requests of the window make, by the
                  // method of batch means (Law and Kelton, Simulation Modeling and Analysis, 9.5.3)
};

// The window of one batch of `count` requests, which took `batch_s`; may put the requests in order of their
// ends. False, and nothing is written, where there is none: no more requests than workers (in one piece: than
// twice the workers), none sent after the window's start, or a window below half a latency.
bool steady_of_batch(struct steady_request *requests, size_t count, int64_t workers, double batch_s,
                     struct steady *out);

void steady_add(struct steady *sum, const struct steady *window);

// Amount per second, mean requests in flight, and the window's share of the batch; NaN without a window.
double steady_throughput(const struct steady *steady);
double steady_in_flight(const struct steady *steady);
double steady_share(const struct steady *steady);

// Requests in flight over rate x mean latency (Little, Oper. Res. 9, 1961): 1 but for the window's two edges,
// where latencies reach out of it. They move it by tens of percent at three waves, by 1 to 8 % at 48, more
// the more latencies differ: a description, not a test. NaN without a window.
double steady_littles_law(const struct steady *steady);

#endif
