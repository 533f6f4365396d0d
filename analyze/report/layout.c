// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/report/layout.h"

#include <stdlib.h>
#include <string.h>

static size_t after_point(const char *text) {
  const char *point = strpbrk(text, ".,");
  bool number = *text && strspn(text, "0123456789.,-") == strlen(text);
  return number && point ? document_width(point) : 0;
}

static char *shown(layout_show *show, const char *text) {
  struct buf out = {0};
  show(&out, text);
  buf_append_char(&out, '\0');
  if (out.status) buf_free(&out);
  return out.data;
}

static void widen(size_t *width, size_t to) {
  if (*width < to) *width = to;
}

enum status layout_make(const struct document_node *table, layout_show *show, size_t least,
                        struct layout *out) {
  size_t count = table->column_count;
  size_t texts = document_row_count(table) * count;
  struct layout made = {.columns = calloc(count + 1, sizeof *made.columns),
                        .headings = calloc(count + 1, sizeof *made.headings),
                        .texts = calloc(texts + 1, sizeof *made.texts)};
  enum status status = made.columns && made.headings && made.texts ? STATUS_OK : STATUS_MEMORY;
  for (size_t c = 0; c < count && status == STATUS_OK; c++) {
    made.headings[c] = shown(show, table->columns[c].heading);
    if (!made.headings[c]) status = STATUS_MEMORY;
    made.heading_count = c + 1;
  }
  for (size_t i = 0; i < texts && status == STATUS_OK; i++) {
    made.texts[i] = shown(show, table->cells[i].text);
    if (!made.texts[i]) status = STATUS_MEMORY;
    made.text_count = i + 1;
  }
  if (status) {
    layout_free(&made);
    return status;
  }
  for (size_t i = 0; i < texts; i++) {
    if (table->columns[i % count].align != DOCUMENT_DECIMAL) continue;
    widen(&made.columns[i % count].after, after_point(made.texts[i]));
  }
  for (size_t c = 0; c < count; c++)
    made.columns[c].width = document_width(made.headings[c]) + least;
  for (size_t i = 0; i < texts; i++) {
    struct layout_column *column = &made.columns[i % count];
    size_t width = document_width(made.texts[i]);
    if (column->after) width += column->after - after_point(made.texts[i]);
    widen(&column->width, width);
    widen(&column->cells, width);
  }
  *out = made;
  return STATUS_OK;
}

void layout_free(struct layout *layout) {
  for (size_t i = 0; i < layout->text_count; i++)
    free(layout->texts[i]);
  for (size_t i = 0; i < layout->heading_count; i++)
    free(layout->headings[i]);
  free(layout->headings);
  free(layout->texts);
  free(layout->columns);
  *layout = (struct layout){0};
}

static void spaces(struct buf *out, size_t count) {
  while (count-- > 0)
    buf_append_char(out, ' ');
}

void layout_pad(const struct layout *layout, const struct document_node *table, size_t index,
                const char *text, bool heading, struct buf *out) {
  const struct layout_column *column = &layout->columns[index];
  size_t behind = 0, width = document_width(text);
  if (table->columns[index].align == DOCUMENT_DECIMAL && column->after && !heading)
    behind = column->after - after_point(text);
  size_t room = column->width > width + behind ? column->width - width - behind : 0;
  bool left = table->columns[index].align == DOCUMENT_LEFT;
  if (!left) spaces(out, room);
  buf_append_text(out, text);
  spaces(out, left ? room : behind);
}
