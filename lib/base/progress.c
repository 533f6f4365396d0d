// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/base/progress.h"

#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/json_write.h"
#include "lib/base/units.h"

void progress_open(struct progress *progress, FILE *stream, enum progress_mode mode, int64_t now_ns) {
  if (mode == PROGRESS_AUTO) mode = isatty(fileno(stream)) ? PROGRESS_BAR : PROGRESS_NONE;
  *progress = (struct progress){.stream = stream, .mode = mode, .start_ns = now_ns};
}

// What is left at the pace so far; -1 while there is none.
static int64_t eta_ns(const struct progress *progress, const struct progress_state *state, int64_t now_ns) {
  if (state->done <= 0 || state->total < state->done) return -1;
  double per_cell = (double)(now_ns - progress->start_ns) / (double)state->done;
  return (int64_t)(per_cell * (double)(state->total - state->done));
}

static void draw_bar(struct progress *progress, const struct progress_state *state, int64_t now_ns) {
  enum { WIDTH = 20 };
  struct buf line = BUF_LIMIT(4096);
  int64_t full = state->total > 0 ? state->done * WIDTH / state->total : 0;
  buf_append_char(&line, '[');
  for (int64_t i = 0; i < WIDTH; i++)
    buf_append_char(&line, i < full ? '#' : '.');
  buf_printf(&line, "] %lld/%lld", (long long)state->done, (long long)state->total);
  if (state->label) buf_printf(&line, "  %s", state->label);
  buf_printf(&line, "  %lld in flight  %.3g req/s  %.4g tok/s  %lld failed", (long long)state->in_flight,
             state->requests_per_s, state->tokens_per_s, (long long)state->failed);
  int64_t eta = eta_ns(progress, state, now_ns);
  if (eta >= 0) {
    buf_append_text(&line, "  ETA ");
    units_print_duration(&line, eta);
  }
  int len = (int)line.len;
  fprintf(progress->stream, "\r%s%*s", buf_text(&line), progress->shown > len ? progress->shown - len : 0,
          "");
  fflush(progress->stream);
  progress->shown = len;
  buf_free(&line);
}

static void draw_json(struct progress *progress, const struct progress_state *state, int64_t now_ns) {
  struct buf line = BUF_LIMIT(4096);
  struct json_writer w = JSON_WRITER(&line);
  json_write_object(&w);
  json_member_string(&w, "type", "progress");
  json_member_seconds(&w, "elapsed_s", now_ns - progress->start_ns);
  json_member_int(&w, "done", state->done);
  json_member_int(&w, "total", state->total);
  json_member_string(&w, "label", state->label);
  json_member_int(&w, "in_flight", state->in_flight);
  json_member_int(&w, "requests", state->requests);
  json_member_int(&w, "failed", state->failed);
  json_member_int(&w, "output_tokens", state->output_tokens);
  json_member_number(&w, "requests_per_s", state->requests_per_s);
  json_member_number(&w, "tokens_per_s", state->tokens_per_s);
  json_member_duration(&w, "eta_s", eta_ns(progress, state, now_ns));
  json_write_object_end(&w);
  fprintf(progress->stream, "%s\n", buf_text(&line));
  fflush(progress->stream);
  buf_free(&line);
}

void progress_draw(struct progress *progress, const struct progress_state *state, int64_t now_ns) {
  int64_t every_ns = progress->mode == PROGRESS_JSON ? CLOCK_NS_PER_S : 100 * CLOCK_NS_PER_MS;
  if (progress->mode == PROGRESS_NONE) return;
  if (progress->last_ns != 0 && now_ns - progress->last_ns < every_ns) return;
  progress->last_ns = now_ns;
  if (progress->mode == PROGRESS_JSON) {
    draw_json(progress, state, now_ns);
  } else {
    draw_bar(progress, state, now_ns);
  }
}

void progress_wipe(void *context) {
  struct progress *progress = context;
  if (progress->mode != PROGRESS_BAR || progress->shown == 0) return;
  fprintf(progress->stream, "\r%*s\r", progress->shown, "");
  fflush(progress->stream);
  progress->shown = 0;
  progress->last_ns = 0;
}

enum status progress_mode_parse(const char *text, enum progress_mode *out, struct error *error) {
  static const struct {
    const char *name;
    enum progress_mode mode;
  } modes[] = {
      {"auto", PROGRESS_AUTO}, {"none", PROGRESS_NONE}, {"bar", PROGRESS_BAR}, {"json", PROGRESS_JSON}};
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
    if (strcmp(text, modes[i].name) == 0) {
      *out = modes[i].mode;
      return STATUS_OK;
    }
  }
  return status_fail(error, STATUS_USAGE, "'%s' is not one of auto, none, bar, json", text);
}
