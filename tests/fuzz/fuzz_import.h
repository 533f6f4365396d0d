// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the fuzz targets of importers share: any bytes as a file of a format. It is refused with an error, or
// every request that comes of it is a record that reads back, also anonymised, and can be handed to every
// exporter.
#ifndef TESTS_FUZZ_FUZZ_IMPORT_H
#define TESTS_FUZZ_FUZZ_IMPORT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/convert/export_parts.h"
#include "capture/convert/import.h"
#include "tests/fuzz/fuzz.h"

struct fuzz_import {
  struct anonymize *anonymize;
  struct buf line, scratch;
};

// Formats the record and reads it back.
static void fuzz_import_check(struct fuzz_import *fuzz, const struct trace_request *request) {
  struct trace_record record;
  buf_clear(&fuzz->line);
  trace_format_request(&fuzz->line, request);
  FUZZ_CHECK(fuzz->line.status == STATUS_OK && !memchr(fuzz->line.data, '\n', fuzz->line.len));
  enum status status = trace_parse(fuzz->line.data, fuzz->line.len, &record, &fuzz->scratch, NULL);
  FUZZ_CHECK(status == STATUS_OK && record.kind == TRACE_REQUEST);
  FUZZ_CHECK(record.request.seq == request->seq && record.request.t_ns == request->t_ns);
  FUZZ_CHECK(record.request.input_tokens == request->input_tokens);
}

static void fuzz_import_export(struct fuzz_import *fuzz, const struct trace_request *request,
                               const struct trace_response *response) {
  static const struct export_options options = {.url = "http://127.0.0.1:1"};
  if (request->input_tokens > 1 << 20) return; // millions of ids teach nothing
  for (const struct export_format *format = export_formats; format->name; format++) {
    struct export_state state = {.options = &options, .anonymize = fuzz->anonymize};
    struct json_slice value;
    buf_clear(&fuzz->line);
    enum status status = format->format(&state, request, response, &fuzz->line, NULL);
    buf_free(&state.scratch);
    if (status == STATUS_END) continue;
    FUZZ_CHECK(status == STATUS_OK && fuzz->line.status == STATUS_OK);
    FUZZ_CHECK(json_scan_text(fuzz->line.data, fuzz->line.len, &value, NULL) == STATUS_OK);
    FUZZ_CHECK(!memchr(fuzz->line.data, '\n', fuzz->line.len));
  }
}

static enum status fuzz_import_on_request(void *context, const struct import_segment *segment,
                                          const struct trace_request *request,
                                          const struct trace_response *response, enum import_reason *why,
                                          struct error *error) {
  struct fuzz_import *fuzz = context;
  struct trace_request anonymous;
  struct buf texts = {0};
  (void)segment, (void)why, (void)error;
  fuzz_import_check(fuzz, request);
  FUZZ_CHECK(anonymize_request(fuzz->anonymize, request, response, &texts, &anonymous, NULL) == STATUS_OK);
  FUZZ_CHECK(anonymous.body_kind == TRACE_BODY_NONE && !anonymous.headers.data && !anonymous.model.data);
  fuzz_import_check(fuzz, &anonymous);
  buf_free(&texts);
  fuzz_import_export(fuzz, request, response);
  return STATUS_OK;
}

static int fuzz_import(const char *format, const uint8_t *data, size_t size) {
  struct fuzz_import fuzz = {0};
  struct import_counts counts;
  struct error error = {""};
  char path[64];
  int file = memfd_create("fuzz", MFD_CLOEXEC);
  FUZZ_CHECK(file >= 0 && write(file, data, size) == (ssize_t)size && lseek(file, 0, SEEK_SET) == 0);
  FUZZ_CHECK(anonymize_open_random(&fuzz.anonymize, NULL) == STATUS_OK);
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  struct import_options options = {.path = path,
                                   .skip_bad = size % 2 == 0,
                                   .on_request = fuzz_import_on_request,
                                   .on_request_context = &fuzz};
  enum status status = import_run(import_find(format), &options, NULL, &counts, &error);
  FUZZ_CHECK(status == STATUS_OK ? counts.requests > 0 : error.text[0] != '\0');
  anonymize_close(fuzz.anonymize);
  buf_free(&fuzz.line);
  buf_free(&fuzz.scratch);
  close(file);
  return 0;
}

#endif
