// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/sketch/steady.h"

#include <math.h>
#include <stdlib.h>

#define WINDOW_MIN_LATENCIES 0.5
#define PARTS 8 // of a window, whose amounts show how it varies

struct window {
  int64_t from_ns, to_ns;
};

static double ratio(double a, double b) {
  return b > 0 ? a / b : NAN;
}

static double overlap_ns(struct window window, int64_t from_ns, int64_t to_ns) {
  int64_t from = from_ns > window.from_ns ? from_ns : window.from_ns;
  int64_t to = to_ns < window.to_ns ? to_ns : window.to_ns;
  return to > from ? (double)(to - from) : 0;
}

static bool holds(struct window window, int64_t at_ns) {
  return at_ns > window.from_ns && at_ns <= window.to_ns;
}

// How much of `amount` that comes evenly from..to falls into the window.
static double spread_amount(struct window window, double amount, int64_t from_ns, int64_t to_ns) {
  return to_ns > from_ns ? amount * overlap_ns(window, from_ns, to_ns) / (double)(to_ns - from_ns) : 0;
}

static int64_t last_text_ns(const struct steady_request *request) {
  return request->last_text_ns >= 0 ? request->last_text_ns : request->done_ns;
}

static bool in_one_piece(const struct steady_request *request) {
  return request->first_text_ns < 0 ||
         (request->amount > 1 && last_text_ns(request) <= request->first_text_ns);
}

static double amount_inside(struct window window, const struct steady_request *request, bool by_ends) {
  if (request->amount <= 0) return 0;
  double amount = (double)request->amount;
  if (by_ends) return holds(window, request->done_ns) ? amount : 0;
  if (in_one_piece(request)) return spread_amount(window, amount, request->sent_ns, request->done_ns);
  double first = holds(window, request->first_text_ns) ? 1 : 0;
  return first + spread_amount(window, amount - 1, request->first_text_ns, last_text_ns(request));
}

static bool mostly_in_one_piece(const struct steady_request *requests, size_t count) {
  double all = 0, pieces = 0;
  for (size_t i = 0; i < count; i++) {
    if (requests[i].amount <= 0) continue;
    all += (double)requests[i].amount;
    if (in_one_piece(&requests[i])) pieces += (double)requests[i].amount;
  }
  return pieces > all / 2;
}

static int compare_ends(const void *left, const void *right) {
  const struct steady_request *a = left, *b = right;
  return (a->done_ns > b->done_ns) - (a->done_ns < b->done_ns);
}

// Batch means: equal parts of the window vary as it does itself, but for their number.
static double squares_of_parts(struct window window, const struct steady_request *requests, size_t count,
                               bool by_ends) {
  double mean = 0, squares = 0;
  for (int part = 0; part < PARTS; part++) {
    int64_t span_ns = window.to_ns - window.from_ns;
    struct window inside = {window.from_ns + span_ns / PARTS * part,
                            window.from_ns + span_ns / PARTS * (part + 1)};
    double amount = 0;
    for (size_t i = 0; i < count; i++) {
      if (requests[i].done_ns > inside.from_ns && requests[i].sent_ns <= inside.to_ns)
        amount += amount_inside(inside, &requests[i], by_ends);
    }
    double off = amount - mean;
    mean += off / (part + 1);
    squares += off * (amount - mean);
  }
  return PARTS * squares / (PARTS - 1);
}

bool steady_of_batch(struct steady_request *requests, size_t count, int64_t workers, double batch_s,
                     struct steady *out) {
  if (count == 0 || workers < 1 || count <= (size_t)workers) return false;
  struct window window = {requests[0].done_ns, requests[0].sent_ns};
  for (size_t i = 1; i < count; i++) {
    if (requests[i].done_ns < window.from_ns) window.from_ns = requests[i].done_ns;
    if (requests[i].sent_ns > window.to_ns) window.to_ns = requests[i].sent_ns;
  }
  bool by_ends = mostly_in_one_piece(requests, count);
  if (by_ends) {
    qsort(requests, count, sizeof *requests, compare_ends);
    window.from_ns = requests[workers - 1].done_ns;
  }
  if (window.to_ns <= window.from_ns) return false;
  double latency_s = 0;
  for (size_t i = 0; i < count; i++)
    latency_s += (double)(requests[i].done_ns - requests[i].sent_ns) * 1e-9 / (double)count;
  struct steady steady = {
      .windows = 1, .window_s = (double)(window.to_ns - window.from_ns) * 1e-9, .batch_s = batch_s};
  if (steady.window_s < WINDOW_MIN_LATENCIES * latency_s) return false;
  for (size_t i = 0; i < count; i++) {
    const struct steady_request *request = &requests[i];
    steady.amount += amount_inside(window, request, by_ends);
    steady.busy_s += overlap_ns(window, request->sent_ns, request->done_ns) * 1e-9;
    if (!holds(window, request->done_ns)) continue;
    steady.ended++;
    steady.latency_s += (double)(request->done_ns - request->sent_ns) * 1e-9;
  }
  steady.squares = squares_of_parts(window, requests, count, by_ends);
  *out = steady;
  return true;
}

void steady_add(struct steady *sum, const struct steady *window) {
  sum->windows += window->windows;
  sum->window_s += window->window_s;
  sum->batch_s += window->batch_s;
  sum->amount += window->amount;
  sum->busy_s += window->busy_s;
  sum->ended += window->ended;
  sum->latency_s += window->latency_s;
  sum->squares += window->squares;
}

double steady_throughput(const struct steady *steady) {
  return ratio(steady->amount, steady->window_s);
}

double steady_in_flight(const struct steady *steady) {
  return ratio(steady->busy_s, steady->window_s);
}

double steady_share(const struct steady *steady) {
  return ratio(steady->window_s, steady->batch_s);
}

// rate x mean latency = (ended / window) x (latency / ended): the ends cancel.
double steady_littles_law(const struct steady *steady) {
  return ratio(steady->busy_s, steady->latency_s);
}
