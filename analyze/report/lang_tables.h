// SPDX-License-Identifier: GPL-3.0-or-later
//
// The tables behind lang.h, two files per language: sentences, and words that stand alone (headings, columns,
// marks, axes). Which of both a text is in does not matter to anybody else.
#ifndef ANALYZE_REPORT_LANG_TABLES_H
#define ANALYZE_REPORT_LANG_TABLES_H

#include "analyze/report/lang.h"

extern const char *const lang_en_texts[LANG_ID_COUNT];
extern const char *const lang_en_words[LANG_ID_COUNT];
extern const char *const lang_ru_texts[LANG_ID_COUNT];
extern const char *const lang_ru_words[LANG_ID_COUNT];

#endif
