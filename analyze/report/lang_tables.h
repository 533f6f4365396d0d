// SPDX-License-Identifier: GPL-3.0-or-later
//
// The tables behind lang.h, two files per language: what the first screen, the tables and the conclusions
// say, and what the parts that follow say (the curve, times, loads, the baseline, limits, facts, pictures).
#ifndef ANALYZE_REPORT_LANG_TABLES_H
#define ANALYZE_REPORT_LANG_TABLES_H

#include "analyze/report/lang.h"

extern const char *const lang_en_texts[LANG_ID_COUNT];
extern const char *const lang_en_parts_texts[LANG_ID_COUNT];
extern const char *const lang_ru_texts[LANG_ID_COUNT];
extern const char *const lang_ru_parts_texts[LANG_ID_COUNT];

#endif
