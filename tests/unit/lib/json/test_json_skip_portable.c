// SPDX-License-Identifier: GPL-3.0-or-later
//
// What processors without SSE2 run.
#define JSON_SKIP_PORTABLE
#include "tests/unit/lib/json/test_json_skip.c" // NOLINT(bugprone-suspicious-include)
