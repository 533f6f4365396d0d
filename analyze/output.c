// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "analyze/folder.h"
#include "analyze/interrupt.h"
#include "analyze/judge/suggest.h"
#include "analyze/judge/warnings.h"
#include "analyze/report/html.h"
#include "analyze/report/markdown.h"
#include "analyze/report/text.h"
#include "analyze/results/summary.h"
#include "analyze/sections/chapters.h"

static struct text_options terminal_of(FILE *out) {
  struct text_options options = {0};
  struct winsize size;
  int fd = fileno(out);
  if (fd < 0 || !isatty(fd)) return options;
  const char *no_colour = getenv("NO_COLOR");
  options.colour = !(no_colour && *no_colour);
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) options.width = size.ws_col;
  return options;
}

static enum status render_text(const struct opts *opts, const struct results *results, FILE *out,
                               struct buf *text, struct error *error) {
  struct document document = {0};
  struct text_options options = terminal_of(out);
  enum status status = chapters_brief(results, opts->lang, &document, error);
  if (status == STATUS_OK) status = text_render(&document, &options, text);
  document_free(&document);
  return status;
}

static enum status render_markdown(const struct opts *opts, const struct results *results, struct buf *text,
                                   struct error *error) {
  struct document document = {0};
  struct markdown_options options = {0};
  enum status status = chapters_build(results, opts->lang, &document, NULL, error);
  if (status == STATUS_OK) status = markdown_render(&document, &options, text);
  document_free(&document);
  return status;
}

static enum status add_sentences(const struct opts *opts, struct results *results) {
  for (size_t i = 0; i < results->warning_count; i++) {
    struct buf sentence = {0};
    if (results->warnings[i].sentence) continue;
    enum status status = chapters_warning_text(results, opts->lang, i, &sentence);
    if (status == STATUS_OK) status = buf_append_char(&sentence, '\0');
    if (status != STATUS_OK) {
      buf_free(&sentence);
      return status;
    }
    results->warnings[i].sentence = sentence.data;
  }
  return STATUS_OK;
}

// summary.json with a sentence per warning.
static enum status render_json(const struct opts *opts, struct results *results, struct buf *text) {
  enum status status = add_sentences(opts, results);
  return status == STATUS_OK ? summary_json(results, text) : status;
}

static enum status render_suggestions(const struct opts *opts, const struct results *results,
                                      struct buf *text) {
  struct suggest_cell *cells = calloc((size_t)opts->suggest, sizeof *cells);
  if (!cells) return STATUS_MEMORY;
  size_t count = suggest_next(results, (size_t)opts->suggest, cells);
  enum status status = suggest_print(cells, count, text);
  free(cells);
  return status;
}

static enum status render(const struct opts *opts, struct results *results, FILE *out, struct buf *text,
                          struct error *error) {
  if (opts->suggest > 0) return render_suggestions(opts, results, text);
  switch (opts->format) {
  case OPTS_FORMAT_TEXT: return render_text(opts, results, out, text, error);
  case OPTS_FORMAT_MD: return render_markdown(opts, results, text, error);
  case OPTS_FORMAT_JSON: return render_json(opts, results, text);
  case OPTS_FORMAT_CSV: return summary_csv(results, text);
  }
  return STATUS_OK;
}

enum status output_print(const struct opts *opts, struct results *results, FILE *out, struct error *error) {
  struct buf text = {0};
  enum status status = render(opts, results, out, &text, error);
  if (status == STATUS_OK) status = text.status;
  if (status != STATUS_OK) {
    status_plain(error, status);
  } else if (text.len > 0 && fwrite(text.data, 1, text.len, out) != text.len) { // no suggestions: no text
    status = status_fail(error, STATUS_IO, "standard output: %s", strerror(errno));
  }
  buf_free(&text);
  return status;
}

// What a folder needs besides the results.
struct report {
  struct document document;
  struct plot_set plots;
  struct interrupt interrupt;
  struct folder *folder;
  const char *drawn; // where the pictures are; NULL: there are none
};

