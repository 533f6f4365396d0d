// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/opts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/judge/suggest.h"
#include "analyze/results/assertion.h"
#include "lib/base/units.h"

static enum status parse_format(void *context, const char *value, struct error *error) {
  static const char *const words[] = {"text", "md", "json", "csv", NULL};
  struct opts *opts = context;
  int index;
  enum status status = cli_choice(words, value, &index, error);
  if (status != STATUS_OK) return status;
  opts->format = (enum opts_format)index;
  opts->has_format = true;
  return STATUS_OK;
}

static enum status parse_measure(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  int index;
  enum status status = cli_choice(results_measure_names, value, &index, error);
  if (status != STATUS_OK) return status;
  opts->measure = (enum results_measure)index;
  opts->has_measure = true;
  return STATUS_OK;
}

static enum status parse_lang(void *context, const char *value, struct error *error) {
  return lang_parse(value, &((struct opts *)context)->lang, error);
}

static enum status parse_models(void *context, const char *value, struct error *error) {
  struct analysis_options *analysis = &((struct opts *)context)->analysis;
  analysis->model_count = 0;
  for (const char *at = value;; at++) {
    size_t len = strcspn(at, ",");
    char *name = strndup(at, len);
    if (!name) return status_memory(error);
    enum models_id id;
    enum status status = models_find(name, &id, error);
    free(name);
    if (status != STATUS_OK) return status == STATUS_MEMORY ? status : STATUS_USAGE;
    for (size_t i = 0; i < analysis->model_count; i++) {
      if (analysis->models[i] == id)
        return status_fail(error, STATUS_USAGE, "'%.80s' names a model twice", value);
    }
    analysis->models[analysis->model_count++] = id;
    at += len;
    if (!*at) return STATUS_OK;
  }
}

static enum status parse_seed(void *context, const char *value, struct error *error) {
  int64_t seed;
  enum status status = units_count(value, 0, INT64_C(1) << 53, &seed, error);
  if (status == STATUS_OK) ((struct opts *)context)->analysis.seed = (uint64_t)seed;
  return status;
}

static enum status parse_assert(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  struct assertion_parts parts;
  enum status status = assertion_parse(value, &parts, error);
  return status == STATUS_OK ? cli_texts_add(&opts->assertions, value, error) : status;
}

static enum status parse_slo(void *context, const char *value, struct error *error) {
  return slo_parse(value, &((struct opts *)context)->slo, error);
}

static enum status add_operand(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return cli_texts_add(&opts->inputs, value, error);
}

// In the order of enum stat_scale.
static const char *const scale_names[] = {"log", "linear", NULL};

static const struct cli_option options[] = {
    {"output", 'o', "DIR", "standard output",
     "write report.md, report.html, summary.json, cells.csv and plots/", CLI_TEXT(struct opts, output),
     "Output"},
    {"format", 0, "FORMAT", "text", "format of standard output: text, md, json, csv", CLI_OWN(parse_format),
     NULL},
    {"lang", 0, "LANG", "en", "language of the report: en, ru", CLI_OWN(parse_lang), NULL},
    {"title", 0, "TEXT", "the model's name", "title of the report", CLI_TEXT(struct opts, title), NULL},
    {"no-plots", 0, NULL, NULL, "draw no pictures", CLI_FLAG(struct opts, no_plots), NULL},
    {"force", 0, NULL, NULL, "replace an older report in DIR", CLI_FLAG(struct opts, force), NULL},
    {"curve", 0, "FILE", NULL, "analyze points (columns n,throughput) instead of runs",
     CLI_TEXT(struct opts, curve), "Statistics"},
    {"measure", 0, "UNIT", "output_tokens; requests where there are none",
     "unit of throughput: output_tokens, input_tokens, total_tokens, requests", CLI_OWN(parse_measure), NULL},
    {"confidence", 0, "SHARE", "0.95", "confidence of every interval",
     CLI_FRACTION(struct opts, analysis.confidence, 0.5, 0.9999), NULL},
    {"models", 0, "LIST", "all", "curves to fit: usl,hyperbolic,exponential,hill,plateau,quadratic_ln",
     CLI_OWN(parse_models), NULL},
    {"scale", 0, "SCALE", "log", "scale of throughput for means, fits and comparisons: log, linear",
     CLI_CHOICE(struct opts, analysis.scale, scale_names), NULL},
    {"margin", 0, "SHARE", "3%", "recommend what is shown to be at most this much below the best",
     CLI_FRACTION(struct opts, analysis.margin, 1e-4, 0.5), NULL},
    {"sigma", 0, "SD[,DF]", NULL, "spread of a single run, for tables without repetitions: 2.1%,40",
     CLI_TEXT(struct opts, sigma), NULL},
    {"seed", 0, "N", "1", "seed of the Monte Carlo draws for the best set", CLI_OWN(parse_seed), NULL},
    {"slo", 0, "LIST", NULL, "limits on times: ttft=0.5s per request (goodput), ttft_p95=1s per cell",
     CLI_OWN(parse_slo), "Judgement (exit code 3 when it fails)"},
    {"demand", 0, "TRACE|RATE", NULL,
     "servers that this traffic, or so many requests/s, needs to keep the limits",
     CLI_TEXT(struct opts, demand.traffic), NULL},
    {"demand-percentile", 0, "P", "100", "of the traffic's minutes by their requests; 100: the busiest",
     CLI_REAL(struct opts, demand.percentile, 1, 100), NULL},
    {"baseline", 0, "FILE", NULL, "compare with this older run or table", CLI_TEXT(struct opts, baseline),
     NULL},
    {"max-regression", 0, "SHARE", NULL, "fail when slower by more than this, with certainty: 5%",
     CLI_FRACTION(struct opts, max_regression, 1e-4, 0.99), NULL},
    {"session-sd", 0, "SHARE", "2%", "spread between restarts, allowed for where no --server managed them",
     CLI_FRACTION(struct opts, session_sd, 0, 0.5), NULL},
    {"assert", 0, "EXPR", NULL, "fail unless it holds: 'best.tokens_per_s.lo>=300'; repeatable",
     CLI_OWN(parse_assert), NULL},
    {"suggest", 0, "N", NULL,
     "print up to N cells or rates to measure next, for replay --next, and nothing else",
     CLI_COUNT(struct opts, suggest, 1, SUGGEST_MAX), "Next"},
    {"precision", 0, "SHARE", "10%", "end a search for the highest rate when its bounds are so close",
     CLI_FRACTION(struct opts, analysis.precision, 0.01, 1), NULL},
    {0},
};

