// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/report/document.h"
#include "analyze/report/lang_tables.h"

#define STRONG(words) DOCUMENT_STRONG words DOCUMENT_STRONG
#define CODE(words) DOCUMENT_CODE words DOCUMENT_CODE

const char *const lang_en_texts[LANG_ID_COUNT] = {
    [LANG_TITLE] = "Performance report",
    [LANG_TITLE_FOR] = "Performance report for {0}",
    [LANG_SUMMARY] = "Conclusions from all runs",
    [LANG_OPTIMA] = "Best parameters for each number of parallel requests",
    [LANG_BEST] = "Best configuration for this hardware",
    [LANG_DEPENDENCIES] = "What affects throughput",
    [LANG_CURVE] = "Capacity curve",
    [LANG_LOADS] = "Open-loop load",
    [LANG_DETAILS] = "Detailed results for each run",
    [LANG_MATRIX] = "All cells: tokens per second",
    [LANG_MATRIX_MEANS] =
        "Rows: workers; columns: batch. Bold: the highest and those that cannot be told apart from it; ★: "
        "recommended; in brackets: not comparable (cold start or a client not in time); †: partial last "
        "wave.",
    [LANG_LEVEL] = "Results for {0} parallel {0:request|requests}",
    [LANG_TABLE] = "Table of results",
    [LANG_TIMES] = "Times per request",
    [LANG_FAILURES] = "Failures",
    [LANG_CLIENT] = "Was the client fast enough?",
    [LANG_FACTS] = "The measurement",
    [LANG_REPEAT] = "How to repeat it",
    [LANG_CONTENTS] = "Contents",
    [LANG_COLUMN_WORKERS] = "Workers",
    [LANG_COLUMN_WORKERS_BY_BATCH] = "Workers / batch",
    [LANG_COLUMN_BATCH] = "Batch",
    [LANG_COLUMN_BEST_BATCH] = "Best batch",
    [LANG_COLUMN_MAX] = "Highest throughput (tokens/s)",
    [LANG_COLUMN_CAPACITY] = "Capacity without start-up (tokens/s)",
    [LANG_COLUMN_TOTAL] = "Total time (s)",
    [LANG_COLUMN_MEAN] = "Mean time per request (s)",
    [LANG_COLUMN_RATE] = "Tokens per second",
    [LANG_COLUMN_TOKENS] = "Tokens in total",
    [LANG_COLUMN_INTERVAL] = "{0}% interval",
    [LANG_COLUMN_REPS] = "Repeats",
    [LANG_COLUMN_FAILED] = "Failed",
    [LANG_COLUMN_GOODPUT] = "Goodput (requests/s)",
    [LANG_COLUMN_MARKS] = "Marks",
    [LANG_COLUMN_MODEL] = "Model",
    [LANG_COLUMN_PARAMETERS] = "Parameters",
    [LANG_COLUMN_RSS] = "Residual sum of squares",
    [LANG_COLUMN_DF] = "df",
    [LANG_COLUMN_WEIGHT] = "Weight",
    [LANG_COLUMN_PEAK] = "Peak at n",
    [LANG_COLUMN_TIME] = "Time",
    [LANG_COLUMN_REQUESTS] = "Requests",
    [LANG_COLUMN_FAILURE_RATE] = "Failure rate",
    [LANG_COLUMN_CLASSES] = "Classes",
    [LANG_COLUMN_OFFERED] = "Offered (requests/s)",
    [LANG_COLUMN_IN_FLIGHT] = "In flight, mean",
    [LANG_COLUMN_TTFT_P50] = "TTFT p50 (s)",
    [LANG_COLUMN_TTFT_P99] = "TTFT p99 (s)",
    [LANG_COLUMN_LATENCY_P50] = "Latency p50 (s)",
    [LANG_COLUMN_LATENCY_P99] = "Latency p99 (s)",
    [LANG_TIME_TTFT] = "time to first token, TTFT (s)",
    [LANG_TIME_LATENCY] = "latency (s)",
    [LANG_TIME_RESPONSE] = "response time, with the wait for a worker (s)",
    [LANG_TIME_TPOT] = "time per output token, TPOT (ms)",
    [LANG_TIME_ITL] = "gap between events, ITL (ms)",
    [LANG_MARK_LARGEST] = "highest",
    [LANG_MARK_EQUAL] = "among the best",
    [LANG_MARK_RECOMMENDED] = "recommended",
    [LANG_MARK_EDGE] = "edge of the tested range",
    [LANG_MARK_LEVEL_FAILED] = "all requests failed",
    [LANG_MARK_LEVEL_UNUSABLE] = "no usable measurement",
    [LANG_MARK_FAILED] = "failed",
    [LANG_MARK_COLD] = "cold start",
    [LANG_MARK_PARTIAL_WAVE] = "partial wave",
    [LANG_MARK_UNREPLICATED] = "measured once",
    [LANG_MARK_INVALID_CLIENT] = "client not in time",
    [LANG_MARK_POOLED] = "borrowed spread",
    [LANG_MARK_SELECTED] = "selected",
    [LANG_MARK_NOT_CONVERGED] = "did not converge",
    [LANG_STOP_LIMIT] = "iteration limit",
    [LANG_STOP_STUCK] = "no step led lower",
    [LANG_AND_MORE] = " and {0} more",
    [LANG_ROWS_LEFT] = "{0} more {0:row is|rows are} not shown here: `--format json` has all.",
    [LANG_SHOWN_LEVELS] =
        "{0} of {1} levels are shown: the best and those beside it, both sides of a drop, the first and the "
        "last, then the equals of the best and those that measured highest. All cells are in " CODE(
            "cells.csv") " (" CODE("--format csv") ").",
    [LANG_SHOWN_LINES] = "{0} of {1} levels are drawn: the best and those beside it, both sides of a drop, "
                         "the first and the last, then those that measured highest.",
    [LANG_SHOWN_BATCHES] =
        "{0} of {1} batches of this level are shown: the best and those beside it, both ends, "
        "then those that measured highest. All are in " CODE("cells.csv") ".",
    [LANG_SHOWN_MATRIX] =
        "{0} of {1} levels and {2} of {3} batches are shown: the best and those beside it, "
        "the first and the last, then the levels that measured highest and the batches "
        "that most levels have. All cells are in " CODE("cells.csv") " (" CODE("--format csv") ").",
    [LANG_SHOWN_SET] = "The {0} highest of {1} are shown, and the recommended one. All are in " CODE(
        "summary.json") " (" CODE("--format json") ").",
    [LANG_SHOWN_FIRST] = "The first {0} of {1} rows are shown. All are in " CODE("summary.json") " (" CODE(
        "--format json") ").",
    [LANG_SHOWN_SPREAD] =
        "{0} of {1} rows are shown, evenly spread from the first to the last. All are in " CODE(
            "summary.json") " (" CODE("--format json") ").",
    [LANG_SHOWN_COMPARED] =
        "{0} of {1} common cells are shown: those that fail now, then those that differ "
        "most from the baseline. All are in " CODE("summary.json") " (" CODE("--format json") ").",
    [LANG_SHOWN_POINTS] = "{0} of {1} points are drawn, evenly spread; the fit does not depend on that.",
    [LANG_SHOWN_OFF_FRONT] = "{0} of {1} cells off the front are drawn, those with the highest throughput.",
    [LANG_SHOWN_STEPS] = "The first {0} of {1} such findings are listed",
    [LANG_SHOWN_WARNINGS] = "The first {0} of {1} warnings of this kind are shown. All are in " CODE(
        "summary.json") " (" CODE("--format json") ").",
    [LANG_SHOWN_INPUTS] = "The first {0} of {1} inputs are described. All are in " CODE(
        "summary.json") " (" CODE("--format json") ").",
    [LANG_NOTHING] = "There is no measurement in the input.",
    [LANG_NO_USABLE] =
        STRONG("No recommendation:") " no level gave a usable measurement. All cells failed, were cold "
                                     "starts, or were limited by the measuring client.",
    [LANG_NO_USABLE_FAILED] = STRONG("No recommendation:") " no level gave a usable measurement.",
    [LANG_NO_MEASUREMENT] = STRONG("No answer:") " nothing that was measured can be used.",
    [LANG_LARGEST_NO_SPREAD] =
        STRONG("Highest measured throughput:") " {2} tokens per second at {0} {0:worker|workers} and batch "
                                               "{1}. How much repeated measurements vary is not known, so "
                                               "nobody can say which other configurations are just as good.",
    [LANG_RECOMMEND_FAR] = "The recommended one measured {0}% lower than the highest, {1}: the measurements "
                           "vary too much to tell them apart. Repeat both before relying on it.",
    [LANG_RECOMMEND_ALONE] =
        STRONG("Recommendation:") " {0} {0:worker|workers}, batch {1}: {2} tokens per second{3}. Every other "
                                  "usable configuration is slower ({7}% confidence).",
    [LANG_RECOMMEND_ONLY] =
        STRONG("Measured:") " {0} {0:worker|workers}, batch {1}: {2} tokens per second{3}. No other "
                            "configuration was usable, so there is nothing to compare it with.",
    [LANG_RECOMMEND_LARGEST] =
        STRONG("Recommendation:") " {0} {0:worker|workers}, batch {1}: {2} tokens per second{3}. It measured "
                                  "highest and is also the cheapest; equally good, as far as can be told "
                                  "(workers×batch): {6}.",
    [LANG_RECOMMEND_CHEAPEST] = STRONG(
        "Recommendation:") " {0} {0:worker|workers}, batch {1}: {2} tokens per second{3}. It is the cheapest "
                           "of those that cannot be told apart from the highest measured, {4} with {5} "
                           "tokens per second; equally good, as far as can be told (workers×batch): {6}.",
    [LANG_REGRET] = "If some other usable configuration is really the best, it beats the highest measured "
                    "one by at most {0}% ({1}% confidence).",
    [LANG_EDGE_BATCH] =
        "The highest measured lies on the largest batch tested ({0}, at {1} {1:worker|workers}). Nothing "
        "beyond it was tried: this is the edge of the tested range, not an optimum.",
    [LANG_EDGE_WORKERS] =
        "The highest measured lies on the highest level tested ({1} {1:worker|workers}, batch {0}). Nothing "
        "beyond it was tried: this is the edge of the tested range, not an optimum.",
    [LANG_EDGE_BOTH] = "The highest measured lies on the highest level and the largest batch tested ({1} "
                       "{1:worker|workers}, batch {0}). Nothing beyond them was tried: this is the edge of "
                       "the tested range, not an optimum.",
    [LANG_SPREAD_REPLICATES] = "Repeated measurements vary by {0}% (standard deviation, from the replicates; "
                               "{1} degrees of freedom).",
    [LANG_SPREAD_GIVEN] =
        "Repeated measurements are taken to vary by {0}% (standard deviation, given with " CODE(
            "--sigma") "; {1} degrees of freedom). That was not measured here.",
    [LANG_SPREAD_PSEUDO] =
        "Repeated measurements are taken to vary by {0}% (standard deviation; {1} degrees of freedom). No "
        "cell was repeated, so this is estimated from equal batches on different numbers of workers.",
    [LANG_CAPACITY_MEANS] = "Capacity without start-up is what a level tends to with ever larger batches: "
                            "its total time is fitted as a constant part plus tokens / capacity.",
    [LANG_SET_MEANS] = "Configurations that cannot be told apart from the highest (Hsu's multiple "
                       "comparisons with the best, {0}% confidence):",
    [LANG_BEST_NONE] = "None: no cell is usable.",
    [LANG_BEST_WORKERS] = STRONG("Workers:") " {0}",
    [LANG_BEST_WORKERS_EDGE] = STRONG("Workers:") " {0} (edge of the tested range)",
    [LANG_BEST_BATCH] = STRONG("Batch (batch_size):") " {0}",
    [LANG_BEST_BATCH_EDGE] = STRONG("Batch (batch_size):") " {0} (edge of the tested range)",
    [LANG_BEST_RATE] = STRONG("Throughput:") " {0} tokens/s{1}",
    [LANG_BEST_NOT_RECOMMENDED] = "This is the highest measured. {0} is recommended all the same: it is "
                                  "cheaper, and that it is slower is not established.",
    [LANG_WARNING_COLD_START] = "{2} {2:cell is a cold start|cells are cold starts} (the first batch after a "
                                "server start includes loading the model): neither ranked nor fitted.",
    [LANG_WARNING_FAILED_LEVEL] =
        "All requests failed at workers = {0}: there is no best batch and no throughput there.",
    [LANG_WARNING_UNUSABLE_LEVEL] = "No usable measurement at workers = {0}: more than 5% of the requests "
                                    "failed, or no output tokens were counted.",
    [LANG_WARNING_FAILED_CELLS] = "{2} {2:cell|cells} failed (fewer than 95% of the requests succeeded): "
                                  "shown, but neither ranked nor fitted.{6}",
    [LANG_WARNING_ALL_FAILED] = "All cells failed (more than 5% of the requests, or no output tokens): this "
                                "run says nothing about throughput.{6}",
    [LANG_WARNING_CLASSES] = " Failed requests by class: {0}.",
    [LANG_WARNING_UNREPLICATED] =
        "{2} {2:cell was|cells were} measured once: a difference from such a cell may be chance.",
    [LANG_WARNING_NO_SPREAD] =
        "How much repeated measurements vary is unknown, so no set of equally good configurations is given. "
        "Repeat the cells (" CODE("replay -r 3") ") or state the spread (" CODE("--sigma") ").",
    [LANG_WARNING_ONE_SESSION] = "The server was not restarted between repeats: how much restarts change "
                                 "throughput was not measured, and the intervals do not cover it.",
    [LANG_WARNING_INVALID_CLIENT] =
        "{0} {0:batch|batches} left out: the measuring client was the bottleneck{1}.{2}",
    [LANG_WARNING_STARVED_CLIENT] =
        "{0} {0:batch|batches} left out: the measuring client did not get the CPU in time, although it used "
        "{3}% of a core at most{1}: something else was running on its machine.{2}",
    [LANG_WARNING_INVALID_FAILED] = " Of these {0} failed as well and {0:counts|count} as failed.",
    [LANG_REASON_LAG] = "requests were sent late: lag p99 {0} ms, allowed {1} ms",
    [LANG_REASON_STALL] = "the event loop stalled for {0} ms, allowed {1} ms",
    [LANG_REASON_CPU] = "the client used {0} of a core, allowed {1}",
    [LANG_REASON_FIRST] = "the first: ",
    [LANG_WARNING_EDGE_BATCH] = "The best lies on the last batch tested: not an optimum.",
    [LANG_WARNING_EDGE_WORKERS] = "The best lies on the highest number of workers tested: not an optimum.",
    [LANG_WARNING_PARTIAL_WAVES] =
        "{2} {2:cell ends|cells end} in a partial wave (the batch is not a multiple of the workers): a dip "
        "there is not saturation. Not used for the capacity curve.",
    [LANG_WARNING_CLIFF] = "From {0} to {1} workers throughput drops to {2}{3} of what it was.",
    [LANG_WARNING_CLIFF_BARE] = "Between {0} and {1} workers throughput breaks down.",
    [LANG_WARNING_CLIFF_POSSIBLE] = "From {0} to {1} workers throughput measured {2}{3} of what it was, but "
                                    "that it drops there is not established.",
    [LANG_WARNING_TOKENS_DIFFER] = "Output tokens per request differ between cells by more than 10% ({4} to "
                                   "{5}): the cells did not do the same work.",
    [LANG_WARNING_LACK_OF_FIT] =
        "No curve describes the points (lack of fit, p {3}): no optimum is taken from a curve.",
    [LANG_WARNING_FIT_RANGE] =
        "The curve holds only for n from {4} to {5}: smaller n do not follow it and were left out.",
    [LANG_WARNING_DRIFT] =
        "Throughput drifted during the run: {3}% [{4}, {5}] from the first batch to the last.",
    [LANG_WARNING_CACHED_TOKENS] =
        "The server answered {3}% of the prompt tokens from its cache: other prompts would be slower.",
    [LANG_WARNING_CACHED_COUNT] =
        "The server answered {2} prompt tokens from its cache: other prompts would be slower.",
    [LANG_WARNING_CACHED_UNEVEN] =
        "The server answered between {4}% and {5}% of a cell's prompt tokens from its cache (most at {0} "
        "workers, batch {1}): the cells did not do the same work, and those with more look faster than they "
        "are.",
    [LANG_WARNING_DAMAGED_INPUT] =
        "{2} {2:record|records} in {6} could not be read: figures may miss measurements.",
    [LANG_WARNING_NO_END] = "{6} has no end record: the run was cut short.",
    [LANG_WARNING_PLOTS] = "There are no pictures: {6}.",
    [LANG_WARNING_OUTLIER] =
        "{0} workers, batch {1} (n = {4}) lies {3}% off the curve, far beyond the spread of "
        "the others: measure it again. Nothing was left out.",
    [LANG_WARNING_OUTLIER_BARE] =
        "The point at n = {4} lies {3}% off the curve, far beyond the spread of the "
        "others: measure it again. Nothing was left out.",
    [LANG_WARNING_FEW_LEVELS] =
        "The curve stands on {2} different n: at least 4 are needed before it can establish an optimum.",
    [LANG_WARNING_UNLIKE_INPUTS] =
        "The runs that were read together differ in {6}. Their cells were pooled all "
        "the same: to compare them, give one with --baseline.",
    [LANG_WARNING_UNLIKE_BASELINE] = "Run and baseline also differ in {6}: their ratio may come from that.",
    [LANG_WARNING_BURST] = "Each batch was sent at once (" CODE(
        "--dispatch burst") "): how many of its requests ran together was the server's choice, and is not "
                            "known here. The number of workers is what was stated, not what was tested.",
    [LANG_WARNING_NEWER_VERSION] =
        "{2} {2:record|records} in {6} were left out: they are of a later version than "
        "this program knows.",
    [LANG_EFFECT_WORKERS] = STRONG("Effect of the number of parallel requests on performance:"),
    [LANG_EFFECT_BATCH] = STRONG("Effect of the batch size (batch_size) on performance:"),
    [LANG_ADVICE] = STRONG("Recommendations:"),
    [LANG_STEP_RISES_RATIO] = "From {0} to {1} workers throughput rises: ratio {2}{3}",
    [LANG_STEP_FALLS_RATIO] = "From {0} to {1} workers throughput falls: ratio {2}{3}",
    [LANG_STEP_OPEN_RATIO] = "From {0} to {1} workers no difference is established: ratio {2}{3}",
    [LANG_STEP_RISES] =
        "From {0} to {1} workers throughput rises: {4} to {5} tokens/s, and the intervals do not overlap",
    [LANG_STEP_FALLS] =
        "From {0} to {1} workers throughput falls: {4} to {5} tokens/s, and the intervals do not overlap",
    [LANG_STEP_OPEN] = "From {0} to {1} workers no difference is established: {4} and {5} tokens/s, and the "
                       "intervals overlap",
    [LANG_STEP_UNKNOWN] = "From {0} to {1} workers: {4} and {5} tokens/s were measured; without a known "
                          "spread nothing is concluded from that",
    [LANG_RUN_RISES] = "From {0} to {1} workers throughput rises at every step",
    [LANG_RUN_FALLS] = "From {0} to {1} workers throughput falls at every step",
    [LANG_RUN_OPEN] = "Between neighbouring levels from {0} to {1} workers no difference is established",
    [LANG_RUN_UNKNOWN] = "From {0} to {1} workers the spread is unknown, so nothing is concluded from "
                         "differences between levels",
    [LANG_STEP_NOT_TESTED] =
        "Workers between {0} and {1} were not tested: the border lies somewhere in ({0}, {1}]",
    [LANG_STEP_UNUSABLE] =
        "At {0} {0:worker|workers} there is no usable measurement: no throughput can be stated",
    [LANG_STEP_FAILED] = "At {0} {0:worker|workers} all requests failed: no throughput can be stated",
    [LANG_LEVEL_BEST] = "The best level is {0} workers: no other level reaches it",
    [LANG_LEVEL_LARGEST] = "The highest value was measured at {0} {0:worker|workers}; that this is the best "
                           "level is not established",
    [LANG_LEVELS_EQUAL] =
        "The highest value was measured at {0} {0:worker|workers}; levels that cannot be told apart: {1}",
    [LANG_FALL] = "{0} (−{1}%)",
    [LANG_FALL_PARTIAL] = "{0} (−{1}%, partial wave)",
    [LANG_FALLS_TESTED] =
        "Established: throughput is lower than at the previous batch at (workers×batch) {0}",
    [LANG_FALLS_PARTIAL] = "Lower because the last wave is partial, not because of saturation: {0}",
    [LANG_FALLS_MEASURED] = "\"Throughput grows with the batch\" is contradicted by cells below the previous "
                            "batch (workers×batch): {0}; how much of that is chance is unknown",
    [LANG_FALLS_WITHIN] =
        "Lower than at the previous batch, but within the intervals, so not established: {0}",
    [LANG_NO_FALLS] = "Throughput is nowhere lower than at the previous batch",
    [LANG_LEVEL_CAPACITY] = "workers {0}: {1}{2}",
    [LANG_LEVELS_CAPACITY] =
        "Total time at these levels is a constant part plus tokens / capacity, to within 3%: growth with the "
        "batch is the constant part spread over more tokens. Capacities (tokens/s): {0}",
    [LANG_LEVELS_EDGE] = "The highest value lies on the largest batch tested at workers = {0}: no optimum is "
                         "established there",
    [LANG_ADVICE_USE] = "Use {0} {0:worker|workers} with batch {1}",
    [LANG_ADVICE_CONFIRM] = "{0} {0:worker|workers} with batch {1} measured highest; repeat it and its "
                            "neighbours before relying on it",
    [LANG_ADVICE_CLIFF] = "Do not use {1} workers or more; measure between {0} and {1}",
    [LANG_ADVICE_CLIFF_POSSIBLE] =
        "Measure {0} and {1} workers again: a drop between them is possible, but not established",
    [LANG_ADVICE_BATCH] = "Measure batches above {0}",
    [LANG_ADVICE_WORKERS] = "Measure more than {0} {0:worker|workers}",
    [LANG_ADVICE_REPEAT] =
        "Repeat every cell (" CODE("replay -r 3") " or more), so that differences can be told from chance",
    [LANG_RULE_OF_WORDS] = "\"Rises\" and \"falls\" are said only where the interval of the ratio leaves out "
                           "1, or where the two intervals do not overlap.",
};
