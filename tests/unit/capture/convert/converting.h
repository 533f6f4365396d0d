// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the tests of importers and exporters share: a text goes in as a file, the lines that come out are read
// back.
#ifndef TESTS_UNIT_CAPTURE_CONVERTING_H
#define TESTS_UNIT_CAPTURE_CONVERTING_H

#include "capture/convert/export.h"
#include "capture/convert/import.h"
#include "lib/base/buf.h"
#include "lib/record/trace.h"

// A folder that is there during the tests, as cmocka's group setup and teardown.
int converting_setup(void **state);
int converting_teardown(void **state);

struct converted {
  enum status status;
  struct error error; // without the path and ": " before it
  struct import_counts counts;
  struct buf lines; // the file that was written
};

// Imports a file, or a text as one. `options->path` is set here; NULL: as by default. converted_free.
struct converted converting_file(const char *format, const char *path, const struct import_options *options);
struct converted converting_text(const char *format, const char *text, size_t len,
                                 const struct import_options *options);
#define converting(format, text) converting_text((format), (text), strlen(text), NULL)

// Exports a trace's text; `url` as in struct export_options.
struct converted converting_export(const char *format, const struct buf *trace, const char *url);
void converted_free(struct converted *converted);

// The `number`th line (from 0) that holds `part`; {NULL, 0}: there is none. Counting them.
struct json_slice converted_line(const struct converted *converted, const char *part, int number);
int converted_count(const struct converted *converted, const char *part);

// The `number`th record of that kind (from 0), of an import that succeeded. It lives until the next call.
struct trace_record converted_record(const struct converted *converted, const char *type, int number);
struct trace_request converted_request(const struct converted *converted, int number);
struct trace_response converted_response(const struct converted *converted, int number);

void assert_slice(struct json_slice got, const char *want);

// The file that was written holds exactly these lines; frees.
void assert_converted(struct converted *converted, const char *want);

// Each text is rejected with STATUS_FORMAT and exactly this message.
struct converting_bad {
  const char *text, *message;
};
void converting_rejects(const char *format, const struct converting_bad *cases, size_t count);
#define CONVERTING_REJECTS(format, cases)                                                                    \
  converting_rejects((format), (cases), sizeof(cases) / sizeof *(cases))

struct converted converting_export_text(const char *format, const char *text, const char *url);

// A key file with this text, to be given to anonymize_open.
struct anonymize *converting_key(const char *key);

#endif
