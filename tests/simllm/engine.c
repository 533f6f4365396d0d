// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/simllm/engine.h"

#include <math.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "tests/simllm/random.h"

struct engine {
  struct engine_config config;
  engine_token *token;
  void *context;
  struct engine_job **slots; // NULL: free
  int64_t in_slots;
  struct engine_job *first, *last; // the waiting line
  int64_t waiting;
  bool stepping;
  int64_t step_begin_ns, step_end_ns; // of the step under way
  int64_t step_slots;                 // active in it
  int64_t ready_ns;                   // idle: when the next step begins; INT64_MAX: never
  bool loaded;
  int64_t load_end_ns;
  struct random random;
  double session_factor;
  struct engine_counts counts;
};

// A log-normal factor with mean 1 and the wanted coefficient of variation.
static double noise_factor(struct random *random, double variation) {
  if (variation <= 0) return 1;
  double variance = log1p(variation * variation);
  return exp(sqrt(variance) * random_normal(random) - variance / 2);
}

enum status engine_open(const struct engine_config *config, engine_token *token, void *context,
                        struct engine **out) {
  struct engine *engine = calloc(1, sizeof *engine);
  struct engine_job **slots = calloc((size_t)config->slots, sizeof(void *));
  if (!engine || !slots) {
    free(engine);
    free(slots);
    return STATUS_MEMORY;
  }
  *engine = (struct engine){.config = *config, .token = token, .context = context, .slots = slots};
  engine->ready_ns = INT64_MAX;
  engine->load_end_ns = INT64_MIN;
  engine->random = random_seeded(config->seed);
  engine->session_factor = noise_factor(&engine->random, config->session_noise);
  *out = engine;
  return STATUS_OK;
}

void engine_close(struct engine *engine) {
  if (!engine) return;
  free(engine->slots);
  free(engine);
}

static double step_s(const struct engine_config *config, int64_t n) {
  double active = (double)n;
  double s = config->c0_s + config->c1_s * active + config->c2_s * active * active;
  if (config->cliff_slots > 0 && n > config->cliff_slots) s *= config->cliff_factor;
  return s * config->time_scale;
}

static int64_t at_least_one_ns(double s) {
  int64_t ns = clock_from_seconds(s);
  return ns > 0 ? ns : 1;
}

int64_t engine_step_ns(const struct engine_config *config, int64_t n) {
  return at_least_one_ns(step_s(config, n));
}

static int64_t later(int64_t a, int64_t b) {
  return a > b ? a : b;
}

static void take_slot(struct engine *engine, struct engine_job *job, int64_t slot, int64_t now_ns) {
  engine->slots[slot] = job;
  engine->in_slots++;
  engine->counts.started++;
  job->slot = slot;
  job->state = ENGINE_IN_SLOT;
  job->slot_ns = now_ns;
  int64_t loaded_ns = later(now_ns, engine->load_end_ns);
  job->load_ns = loaded_ns - now_ns;
  double prefill_s = (double)job->prompt_tokens * engine->config.prefill_s * engine->config.time_scale;
  job->ready_ns = loaded_ns + clock_from_seconds(prefill_s);
  if (!engine->stepping && job->ready_ns < engine->ready_ns) engine->ready_ns = job->ready_ns;
}

static int64_t free_slot(const struct engine *engine) {
  int64_t slot = 0;
  while (engine->slots[slot])
    slot++;
  return slot;
}

static void line_remove(struct engine *engine, struct engine_job *job) {
  *(job->prev ? &job->prev->next : &engine->first) = job->next;
  *(job->next ? &job->next->prev : &engine->last) = job->prev;
  job->next = job->prev = NULL;
  engine->waiting--;
}

// Gives free slots to those who wait, at now_ns or, for one that came later, at its arrival.
static void fill_slots(struct engine *engine, int64_t now_ns) {
  while (engine->first && engine->in_slots < engine->config.slots) {
    struct engine_job *job = engine->first;
    line_remove(engine, job);
    take_slot(engine, job, free_slot(engine), later(now_ns, job->arrival_ns));
  }
}