const struct cli_program opts_program = {
    .name = "analyze",
    .summary = "find out how much work a server can do from measured runs",
    .usage = "[OPTION]... RUN...\n[OPTION]... TABLE.csv\n[OPTION]... --curve POINTS.csv",
    .example =
        "  analyze run.jsonl.gz -o report --lang ru\n"
        "  analyze --sigma 2.1%,40 cells.csv    # columns workers,batch,total_s,tokens[,rep,requests,failed]",
    .options = options,
    .operand = add_operand,
};

// "2.1%,40": sd, and its degrees of freedom (none: known exactly).
static enum status read_sigma(const char *text, enum stat_scale scale, struct ci_spread *sigma,
                              struct error *error) {
  size_t len = strcspn(text, ",");
  char *sd = strndup(text, len);
  if (!sd) return status_memory(error);
  struct ci_spread read = {0, INFINITY};
  enum status status;
  if (scale == STAT_SCALE_LN) {
    status = units_fraction(sd, 1e-6, 1, &read.sd, error);
  } else {
    status = units_real(sd, 1e-9, 1e12, &read.sd, error);
  }
  free(sd);
  if (status == STATUS_OK && text[len] == ',') status = units_real(text + len + 1, 1, 1e9, &read.df, error);
  if (status != STATUS_OK) return status_prefix(error, status, "--sigma");
  *sigma = read;
  return STATUS_OK;
}

// "-" is standard output; a directory loses the slashes behind it.
static void tidy_output(struct opts *opts) {
  if (opts->output && strcmp(opts->output, "-") == 0) {
    free(opts->output);
    opts->output = NULL;
  }
  for (size_t len = opts->output ? strlen(opts->output) : 0; len > 1 && opts->output[len - 1] == '/'; len--)
    opts->output[len - 1] = '\0';
}

enum status opts_parse(int argc, char **argv, struct opts *opts, struct error *error) {
  *opts = (struct opts){.analysis = {.confidence = 0.95, .scale = STAT_SCALE_LN, .seed = 1},
                        .max_regression = NAN,
                        .session_sd = 0.02,
                        .slo = SLO_NONE};
  opts->analysis.slo = &opts->slo;
  for (size_t i = 0; i < MODELS_COUNT; i++)
    opts->analysis.models[opts->analysis.model_count++] = (enum models_id)i;
  enum status status = cli_parse(&opts_program, argc, argv, opts, &opts->common, error);
  if (status != STATUS_OK || opts->common.outcome != CLI_RUN) return status;
  tidy_output(opts);
  if (opts->curve && opts->inputs.count > 0) {
    return status_fail(error, STATUS_USAGE, "--curve takes points instead of runs: '%.200s' is one too many",
                       opts->inputs.items[0]);
  }
  if (!opts->curve && opts->inputs.count == 0) {
    return status_fail(error, STATUS_USAGE,
                       "give a run or a table to analyze ('-' is standard input; see "
                       "analyze --help)");
  }
  if (opts->output && opts->has_format) {
    return status_fail(error, STATUS_USAGE,
                       "--format is for standard output; -o/--output writes every format");
  }
  if (opts->suggest > 0 && (opts->has_format || opts->curve)) {
    return status_fail(error, STATUS_USAGE,
                       "--suggest prints cells of runs: it goes with neither --format nor --curve");
  }
  if (!opts->demand.traffic && opts->demand.percentile > 0)
    return status_fail(error, STATUS_USAGE, "--demand-percentile goes with --demand");
  if (opts->demand.traffic && !opts->slo.has_request && !opts->slo.has_cell)
    return status_fail(error, STATUS_USAGE, "--demand needs the limits of --slo");
  if (isfinite(opts->max_regression) && !opts->baseline) {
    return status_fail(error, STATUS_USAGE, "--max-regression needs a --baseline to compare with");
  }
  if (opts->curve && opts->has_measure) {
    return status_fail(error, STATUS_USAGE, "--measure is for runs, not for --curve");
  }
  if (opts->curve && (opts->baseline || opts->slo.has_request || opts->slo.has_cell)) {
    return status_fail(error, STATUS_USAGE, "--baseline and --slo are for runs, not for --curve");
  }
  if (opts->sigma) return read_sigma(opts->sigma, opts->analysis.scale, &opts->analysis.sigma, error);
  return STATUS_OK;
}

void opts_free(struct opts *opts) {
  cli_free(&opts_program, opts);
  cli_texts_free(&opts->inputs);
  cli_texts_free(&opts->assertions);
  *opts = (struct opts){0};
}