// `reason`: why there are no pictures. The report is made by now, so the warning is added to it.
static enum status warn_of_plots(const struct opts *opts, struct report *report, struct results *results,
                                 const char *reason) {
  struct warning warning = warnings_new(WARNING_PLOTS);
  warning.words = reason;
  enum status status = warnings_add(results, &warning);
  if (status == STATUS_OK) status = add_sentences(opts, results);
  if (status != STATUS_OK) return status;
  struct warning *added = &results->warnings[results->warning_count - 1];
  added->words = NULL; // it is the caller's
  document_callout_at_mark(&report->document, DOCUMENT_WARNING, added->sentence);
  return report->document.status;
}

// Draws into the folder; a failure becomes a warning and a notice.
static enum status draw_plots(const struct opts *opts, struct report *report, struct results *results,
                              struct log *log, struct error *error) {
  struct plot_options options = {.stop_fd = report->interrupt.fd};
  struct error reason = {0};
  const char *path;
  if (!report->plots.first) return STATUS_OK;
  enum status status = folder_add(report->folder, "plots", &path, error);
  if (status != STATUS_OK) return status;
  status = plot_set_write(&report->plots, path, &options, &reason);
  if (status == STATUS_OK) report->drawn = path;
  if (status == STATUS_OK || status == STATUS_MEMORY || status == STATUS_CANCELLED)
    return status == STATUS_OK ? status : status_fail(error, status, "%s", reason.text);
  log_notice(log, "no pictures: %s", reason.text);
  status = warn_of_plots(opts, report, results, reason.text);
  return status == STATUS_OK ? status : status_plain(error, status);
}

static enum status write_page(struct folder *folder, const char *name, enum status status,
                              const struct buf *text, struct error *error) {
  if (status == STATUS_CANCELLED) return status_fail(error, status, "interrupted");
  if (status != STATUS_OK) return status_fail(error, status, "%s: %s", name, status_name(status));
  return folder_write(folder, name, text, error);
}

static enum status write_pages(const struct opts *opts, struct report *report, struct results *results,
                               struct error *error) {
  struct buf text = {0};
  struct markdown_options markdown = {.picture_folder = report->drawn ? "plots" : NULL};
  struct html_options html = {.language = lang_code(opts->lang),
                              .svg_folder = report->drawn,
                              .plots = &report->plots,
                              .stop_fd = report->interrupt.fd,
                              .contents = lang_text(opts->lang, LANG_CONTENTS),
                              .warnings = lang_text(opts->lang, LANG_WARNINGS)};
  static const char *const names[] = {"report.md", "report.html", "summary.json", "cells.csv"};
  enum status status = STATUS_OK;
  for (int i = 0; i < 4 && status == STATUS_OK; i++) {
    buf_clear(&text);
    status = i == 0   ? markdown_render(&report->document, &markdown, &text)
             : i == 1 ? html_render(&report->document, &html, &text)
             : i == 2 ? render_json(opts, results, &text)
                      : summary_csv(results, &text);
    status = write_page(report->folder, names[i], status, &text, error);
  }
  buf_free(&text);
  return status;
}

// The folder, made whole and put in its place, or not at all.
static enum status write_folder(const struct opts *opts, struct report *report, struct results *results,
                                struct log *log, struct error *error) {
  enum status status = folder_open(opts->output, opts->force, &report->folder, error);
  if (status == STATUS_OK) status = draw_plots(opts, report, results, log, error);
  if (status == STATUS_OK) status = write_pages(opts, report, results, error);
  if (status == STATUS_OK && interrupt_came(&report->interrupt))
    status = status_fail(error, STATUS_CANCELLED, "interrupted");
  if (status == STATUS_OK) status = folder_commit(report->folder, error);
  folder_close(report->folder);
  return status;
}

enum status output_folder(const struct opts *opts, struct results *results, struct log *log,
                          struct error *error) {
  struct report report = {0};
  struct plot_set *plots = opts->no_plots ? NULL : &report.plots;
  enum status status = chapters_build(results, opts->lang, &report.document, plots, error);
  if (status == STATUS_OK) status = interrupt_hold(&report.interrupt, error);
  if (status == STATUS_OK) {
    status = write_folder(opts, &report, results, log, error);
    interrupt_release(&report.interrupt);
  }
  document_free(&report.document);
  plot_set_free(&report.plots);
  return status;
}
