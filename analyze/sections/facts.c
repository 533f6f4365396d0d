// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/sections/sections.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/json/json_scan.h"

static void class_list(const struct cell *cell, struct buf *out) {
  for (size_t i = FAILURE_NONE + 1; i < FAILURE_COUNT; i++) {
    if (cell->errors[i] > 0)
      buf_printf(out, "%s%s %" PRId64, out->len ? ", " : "", failure_name((enum failure)i), cell->errors[i]);
  }
}

static bool has_failures(const struct cell *cell) {
  struct buf classes = {0};
  class_list(cell, &classes);
  bool any = cell->failed > 0 || classes.len > 0 || (cell->flags & CELL_FAILED);
  buf_free(&classes);
  return any;
}

static void failure_row(struct chapters *c, struct document_node *table, const struct cell *cell) {
  enum document_mark mark = cell->flags & CELL_FAILED ? DOCUMENT_BAD : DOCUMENT_PLAIN;
  document_cell(table, number_count(cell->workers).text, mark);
  document_cell(table, number_count(cell->batch).text, mark);
  document_cell(table, number_count(cell->requests).text, mark);
  document_cell(table, number_count(cell->failed).text, mark);
  struct buf text = {0};
  if (isfinite(cell->failure_rate.estimate)) {
    chapters_format(c, &text, LANG_PERCENT, LANG_WITH(number_percent(cell->failure_rate.estimate).text));
    if (chapters_has_interval(cell->failure_rate))
      buf_printf(&text, " [%s, %s]", number_percent(cell->failure_rate.lo).text,
                 number_percent(cell->failure_rate.hi).text);
  }
  document_cell(table, text.len ? buf_text(&text) : NUMBER_UNKNOWN, mark);
  buf_clear(&text);
  class_list(cell, &text);
  document_cell(table, text.len ? buf_text(&text) : lang_text(c->lang, LANG_CLASS_UNKNOWN), mark);
  buf_free(&text);
  document_row_end(table);
}

void chapters_failures(struct chapters *c, struct document_node *root) {
  const struct results *results = c->results;
  struct document_node *table = NULL, *section = NULL;
  size_t count = 0;
  for (size_t i = 0; i < results->cell_count; i++) {
    if (!has_failures(&results->cells[i])) continue;
    if (count++ >= CHAPTERS_ROWS_MAX) continue;
    if (!table) {
      section = chapters_section(c, root, LANG_FAILURES, LANG_ALONE);
      chapters_paragraph(c, section, LANG_FAILURES_MEAN, LANG_WITH(chapters_confidence(results).text));
      table = document_table(section, "");
      chapters_column(c, table, LANG_COLUMN_WORKERS, DOCUMENT_RIGHT);
      chapters_column(c, table, LANG_COLUMN_BATCH, DOCUMENT_RIGHT);
      chapters_column(c, table, LANG_COLUMN_REQUESTS, DOCUMENT_RIGHT);
      chapters_column(c, table, LANG_COLUMN_FAILED, DOCUMENT_RIGHT);
      chapters_column(c, table, LANG_COLUMN_FAILURE_RATE, DOCUMENT_RIGHT);
      chapters_column(c, table, LANG_COLUMN_CLASSES, DOCUMENT_LEFT);
    }
    failure_row(c, table, &results->cells[i]);
  }
  chapters_shown_say(c, section, LANG_SHOWN_FIRST, CHAPTERS_ROWS_MAX, count);
}

