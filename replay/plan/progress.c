// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/plan/progress.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/units.h"
#include "lib/json/json_write.h"

enum { ECHO_COLUMNS = 2 }; // "^C"

void progress_open(struct progress *progress, FILE *stream, enum progress_mode mode, int64_t now_ns) {
  if (mode == PROGRESS_AUTO) mode = isatty(fileno(stream)) ? PROGRESS_BAR : PROGRESS_NONE;
  const char *columns = getenv("COLUMNS");
  int64_t count = 0;
  if (columns && units_count(columns, 1, 10000, &count, NULL)) count = 0;
  *progress = (struct progress){.stream = stream, .mode = mode, .start_ns = now_ns, .columns = (int)count};
}

// What is left, at the pace so far where nobody knows better; -1 while there is none.
static int64_t eta_ns(const struct progress *progress, const struct progress_state *state, int64_t now_ns) {
  if (state->left_ns > 0) return state->left_ns;
  if (state->done <= 0 || state->total < state->done) return -1;
  double per_cell = (double)(now_ns - progress->start_ns) / (double)state->done;
  return (int64_t)(per_cell * (double)(state->total - state->done));
}

// How much a line shows, the widest first.
struct shape {
  int bar;
  bool in_flight, requests, tokens;
};
static const struct shape shapes[] = {
    {20, true, true, true},   {10, true, true, true},    {10, false, true, true},
    {10, false, false, true}, {10, false, false, false}, {0, false, false, false},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0], LABEL_MIN = 16, ANY_WIDTH = 4096 };

// Without the label, which goes at the place returned.
static size_t print_shape(const struct progress_state *state, const struct shape *shape, int64_t left_ns,
                          struct buf *line) {
  int64_t full = state->total > 0 ? state->done * shape->bar / state->total : 0;
  buf_clear(line);
  for (int64_t i = 0; i < shape->bar; i++)
    buf_append_text(line, i == 0 ? (i < full ? "[#" : "[.") : i < full ? "#" : ".");
  buf_printf(line, "%s%lld/%lld", shape->bar > 0 ? "] " : "", (long long)state->done,
             (long long)state->total);
  size_t place = line->len;
  if (shape->in_flight) buf_printf(line, "  %lld in flight", (long long)state->in_flight);
  if (shape->requests) buf_printf(line, "  %.3g req/s", state->requests_per_s);
  if (shape->tokens) buf_printf(line, "  %.4g tok/s", state->tokens_per_s);
  buf_printf(line, "  %lld failed", (long long)state->failed);
  if (left_ns >= 0) {
    buf_append_text(line, "  ETA ");
    units_print_duration(line, (left_ns + CLOCK_NS_PER_S / 2) / CLOCK_NS_PER_S * CLOCK_NS_PER_S);
  }
  return place;
}

// How many characters of the label fit, all or at least LABEL_MIN; 0: not enough.
static size_t label_room(const char *label, size_t len, size_t most) {
  size_t whole = strlen(label);
  size_t room = most > len + 2 ? most - len - 2 : 0;
  return room >= whole ? whole : room >= LABEL_MIN ? room : 0;
}

// The widest line of at most `most` columns.
static void print_line(const struct progress_state *state, int64_t left_ns, size_t most, struct buf *line) {
  struct buf plain = BUF_LIMIT(ANY_WIDTH);
  const char *label = state->label ? state->label : "";
  size_t place = 0, room = 0;
  for (size_t i = 0; i < SHAPES; i++) {
    place = print_shape(state, &shapes[i], left_ns, &plain);
    room = label_room(label, plain.len, most);
    if (plain.len <= most && (room > 0 || !*label)) break;
  }
  buf_append(line, plain.data, place);
  if (room > 0) buf_printf(line, "  %.*s", (int)room, label);
  buf_append(line, plain.data + place, plain.len - place);
  if (line->len > most) line->len = most;
  buf_free(&plain);
}

// So many less than the terminal has that neither the cursor nor its echo of a Ctrl-C leaves the line.
static size_t columns_most(const struct progress *progress) {
  struct winsize size;
  int columns = progress->columns;
  if (ioctl(fileno(progress->stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) columns = size.ws_col;
  if (columns <= 0) return ANY_WIDTH;
  return columns > 1 + ECHO_COLUMNS ? (size_t)columns - 1 - ECHO_COLUMNS : (size_t)columns - 1;
}

static void draw_bar(struct progress *progress, const struct progress_state *state, int64_t now_ns) {
  struct buf line = BUF_LIMIT((size_t)2 * ANY_WIDTH);
  size_t most = columns_most(progress);
  print_line(state, eta_ns(progress, state, now_ns), most, &line);
  int len = (int)line.len;
  int cover = progress->shown > len ? progress->shown - len : 0; // what stood there longer
  if (cover > (int)most - len) cover = (int)most - len;          // the terminal has become narrower
  fprintf(progress->stream, "\r%s%*s", buf_text(&line), cover, "");
  fflush(progress->stream);
  progress->shown = len;
  buf_free(&line);
}

static void draw_json(struct progress *progress, const struct progress_state *state, int64_t now_ns,
                      bool final) {
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
  json_member_duration(&w, "eta_s", final ? 0 : eta_ns(progress, state, now_ns));
  if (final) json_member_bool(&w, "final", true);
  json_write_object_end(&w);
  fprintf(progress->stream, "%s\n", buf_text(&line));
  fflush(progress->stream);
  buf_free(&line);
}

void progress_finish(struct progress *progress, const struct progress_state *state, int64_t now_ns) {
  if (progress->mode == PROGRESS_JSON) draw_json(progress, state, now_ns, true);
}

void progress_draw(struct progress *progress, const struct progress_state *state, int64_t now_ns) {
  int64_t every_ns = progress->mode == PROGRESS_JSON ? CLOCK_NS_PER_S : 100 * CLOCK_NS_PER_MS;
  if (progress->mode == PROGRESS_NONE) return;
  if (progress->last_ns != 0 && now_ns - progress->last_ns < every_ns) return;
  progress->last_ns = now_ns;
  if (progress->mode == PROGRESS_JSON) {
    draw_json(progress, state, now_ns, false);
  } else {
    draw_bar(progress, state, now_ns);
  }
}

void progress_wipe(void *context) {
  struct progress *progress = context;
  if (progress->mode != PROGRESS_BAR || progress->shown == 0) return;
  fprintf(progress->stream, "\r%*s\r", progress->shown + ECHO_COLUMNS, "");
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
