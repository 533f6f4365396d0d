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

enum phase { PHASE_IDLE, PHASE_COMMAND, PHASE_PAGE, PHASE_ENDING };

struct batch_hooks {
  const struct server_settings *settings;
  struct log *log;
  batch_hooks_over *over;
  void *context;
  struct loop_timer *timer; // the command's deadline, or the end when nothing is to be waited for
  struct loop_signal *child_signal;
  struct process command;
  struct scrape *scrape; // NULL: not asked for
  struct counters *before, *after;
  enum phase phase;
  bool second;   // the page is read after the batch
  bool known[2]; // the first and the second reading succeeded
  bool cancelled;
  bool reported_failure, reported_left_out;
  uint16_t port;
  size_t left_out;
  struct buf metrics, output_path;
  enum status status; // what `over` gets
  struct error error;
};

static void end(struct batch_hooks *hooks) {
  hooks->phase = PHASE_IDLE;
  hooks->over(hooks->context, hooks->status, hooks->error.text);
}

// `over` comes from the loop, never from within a call of ours.
static void end_soon(struct batch_hooks *hooks) {
  hooks->phase = PHASE_ENDING;
  loop_timer_set(hooks->timer, 0);
}

// Said once: a server without the page has none for any batch.
static void report_failure(struct batch_hooks *hooks, const char *message) {
  if (!hooks->reported_failure)
    log_notice(hooks->log, "--metrics-url: %s; where it cannot be read, server_metrics is null", message);
  hooks->reported_failure = true;
}

static void compare(struct batch_hooks *hooks) {
  buf_clear(&hooks->metrics);
  hooks->left_out = 0;
  if (!hooks->known[0] || !hooks->known[1]) return;
  counters_print_difference(hooks->before, hooks->after, &hooks->metrics, &hooks->left_out);
  if (hooks->left_out > 0 && !hooks->reported_left_out) {
    log_notice(hooks->log, "--metrics-url: the page has more than %d counters: %zu are left out",
               COUNTERS_MAX, hooks->left_out);
    hooks->reported_left_out = true;
  }
}

static void page_read(void *context, enum status status, const char *message) {
  struct batch_hooks *hooks = context;
  hooks->known[hooks->second] = status == STATUS_OK;
  if (status && !hooks->cancelled) report_failure(hooks, message);
  if (hooks->second) compare(hooks);
  if (hooks->cancelled) hooks->status = status_fail(&hooks->error, STATUS_CANCELLED, "cancelled");
  end(hooks);
}

static void read_page(struct batch_hooks *hooks) {
  struct error error;
  struct counters *into = hooks->second ? hooks->after : hooks->before;
  if (!hooks->scrape || (hooks->second && !hooks->known[0])) { // nothing to compare with
    end_soon(hooks);
  } else if (scrape_start(hooks->scrape, hooks->port, into, &error)) {
    report_failure(hooks, error.text);
    end_soon(hooks);
  } else {
    hooks->phase = PHASE_PAGE;
  }
}

static void fail_command(struct batch_hooks *hooks, const char *how) {
  if (hooks->cancelled) {
    hooks->status = status_fail(&hooks->error, STATUS_CANCELLED, "cancelled");
  } else {
    hooks->status =
        status_fail(&hooks->error, STATUS_IO, "--before-batch: the command %s (its output: %.200s)", how,
                    buf_text(&hooks->output_path));
  }
  end(hooks);
}

static void child_ended(void *context) {
  struct batch_hooks *hooks = context;
  char how[96];
  int wait_status;
  if (!process_reap(&hooks->command, &wait_status)) return;
  loop_timer_cancel(hooks->timer);
  process_signal(&hooks->command, SIGKILL); // what it left in the background would disturb the batch
  if (WIFSIGNALED(wait_status)) {
    int number = WTERMSIG(wait_status);
    snprintf(how, sizeof how, "was ended by signal %d (%s)", number, strsignal(number));
    fail_command(hooks, how);
  } else if (hooks->cancelled || WEXITSTATUS(wait_status) != 0) {
    snprintf(how, sizeof how, "failed with status %d", WEXITSTATUS(wait_status));
    fail_command(hooks, how);
  } else {
    read_page(hooks);
  }
}

static void timer_due(void *context) {
  struct batch_hooks *hooks = context;
  if (hooks->phase == PHASE_COMMAND) {
    if (!hooks->cancelled)
      log_notice(hooks->log, "--before-batch: the command did not end within %.0f s",
                 clock_seconds(BATCH_HOOKS_COMMAND_NS));
    process_signal(&hooks->command, SIGKILL);
  } else if (hooks->phase == PHASE_ENDING) {
    end(hooks);
  }
}

