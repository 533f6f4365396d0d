// SPDX-License-Identifier: GPL-3.0-or-later
//
// What throughput counts, and how much of it each batch made.
#include <string.h>

#include "analyze/input/load_reader.h"

// The token counts of all batches; one without a success has 0, whatever it was.
struct known {
  bool output, input, other; // other: successes without output tokens
};

static void look_at(struct known *known, int64_t tokens, int64_t input_tokens, int64_t done) {
  known->output |= tokens > 0;
  known->input |= input_tokens > 0;
  known->other |= tokens < 0 && done > 0;
}

static struct known look_at_all(const struct load_data *data) {
  struct known known = {false, false, false};
  for (size_t i = 0; i < data->cell_count; i++) {
    const struct load_cell *cell = &data->cells[i];
    for (size_t r = 0; r < cell->count; r++) {
      const struct load_replicate *one = &cell->replicates[r];
      look_at(&known, one->tokens, one->input_tokens, one->requests - one->failed - one->cancelled);
    }
    for (size_t r = 0; r < cell->failing_count; r++) {
      const struct load_failing *one = &cell->failing[r];
      look_at(&known, one->tokens, one->input_tokens, one->requests - one->failed - one->cancelled);
    }
  }
  for (size_t i = 0; i < data->open_count; i++) {
    const struct load_open *one = &data->open[i];
    look_at(&known, one->tokens, one->input_tokens, one->requests - one->failed - one->cancelled);
  }
  return known;
}

void load_note_invalid_amounts(struct load_data *data, const struct run_batch *record) {
  data->invalid_output |= record->output_tokens > 0;
  data->invalid_other |= record->output_tokens < 0 && record->requests > record->failed + record->cancelled;
}

// Where nothing succeeded, what was asked for decides.
static bool asked_for_no_text(const struct load_data *data) {
  static const char *const apis[] = {"http", "openai.embeddings", "ollama.embed", "rerank"};
  for (size_t i = 0; i < data->fact_count; i++) {
    for (size_t a = 0; a < sizeof apis / sizeof apis[0]; a++) {
      if (data->facts[i].api && strcmp(data->facts[i].api, apis[a]) == 0) return true;
    }
  }
  return false;
}

static enum status choose(struct load_data *data, struct error *error) {
  struct known known = look_at_all(data);
  if (!data->has_measure) {
    // Without a valid batch the invalid ones decide: their times do not count, their kind of traffic does.
    known.other |= data->invalid_other && !data->invalid_output;
    bool requests = !known.output && (known.other || asked_for_no_text(data));
    data->measure = requests ? MEASURE_REQUESTS : MEASURE_OUTPUT_TOKENS;
    return STATUS_OK;
  }
  bool there[MEASURE_COUNT] = {[MEASURE_OUTPUT_TOKENS] = known.output,
                               [MEASURE_INPUT_TOKENS] = known.input,
                               [MEASURE_TOTAL_TOKENS] = known.output && known.input,
                               [MEASURE_REQUESTS] = true};
  if (there[data->measure]) return STATUS_OK;
  return status_fail(error, STATUS_FORMAT, "--measure %s: no batch has %s; %s",
                     results_measure_names[data->measure],
                     known.input    ? "output tokens"
                     : known.output ? "input tokens"
                                    : "tokens",
                     known.input    ? "there are input_tokens and requests"
                     : known.output ? "there are output_tokens and requests"
                                    : "there are requests");
}

static double amount_of(enum results_measure measure, int64_t tokens, int64_t input_tokens, double done) {
  double output = tokens > 0 ? (double)tokens : 0, input = input_tokens > 0 ? (double)input_tokens : 0;
  switch (measure) {
  case MEASURE_INPUT_TOKENS: return input;
  case MEASURE_TOTAL_TOKENS: return output > 0 && input > 0 ? output + input : 0;
  case MEASURE_REQUESTS: return done;
  default: return output;
  }
}

// A row of a table is one batch, or the mean of several whose requests it adds up.
static double done_of(const struct load_data *data, const struct load_cell *cell,
                      const struct load_replicate *one) {
  double done = (double)(one->requests - one->failed - one->cancelled);
  bool table = data->sessions[one->session].number < 0;
  return table && one->requests > 0 ? done / (double)one->requests * (double)cell->batch : done;
}

static void count_cell(const struct load_data *data, struct load_cell *cell) {
  for (size_t r = 0; r < cell->count; r++) {
    struct load_replicate *one = &cell->replicates[r];
    one->amount = amount_of(data->measure, one->tokens, one->input_tokens, done_of(data, cell, one));
    if (data->measure != MEASURE_OUTPUT_TOKENS || !(one->tokens_per_s > 0))
      one->tokens_per_s = one->amount / one->total_s;
    // Its window counts requests where nothing else was known of the batch.
    if (data->measure == MEASURE_OUTPUT_TOKENS && one->tokens <= 0) one->steady = (struct steady){0};
  }
  for (size_t r = 0; r < cell->failing_count; r++) {
    struct load_failing *one = &cell->failing[r];
    one->amount = amount_of(data->measure, one->tokens, one->input_tokens,
                            (double)(one->requests - one->failed - one->cancelled));
  }
}

enum status load_count_amounts(struct load_data *data, struct error *error) {
  enum status status = choose(data, error);
  if (status != STATUS_OK) return status;
  for (size_t i = 0; i < data->cell_count; i++)
    count_cell(data, &data->cells[i]);
  for (size_t i = 0; i < data->open_count; i++) {
    struct load_open *one = &data->open[i];
    one->amount = amount_of(data->measure, one->tokens, one->input_tokens, 0);
  }
  return STATUS_OK;
}
