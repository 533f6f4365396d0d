// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/report/plot.h"
#include "analyze/report/svg.h"
#include "lib/base/clock.h"

struct work {
  struct plot_set set;
  struct buf out;
  char folder[64];
};

static int setup(void **state) {
  static struct work work;
  work = (struct work){.folder = "/tmp/tidemark-plot-XXXXXX"};
  if (!mkdtemp(work.folder)) return -1;
  *state = &work;
  return 0;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at) {
  (void)info;
  (void)kind;
  (void)at;
  return remove(path);
}

static int teardown(void **state) {
  struct work *work = *state;
  plot_set_free(&work->set);
  buf_free(&work->out);
  return nftw(work->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#define HAS(haystack, needle)                                                                                \
  do {                                                                                                       \
    const char *in_ = (haystack);                                                                            \
    if (!strstr(in_, needle)) fail_msg("not there: %s\n%s", needle, in_);                                    \
  } while (0)

static const char *script(struct work *work, const struct plot *plot) {
  buf_clear(&work->out);
  assert_int_equal(plot_script(plot, &work->out), STATUS_OK);
  return buf_text(&work->out);
}

static const char *data(struct work *work, const struct plot *plot) {
  buf_clear(&work->out);
  assert_int_equal(plot_data(plot, &work->out), STATUS_OK);
  return buf_text(&work->out);
}

static struct plot *two_axes(struct work *work, const char *name) {
  struct plot *plot = plot_add(&work->set, name);
  plot_text(plot, &plot->title, "Скорость и время");
  plot_text(plot, &plot->x_label, "Размер пакета");
  plot_text(plot, &plot->y_label, "Скорость (токены/с)");
  plot_text(plot, &plot->y2_label, "Время (с)");
  plot->x_log = plot->x_tics_at_points = true;
  struct plot_series *rate = plot_series_add(plot, PLOT_LINE_POINTS, PLOT_BLUE, "Скорость");
  struct plot_series *time = plot_series_add(plot, PLOT_LINE_POINTS, PLOT_ORANGE, "Время");
  time->second = true;
  for (int power = 0; power <= 5; power++) {
    double batch = ldexp(1, power);
    plot_point_add(rate, batch, 100 + batch, 95 + batch, 106 + batch);
    plot_point_add(time, batch, batch / 3, NAN, NAN);
  }
  return plot;
}

static void test_script_says_axes_units_and_both_pictures(void **state) {
  struct work *work = *state;
  const char *text = script(work, two_axes(work, "two"));
  HAS(text, "set logscale x 2\n");
  HAS(text, "set xlabel 'Размер пакета'\n");
  HAS(text, "set ylabel 'Скорость (токены/с)' textcolor rgb \"#0072B2\"\n");
  HAS(text, "set y2label 'Время (с)' textcolor rgb \"#");
  HAS(text, "set xtics (\"1\" 1, \"2\" 2, \"4\" 4, \"8\" 8, \"16\" 16, \"32\" 32)\n");
  HAS(text, "set yrange [0:"); // compared by height: from zero
  HAS(text, "'two.dat' index 1 using 1:2 axes x1y2 with linespoints");
  HAS(text, "'two.dat' index 0 using 1:2:3:4 with yerrorbars");
  HAS(text, "set output 'two.png'\n");
  HAS(text, "set output 'two.svg'\n");
}

static void test_no_text_leaves_its_quotes(void **state) {
  struct work *work = *state;
  struct plot *plot = plot_add(&work->set, "quotes");
  plot_text(plot, &plot->title, "a'; system('touch /tmp/x')\n`id` #");
  plot_point_add(plot_series_add(plot, PLOT_LINE, PLOT_BLUE, "it's\nme"), 1, 2, NAN, NAN);
  const char *text = script(work, plot);
  HAS(text, "set title 'a''; system(''touch /tmp/x'') `id` #' ");
  HAS(text, "title 'it''s me'");
  HAS(data(work, plot), "# it's me\n");
}

static void test_a_name_that_is_no_file_name_is_refused(void **state) {
  struct work *work = *state;
  assert_null(plot_add(&work->set, "../evil"));
  assert_int_equal(work->set.status, STATUS_USAGE);
  struct error error = {""};
  assert_int_equal(plot_set_write(&work->set, work->folder, NULL, &error), STATUS_USAGE);
}

static void test_points_that_are_not_numbers_are_left_out(void **state) {
  struct work *work = *state;
  struct plot *plot = plot_add(&work->set, "holes");
  struct plot_series *none = plot_series_add(plot, PLOT_LINE, PLOT_GREY, "none");
  plot_point_add(none, NAN, 1, NAN, NAN);
  struct plot_series *some = plot_series_add(plot, PLOT_POINTS, PLOT_BLUE, "some");
  plot_point_add(some, 1, NAN, NAN, NAN);
  plot_point_add(some, 2, 5, NAN, INFINITY);
  assert_string_equal(data(work, plot), "# some\n# x y lo hi\n2 5 ? ?\n");
  const char *text = script(work, plot);
  HAS(text, "plot 'holes.dat' index 0 using 1:2 with points");
  assert_null(strstr(text, "nan"));
  assert_null(strstr(text, "yerrorbars"));
}

static void test_an_interval_without_end_reaches_the_border(void **state) {
  struct work *work = *state;
  struct plot *plot = plot_add(&work->set, "marks");
  plot_mark_add(plot, 25.6, NAN, PLOT_GREEN, NULL);
  plot_mark_add(plot, 27.9, 27.9, PLOT_GREEN, "n* = 27.9");
  const char *text = script(work, plot);
  HAS(text, "set object rectangle from first 25.6, graph 0 to graph 1, graph 1 behind");
  HAS(text, "set arrow from first 27.9, graph 0 to first 27.9, graph 1 nohead");
  HAS(text, "set label 'n* = 27.9' at first 27.9, graph 0.05");
}

static void test_a_mark_near_the_right_border_is_named_before_it(void **state) {
  struct work *work = *state;
  struct plot *plot = plot_add(&work->set, "marks");
  struct plot_series *series = plot_series_add(plot, PLOT_LINE, PLOT_BLUE, NULL);
  plot_point_add(series, 0, 1, NAN, NAN);
  plot_point_add(series, 30, 1, NAN, NAN);
  plot_mark_add(plot, 29, 29, PLOT_GREEN, "last");
  plot_mark_add(plot, 10, 10, PLOT_GREY, "first");
  const char *text = script(work, plot);
  HAS(text, "set label 'last' at first 29, graph 0.05 right offset -0.7,0");
  HAS(text, "set label 'first' at first 10, graph 0.12 left offset 0.7,0");
}

static void test_ratios_do_not_start_at_zero(void **state) {
  struct work *work = *state;
  struct plot *plot = plot_add(&work->set, "p");
  plot->y_from_data = plot->compact = true;
  struct plot_series *series = plot_series_add(plot, PLOT_POINTS, PLOT_BLUE, NULL);
  plot_point_add(series, 1, 0.9, 0.85, 0.95);
  plot_point_add(series, 2, 1.0, 0.95, 1.05);
  HAS(script(work, plot), "set yrange [0.834:1.066]\n");
  HAS(script(work, plot), "set terminal svg size 680,420 ");
}

static void test_points_with_names_show_them_where_there_is_room(void **state) {
  struct work *work = *state;
  struct plot *plot = plot_add(&work->set, "p");
  struct plot_series *series = plot_series_add(plot, PLOT_LINE_POINTS, PLOT_BLUE, NULL);
  series->named = true;
  plot_cell_add(series, 1, 100, "low");
  plot_cell_add(series, 1.01, 101, "hidden"); // its place is taken by the next
  plot_cell_add(series, 1.02, 102, "near");
  plot_cell_add(series, 9, 300, "high");
  const char *text = script(work, plot);
  HAS(text, "set label 'high' at first 9, first 300 left");
  HAS(text, "set label 'near' at first 1.02, first 102 left");
  assert_null(strstr(text, "'hidden'"));
  assert_null(strstr(text, "'low'"));
}

static void test_labels_of_lines_that_end_together_are_apart(void **state) {
  struct work *work = *state;
  struct plot *plot = plot_add(&work->set, "labels");
  static const double ends[] = {100, 100, 99.5, 30};
  for (size_t i = 0; i < 4; i++) {
    struct plot_series *series = plot_series_add(plot, PLOT_LINE, PLOT_SHADE, "line");
    series->direct = true;
    plot_point_add(series, 1, 0, NAN, NAN);
    plot_point_add(series, 10, ends[i], NAN, NAN);
  }
  double heights[4];
  size_t count = 0;
  for (const char *at = script(work, plot); count < 4 && (at = strstr(at, "set label")); at++)
    assert_int_equal(sscanf(strstr(at, "graph "), "graph %lf", &heights[count++]), 1);
  assert_int_equal(count, 4);
  for (size_t i = 0; i < 4; i++) {
    for (size_t j = i + 1; j < 4; j++)
      assert_true(fabs(heights[i] - heights[j]) > 0.04);
  }
  assert_true(fabs(heights[3] - 30 / 108.0) < 0.001); // what stood alone stays
}

static bool has_gnuplot(void) {
  return system("command -v gnuplot >/dev/null 2>&1") == 0; // NOLINT(cert-env33-c)
}

static void starts_with(const char *folder, const char *name, const char *bytes, size_t len, size_t least) {
  struct buf content = {0}, path = {0};
  struct error error = {""};
  buf_printf(&path, "%s/%s", folder, name);
  if (buf_read_file(&content, buf_text(&path), &error)) fail_msg("%s", error.text);
  assert_true(content.len >= least);
  assert_memory_equal(content.data, bytes, len);
  buf_free(&content);
  buf_free(&path);
}

// Percentiles: words for numbers on the axis, and for those who point at a dot.
static void test_named_ticks_stand_in_for_numbers(void **state) {
  struct work *work = *state;
  struct plot *plot = plot_add(&work->set, "p");
  plot_text(plot, &plot->x_label, "Percentile");
  plot->x_log = true;
  plot_tic_add(plot, 2, "p50");
  plot_tic_add(plot, 100, "it's p99");
  plot_cell_add(plot_series_add(plot, PLOT_POINTS, PLOT_BLUE, NULL), 100, 1.5, "24");
  HAS(script(work, plot), "set xtics ('p50' 2, 'it''s p99' 100)\n");
  static const char svg[] = "<svg><g id=\"gnuplot_plot_1\"><use xlink:href='#gpDot' x='1'/></g></svg>";
  struct buf out = {0};
  assert_int_equal(svg_embed(svg, sizeof svg - 1, plot, "", "", &out), STATUS_OK);
  HAS(buf_text(&out), "<title>24\nPercentile: it&#39;s p99\n1.5</title>");
  buf_free(&out);
}

static void test_a_logarithmic_axis_has_ticks_within_a_decade(void **state) {
  struct work *work = *state;
  struct plot *plot = plot_add(&work->set, "p");
  plot->y_log = true;
  struct plot_series *series = plot_series_add(plot, PLOT_LINE, PLOT_BLUE, NULL);
  plot_point_add(series, 1, 0.04, NAN, NAN);
  plot_point_add(series, 2, 1.1, NAN, NAN);
  HAS(script(work, plot), "set ytics (0.05, 0.1, 0.2, 0.5, 1)\n");
}

// On the logarithmic axis from 1/1.2 to 1000*1.2, ten lies a little above a third of the way.
static void test_labels_at_the_border_stand_at_the_height_of_their_ends(void **state) {
  struct work *work = *state;
  struct plot *plot = plot_add(&work->set, "p");
  plot->y_log = plot->labels_at_border = true;
  static const double ends[] = {1, 10, 1000};
  for (size_t i = 0; i < 3; i++) {
    struct plot_series *series = plot_series_add(plot, PLOT_LINE, PLOT_SHADE, i == 1 ? "ten" : "x");
    series->direct = true;
    plot_point_add(series, (double)i + 1, ends[i], NAN, NAN);
  }
  HAS(script(work, plot), "set label 'ten' at graph 1, graph 0.3417 left");
}

static void test_gnuplot_draws_every_picture_of_a_set(void **state) {
  struct work *work = *state;
  if (!has_gnuplot()) {
    printf("gnuplot is not installed\n");
    skip();
  }
  two_axes(work, "first");
  struct plot *plot = plot_add(&work->set, "second");
  plot_text(plot, &plot->title, "It's 100 % <&> \"_^{}\" $x `id`");
  struct plot_series *band = plot_series_add(plot, PLOT_BAND, PLOT_ORANGE, "полоса");
  struct plot_series *line = plot_series_add(plot, PLOT_LINE, PLOT_SHADE, "W = 1");
  line->direct = true;
  for (int i = 1; i < 5; i++) {
    plot_point_add(band, i, i, i - 1, i + 1);
    plot_point_add(line, i, i, NAN, NAN);
  }
  plot_mark_add(plot, 2, 3, PLOT_GREEN, NULL);
  plot_mark_add(plot, 2.5, 2.5, PLOT_GREY, "n*");
  plot_add(&work->set, "empty");
  struct plot *one = plot_add(&work->set, "one");
  plot_point_add(plot_series_add(one, PLOT_POINTS, PLOT_RED, NULL), 5, 0, NAN, NAN);
  struct error error = {""};
  enum status status = plot_set_write(&work->set, work->folder, NULL, &error);
  if (status) fail_msg("%s", error.text);
  static const char *const names[] = {"first", "second", "empty", "one"};
  for (size_t i = 0; i < 4; i++) {
    char name[32];
    snprintf(name, sizeof name, "%s.png", names[i]);
    starts_with(work->folder, name, "\x89PNG\r\n\x1a\n", 8, 2000);
    snprintf(name, sizeof name, "%s.svg", names[i]);
    starts_with(work->folder, name, "<?xml", 5, 2000);
    snprintf(name, sizeof name, "%s.gp", names[i]);
    starts_with(work->folder, name, "# gnuplot", 9, 300);
  }
}

static void test_gnuplot_takes_awkward_numbers(void **state) {
  struct work *work = *state;
  if (!has_gnuplot()) {
    printf("gnuplot is not installed\n");
    skip();
  }
  static const double points[][2] = {{1e300, 1e300}, {1e-300, 1e-300}, {5, -5}, {0, 0}, {1e15, 1e-9}};
  for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
    char name[16];
    snprintf(name, sizeof name, "awkward%zu", i);
    struct plot *plot = plot_add(&work->set, name);
    plot->x_tics_at_points = true;
    struct plot_series *series = plot_series_add(plot, PLOT_LINE_POINTS, PLOT_SHADE, name);
    series->direct = i % 2;
    plot_point_add(series, points[i][0], points[i][1], -1e300, 1e300);
    plot_point_add(series, 2, 3, NAN, NAN);
    plot_mark_add(plot, -INFINITY, INFINITY, PLOT_GREEN, "everywhere");
  }
  struct error error = {""};
  enum status status = plot_set_write(&work->set, work->folder, NULL, &error);
  if (status) fail_msg("%s", error.text);
}

static size_t count_of(const char *text, const char *word) {
  size_t count = 0;
  for (; (text = strstr(text, word)); text++)
    count++;
  return count;
}

static void test_each_point_that_gnuplot_draws_tells_its_values(void **state) {
  struct work *work = *state;
  if (!has_gnuplot()) {
    printf("gnuplot is not installed\n");
    skip();
  }
  struct plot *plot = two_axes(work, "points");
  struct error error = {""};
  assert_int_equal(plot_set_write(&work->set, work->folder, NULL, &error), STATUS_OK);
  struct buf svg = {0}, path = {0};
  buf_printf(&path, "%s/points.svg", work->folder);
  assert_int_equal(buf_read_file(&svg, buf_text(&path), &error), STATUS_OK);
  buf_clear(&work->out);
  assert_int_equal(svg_embed(svg.data, svg.len, plot, "f1-", "words", &work->out), STATUS_OK);
  const char *text = buf_text(&work->out);
  assert_int_equal(count_of(text, "<title>"), 12); // six points in each of two series
  HAS(text, "<title>Скорость\nРазмер пакета: 8\nСкорость (токены/с): 108 [103.0, 114.0]</title>");
  HAS(text, "<title>Время\nРазмер пакета: 2\nВремя (с): 0.666667</title>");
  assert_int_equal(count_of(text, "id='gp"), 0); // every id has the prefix
  assert_int_equal(count_of(text, "href='#gp"), 0);
  assert_int_equal(count_of(text, "class=\"plot\""), 1);
  buf_free(&svg);
  buf_free(&path);
}

static void test_without_gnuplot_scripts_and_data_remain(void **state) {
  struct work *work = *state;
  two_axes(work, "alone");
  struct error error = {""};
  struct plot_options options = {.gnuplot = "/nonexistent/gnuplot"};
  assert_int_equal(plot_set_write(&work->set, work->folder, &options, &error), STATUS_NOT_FOUND);
  HAS(error.text, "/nonexistent/gnuplot is not installed");
  starts_with(work->folder, "alone.gp", "# gnuplot", 9, 300);
  starts_with(work->folder, "alone.dat", "# ", 2, 30);
}

static void program(const struct work *work, const char *text, char *path, size_t size) {
  snprintf(path, size, "%s/program", work->folder);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fprintf(file, "#!/bin/sh\n%s\n", text);
  assert_int_equal(fclose(file), 0);
  assert_int_equal(chmod(path, 0700), 0);
}

static void test_a_gnuplot_that_hangs_is_stopped_with_its_children(void **state) {
  struct work *work = *state;
  char path[128];
  program(work, "sleep 30 & wait", path, sizeof path);
  two_axes(work, "slow");
  struct error error = {""};
  struct plot_options options = {.gnuplot = path, .limit_ns = 200 * CLOCK_NS_PER_MS};
  int64_t start_ns = clock_now_ns();
  assert_int_equal(plot_set_write(&work->set, work->folder, &options, &error), STATUS_LIMIT);
  assert_true(clock_now_ns() - start_ns < 10 * CLOCK_NS_PER_S);
  HAS(error.text, "longer than 0.2 s");
}

static void test_a_gnuplot_that_fails_is_quoted(void **state) {
  struct work *work = *state;
  char path[128];
  program(work, "printf '\\n  ^\\n\"a.gp\" line 3: \\033undefined\\n\\n' >&2; exit 1", path, sizeof path);
  two_axes(work, "bad");
  struct error error = {""};
  struct plot_options options = {.gnuplot = path};
  assert_int_equal(plot_set_write(&work->set, work->folder, &options, &error), STATUS_FORMAT);
  HAS(error.text, "failed: \"a.gp\" line 3:  undefined");
}

static void test_a_folder_that_is_not_there_is_an_error(void **state) {
  struct work *work = *state;
  two_axes(work, "x");
  struct error error = {""};
  assert_int_equal(plot_set_write(&work->set, "/nonexistent/plots", NULL, &error), STATUS_IO);
  HAS(error.text, "/nonexistent/plots/x.gp");
}

#define WORK(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      WORK(test_script_says_axes_units_and_both_pictures),
      WORK(test_no_text_leaves_its_quotes),
      WORK(test_a_name_that_is_no_file_name_is_refused),
      WORK(test_points_that_are_not_numbers_are_left_out),
      WORK(test_an_interval_without_end_reaches_the_border),
      WORK(test_a_mark_near_the_right_border_is_named_before_it),
      WORK(test_ratios_do_not_start_at_zero),
      WORK(test_points_with_names_show_them_where_there_is_room),
      WORK(test_labels_of_lines_that_end_together_are_apart),
      WORK(test_named_ticks_stand_in_for_numbers),
      WORK(test_a_logarithmic_axis_has_ticks_within_a_decade),
      WORK(test_labels_at_the_border_stand_at_the_height_of_their_ends),
      WORK(test_gnuplot_draws_every_picture_of_a_set),
      WORK(test_gnuplot_takes_awkward_numbers),
      WORK(test_each_point_that_gnuplot_draws_tells_its_values),
      WORK(test_without_gnuplot_scripts_and_data_remain),
      WORK(test_a_gnuplot_that_hangs_is_stopped_with_its_children),
      WORK(test_a_gnuplot_that_fails_is_quoted),
      WORK(test_a_folder_that_is_not_there_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
