// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/preview.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/units.h"

// "1 batch", "2 batches".
static void print_count(struct buf *out, int64_t count, const char *one, const char *more) {
  buf_printf(out, "%lld %s", (long long)count, count == 1 ? one : more);
}

// Waves of all batches and warm-up rounds: each takes about one latency.
static int64_t waves(const struct plan *plan, int64_t warmup, bool burst) {
  int64_t sum = warmup * (int64_t)plan->session_count;
  for (size_t i = 0; i < plan->batch_count; i++) {
    const struct plan_cell *cell = &plan->cells[plan->batches[i].cell];
    sum += burst ? 1 : (cell->batch + cell->workers - 1) / cell->workers;
  }
  return sum;
}

static double tokens_per_request(const struct opts *opts, const struct work *work) {
  double recorded = work->mean_output_tokens;
  double limit = opts->max_tokens > 0 ? (double)opts->max_tokens : INFINITY;
  if (opts->ignore_eos && opts->max_tokens > 0) return limit;
  if (!isnan(recorded)) return fmin(recorded, limit);
  return opts->max_tokens > 0 ? limit : NAN;
}

// Mean seconds of a request, as long as the options let it become; NaN: unknown.
static double latency_s(const struct opts *opts, const struct work *work) {
  bool scaled = !isnan(work->mean_output_tokens);
  return work->mean_latency_s * (scaled ? tokens_per_request(opts, work) / work->mean_output_tokens : 1);
}

// Timed batches say how long they take, and not how many requests.
static void print_timed(const struct plan *plan, struct buf *out) {
  buf_append_text(out, "requests  as many as ");
  print_count(out, (int64_t)plan->batch_count, "batch", "batches");
  buf_append_text(out, " of ");
  units_print_duration(out, plan->duration_ns);
  buf_append_text(out, plan->batch_count == 1 ? " takes\ntime      " : " take\ntime      ");
  units_print_duration(out, (int64_t)plan->batch_count * plan->duration_ns);
  buf_append_text(out, ", the warm-up, and until the last response of each batch ends\n");
}

static void print_estimates(const struct opts *opts, const struct plan *plan, const struct work *work,
                            struct buf *out) {
  int64_t requests = plan_requests(plan, opts->warmup);
  double tokens = tokens_per_request(opts, work);
  double wave_s = latency_s(opts, work);
  buf_printf(out, "requests  %lld, warm-up included\n", (long long)requests);
  if (isnan(tokens)) {
    buf_append_text(out, "tokens    unknown: the trace has no token counts, and --max-tokens is not given\n");
  } else {
    buf_printf(out, "tokens    about %.3g of output (%.3g a request)\n", tokens * (double)requests, tokens);
  }
  if (isnan(wave_s)) {
    buf_append_text(out, "time      unknown: the trace has no response times\n");
    return;
  }
  int64_t total = waves(plan, opts->warmup, opts->dispatch == OPTS_DISPATCH_BURST);
  buf_append_text(out, "time      about ");
  units_print_duration(out, clock_from_seconds(wave_s * (double)total));
  buf_append_text(out, " (");
  print_count(out, total, "wave", "waves");
  buf_printf(out, " of %.3g s)%s\n", wave_s, opts->server ? ", and the starts of the server" : "");
}

static void print_session(const struct plan *plan, size_t number, int64_t warmup, struct buf *out) {
  const struct plan_session *session = &plan->sessions[number];
  buf_printf(out, "session %zu", number);
  if (session->workers >= 0) buf_printf(out, "  workers %lld", (long long)session->workers);
  if (session->block >= 0) buf_printf(out, "  block %lld", (long long)session->block);
  buf_printf(out, "  warm-up %lld x %lld\n", (long long)warmup, (long long)session->warmup_workers);
  for (size_t i = 0; i < session->batch_count; i++) {
    const struct plan_batch *batch = &plan->batches[session->first_batch + i];
    const struct plan_cell *cell = &plan->cells[batch->cell];
    buf_printf(out, "  workers %lld ", (long long)cell->workers);
    if (cell->batch > 0) buf_printf(out, "batch %lld ", (long long)cell->batch);
    buf_printf(out, "rep %lld\n", (long long)batch->rep);
  }
}

// Repetitions of random intervals differ in length.
static void print_schedule(const struct opts *opts, const struct schedules *schedules, int64_t repeat,
                           struct buf *out) {
  const struct schedule *schedule = schedules_at(schedules, 0, 0);
  buf_printf(out, "timing    %s, %s", opts_timing_name(opts->timing), schedules->count > 1 ? "about " : "");
  print_count(out, (int64_t)schedule->count, "request", "requests");
  buf_append_text(out, " in ");
  units_print_duration(out, schedule->window_ns);
  buf_append_text(out, ", ");
  print_count(out, repeat, "time", "times");
  buf_append_text(out, "\n");
}

