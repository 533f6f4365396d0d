// SPDX-License-Identifier: GPL-3.0-or-later
//
// The texts of a report: TEXT(identifier, English). Who includes it defines TEXT: lang.h makes enum lang_id
// of it, lang.c the English table. What the arguments of a text are, its words show; where they do not, a
// comment before it does, and groups that share them have one.
#include "analyze/report/lang_en_answer.h"
#include "analyze/report/lang_en_details.h"
