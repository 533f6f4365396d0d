// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "replay/plan/random.h"

// The plan while it is laid out.
struct draft {
  struct plan *plan;
  enum plan_order order;
  struct random_source *random;
  int64_t *levels; // distinct workers, in the order in which they are gone through
  size_t level_count;
  size_t *order_of_cells; // room for one block
};

static void shuffle(const struct draft *draft, void *items, size_t count, size_t size) {
  if (draft->order == PLAN_ORDER_RANDOM) random_shuffle(draft->random, items, count, size);
}

// Appends replicate `rep` of every cell of one level (-1: of all) in the order of the plan.
static void add_block(struct draft *draft, int64_t workers, int64_t rep) {
  struct plan *plan = draft->plan;
  size_t count = 0;
  for (size_t i = 0; i < plan->cell_count; i++) {
    const struct plan_cell *cell = &plan->cells[i];
    if (cell->repeat > rep && (workers < 0 || cell->workers == workers)) draft->order_of_cells[count++] = i;
  }
  shuffle(draft, draft->order_of_cells, count, sizeof *draft->order_of_cells);
  for (size_t i = 0; i < count; i++)
    plan->batches[plan->batch_count++] = (struct plan_batch){.cell = draft->order_of_cells[i], .rep = rep};
}

// A session with blocks [first, last]; one that would hold no batch is left out.
static void add_session(struct draft *draft, int64_t workers, int64_t first, int64_t last) {
  struct plan *plan = draft->plan;
  struct plan_session session = {
      .workers = workers,
      .block = first == last && workers >= 0 ? first : -1,
      .warmup_workers = workers < 0 ? plan->workers_most : workers,
      .first_batch = plan->batch_count,
  };
  for (int64_t rep = first; rep <= last; rep++)
    add_block(draft, workers, rep);
  session.batch_count = plan->batch_count - session.first_batch;
  if (session.batch_count > 0) plan->sessions[plan->session_count++] = session;
}

static void lay_out(struct draft *draft, enum plan_restart restart) {
  int64_t last = draft->plan->repeat_most - 1;
  switch (restart) {
  case PLAN_RESTART_NEVER: add_session(draft, -1, 0, last); break;
  case PLAN_RESTART_BLOCK:
    for (int64_t rep = 0; rep <= last; rep++) {
      shuffle(draft, draft->levels, draft->level_count, sizeof *draft->levels);
      for (size_t i = 0; i < draft->level_count; i++)
        add_session(draft, draft->levels[i], rep, rep);
    }
    break;
  case PLAN_RESTART_LEVEL:
    shuffle(draft, draft->levels, draft->level_count, sizeof *draft->levels);
    for (size_t i = 0; i < draft->level_count; i++)
      add_session(draft, draft->levels[i], 0, last);
    break;
  }
}

static int64_t larger(int64_t a, int64_t b) {
  return a > b ? a : b;
}

static void add_distinct(int64_t *items, size_t *count, int64_t item) {
  for (size_t i = 0; i < *count; i++) {
    if (items[i] == item) return;
  }
  items[(*count)++] = item;
}

// Sums up the cells: the largest of each number, the levels, how many batches there will be.
static enum status survey(struct draft *draft, size_t *batches, struct error *error) {
  struct plan *plan = draft->plan;
  for (size_t i = 0; i < plan->cell_count; i++) {
    const struct plan_cell *cell = &plan->cells[i];
    plan->workers_most = larger(plan->workers_most, cell->workers);
    plan->batch_most =
        larger(plan->batch_most, cell->batch > 0 ? cell->batch : larger(PLAN_TIMED_STRIDE, cell->workers));
    plan->repeat_most = larger(plan->repeat_most, cell->repeat);
    *batches += (size_t)cell->repeat;
    if (*batches > PLAN_BATCHES_MAX)
      return status_fail(error, STATUS_USAGE, "the plan has more than %zu batches", PLAN_BATCHES_MAX);
    add_distinct(draft->levels, &draft->level_count, cell->workers);
  }
  return STATUS_OK;
}