// An open loop takes the time of its schedules, and sends what they hold. Of what is resumed, only the rest.
static void print_open_loop(const struct opts *opts, const struct plan *plan,
                            const struct schedules *schedules, const struct work *work, struct buf *out) {
  int64_t requests = opts->warmup;
  double tokens = tokens_per_request(opts, work), seconds = 0;
  bool open_end = opts->think != SEND_ORDER_THINK_SCHEDULE && opts->duration_ns > 0;
  for (size_t i = 0; i < plan->batch_count; i++) {
    const struct schedule *schedule = schedules_at(schedules, plan->batches[i].cell, plan->batches[i].rep);
    requests += (int64_t)schedule->count;
    seconds += clock_seconds(schedule->window_ns);
  }
  if (plan_rows(plan) == 1) {
    print_schedule(opts, schedules, (int64_t)plan->batch_count, out);
  } else {
    buf_printf(out, "timing    %s, %zu rates, each ", opts_timing_name(opts->timing), plan->rate_count);
    print_count(out, opts->repeat, "time", "times");
    buf_printf(out, "; order %s, seed %lld\n", plan_order_name(opts->order), (long long)opts->seed);
  }
  buf_printf(out, "requests  %s%lld, warm-up included%s\n", open_end ? "about " : "", (long long)requests,
             open_end ? "; the think time decides how many fit into the duration" : "");
  if (!isnan(tokens)) {
    buf_printf(out, "tokens    about %.3g of output (%.3g a request)\n", tokens * (double)requests, tokens);
  } else {
    buf_append_text(out, "tokens    unknown: the trace has no token counts, and --max-tokens is not given\n");
  }
  buf_append_text(out, "time      ");
  units_print_duration(out, clock_from_seconds(seconds));
  buf_append_text(out, ", and until the last responses end\n");
  for (size_t i = 0; plan->rate_count > 1 && i < plan->batch_count; i++) {
    const struct plan_batch *batch = &plan->batches[i];
    buf_printf(out, "  rate %.6g rep %lld\n", plan->rates[batch->cell], (long long)batch->rep);
  }
}

static void print_plan(const struct opts *opts, const struct plan *plan, struct buf *out) {
  buf_append_text(out, "plan      ");
  print_count(out, (int64_t)plan->cell_count, "cell", "cells");
  buf_append_text(out, ", ");
  print_count(out, (int64_t)plan->batch_count, "batch", "batches");
  buf_append_text(out, ", ");
  print_count(out, (int64_t)plan->session_count, "session", "sessions");
  buf_printf(out, "; order %s, seed %lld\n", plan_order_name(opts->order), (long long)opts->seed);
}

void preview_print(const struct opts *opts, const struct plan *plan, const struct schedules *schedules,
                   const struct work *work, bool cache_bust, struct buf *out) {
  buf_append_text(out, "server    ");
  buf_append_text(out, opts->endpoint.shown);
  buf_append_text(out, "\ntrace     ");
  print_count(out, work->available, "request", "requests");
  buf_printf(out, " to draw from, %lld of other kinds, %lld without a body, %lld failed when recorded\n",
             (long long)work->other, (long long)work->bodiless, (long long)work->failed);
  if (work->media > 0) {
    buf_append_text(out, "media     ");
    print_count(out, work->media, "request", "requests");
    buf_append_text(out, " with images, audio or files, of ");
    units_print_bytes(out, work->media_bytes);
    buf_append_text(out, "\n");
  }
  buf_printf(out, "cache     %s\n",
             cache_bust ? "a nonce per batch and pass of the trace before each prompt"
                        : "prompts as recorded");
  if (schedules) {
    print_open_loop(opts, plan, schedules, work, out);
    return;
  }
  print_plan(opts, plan, out);
  if (plan->duration_ns > 0) {
    print_timed(plan, out);
  } else {
    print_estimates(opts, plan, work, out);
  }
  for (size_t i = 0; i < plan->session_count; i++)
    print_session(plan, i, opts->warmup, out);
}

void preview_print_default_batch(const struct opts *opts, const struct plan *plan, const struct work *work,
                                 struct buf *out) {
  double wave_s = latency_s(opts, work);
  buf_printf(out, "no -B: every level gets batches of %lld (%d x the largest W), %lld requests in all",
             (long long)plan->batch_most, PLAN_DEFAULT_WAVES, (long long)plan_requests(plan, opts->warmup));
  if (isnan(wave_s)) return;
  int64_t total = waves(plan, opts->warmup, opts->dispatch == OPTS_DISPATCH_BURST);
  buf_append_text(out, ", about ");
  units_print_duration(out, clock_from_seconds(wave_s * (double)total));
}

enum status preview_write(const struct opts *opts, const struct plan *plan, const struct schedules *schedules,
                          const struct work *work, bool cache_bust, FILE *file, struct error *error) {
  struct buf text = {0};
  preview_print(opts, plan, schedules, work, cache_bust, &text);
  enum status status = text.status;
  if (status) {
    status = status_plain(error, status);
  } else if (fwrite(text.data, 1, text.len, file) != text.len) {
    status = status_fail(error, STATUS_IO, "standard output: %s", strerror(errno));
  }
  buf_free(&text);
  return status;
}
