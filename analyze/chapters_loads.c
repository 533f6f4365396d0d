// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/chapters_loads.h"

static void load_row(struct document_node *table, const struct load *load) {
  document_cell(table, number_significant(load->rate, 4).text, DOCUMENT_PLAIN);
  document_cell(table, number_significant(load->n, 4).text, DOCUMENT_PLAIN);
  document_cell(table, number_six(load->throughput).text, DOCUMENT_PLAIN);
  document_cell(table, number_count(load->requests).text, DOCUMENT_PLAIN);
  document_cell(table, number_count(load->failed).text, load->failed ? DOCUMENT_BAD : DOCUMENT_PLAIN);
  document_cell(table, number_significant(load->ttft_s.p50.estimate, 3).text, DOCUMENT_PLAIN);
  document_cell(table, number_significant(load->ttft_s.p99.estimate, 3).text, DOCUMENT_PLAIN);
  document_cell(table, number_significant(load->latency_s.p50.estimate, 3).text, DOCUMENT_PLAIN);
  document_cell(table, number_significant(load->latency_s.p99.estimate, 3).text, DOCUMENT_PLAIN);
  document_row_end(table);
}

void chapters_loads(struct chapters *c, struct document_node *root) {
  const struct results *results = c->results;
  if (results->load_count == 0) return;
  struct document_node *section = chapters_section(c, root, LANG_LOADS, LANG_ALONE);
  chapters_paragraph(c, section, LANG_LOADS_MEAN, LANG_ALONE);
  struct document_node *table = document_table(section, "");
  chapters_column(c, table, LANG_COLUMN_OFFERED, DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_IN_FLIGHT, DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_RATE, DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_REQUESTS, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_FAILED, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_TTFT_P50, DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_TTFT_P99, DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_LATENCY_P50, DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_LATENCY_P99, DOCUMENT_DECIMAL);
  for (size_t i = 0; i < results->load_count; i++)
    load_row(table, &results->loads[i]);
}
