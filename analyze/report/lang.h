// SPDX-License-Identifier: GPL-3.0-or-later
//
// Every word of a report, once per language: templates by identifier, filled with names and numbers that are
// already text. Plural forms are the template's business, not the caller's.
//
// In a template {0}, {1} ... stand for the arguments, and {0:one|many} (English) or {0:one|few|many}
// (Russian) for the form that fits the number in argument 0; a fraction takes "many" in English, "few" in
// Russian. {unit} is what throughput counts as it follows a number ("tokens"; Russian: genitive), {units} as
// it stands alone, {Units} as it begins a heading.
#ifndef ANALYZE_REPORT_LANG_H
#define ANALYZE_REPORT_LANG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"

enum lang { LANG_EN, LANG_RU };
enum { LANG_COUNT = 2 };

enum lang_id {
#define TEXT(id, english) id,
#include "analyze/report/lang_en.h"
#undef TEXT
  LANG_ID_COUNT
};

enum lang_unit { LANG_OUTPUT_TOKENS, LANG_INPUT_TOKENS, LANG_TOTAL_TOKENS, LANG_REQUESTS };
enum { LANG_UNIT_COUNT = 4 };

// The template; never NULL.
const char *lang_text(enum lang lang, enum lang_id id);

// Appends the filled template. Style switches (document.h) in arguments are dropped, so that they can only
// come from the template. Numbers in arguments get the language's decimal mark, but within a template's code.
// An argument that is missing leaves its "{n}" standing. lang_format counts output tokens.
void lang_format(struct buf *out, enum lang lang, enum lang_id id, const char *const *arguments,
                 size_t count);
void lang_format_in(struct buf *out, enum lang lang, enum lang_unit unit, enum lang_id id,
                    const char *const *arguments, size_t count);

// The arguments of lang_format (and of the functions that end as it does), written as they come.
#define LANG_WITH(...)                                                                                       \
  (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)
#define LANG_ALONE NULL, 0

// "en", "ru". STATUS_USAGE with the choices.
enum status lang_parse(const char *text, enum lang *out, struct error *error) MUST_USE;
const char *lang_code(enum lang lang); // "en", "ru"
bool lang_has_decimal_commas(enum lang lang);

#endif