// Where a run has several APIs: each by itself.
void chapters_apis(struct chapters *c, struct document_node *root) {
  static const enum lang_id columns[] = {LANG_COLUMN_REQUESTS,     LANG_COLUMN_FAILED,
                                         LANG_COLUMN_INPUT_TOKENS, LANG_COLUMN_OUTPUT_TOKENS,
                                         LANG_COLUMN_TTFT,         LANG_COLUMN_LATENCY_BOTH};
  const struct results *results = c->results;
  if (results->api_count == 0) return;
  struct document_node *section = chapters_section(c, root, LANG_APIS, LANG_ALONE);
  chapters_paragraph(c, section, LANG_APIS_MEAN, LANG_WITH(number_count((int64_t)results->api_count).text));
  struct document_node *table = document_table(section, "");
  chapters_column(c, table, LANG_FACT_API, DOCUMENT_LEFT);
  for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
    chapters_column(c, table, columns[i], DOCUMENT_RIGHT);
  for (size_t i = 0; i < results->api_count; i++) {
    const struct api_row *row = &results->apis[i];
    document_cell(table, row->name, DOCUMENT_PLAIN);
    document_cell(table, number_count(row->requests).text, DOCUMENT_PLAIN);
    document_cell(table, number_count(row->failed).text, row->failed ? DOCUMENT_BAD : DOCUMENT_PLAIN);
    document_cell(table, number_count(row->input_tokens).text, DOCUMENT_PLAIN);
    document_cell(table, number_count(row->output_tokens).text, DOCUMENT_PLAIN);
    document_cell(table, chapters_durations(c, row->ttft_p50_s, row->ttft_p95_s).text, DOCUMENT_PLAIN);
    document_cell(table, chapters_durations(c, row->latency_p50_s, row->latency_p95_s).text, DOCUMENT_PLAIN);
    document_row_end(table);
  }
}

void chapters_client(struct chapters *c, struct document_node *root) {
  const struct results *results = c->results;
  if (!isfinite(results->client_cpu_max) && !isfinite(results->client_lag_p99_max_s)) return;
  int64_t invalid = 0;
  for (size_t i = 0; i < results->cell_count; i++)
    invalid += results->cells[i].invalid;
  for (size_t i = 0; i < results->warning_count; i++) { // which counts those that failed as well
    if (results->warnings[i].code == WARNING_INVALID_CLIENT) invalid = results->warnings[i].count;
  }
  struct document_node *section = chapters_section(c, root, LANG_CLIENT, LANG_ALONE);
  struct document_node *list = document_list(section, false);
  if (isfinite(results->client_cpu_max))
    chapters_item(c, list, LANG_CLIENT_CPU, LANG_WITH(number_percent(results->client_cpu_max).text));
  if (isfinite(results->client_lag_p99_max_s))
    chapters_item(c, list, LANG_CLIENT_LAG,
                  LANG_WITH(number_significant(results->client_lag_p99_max_s * 1e3, 3).text));
  chapters_item(c, list, invalid ? LANG_CLIENT_INVALID : LANG_CLIENT_VALID,
                LANG_WITH(number_count(invalid).text));
}

static void instant(double unix_s, struct number_text *out) {
  struct tm utc;
  out->text[0] = '\0';
  if (!(fabs(unix_s) < 1e15)) return; // also when it is not known
  time_t seconds = (time_t)unix_s;
  if (gmtime_r(&seconds, &utc)) strftime(out->text, sizeof out->text, "%Y-%m-%d %H:%M:%S UTC", &utc);
}

static void run(struct chapters *c, struct document_node *parent, const struct run_facts *facts) {
  struct document_node *rows = document_definitions(parent);
  struct number_text start;
  instant(facts->start_unix_s, &start);
  chapters_definition_code(c, rows, LANG_FACT_SOURCE, facts->source);
  chapters_definition(c, rows, LANG_FACT_MODEL, facts->model);
  chapters_definition_code(c, rows, LANG_FACT_URL, facts->url);
  chapters_definition(c, rows, LANG_FACT_API, facts->api);
  chapters_definition(c, rows, LANG_FACT_HOST, facts->host);
  chapters_definition_code(c, rows, LANG_FACT_SERVER, facts->server_command);
  chapters_definition_code(c, rows, LANG_FACT_TRACE, facts->trace_digest);
  chapters_definition_code(c, rows, LANG_FACT_SENT, facts->sent_digest);
  chapters_definition(c, rows, LANG_FACT_TIMING, facts->timing);
  chapters_definition(c, rows, LANG_FACT_START, start.text);
  if (facts->shards > 0) {
    struct buf parts = {0};
    chapters_format(
        c, &parts, LANG_FACT_PARTS_OF,
        LANG_WITH(number_count(facts->shards).text, chapters_duration(c, facts->start_skew_s).text));
    chapters_definition(c, rows, LANG_FACT_PARTS, buf_text(&parts));
    buf_free(&parts);
  }
  chapters_definition(c, rows, LANG_FACT_TOOL, facts->tool_version);
  if (facts->seed >= 0) chapters_definition(c, rows, LANG_FACT_SEED, number_count(facts->seed).text);
  if (facts->batches <= 0 && facts->requests <= 0) return;
  struct buf counts = {0};
  chapters_format(c, &counts,
                  facts->sessions <= 0 ? LANG_FACT_COUNTS_TABLE
                  : facts->managed     ? LANG_FACT_COUNTS_MANAGED
                                       : LANG_FACT_COUNTS,
                  LANG_WITH(number_count(facts->sessions).text, number_count(facts->batches).text,
                            number_count(facts->requests).text, number_count(facts->failed).text,
                            number_count(facts->warmup_batches).text));
  chapters_definition(c, rows, LANG_FACT_MEASURED, buf_text(&counts));
  buf_free(&counts);
}

