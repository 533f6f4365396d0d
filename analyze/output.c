// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "analyze/chapters.h"
#include "analyze/folder.h"
#include "analyze/report/markdown.h"
#include "analyze/report/text.h"
#include "analyze/summary.h"
#include "analyze/warnings.h"

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

enum status output_print(const struct opts *opts, const struct results *results, FILE *out,
                         struct error *error) {
  struct buf text = {0};
  enum status status = STATUS_OK;
  switch (opts->format) {
  case OPTS_FORMAT_TEXT: status = render_text(opts, results, out, &text, error); break;
  case OPTS_FORMAT_MD: status = render_markdown(opts, results, &text, error); break;
  case OPTS_FORMAT_JSON: status = summary_json(results, NULL, &text); break;
  case OPTS_FORMAT_CSV: status = summary_csv(results, &text); break;
  }
  if (status == STATUS_OK) status = text.status;
  if (status != STATUS_OK) {
    status_fail(error, status, "%s", status_name(status));
  } else if (fwrite(text.data, 1, text.len, out) != text.len) {
    status = status_fail(error, STATUS_IO, "standard output: %s", strerror(errno));
  }
  buf_free(&text);
  return status;
}

// Draws into the folder; without pictures, says why and lets the report go on.
static enum status draw_plots(struct folder *folder, const struct plot_set *plots, struct results *results,
                              struct error *words, bool *drawn, struct error *error) {
  const char *path;
  *drawn = false;
  if (!plots->first) return STATUS_OK;
  enum status status = folder_add(folder, "plots", &path, error);
  if (status != STATUS_OK) return status;
  struct plot_options options = {0};
  status = plot_set_write(plots, path, &options, words);
  *drawn = status == STATUS_OK;
  if (*drawn) return STATUS_OK;
  if (status == STATUS_MEMORY) return status_fail(error, status, "%s", words->text);
  struct warning warning = warnings_new(WARNING_PLOTS);
  warning.words = words->text;
  return warnings_add(results, &warning);
}

static enum status write_pages(struct folder *folder, const struct document *document, bool drawn,
                               struct error *error) {
  struct buf text = {0};
  struct markdown_options markdown = {.picture_folder = drawn ? "plots" : NULL};
  enum status status = markdown_render(document, &markdown, &text);
  status = status == STATUS_OK ? folder_write(folder, "report.md", &text, error)
                               : status_fail(error, status, "report.md: %s", status_name(status));
  buf_free(&text);
  return status;
}

static enum status write_numbers(struct folder *folder, const struct results *results, struct error *error) {
  struct buf text = {0};
  summary_json(results, NULL, &text);
  enum status status = folder_write(folder, "summary.json", &text, error);
  if (status == STATUS_OK) {
    buf_clear(&text);
    summary_csv(results, &text);
    status = folder_write(folder, "cells.csv", &text, error);
  }
  buf_free(&text);
  return status;
}

enum status output_folder(const struct opts *opts, struct results *results, struct log *log,
                          struct error *error) {
  struct folder *folder = NULL;
  struct document document = {0};
  struct plot_set plots = {0};
  struct error words = {0}; // results borrows them until the end of this function
  size_t warnings = results->warning_count;
  bool drawn = false;
  enum status status = folder_open(opts->output, opts->force, &folder, error);
  if (status != STATUS_OK) return status;
  status = chapters_build(results, opts->lang, &document, opts->no_plots ? NULL : &plots, error);
  if (status == STATUS_OK && !opts->no_plots) {
    status = draw_plots(folder, &plots, results, &words, &drawn, error);
    if (status == STATUS_OK && results->warning_count > warnings) {
      log_notice(log, "no pictures: %s", words.text);
      status = chapters_build(results, opts->lang, &document, NULL, error);
    }
  }
  if (status == STATUS_OK) status = write_pages(folder, &document, drawn, error);
  if (status == STATUS_OK) status = write_numbers(folder, results, error);
  if (status == STATUS_OK) status = folder_commit(folder, error);
  results->warning_count = warnings;
  document_free(&document);
  plot_set_free(&plots);
  folder_close(folder);
  return status;
}
