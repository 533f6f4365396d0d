// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/input/notices.h"

#include <inttypes.h>

void notices_tell(const struct load_data *data, struct log *log) {
  for (size_t i = 0; i < data->notice_count; i++) {
    const struct load_notice *notice = &data->notices[i];
    if (notice->code == WARNING_NO_END) {
      log_notice(log, "%s: no end record, the run was cut short", notice->words);
    } else if (notice->code == WARNING_DAMAGED_INPUT) {
      log_notice(log, "%s: %" PRId64 " %s missing or cannot be read", notice->words, notice->count,
                 notice->count == 1 ? "record or stretch is" : "records or stretches are");
    } else if (notice->code == WARNING_NEWER_VERSION) {
      log_notice(log, "%s: %" PRId64 " records of a version newer than this program supports were left out",
                 notice->words, notice->count);
    } else if (notice->code == WARNING_UNLIKE_INPUTS) {
      log_notice(log, "runs that differ in %s are pooled (to compare them: --baseline)", notice->words);
    } else if (notice->code == WARNING_UNLIKE_BASELINE) {
      log_notice(log, "baseline and run also differ in %s", notice->words);
    }
  }
}
