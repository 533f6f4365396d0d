// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/plan/superpose.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "replay/plan/random.h"

struct entry {
  int64_t offset_ns;
  struct superposed_place place;
};

static int compare(const void *a, const void *b) {
  const struct entry *x = a, *y = b;
  if (x->offset_ns != y->offset_ns) return x->offset_ns < y->offset_ns ? -1 : 1;
  if (x->place.copy != y->place.copy) return x->place.copy < y->place.copy ? -1 : 1;
  return x->place.source < y->place.source ? -1 : x->place.source > y->place.source;
}

// In [0, 1), of two numbers and the seed.
static double uniform(int64_t seed, int64_t number, int64_t other) {
  uint64_t spread = random_spread((uint64_t)seed ^ random_spread((uint64_t)number * 2 + (uint64_t)other));
  return (double)(spread >> 11) * 0x1p-53;
}

// Whether a copy of which only a share is wanted has it.
static bool is_kept(const struct superpose_options *options, const struct conversations_turn *turns,
                    int64_t source, double share) {
  int64_t conversation = turns ? turns[source].conversation : -1;
  return share >= 1 ||
         uniform(options->seed, conversation < 0 ? source : conversation, conversation < 0) < share;
}

// From one end of the schedule to the other and a mean interval, so that the last is none of the first.
static int64_t period_ns(const struct schedule *once) {
  int64_t last_ns = once->offsets_ns[once->count - 1];
  return last_ns + (once->count > 1 ? last_ns / (int64_t)(once->count - 1) : 0) + 1;
}

static size_t fill(const struct superpose_options *options, const struct schedule *once,
                   const struct conversations_turn *turns, struct entry *entries) {
  size_t count = 0;
  int64_t length_ns = period_ns(once);
  int64_t window_ns =
      options->window_ns > 0 && options->window_ns < length_ns ? options->window_ns : length_ns;
  for (int64_t copy = 0; (double)copy < options->copies; copy++) {
    double phase = copy > 0 ? uniform(options->seed, -copy, 0) : 0;
    int64_t phase_ns = (int64_t)(phase * (double)window_ns);
    for (size_t i = 0; i < once->count; i++) {
      if (!is_kept(options, turns, (int64_t)i, options->copies - (double)copy)) continue;
      entries[count++] = (struct entry){(once->offsets_ns[i] + phase_ns) % length_ns, {(int64_t)i, copy}};
    }
  }
  qsort(entries, count, sizeof *entries, compare);
  return count;
}

// A link between turns holds unless the end of the schedule came between them. STATUS_MEMORY.
static enum status link_turns(struct superposed *out, size_t requests, int64_t copies,
                              const struct conversations_turn *turns) {
  int64_t *at = calloc(requests * (size_t)copies, sizeof *at); // the place of each request of each copy
  int64_t conversations = 0;
  out->turns = calloc(out->count, sizeof *out->turns);
  if (!at || !out->turns) {
    free(at);
    return STATUS_MEMORY;
  }
  for (size_t i = 0; i < out->count; i++)
    at[out->places[i].copy * (int64_t)requests + out->places[i].source] = (int64_t)i;
  for (size_t i = 0; i < requests; i++) {
    if (turns[i].conversation >= conversations) conversations = turns[i].conversation + 1;
  }
  for (size_t i = 0; i < out->count; i++) {
    struct superposed_place place = out->places[i];
    const int64_t *of_copy = &at[place.copy * (int64_t)requests];
    struct conversations_turn turn = turns[place.source];
    int64_t before = turn.before < 0 ? -1 : of_copy[turn.before];
    int64_t after = turn.after < 0 ? -1 : of_copy[turn.after];
    turn.before = before < (int64_t)i ? before : -1;
    turn.after = after > (int64_t)i ? after : -1;
    if (turn.conversation >= 0) turn.conversation += place.copy * conversations;
    out->turns[i] = turn;
  }
  free(at);
  return STATUS_OK;
}

static enum status keep_scheduled(const struct superpose_options *options, const struct entry *entries,
                                  struct superposed *out) {
  struct schedule *schedule = &out->schedule;
  int64_t duration_ns = options->duration_ns;
  out->places = calloc(out->count, sizeof *out->places);
  schedule->offsets_ns = calloc(out->count, sizeof *schedule->offsets_ns);
  if (!out->places || !schedule->offsets_ns) return STATUS_MEMORY;
  for (size_t i = 0; i < out->count; i++) {
    out->places[i] = entries[i].place;
    if (duration_ns > 0 && entries[i].offset_ns >= duration_ns) continue;
    schedule->offsets_ns[schedule->count++] = entries[i].offset_ns;
  }
  bool is_cut = schedule->count < out->count;
  schedule->window_ns = is_cut ? duration_ns : entries[out->count - 1].offset_ns;
  return STATUS_OK;
}

enum status superpose(const struct superpose_options *options, const struct schedule *once,
                      const struct conversations_turn *turns, struct superposed *out, struct error *error) {
  struct superposed made = {0};
  double copies = ceil(options->copies);
  if (copies * (double)once->count > (double)SCHEDULE_REQUESTS_MAX)
    return status_fail(error, STATUS_USAGE, "the schedule has more than %zu requests", SCHEDULE_REQUESTS_MAX);
  struct entry *entries = calloc(once->count * (size_t)copies, sizeof *entries);
  enum status status = entries ? STATUS_OK : STATUS_MEMORY;
  if (status == STATUS_OK) {
    made.count = fill(options, once, turns, entries);
    if (made.count > 0) status = keep_scheduled(options, entries, &made);
  }
  if (status == STATUS_OK && turns && made.count > 0)
    status = link_turns(&made, once->count, (int64_t)copies, turns);
  free(entries);
  if (status == STATUS_OK && made.schedule.count > 0) {
    *out = made;
    return STATUS_OK;
  }
  superposed_free(&made);
  return status ? status_memory(error)
                : status_fail(error, STATUS_USAGE,
                              "the schedule holds no request: too little of the trace is left");
}

void superposed_free(struct superposed *superposed) {
  schedule_free(&superposed->schedule);
  free(superposed->places);
  free(superposed->turns);
  *superposed = (struct superposed){0};
}
