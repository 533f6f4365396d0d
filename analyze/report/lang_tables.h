// SPDX-License-Identifier: GPL-3.0-or-later
//
// The tables of the other languages, two files each: sentences, and words and short phrases (headings,
// columns, marks, axes, parts of sentences). Which of both a text is in does not matter to anybody else.
#ifndef ANALYZE_REPORT_LANG_TABLES_H
#define ANALYZE_REPORT_LANG_TABLES_H

#include "analyze/report/document.h"
#include "analyze/report/lang.h"

#define STRONG(words) DOCUMENT_STRONG words DOCUMENT_STRONG
#define CODE(words) DOCUMENT_CODE words DOCUMENT_CODE

extern const char *const lang_ru_texts[LANG_ID_COUNT];
extern const char *const lang_ru_words[LANG_ID_COUNT];

#endif
