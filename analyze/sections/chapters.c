// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/sections/chapters.h"

#include "analyze/sections/sections.h"

static struct document_node *title(struct chapters *c, struct document *document) {
  const struct results *results = c->results;
  const char *model = results->fact_count ? results->facts[0].model : NULL;
  struct document_node *root =
      document_start(document, results->title ? results->title
                               : model        ? chapters_say(c, LANG_TITLE_FOR, LANG_WITH(model))
                                              : lang_text(c->lang, LANG_TITLE));
  document->decimal_commas = lang_has_decimal_commas(c->lang);
  return root;
}

static enum status finish(struct chapters *c, const struct document *document, struct error *error) {
  enum status status = c->line.status ? c->line.status : document->status;
  if (status == STATUS_OK && c->plots) status = c->plots->status;
  buf_free(&c->line);
  return status ? status_fail(error, status, "report: %s", status_name(status)) : STATUS_OK;
}

enum status chapters_build(const struct results *results, enum lang lang, struct document *document,
                           struct plot_set *plots, struct error *error) {
  struct chapters c = {.results = results, .lang = lang, .plots = plots};
  if (plots) plot_set_free(plots);
  if (plots) plots->decimal_commas = lang_has_decimal_commas(lang);
  struct document_node *root = title(&c, document);
  chapters_summary(&c, root);
  chapters_comparison(&c, root);
  chapters_loads(&c, root);
  chapters_curve(&c, root);
  chapters_pareto(&c, root);
  chapters_distribution(&c, root);
  chapters_levels(&c, root);
  chapters_apis(&c, root);
  chapters_failures(&c, root);
  chapters_client(&c, root);
  chapters_facts(&c, root);
  return finish(&c, document, error);
}

enum status chapters_brief(const struct results *results, enum lang lang, struct document *document,
                           struct error *error) {
  struct chapters c = {.results = results, .lang = lang};
  struct document_node *root = title(&c, document);
  chapters_answer(&c, root);
  chapters_optima_table(&c, root, true);
  chapters_loads_brief(&c, root);
  chapters_optimum(&c, root);
  chapters_apis(&c, root);
  chapters_warnings(&c, root);
  return finish(&c, document, error);
}

enum status chapters_warning_text(const struct results *results, enum lang lang, size_t index,
                                  struct buf *out) {
  struct chapters chapters = {.results = results, .lang = lang};
  struct document document = {0};
  struct document_node *root = document_start(&document, "");
  chapters_warning(&chapters, root, &results->warnings[index]);
  const char *at = root && root->first ? root->first->text : "";
  struct document_span span = {0};
  while (document_span_next(&at, &span))
    buf_append(out, span.text, span.len);
  enum status status = document.status != STATUS_OK ? document.status : out->status;
  document_free(&document);
  buf_free(&chapters.line);
  return status;
}
