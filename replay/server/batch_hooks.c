// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/server/batch_hooks.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/base/clock.h"
#include "replay/server/counters.h"
#include "replay/server/process.h"
#include "replay/server/scrape.h"

enum phase { PHASE_IDLE, PHASE_COMMAND, PHASE_LOOK, PHASE_ENDING };

struct batch_hooks {
  const struct opts *opts;
  struct log *log;
  batch_hooks_over *over;
  void *context;
  struct loop_timer *timer; // the command's deadline, or the end when nothing is to be waited for
  struct loop_signal *child_signal;
  struct process command;
  struct scrape *scrape; // NULL: not asked for
  struct counters *before, *after;
  enum phase phase;
  bool second;   // the look after the batch
  bool known[2]; // the first and the second look succeeded
  bool cancelled;
  bool told_failure, told_left_out;
  uint16_t port;
  size_t left_out;
  struct buf metrics, output_path;
  enum status status; // what `over` is to say
  struct error error;
};

static void end(struct batch_hooks *gap) {
  gap->phase = PHASE_IDLE;
  gap->over(gap->context, gap->status, gap->error.text);
}

// `over` comes from the loop, never from within a call of ours.
static void end_soon(struct batch_hooks *gap) {
  gap->phase = PHASE_ENDING;
  loop_timer_set(gap->timer, 0);
}

// Said once: a server without the page has none for any batch.
static void tell_failure(struct batch_hooks *gap, const char *words) {
  if (!gap->told_failure)
    log_notice(gap->log, "--metrics-url: %s; where it cannot be read, server_metrics is null", words);
  gap->told_failure = true;
}

static void compare(struct batch_hooks *gap) {
  buf_clear(&gap->metrics);
  gap->left_out = 0;
  if (!gap->known[0] || !gap->known[1]) return;
  counters_print_difference(gap->before, gap->after, &gap->metrics, &gap->left_out);
  if (gap->left_out > 0 && !gap->told_left_out) {
    log_notice(gap->log, "--metrics-url: the page has more than %d counters: %zu are left out", COUNTERS_MAX,
               gap->left_out);
    gap->told_left_out = true;
  }
}

static void looked(void *context, enum status status, const char *words) {
  struct batch_hooks *gap = context;
  gap->known[gap->second] = status == STATUS_OK;
  if (status && !gap->cancelled) tell_failure(gap, words);
  if (gap->second) compare(gap);
  if (gap->cancelled) gap->status = status_fail(&gap->error, STATUS_CANCELLED, "cancelled");
  end(gap);
}

static void look(struct batch_hooks *gap) {
  struct error error;
  struct counters *into = gap->second ? gap->after : gap->before;
  if (!gap->scrape || (gap->second && !gap->known[0])) { // nothing to compare with
    end_soon(gap);
  } else if (scrape_start(gap->scrape, gap->port, into, &error)) {
    tell_failure(gap, error.text);
    end_soon(gap);
  } else {
    gap->phase = PHASE_LOOK;
  }
}

static void fail_command(struct batch_hooks *gap, const char *how) {
  if (gap->cancelled) {
    gap->status = status_fail(&gap->error, STATUS_CANCELLED, "cancelled");
  } else {
    gap->status = status_fail(&gap->error, STATUS_IO, "--between: the command %s (its output: %.200s)", how,
                              buf_text(&gap->output_path));
  }
  end(gap);
}

static void child_ended(void *context) {
  struct batch_hooks *gap = context;
  char how[96];
  int wait_status;
  if (!process_reap(&gap->command, &wait_status)) return;
  loop_timer_cancel(gap->timer);
  process_signal(&gap->command, SIGKILL); // what it left in the background would disturb the batch
  if (WIFSIGNALED(wait_status)) {
    int number = WTERMSIG(wait_status);
    snprintf(how, sizeof how, "was ended by signal %d (%s)", number, strsignal(number));
    fail_command(gap, how);
  } else if (gap->cancelled || WEXITSTATUS(wait_status) != 0) {
    snprintf(how, sizeof how, "failed with status %d", WEXITSTATUS(wait_status));
    fail_command(gap, how);
  } else {
    look(gap);
  }
}

static void timer_due(void *context) {
  struct batch_hooks *gap = context;
  if (gap->phase == PHASE_COMMAND) {
    if (!gap->cancelled)
      log_notice(gap->log, "--between: the command did not end within %.0f s", clock_seconds(GAP_COMMAND_NS));
    process_signal(&gap->command, SIGKILL);
  } else if (gap->phase == PHASE_ENDING) {
    end(gap);
  }
}

