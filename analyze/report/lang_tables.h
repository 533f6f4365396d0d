// SPDX-License-Identifier: GPL-3.0-or-later
//
// The tables behind lang.h, three files per language: sentences, those on open loops and limits, and words
// that stand alone (headings, columns, marks, axes). Which of them a text is in does not matter to anybody
// else.
#ifndef ANALYZE_REPORT_LANG_TABLES_H
#define ANALYZE_REPORT_LANG_TABLES_H

#include "analyze/report/document.h"
#include "analyze/report/lang.h"

#define STRONG(words) DOCUMENT_STRONG words DOCUMENT_STRONG
#define CODE(words) DOCUMENT_CODE words DOCUMENT_CODE

extern const char *const lang_en_texts[LANG_ID_COUNT];
extern const char *const lang_en_loads[LANG_ID_COUNT];
extern const char *const lang_en_words[LANG_ID_COUNT];
extern const char *const lang_ru_texts[LANG_ID_COUNT];
extern const char *const lang_ru_loads[LANG_ID_COUNT];
extern const char *const lang_ru_words[LANG_ID_COUNT];

#endif