// As a shell takes it: single quotes around everything that is not plainly harmless.
static void shell_word(struct buf *out, const char *word) {
  static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,@%+-";
  if (*word && strspn(word, harmless) == strlen(word)) {
    buf_append_text(out, word);
    return;
  }
  buf_append_char(out, '\'');
  for (; *word; word++) {
    if (*word == '\'') {
      buf_append_text(out, "'\\''");
    } else {
      buf_append_char(out, *word);
    }
  }
  buf_append_char(out, '\'');
}

// Run records keep the arguments as a JSON array, the program first. Anything else is shown as it is.
static void command_line(struct buf *out, const char *arguments) {
  struct json_slice array, value;
  if (json_scan_text(arguments, strlen(arguments), &array, NULL) || json_scan_kind(array) != JSON_ARRAY) {
    buf_printf(out, "%s%s\n", strncmp(arguments, "replay", 6) ? "replay " : "", arguments);
    return;
  }
  struct json_scan scan = json_scan_start(array);
  for (bool first = true; json_scan_element(&scan, &value); first = false) {
    struct buf word = {0};
    if (json_scan_string(value, &word)) {
      const char *text = buf_text(&word), *slash = strrchr(text, '/');
      if (!first) buf_append_char(out, ' ');
      shell_word(out, first && slash ? slash + 1 : text);
    }
    buf_free(&word);
  }
  buf_append_char(out, '\n');
}

// Without the arguments of analyze: its inputs.
static void analyze_line(const struct results *results, struct buf *out) {
  buf_append_text(out, "analyze");
  for (size_t i = 0; i < results->fact_count; i++) {
    if (!results->facts[i].source) continue;
    bool curve = results->facts[i].kind && strcmp(results->facts[i].kind, "curve.csv") == 0;
    buf_append_text(out, curve ? " --curve " : " ");
    shell_word(out, results->facts[i].source);
  }
}

static void repeat(struct chapters *c, struct document_node *section) {
  const struct results *results = c->results;
  struct buf commands = {0};
  bool has_run = false;
  for (size_t i = 0; i < results->fact_count && i < CHAPTERS_SEGMENTS_MAX; i++) {
    const struct run_facts *facts = &results->facts[i];
    bool again = i > 0 && facts->arguments && facts[-1].arguments &&
                 strcmp(facts->arguments, facts[-1].arguments) == 0; // a further segment of one command
    if (facts->arguments && !again) command_line(&commands, facts->arguments);
    has_run |= facts->arguments != NULL;
  }
  for (size_t i = 0; i < results->argument_count; i++) {
    const char *word = results->arguments[i], *slash = i == 0 ? strrchr(word, '/') : NULL;
    if (i > 0) buf_append_char(&commands, ' ');
    shell_word(&commands, slash ? slash + 1 : word);
  }
  if (results->argument_count == 0) analyze_line(results, &commands);
  struct document_node *inner = chapters_section(c, section, LANG_REPEAT, LANG_ALONE);
  if (has_run) chapters_paragraph(c, inner, LANG_REPEAT_ELSEWHERE, LANG_ALONE);
  document_code_block(inner, buf_text(&commands));
  buf_free(&commands);
}

void chapters_facts(struct chapters *c, struct document_node *root) {
  const struct results *results = c->results;
  if (results->fact_count == 0) return;
  struct document_node *section = chapters_section(c, root, LANG_FACTS, LANG_ALONE);
  size_t shown = results->fact_count < CHAPTERS_SEGMENTS_MAX ? results->fact_count : CHAPTERS_SEGMENTS_MAX;
  for (size_t i = 0; i < shown; i++)
    run(c, section, &results->facts[i]);
  chapters_shown_say(c, section, LANG_SHOWN_INPUTS, shown, results->fact_count);
  chapters_course(c, section);
  repeat(c, section);
}
