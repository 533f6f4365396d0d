// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>

#include "analyze/sections/sections.h"

static void print_traffic(struct chapters *c, const struct demand *demand, struct buf *out) {
  enum lang_id id = demand->minutes == 0        ? LANG_DEMAND_RATE
                    : demand->percentile >= 100 ? LANG_DEMAND_BUSIEST
                                                : LANG_DEMAND_PERCENTILE;
  lang_format(out, c->lang, id,
              LANG_WITH(number_significant(demand->peak_per_s, 4).text, number_count(demand->minutes).text,
                        number_significant(demand->percentile, 3).text));
}

static void say_servers(struct chapters *c, struct document_node *parent, const struct demand *demand) {
  struct buf traffic = {0}, text = {0};
  print_traffic(c, demand, &traffic);
  enum lang_id id = demand->suffice > 0 && demand->too_few > 0 ? LANG_DEMAND_BOTH
                    : demand->suffice > 0                      ? LANG_DEMAND_SUFFICE
                    : demand->too_few > 0                      ? LANG_DEMAND_TOO_FEW
                                                               : LANG_DEMAND_OPEN;
  lang_format(
      &text, c->lang, id,
      LANG_WITH(buf_text(&traffic), number_count(demand->suffice).text, number_count(demand->too_few).text));
  if (demand->estimate > 0)
    lang_format(&text, c->lang, LANG_DEMAND_ESTIMATE, LANG_WITH(number_count(demand->estimate).text));
  document_callout(parent, DOCUMENT_ANSWER, buf_text(&text));
  buf_free(&traffic);
  buf_free(&text);
}

static void share_cell(struct document_node *table, double share) {
  document_cell(table, isnan(share) ? NUMBER_UNKNOWN : number_percent(share).text, DOCUMENT_PLAIN);
}

static void servers_table(struct chapters *c, struct document_node *parent, const struct demand *demand) {
  struct document_node *table = document_table(parent, "");
  chapters_column(c, table, LANG_COLUMN_SERVERS, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_MINUTES_KEPT, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_MINUTES_POSSIBLE, DOCUMENT_RIGHT);
  for (size_t i = 0; i < demand->row_count; i++) {
    document_cell(table, number_count(demand->rows[i].servers).text, DOCUMENT_PLAIN);
    share_cell(table, demand->rows[i].kept);
    share_cell(table, demand->rows[i].possible);
    document_row_end(table);
  }
}

void chapters_demand(struct chapters *c, struct document_node *parent) {
  const struct demand *demand = &c->results->demand;
  if (!demand->exists) return;
  say_servers(c, parent, demand);
  if (demand->row_count > 1) servers_table(c, parent, demand);
  chapters_paragraph(c, parent, LANG_DEMAND_ASSUMED, LANG_ALONE);
  if (!(demand->lengths_apart > RESULTS_LENGTHS_ALIKE)) return;
  chapters_callout(c, parent, DOCUMENT_WARNING, LANG_DEMAND_LENGTHS,
                   LANG_WITH(number_significant(demand->input_tokens, 3).text,
                             number_significant(demand->output_tokens, 3).text,
                             number_significant(demand->run_input_tokens, 3).text,
                             number_significant(demand->run_output_tokens, 3).text));
}
