// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/capture/convert/converting.h"

static char directory[] = "/tmp/tidemark-convert-XXXXXX";
static char in_path[sizeof directory + 8], out_path[sizeof directory + 8];
static struct buf scratch; // what the slices of a record point to

int converting_setup(void **state) {
  (void)state;
  if (!mkdtemp(directory)) return -1;
  snprintf(in_path, sizeof in_path, "%s/in", directory);
  snprintf(out_path, sizeof out_path, "%s/out", directory);
  return 0;
}

int converting_teardown(void **state) {
  (void)state;
  buf_free(&scratch);
  unlink(in_path);
  unlink(out_path);
  return rmdir(directory);
}

static void write_file(const char *text, size_t len) {
  FILE *file = fopen(in_path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(text, 1, len, file), len);
  assert_int_equal(fclose(file), 0);
}

static struct gzline_writer *open_writer(void) {
  struct gzline_options options = {.existing = GZLINE_REPLACE, .full = GZLINE_WAIT};
  struct gzline_writer *writer = NULL;
  assert_int_equal(gzline_writer_open(out_path, &options, &writer, NULL), STATUS_OK);
  return writer;
}

// Reads what was written, and takes the path off the message.
static void finish(struct converted *converted, struct gzline_writer *writer, const char *path) {
  assert_int_equal(gzline_writer_close(writer, NULL, NULL), STATUS_OK);
  assert_int_equal(buf_read_file(&converted->lines, out_path, NULL), STATUS_OK);
  if (!converted->status) return;
  size_t len = strlen(path);
  assert_memory_equal(converted->error.text, path, len);
  assert_memory_equal(converted->error.text + len, ": ", 2);
  char *text = converted->error.text;
  memmove(text, text + len + 2, strlen(text + len + 2) + 1);
}

struct converted converting_file(const char *format, const char *path, const struct import_options *options) {
  struct converted converted = {0};
  struct import_options used = options ? *options : (struct import_options){0};
  struct gzline_writer *writer = open_writer();
  used.path = path;
  assert_non_null(import_find(format));
  converted.status = import_run(import_find(format), &used, writer, &converted.counts, &converted.error);
  finish(&converted, writer, path);
  return converted;
}

struct converted converting_text(const char *format, const char *text, size_t len,
                                 const struct import_options *options) {
  write_file(text, len);
  return converting_file(format, in_path, options);
}

struct converted converting_export(const char *format, const struct buf *trace, const char *url) {
  struct converted converted = {0};
  struct export_options options = {.source = {.path = in_path}, .url = url};
  struct gzline_writer *writer = open_writer();
  write_file(trace->data, trace->len);
  assert_non_null(export_find(format));
  converted.status = export_run(export_find(format), &options, writer, &converted.counts, &converted.error);
  finish(&converted, writer, in_path);
  return converted;
}

void converted_free(struct converted *converted) {
  buf_free(&converted->lines);
}

struct json_slice converted_line(const struct converted *converted, const char *part, int number) {
  const char *at = converted->lines.data, *end = at + converted->lines.len;
  for (const char *stop; at < end; at = stop + 1) {
    stop = memchr(at, '\n', (size_t)(end - at));
    stop = stop ? stop : end;
    if (!memmem(at, (size_t)(stop - at), part, strlen(part))) continue;
    if (number-- == 0) return (struct json_slice){at, (size_t)(stop - at)};
  }
  return (struct json_slice){NULL, 0};
}

int converted_count(const struct converted *converted, const char *part) {
  int count = 0;
  while (converted_line(converted, part, count).data)
    count++;
  return count;
}

struct trace_record converted_record(const struct converted *converted, const char *type, int number) {
  struct trace_record record;
  struct json_slice line = converted_line(converted, type, number);
  if (converted->status) fail_msg("%s", converted->error.text);
  assert_non_null(line.data);
  assert_int_equal(trace_parse(line.data, line.len, &record, &scratch, NULL), STATUS_OK);
  return record;
}

struct trace_request converted_request(const struct converted *converted, int number) {
  return converted_record(converted, "\"type\":\"request\"", number).request;
}

struct trace_response converted_response(const struct converted *converted, int number) {
  return converted_record(converted, "\"type\":\"response\"", number).response;
}

void assert_slice(struct json_slice got, const char *want) {
  if (!json_slice_is(got, want)) fail_msg("expected: %s\nseen:     %.*s", want, (int)got.len, got.data);
}

void assert_converted(struct converted *converted, const char *want) {
  if (converted->status) fail_msg("%s", converted->error.text);
  assert_string_equal(buf_text(&converted->lines), want);
  converted_free(converted);
}

void converting_rejects(const char *format, const struct converting_bad *cases, size_t count) {
  assert_true(count >= 10);
  for (size_t i = 0; i < count; i++) {
    struct converted converted = converting(format, cases[i].text);
    bool same = strcmp(converted.error.text, cases[i].message) == 0;
    if (converted.status != STATUS_FORMAT || !same) {
      fail_msg("%s\nexpected: %s\nseen:     %s (%s)", cases[i].text, cases[i].message, converted.error.text,
               status_name(converted.status));
    }
    converted_free(&converted);
  }
}

struct converted converting_export_text(const char *format, const char *text, const char *url) {
  struct buf trace = {0};
  buf_append_text(&trace, text);
  struct converted converted = converting_export(format, &trace, url);
  buf_free(&trace);
  return converted;
}

struct anonymize *converting_key(const char *key) {
  struct anonymize *anonymize = NULL;
  struct error error = {""};
  write_file(key, strlen(key));
  enum status status = anonymize_open(in_path, &anonymize, &error);
  if (status) fail_msg("%s", error.text);
  return anonymize;
}