// RUN.between.log, where RUN is the output without .jsonl and .gz.
static void print_output_path(const struct opts *opts, struct buf *out) {
  buf_clear(out);
  opts_print_stem(opts, out);
  buf_append_text(out, ".between.log");
}

static enum status run_command(struct batch_hooks *gap, const struct recorder_batch *batch) {
  const struct process_word words[] = {{"{workers}", batch->workers < 0 ? 0 : batch->workers},
                                       {"{batch}", batch->batch < 0 ? 0 : batch->batch},
                                       {"{rep}", batch->rep + 1},
                                       {"{port}", gap->port > 0 ? gap->port : gap->opts->endpoint.port}};
  struct buf command = BUF_LIMIT((size_t)1 << 20);
  process_print_command(gap->opts->between, words, sizeof words / sizeof words[0], &command);
  print_output_path(gap->opts, &gap->output_path);
  enum status status = command.status ? command.status : gap->output_path.status;
  if (status) {
    status_write(&gap->error, "%s", status_name(status));
  } else {
    status = process_start(buf_text(&command), buf_text(&gap->output_path), &gap->command, &gap->error);
  }
  buf_free(&command);
  return status ? status_prefix(&gap->error, status, "--between") : STATUS_OK;
}

void batch_hooks_before(struct batch_hooks *gap, const struct recorder_batch *batch, uint16_t port) {
  gap->port = port;
  gap->second = gap->known[0] = gap->known[1] = gap->cancelled = false;
  gap->status = STATUS_OK;
  buf_clear(&gap->metrics);
  gap->left_out = 0;
  if (!gap->opts->between) {
    look(gap);
    return;
  }
  gap->status = run_command(gap, batch);
  if (gap->status) {
    end_soon(gap);
  } else {
    gap->phase = PHASE_COMMAND;
    loop_timer_set(gap->timer, clock_now_ns() + GAP_COMMAND_NS);
  }
}

void batch_hooks_after(struct batch_hooks *gap) {
  gap->second = true;
  gap->status = STATUS_OK;
  look(gap);
}

bool batch_hooks_running(const struct batch_hooks *gap) {
  return gap && gap->phase != PHASE_IDLE;
}

void batch_hooks_cancel(struct batch_hooks *gap) {
  if (gap->phase == PHASE_COMMAND) {
    process_signal(&gap->command, gap->cancelled ? SIGKILL : SIGTERM);
    if (!gap->cancelled) loop_timer_set(gap->timer, clock_now_ns() + GAP_GRACE_NS);
  } else if (gap->phase == PHASE_LOOK) {
    scrape_cancel(gap->scrape);
  }
  gap->cancelled = true;
}

struct json_slice batch_hooks_metrics(const struct batch_hooks *gap, int64_t *left_out) {
  *left_out = 0;
  if (!gap || !gap->scrape) return (struct json_slice){NULL, 0};
  if (gap->metrics.len == 0 || gap->metrics.status) return (struct json_slice){"null", 4};
  *left_out = (int64_t)gap->left_out;
  return (struct json_slice){gap->metrics.data, gap->metrics.len};
}

enum status batch_hooks_open(struct loop *loop, const struct opts *opts, struct log *log,
                             batch_hooks_over *over, void *context, struct batch_hooks **out,
                             struct error *error) {
  *out = NULL;
  if (!opts->between && !opts->metrics_url) return STATUS_OK;
  struct batch_hooks *gap = calloc(1, sizeof *gap);
  if (!gap) return status_fail(error, STATUS_MEMORY, "%s", status_name(STATUS_MEMORY));
  *gap = (struct batch_hooks){.opts = opts, .log = log, .over = over, .context = context};
  enum status status = loop_timer_open(loop, timer_due, gap, &gap->timer, error);
  if (!status && opts->between) status = process_adopt_orphans(error);
  if (!status && opts->between)
    status = loop_signal_open(loop, SIGCHLD, child_ended, gap, &gap->child_signal, error);
  if (!status && opts->metrics_url) {
    status = counters_open(&gap->before);
    if (!status) status = counters_open(&gap->after);
    if (status) status_write(error, "%s", status_name(status));
    if (!status) status = scrape_open(loop, opts, looked, gap, &gap->scrape, error);
  }
  if (status) {
    batch_hooks_close(gap);
    return status;
  }
  *out = gap;
  return STATUS_OK;
}

void batch_hooks_close(struct batch_hooks *gap) {
  if (!gap) return;
  process_end(&gap->command);
  scrape_close(gap->scrape);
  counters_close(gap->before);
  counters_close(gap->after);
  loop_signal_close(gap->child_signal);
  loop_timer_close(gap->timer);
  buf_free(&gap->metrics);
  buf_free(&gap->output_path);
  free(gap);
}