enum status plan_make(const struct plan_cell *cells, size_t count, enum plan_order order,
                      enum plan_restart restart, int64_t seed, struct plan *out, struct error *error) {
  struct plan plan = {.cell_count = count};
  struct draft draft = {.plan = &plan, .order = order};
  size_t batches = 0;
  enum status status = STATUS_MEMORY;
  plan.cells = calloc(count, sizeof *plan.cells);
  draft.levels = calloc(count, sizeof *draft.levels);
  draft.order_of_cells = calloc(count, sizeof *draft.order_of_cells);
  draft.random = random_open(seed);
  if (!plan.cells || !draft.levels || !draft.order_of_cells || !draft.random) {
    status_memory(error);
    goto cleanup;
  }
  memcpy(plan.cells, cells, count * sizeof *cells);
  status = survey(&draft, &batches, error);
  if (status) goto cleanup;
  plan.batches = calloc(batches, sizeof *plan.batches);
  plan.sessions = calloc(batches, sizeof *plan.sessions);
  if (!plan.batches || !plan.sessions) {
    status = status_memory(error);
    goto cleanup;
  }
  lay_out(&draft, restart);
  *out = plan;
  plan = (struct plan){0};
cleanup:
  random_close(draft.random);
  free(draft.levels);
  free(draft.order_of_cells);
  plan_free(&plan);
  return status;
}

static enum status lay_out_open(const struct plan_open *open, struct plan *plan) {
  size_t rows = plan_rows(plan);
  struct random_source *random = random_open(open->seed);
  size_t *order = calloc(rows, sizeof *order);
  for (int64_t rep = 0; random && order && rep < open->repeat; rep++) {
    for (size_t i = 0; i < rows; i++)
      order[i] = i;
    if (open->order == PLAN_ORDER_RANDOM) random_shuffle(random, order, rows, sizeof *order);
    for (size_t i = 0; i < rows; i++)
      plan->batches[plan->batch_count++] = (struct plan_batch){.cell = order[i], .rep = rep};
  }
  enum status status = random && order ? STATUS_OK : STATUS_MEMORY;
  random_close(random);
  free(order);
  return status;
}

enum status plan_make_open(const struct plan_open *open, struct plan *out, struct error *error) {
  struct plan plan = {.rate_count = open->rate_count,
                      .session_count = 1,
                      .workers_most = 1,
                      .batch_most = open->requests,
                      .repeat_most = open->repeat};
  size_t batches = (size_t)open->repeat * plan_rows(&plan);
  plan.sessions = calloc(1, sizeof *plan.sessions);
  plan.batches = calloc(batches, sizeof *plan.batches);
  plan.rates = open->rate_count > 0 ? calloc(open->rate_count, sizeof *plan.rates) : NULL;
  enum status status = STATUS_MEMORY;
  if (plan.sessions && plan.batches && (plan.rates || open->rate_count == 0)) {
    if (plan.rates) memcpy(plan.rates, open->rates, open->rate_count * sizeof *plan.rates);
    status = lay_out_open(open, &plan);
  }
  if (status) {
    plan_free(&plan);
    return status_memory(error);
  }
  plan.sessions[0] =
      (struct plan_session){.workers = -1, .block = -1, .warmup_workers = 1, .batch_count = batches};
  *out = plan;
  return STATUS_OK;
}

size_t plan_rows(const struct plan *plan) {
  if (plan->cell_count > 0) return plan->cell_count;
  return plan->rate_count > 0 ? plan->rate_count : 1;
}

void plan_free(struct plan *plan) {
  free(plan->cells);
  free(plan->rates);
  free(plan->sessions);
  free(plan->batches);
  *plan = (struct plan){0};
}

static int compare(int64_t a, int64_t b) {
  return a < b ? -1 : a > b;
}

int plan_replicate_compare(const void *a, const void *b) {
  const struct plan_replicate *left = a, *right = b;
  int order = compare(left->workers, right->workers);
  if (order == 0) order = compare(left->batch, right->batch);
  if (order == 0) order = compare(left->rep, right->rep);
  return order != 0 ? order : (left->rate > right->rate) - (left->rate < right->rate);
}

