// SPDX-License-Identifier: GPL-3.0-or-later
//
// The Russian texts, as lang_en.h has the English ones. Which of the files a text is in does not matter.
#include "analyze/report/lang_ru_answer.h"
#include "analyze/report/lang_ru_details.h"
#include "analyze/report/lang_ru_words.h"
