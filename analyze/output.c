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

// summary.json with a sentence per warning.
static enum status render_json(const struct opts *opts, const struct results *results, struct buf *text,
                               struct error *error) {
  struct buf sentences = {0};
  const char **texts = calloc(results->warning_count + 1, sizeof *texts);
  size_t *starts = calloc(results->warning_count + 1, sizeof *starts);
  enum status status = texts && starts ? STATUS_OK : STATUS_MEMORY;
  for (size_t i = 0; i < results->warning_count && status == STATUS_OK; i++) {
    starts[i] = sentences.len;
    status = chapters_warning_text(results, opts->lang, i, &sentences);
    if (status == STATUS_OK) status = buf_append_char(&sentences, '\0');
  }
  for (size_t i = 0; i < results->warning_count && status == STATUS_OK; i++)
    texts[i] = sentences.data + starts[i];
  if (status == STATUS_OK) status = summary_json(results, texts, text);
  free(texts);
  free(starts);
  buf_free(&sentences);
  return status == STATUS_OK ? status : status_fail(error, status, "%s", status_name(status));
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

static enum status render(const struct opts *opts, const struct results *results, FILE *out, struct buf *text,
                          struct error *error) {
  if (opts->suggest > 0) return render_suggestions(opts, results, text);
  switch (opts->format) {
  case OPTS_FORMAT_TEXT: return render_text(opts, results, out, text, error);
  case OPTS_FORMAT_MD: return render_markdown(opts, results, text, error);
  case OPTS_FORMAT_JSON: return render_json(opts, results, text, error);
  case OPTS_FORMAT_CSV: return summary_csv(results, text);
  }
  return STATUS_OK;
}

enum status output_print(const struct opts *opts, const struct results *results, FILE *out,
                         struct error *error) {
  struct buf text = {0};
  enum status status = render(opts, results, out, &text, error);
  if (status == STATUS_OK) status = text.status;
  if (status != STATUS_OK) {
    status_fail(error, status, "%s", status_name(status));
  } else if (text.len > 0 && fwrite(text.data, 1, text.len, out) != text.len) { // no suggestions: no text
    status = status_fail(error, STATUS_IO, "standard output: %s", strerror(errno));
  }
  buf_free(&text);
  return status;
}

// Draws into the folder; without pictures, says why and lets the report go on.
static enum status draw_plots(struct folder *folder, const struct plot_set *plots,
                              const struct interrupt *interrupt, struct results *results, struct error *words,
                              const char **drawn, struct error *error) {
  const char *path;
  *drawn = NULL;
  if (!plots->first) return STATUS_OK;
  enum status status = folder_add(folder, "plots", &path, error);
  if (status != STATUS_OK) return status;
  struct plot_options options = {.stop_fd = interrupt->fd};
  status = plot_set_write(plots, path, &options, words);
  if (status == STATUS_OK) {
    *drawn = path;
    return STATUS_OK;
  }
  if (status == STATUS_MEMORY || status == STATUS_CANCELLED)
    return status_fail(error, status, "%s", words->text);
  struct warning warning = warnings_new(WARNING_PLOTS);
  warning.words = words->text;
  return warnings_add(results, &warning);
}

static enum status write_page(struct folder *folder, const char *name, enum status status,
                              const struct buf *text, struct error *error) {
  if (status == STATUS_CANCELLED) return status_fail(error, status, "interrupted");
  if (status != STATUS_OK) return status_fail(error, status, "%s: %s", name, status_name(status));
  return folder_write(folder, name, text, error);
}

// `svg_folder` NULL: there are no pictures.
static enum status write_pages(const struct opts *opts, struct folder *folder,
                               const struct interrupt *interrupt, const struct document *document,
                               const char *svg_folder, const struct plot_set *plots, struct error *error) {
  struct buf text = {0};
  struct markdown_options markdown = {.picture_folder = svg_folder ? "plots" : NULL};
  struct html_options html = {.language = lang_code(opts->lang),
                              .svg_folder = svg_folder,
                              .plots = plots,
                              .stop_fd = interrupt->fd,
                              .contents = lang_text(opts->lang, LANG_CONTENTS),
                              .warnings = lang_text(opts->lang, LANG_WARNINGS)};
  enum status status = markdown_render(document, &markdown, &text);
  status = write_page(folder, "report.md", status, &text, error);
  if (status == STATUS_OK) {
    buf_clear(&text);
    status = write_page(folder, "report.html", html_render(document, &html, &text), &text, error);
  }
  buf_free(&text);
  return status;
}

// Everything that a folder will hold but its pictures and pages, made before there is one.
struct report {
  struct document document;
  struct plot_set plots;
  struct buf summary, cells;
};

static void report_free(struct report *report) {
  document_free(&report->document);
  plot_set_free(&report->plots);
  buf_free(&report->summary);
  buf_free(&report->cells);
}

static enum status make_report(const struct opts *opts, const struct results *results, bool plots,
                               struct report *report, struct error *error) {
  enum status status =
      chapters_build(results, opts->lang, &report->document, plots ? &report->plots : NULL, error);
  buf_clear(&report->summary);
  if (status == STATUS_OK) status = render_json(opts, results, &report->summary, error);
  buf_clear(&report->cells);
  if (status != STATUS_OK) return status;
  status = summary_csv(results, &report->cells);
  return status == STATUS_OK ? status : status_fail(error, status, "cells.csv: %s", status_name(status));
}

static enum status write_numbers(struct folder *folder, const struct interrupt *interrupt,
                                 const struct report *report, struct error *error) {
  enum status status = folder_write(folder, "summary.json", &report->summary, error);
  if (status == STATUS_OK) status = folder_write(folder, "cells.csv", &report->cells, error);
  if (status == STATUS_OK && interrupt_came(interrupt))
    status = status_fail(error, STATUS_CANCELLED, "interrupted");
  return status;
}

// The folder, made whole and put in its place, or not at all.
static enum status write_folder(const struct opts *opts, const struct interrupt *interrupt,
                                struct report *report, struct results *results, struct log *log,
                                struct error *error) {
  struct folder *folder = NULL;
  struct error words = {0}; // results borrows them until the end of this function
  size_t warnings = results->warning_count;
  const char *drawn = NULL; // where the pictures are
  enum status status = folder_open(opts->output, opts->force, &folder, error);
  if (status != STATUS_OK) return status;
  if (!opts->no_plots) {
    status = draw_plots(folder, &report->plots, interrupt, results, &words, &drawn, error);
    if (status == STATUS_OK && results->warning_count > warnings) {
      log_notice(log, "no pictures: %s", words.text);
      status = make_report(opts, results, false, report, error);
    }
  }
  if (status == STATUS_OK)
    status = write_pages(opts, folder, interrupt, &report->document, drawn, &report->plots, error);
  if (status == STATUS_OK) status = write_numbers(folder, interrupt, report, error);
  if (status == STATUS_OK) status = folder_commit(folder, error);
  results->warning_count = warnings;
  folder_close(folder);
  return status;
}

enum status output_folder(const struct opts *opts, struct results *results, struct log *log,
                          struct error *error) {
  struct interrupt interrupt;
  struct report report = {0};
  enum status status = make_report(opts, results, !opts->no_plots, &report, error);
  if (status == STATUS_OK) status = interrupt_hold(&interrupt, error);
  if (status == STATUS_OK) {
    status = write_folder(opts, &interrupt, &report, results, log, error);
    interrupt_release(&interrupt);
  }
  report_free(&report);
  return status;
}