static bool is_done(const struct plan *plan, const struct plan_batch *batch,
                    const struct plan_replicate *done, size_t count) {
  struct plan_replicate replicate = {.workers = -1, .batch = -1, .rep = batch->rep};
  if (plan->cell_count > 0) {
    replicate.workers = plan->cells[batch->cell].workers;
    replicate.batch = plan->cells[batch->cell].batch;
  }
  if (plan->rates) replicate.rate = plan->rates[batch->cell];
  return count > 0 && bsearch(&replicate, done, count, sizeof *done, plan_replicate_compare);
}

void plan_drop_done(struct plan *plan, const struct plan_replicate *done, size_t count) {
  size_t sessions = 0, batches = 0;
  for (size_t i = 0; i < plan->session_count; i++) {
    struct plan_session session = plan->sessions[i];
    size_t first = session.first_batch, end = first + session.batch_count;
    session.first_batch = batches;
    for (size_t j = first; j < end; j++) {
      if (!is_done(plan, &plan->batches[j], done, count)) plan->batches[batches++] = plan->batches[j];
    }
    session.batch_count = batches - session.first_batch;
    if (session.batch_count > 0) plan->sessions[sessions++] = session;
  }
  plan->session_count = sessions;
  plan->batch_count = batches;
}

int64_t plan_offset(const struct plan *plan, int64_t rep) {
  return rep * plan->batch_most;
}

int64_t plan_warmup_offset(const struct plan *plan, int64_t round) {
  return plan->repeat_most * plan->batch_most + round * plan->workers_most;
}

int64_t plan_draws(const struct plan *plan, int64_t warmup) {
  return plan_warmup_offset(plan, warmup);
}

int64_t plan_connections(const struct plan *plan, bool burst, int64_t warmup) {
  int64_t wanted = burst || plan->workers_most > plan->batch_most ? plan->batch_most : plan->workers_most;
  return warmup > 0 && plan->workers_most > wanted ? plan->workers_most : wanted;
}

int64_t plan_requests(const struct plan *plan, int64_t warmup) {
  int64_t requests = 0;
  for (size_t i = 0; plan->cell_count > 0 && i < plan->batch_count; i++)
    requests += plan->cells[plan->batches[i].cell].batch;
  for (size_t i = 0; i < plan->session_count; i++)
    requests += warmup * plan->sessions[i].warmup_workers;
  return requests;
}

bool plan_sends_twice(const struct plan *plan, int64_t warmup, int64_t available) {
  if (plan->cell_count > 1) return true; // replicate 0 of both begins at the same request
  if (warmup > 0 && plan->session_count > 1) return true;
  return plan_draws(plan, warmup) > available;
}

static void write_distinct(struct json_writer *w, const char *key, const struct plan *plan, bool workers) {
  json_write_key(w, key);
  json_write_array(w);
  for (size_t i = 0; i < plan->cell_count; i++) {
    int64_t item = workers ? plan->cells[i].workers : plan->cells[i].batch;
    bool seen = false;
    for (size_t j = 0; j < i && !seen; j++)
      seen = item == (workers ? plan->cells[j].workers : plan->cells[j].batch);
    if (!seen) json_write_int(w, item);
  }
  json_write_array_end(w);
}

void plan_write(struct json_writer *w, const struct plan *plan) {
  json_write_object(w);
  write_distinct(w, "workers", plan, true);
  write_distinct(w, "batch", plan, false);
  json_member_int(w, "repeat", plan->repeat_most);
  if (plan->duration_ns > 0) json_member_duration(w, "duration_s", plan->duration_ns);
  json_write_key(w, "cells");
  json_write_array(w);
  for (size_t i = 0; i < plan->cell_count; i++) {
    json_write_object(w);
    json_member_int(w, "workers", plan->cells[i].workers);
    json_member_int(w, "batch", plan->cells[i].batch);
    json_member_int(w, "repeat", plan->cells[i].repeat);
    json_write_object_end(w);
  }
  json_write_array_end(w);
  json_write_object_end(w);
}

const char *plan_order_name(enum plan_order order) {
  return order == PLAN_ORDER_RANDOM ? "random" : "grid";
}