static enum status run_command(struct batch_hooks *hooks, const struct recorder_batch *batch) {
  const struct process_word words[] = {
      {"{workers}", batch->workers < 0 ? 0 : batch->workers},
      {"{batch}", batch->batch < 0 ? 0 : batch->batch},
      {"{rep}", batch->rep},
      {"{port}", hooks->port > 0 ? hooks->port : hooks->settings->endpoint->port}};
  struct buf command = BUF_LIMIT((size_t)1 << 20);
  process_print_command(hooks->settings->before_batch, words, sizeof words / sizeof words[0], &command);
  buf_clear(&hooks->output_path);
  buf_printf(&hooks->output_path, "%s.before-batch.log", hooks->settings->stem);
  enum status status = command.status ? command.status : hooks->output_path.status;
  if (status) {
    status_write(&hooks->error, "%s", status_name(status));
  } else {
    status = process_start(buf_text(&command), buf_text(&hooks->output_path), &hooks->command, &hooks->error);
  }
  buf_free(&command);
  return status ? status_prefix(&hooks->error, status, "--before-batch") : STATUS_OK;
}

void batch_hooks_before(struct batch_hooks *hooks, const struct recorder_batch *batch, uint16_t port) {
  hooks->port = port;
  hooks->second = hooks->known[0] = hooks->known[1] = hooks->cancelled = false;
  hooks->status = STATUS_OK;
  buf_clear(&hooks->metrics);
  hooks->left_out = 0;
  if (!hooks->settings->before_batch) {
    read_page(hooks);
    return;
  }
  hooks->status = run_command(hooks, batch);
  if (hooks->status) {
    end_soon(hooks);
  } else {
    hooks->phase = PHASE_COMMAND;
    loop_timer_set(hooks->timer, clock_now_ns() + BATCH_HOOKS_COMMAND_NS);
  }
}

void batch_hooks_after(struct batch_hooks *hooks) {
  hooks->second = true;
  hooks->status = STATUS_OK;
  read_page(hooks);
}

bool batch_hooks_running(const struct batch_hooks *hooks) {
  return hooks->phase != PHASE_IDLE;
}

void batch_hooks_cancel(struct batch_hooks *hooks) {
  if (hooks->phase == PHASE_COMMAND) {
    process_signal(&hooks->command, hooks->cancelled ? SIGKILL : SIGTERM);
    if (!hooks->cancelled) loop_timer_set(hooks->timer, clock_now_ns() + BATCH_HOOKS_GRACE_NS);
  } else if (hooks->phase == PHASE_PAGE) {
    scrape_cancel(hooks->scrape);
  }
  hooks->cancelled = true;
}

struct json_slice batch_hooks_metrics(const struct batch_hooks *hooks, int64_t *left_out) {
  *left_out = 0;
  if (!hooks->scrape) return (struct json_slice){NULL, 0};
  if (hooks->metrics.len == 0 || hooks->metrics.status) return (struct json_slice){"null", 4};
  *left_out = (int64_t)hooks->left_out;
  return (struct json_slice){hooks->metrics.data, hooks->metrics.len};
}

enum status batch_hooks_open(struct loop *loop, const struct server_settings *settings, struct log *log,
                             batch_hooks_over *over, void *context, struct batch_hooks **out,
                             struct error *error) {
  struct batch_hooks *hooks = calloc(1, sizeof *hooks);
  if (!hooks) return status_memory(error);
  *hooks = (struct batch_hooks){.settings = settings, .log = log, .over = over, .context = context};
  enum status status = loop_timer_open(loop, timer_due, hooks, &hooks->timer, error);
  if (!status && settings->before_batch) status = process_adopt_orphans(error);
  if (!status && settings->before_batch)
    status = loop_signal_open(loop, SIGCHLD, child_ended, hooks, &hooks->child_signal, error);
  if (!status && (settings->metrics_path || settings->metrics)) {
    status = counters_open(&hooks->before);
    if (!status) status = counters_open(&hooks->after);
    if (status) status_write(error, "%s", status_name(status));
    if (!status) status = scrape_open(loop, settings, page_read, hooks, &hooks->scrape, error);
  }
  if (status) {
    batch_hooks_close(hooks);
    return status;
  }
  *out = hooks;
  return STATUS_OK;
}

void batch_hooks_close(struct batch_hooks *hooks) {
  if (!hooks) return;
  process_end(&hooks->command);
  scrape_close(hooks->scrape);
  counters_close(hooks->before);
  counters_close(hooks->after);
  loop_signal_close(hooks->child_signal);
  loop_timer_close(hooks->timer);
  buf_free(&hooks->metrics);
  buf_free(&hooks->output_path);
  free(hooks);
}
