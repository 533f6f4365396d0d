// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/report/svg.h"
#include "tests/unit/analyze/report/page.h"

static void test_svg_ids_are_prefixed_and_points_tell_their_values(void **state) {
  struct page *page = *state;
  struct plot_set set = {0};
  struct plot *plot = plot_add(&set, "p");
  struct plot_series *series = plot_series_add(plot, PLOT_POINTS, PLOT_BLUE, "W <1>");
  plot_point_add(series, 48, 387.139, 0.0 / 0.0, 0.0 / 0.0);
  static const char svg[] =
      "<?xml version=\"1.0\"?>\n<svg \n viewBox=\"0 0 9 5\">\n<title>Gnuplot</title>\n<desc>x</desc>"
      "<circle id='gpDot'/><g id=\"gnuplot_plot_1\" ><title>gnuplot_plot_1</title>\n"
      "<use xlink:href='#gpDot' x='1'/><use xlink:href='#gpDot' x='2'/></g></svg>\n";
  struct buf out = {0};
  assert_int_equal(svg_embed(svg, sizeof svg - 1, plot, "f1-", "a \"b\"", &out), STATUS_OK);
  assert_string_equal(
      buf_text(&out),
      "<svg class=\"plot\" role=\"img\" aria-label=\"a &quot;b&quot;\" \n viewBox=\"0 0 9 5\">\n\n"
      "<circle id='f1-gpDot'/><g id=\"f1-gnuplot_plot_1\" >\n"
      "<use xlink:href='#f1-gpDot' x='1'><title>W &lt;1&gt;\n48\n387.139</title></use>"
      "<use xlink:href='#f1-gpDot' x='2'/></g></svg>");
  buf_clear(&out);
  assert_int_equal(svg_embed("<svg>", 5, NULL, "f1-", "", &out), STATUS_FORMAT);
  (void)page;
  buf_free(&out);
  plot_set_free(&set);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PAGE(test_svg_ids_are_prefixed_and_points_tell_their_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