void engine_submit(struct engine *engine, struct engine_job *job, int64_t now_ns) {
  if (!engine->loaded) {
    engine->loaded = true;
    engine->load_end_ns = now_ns + clock_from_seconds(engine->config.load_s * engine->config.time_scale);
  }
  job->arrival_ns = now_ns;
  job->state = ENGINE_WAITING;
  job->prev = engine->last;
  *(engine->last ? &engine->last->next : &engine->first) = job;
  engine->last = job;
  engine->waiting++;
  fill_slots(engine, now_ns);
}

static void leave_slot(struct engine *engine, struct engine_job *job) {
  engine->slots[job->slot] = NULL;
  engine->in_slots--;
  job->in_step = false;
  job->state = ENGINE_DONE;
}

static int64_t earliest_ready_ns(const struct engine *engine) {
  int64_t ready_ns = INT64_MAX;
  for (int64_t slot = 0; slot < engine->config.slots; slot++) {
    const struct engine_job *job = engine->slots[slot];
    if (job && job->ready_ns < ready_ns) ready_ns = job->ready_ns;
  }
  return ready_ns;
}

// Begins a step with the jobs that are ready at now_ns; without any, notes when the first will be.
static void begin_step(struct engine *engine, int64_t now_ns) {
  int64_t active = 0;
  for (int64_t slot = 0; slot < engine->config.slots; slot++) {
    struct engine_job *job = engine->slots[slot];
    if (!job) continue;
    job->in_step = job->ready_ns <= now_ns;
    active += job->in_step;
  }
  engine->stepping = active > 0;
  if (active == 0) {
    engine->ready_ns = earliest_ready_ns(engine);
    return;
  }
  engine->step_slots = active;
  engine->step_begin_ns = now_ns;
  double factor = engine->session_factor * noise_factor(&engine->random, engine->config.noise);
  engine->step_end_ns = now_ns + at_least_one_ns(step_s(&engine->config, active) * factor);
}

static void end_step(struct engine *engine) {
  engine->stepping = false;
  engine->counts.steps++;
  engine->counts.slot_steps += engine->step_slots;
  engine->counts.busy_ns += engine->step_end_ns - engine->step_begin_ns;
  for (int64_t slot = 0; slot < engine->config.slots; slot++) {
    struct engine_job *job = engine->slots[slot];
    if (!job || !job->in_step) continue;
    job->made++;
    job->last_ns = engine->step_end_ns;
    if (job->made >= job->tokens) leave_slot(engine, job);
    engine->token(engine->context, job, engine->step_end_ns);
  }
  fill_slots(engine, engine->step_end_ns);
  begin_step(engine, engine->step_end_ns);
}

void engine_advance(struct engine *engine, int64_t now_ns) {
  while (engine_next_ns(engine) <= now_ns) {
    if (engine->stepping) {
      end_step(engine);
    } else {
      begin_step(engine, engine->ready_ns);
    }
  }
}

int64_t engine_next_ns(const struct engine *engine) {
  return engine->stepping ? engine->step_end_ns : engine->ready_ns;
}

void engine_cancel(struct engine *engine, struct engine_job *job, int64_t now_ns) {
  if (job->state == ENGINE_WAITING) {
    line_remove(engine, job);
    job->state = ENGINE_DONE;
  } else if (job->state == ENGINE_IN_SLOT) {
    leave_slot(engine, job);
    fill_slots(engine, now_ns);
    if (!engine->stepping) engine->ready_ns = earliest_ready_ns(engine);
  }
}

struct engine_counts engine_count(const struct engine *engine) {
  struct engine_counts counts = engine->counts;
  counts.in_slots = engine->in_slots;
  counts.waiting = engine->waiting;
  return counts;
}
