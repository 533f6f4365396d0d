// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the tests of importers and exporters share: a text goes in as a file, the lines that come out are read
// back.
#ifndef TESTS_UNIT_CAPTURE_CONVERTING_H
#define TESTS_UNIT_CAPTURE_CONVERTING_H

#include "capture/convert/export.h"
#include "capture/convert/import.h"
#include "lib/base/buf.h"

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

// A key file with this text, to be given to anonymize_open.
struct anonymize *converting_key(const char *key);

#endif
