// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/sketch/course.h"

#include <math.h>

#include "lib/base/clock.h"

enum { SPANS = COURSE_SPANS / COURSE_BLOCKS };

void course_start(struct course *course, int64_t start_ns, int64_t total_ns) {
  *course =
      (struct course){.start_s = clock_seconds(start_ns), .block_s = clock_seconds(total_ns) / COURSE_BLOCKS};
}

double course_place(const struct course *course, int64_t at_ns) {
  return (clock_seconds(at_ns) - course->start_s) / course->block_s;
}

size_t course_block(const struct course *course, int64_t at_ns) {
  double place = course_place(course, at_ns);
  return place < COURSE_BLOCKS ? (size_t)fmax(place, 0) : COURSE_BLOCKS;
}

// One more (or less) in flight from `at` spans after the start on: in the mean of each span, and at the edge
// where it begins. Both are sums still to be made.
static void add_event(struct course *course, double at, double sign) {
  if (!(at < COURSE_SPANS)) return;
  size_t span = (size_t)fmax(at, 0);
  course->span_mean[span] += sign * ((double)(span + 1) - fmax(at, 0));
  course->span_edge[span + 1] += sign;
}

void course_add(struct course *course, int64_t ready_ns, int64_t done_ns, bool success, bool cancelled) {
  size_t block = course_block(course, ready_ns);
  course->came[block]++;
  course->answered[block] += !cancelled;
  add_event(course, SPANS * course_place(course, ready_ns), 1);
  if (done_ns < 0) return;
  double done = course_place(course, done_ns);
  add_event(course, SPANS * done, -1);
  course->ended[block]++;
  course->stay_s[block] += clock_seconds(done_ns - ready_ns);
  // What ends with the schedule was served in it.
  course->served[done == COURSE_BLOCKS ? COURSE_BLOCKS - 1 : course_block(course, done_ns)] += success;
}

void course_finish(struct course *course) {
  double now = 0;
  for (size_t i = 0; i <= COURSE_SPANS; i++) {
    now += course->span_edge[i];
    if (i % SPANS == 0) course->in_flight[i / SPANS] = now;
    if (i < COURSE_SPANS) course->mean[i / SPANS] += (now + course->span_mean[i]) / SPANS;
  }
}

static void add_all(double *into, const double *from, size_t count) {
  for (size_t i = 0; i < count; i++)
    into[i] += from[i];
}

void course_merge(struct course *course, const struct course *other) {
  add_all(course->came, other->came, COURSE_ALL);
  add_all(course->answered, other->answered, COURSE_ALL);
  add_all(course->ended, other->ended, COURSE_ALL);
  add_all(course->stay_s, other->stay_s, COURSE_ALL);
  add_all(course->served, other->served, COURSE_ALL);
  add_all(course->in_flight, other->in_flight, COURSE_ALL);
  add_all(course->mean, other->mean, COURSE_BLOCKS);
}
