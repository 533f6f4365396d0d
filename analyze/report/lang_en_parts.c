// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/report/document.h"
#include "analyze/report/lang_tables.h"

#define STRONG(words) DOCUMENT_STRONG words DOCUMENT_STRONG
#define CODE(words) DOCUMENT_CODE words DOCUMENT_CODE

const char *const lang_en_parts_texts[LANG_ID_COUNT] = {
    [LANG_OPTIMUM] = "Capacity curve ({0}): the optimum is {1}{2} requests in flight, with {3} tokens/s{4}; "
                     "fitted for n from {6} to {7}, and only as good as the model.",
    [LANG_OPTIMUM_AT_LEAST] = "Capacity curve ({0}): no optimum is established; it lies at {5} requests in "
                              "flight or more, without an upper bound (fitted: n from {6} to {7}).",
    [LANG_OPTIMUM_EDGE] = "Capacity curve ({0}): its peak, n = {1}{2}, lies at or beyond the edge of the "
                          "fitted range ({6} to {7}), so it is not established.",
    [LANG_OPTIMUM_OPEN] =
        "Capacity curve ({0}): its peak is at n = {1}{2}, but the data do not establish it.",
    [LANG_OPTIMUM_MONOTONE] = "Capacity curve ({0}): it rises over the whole fitted range (n from {2} to "
                              "{1}), so there is no optimum in it.",
    [LANG_OPTIMUM_FALLS] = "Capacity curve ({0}): it falls over the whole fitted range (n from {2} to {1}), "
                           "so there is no optimum inside it.",
    [LANG_OPTIMUM_DIPS] =
        "Capacity curve ({0}): it falls and rises again (n from {2} to {1}), so it has a low "
        "point and no optimum.",
    [LANG_OPTIMUM_GATE] = "No optimum is taken from a capacity curve: the replicates show that no model fits "
                          "(p {0}). Only the cells and their comparison count.",
    [LANG_OPTIMUM_NO_MODEL] = "No capacity curve: no model converged on the points.",
    [LANG_OPTIMUM_FEW_N] =
        "No capacity curve: the points have {0} {0:value|different values} of n, too few for any model.",
    [LANG_POINTS_FULL_WAVES] = "Points: {0}, cells of three or more full waves (n = workers)",
    [LANG_POINTS_SINGLE_WAVE] = "Points: {0}, single waves (batch not above the workers, n = batch)",
    [LANG_POINTS_OPEN_LOOP] = "Points: {0}, open-loop loads (n = mean in flight)",
    [LANG_POINTS_FILE] = "Points: {0}, from the file",
    [LANG_RANGE_LOG] = "Fitted for n from {0} to {1} ({2} {2:point|points}), on the logarithmic scale",
    [LANG_RANGE_LINEAR] = "Fitted for n from {0} to {1} ({2} {2:point|points}), on the linear scale",
    [LANG_KNEE_FIT] = "Knee: n = {0}{1} is the smallest that reaches 95% of the peak of the fit",
    [LANG_KNEE_CELLS] =
        "Knee: n = {0}{1} is the smallest that cannot be put more than 5% below the best cell",
    [LANG_LACK_OF_FIT_REJECTS] = "Lack of fit: F = {0}, p {1}; the models are rejected",
    [LANG_LACK_OF_FIT_PASSES] = "Lack of fit: F = {0}, p {1}; the model is not rejected",
    [LANG_LACK_OF_FIT_UNKNOWN] = "Lack of fit: cannot be tested (that takes replicates, and more different n "
                                 "than the model has parameters)",
    [LANG_MODELS_MEAN] =
        "Models are compared by AICc; the weight is the share of the evidence among those listed. " CODE(
            "usl") " is Gunther's Universal Scalability Law: lambda is the throughput of one request alone, "
                   "sigma the share of work that must queue, kappa the cost that each request lays on all "
                   "others; only kappa > 0 gives a peak.",
    [LANG_LEVEL_BEST_BATCH] = STRONG("Best batch:") " {0}",
    [LANG_LEVEL_BEST_BATCH_EDGE] = STRONG("Best batch:") " {0} (edge of the tested range, not an optimum)",
    [LANG_LEVEL_BEST_RATE] = STRONG("Highest throughput:") " {0} tokens per second{1}",
    [LANG_LEVEL_FAILED_BATCH] = STRONG("Best batch:") " none: all requests failed",
    [LANG_LEVEL_FAILED_RATE] = STRONG("Highest throughput:") " none: no request succeeded",
    [LANG_LEVEL_UNUSABLE_BATCH] = STRONG("Best batch:") " none: no usable measurement",
    [LANG_LEVEL_UNUSABLE_RATE] = STRONG("Highest throughput:") " none: no usable measurement",
    [LANG_TIMES_MEAN] = "Times are over successful requests; in brackets {0}% intervals. ITL is per event, "
                        "and an event may carry several tokens.",
    [LANG_LOADS_MEAN] =
        "Requests were sent at times of their own, without waiting for earlier ones; n is "
        "the mean number in flight. In brackets {0}% intervals over the requests of one load.",
    [LANG_FAILURES_MEAN] = "A failed request is counted as a failure, never as a request of no tokens. "
                           "Failure rates with {0}% intervals (Clopper–Pearson).",
    [LANG_CLASS_UNKNOWN] = "class unknown",
    [LANG_PERCENT] = "{0}%",
    [LANG_CLIENT_CPU] = "Highest CPU share of the client: {0}%",
    [LANG_CLIENT_LAG] = "Highest p99 of its own delay in sending: {0} ms",
    [LANG_CLIENT_VALID] = "Batches left out because the client did not keep up: {0}",
    [LANG_CLIENT_INVALID] = "Left out because the client did not keep up: {0} {0:batch|batches}",
    [LANG_FACT_SOURCE] = "Source",
    [LANG_FACT_MODEL] = "Model",
    [LANG_FACT_URL] = "Server",
    [LANG_FACT_API] = "API",
    [LANG_FACT_HOST] = "Host",
    [LANG_FACT_SERVER] = "Server command",
    [LANG_FACT_TRACE] = "Trace",
    [LANG_FACT_SENT] = "Requests as sent",
    [LANG_FACT_TIMING] = "Timing",
    [LANG_FACT_START] = "Start",
    [LANG_FACT_TOOL] = "Tool",
    [LANG_FACT_SEED] = "Seed",
    [LANG_FACT_MEASURED] = "Measured",
    [LANG_FACT_COUNTS] = "{1} {1:batch|batches}, {2} {2:request|requests} ({3} failed), {4} warm-up "
                         "{4:batch|batches}, {0} server {0:session|sessions}",
    [LANG_FACT_COUNTS_TABLE] = "{1} {1:batch|batches}, {2} {2:request|requests} ({3} failed)",
    [LANG_FACT_COUNTS_MANAGED] = "{1} {1:batch|batches}, {2} {2:request|requests} ({3} failed), {4} warm-up "
                                 "{4:batch|batches}, {0} server {0:restart|restarts}",
    [LANG_ALT_CURVE] = "Throughput against requests in flight: {0} points from n = {1} to {2}, between {3} "
                       "and {4} tokens/s, with the fitted curve where one stands",
    [LANG_ALT_LEVELS] = "Throughput against batch size, one line per number of workers",
    [LANG_ALT_LEVEL] = "Performance plot for {0} parallel {0:request|requests}",
    [LANG_CAPTION_CURVE] = "Capacity curve: throughput with n requests in flight.",
    [LANG_CAPTION_LEVELS] =
        "Throughput against batch for each number of workers (failed and cold cells left out).",
    [LANG_AXIS_RATE] = "Throughput (tokens/s)",
    [LANG_AXIS_IN_FLIGHT] = "Requests in flight",
    [LANG_PLOT_LEVEL_TITLE] = "Throughput and total time, workers = {0}",
    [LANG_PLOT_LEVELS_TITLE] = "Throughput against batch",
    [LANG_PLOT_CURVE_TITLE] = "Capacity curve",
    [LANG_PLOT_RATE] = "Throughput (tokens/s)",
    [LANG_PLOT_COLD] = "cold start",
    [LANG_PLOT_LEFT_OUT] = "left out",
    [LANG_PLOT_FAILED] = "failed",
    [LANG_PLOT_WORKERS] = "W = {0}",
    [LANG_PLOT_FITTED] = "fitted points",
    [LANG_PLOT_NOT_FITTED] = "other points",
    [LANG_PLOT_BAND] = "{0}% band",
    [LANG_PLOT_FIT] = "fit ({0})",
    [LANG_PLOT_OPTIMUM] = "optimum n = {0}",
    [LANG_WARNINGS] = "What to keep in mind",
    [LANG_PARETO] = "Throughput and latency",
    [LANG_PARETO_MEANS] = "More throughput costs latency. Below are the cells that no other cell beats in "
                          "both; which of them is right depends on how long a request may take. These are "
                          "bare measurements: neighbours may differ by chance.",
    [LANG_ALT_PARETO] = "Throughput against the 95th percentile of latency: {0} cells, {1} of them on the "
                        "front; the front rises from {2} to {3} tokens/s",
    [LANG_ALT_PARETO_ONE] =
        "Throughput against the 95th percentile of latency: {0} cells, one of which beats "
        "all others in both, with {2} tokens/s",
    [LANG_CAPTION_PARETO] =
        "Each point is a cell; the line joins those that no other beats in both throughput and latency.",
    [LANG_PLOT_PARETO_TITLE] = "Throughput against latency",
    [LANG_PLOT_FRONT] = "not beaten in both",
    [LANG_PLOT_OTHER_CELLS] = "other cells",
    [LANG_COLUMN_LATENCY_P95] = "Latency p95 (s)",
    [LANG_PLOT_KNEE] = "knee n = {0}",
    [LANG_MARK_LOWER_EDGE] = "smallest batch that is not cold",
    [LANG_RECOMMEND_CHEAPER] =
        STRONG("Recommendation:") " {0} {0:worker|workers}, batch {1}: {2} tokens per second{3}. It is the "
                                  "cheapest of those that cannot be told apart from the highest measured, "
                                  "{4} with {5} tokens per second.",
    [LANG_LEVEL_BEST_BATCH_LOWER] =
        STRONG("Best batch:") " {0} (the smallest that is not a cold start, so no optimum is established)",
    [LANG_LEVEL_BEST_EQUALS] = "The intervals of batch {0} overlap with it, so {1:it|they} may be as good.",
    [LANG_COMPARISON] = "Against the baseline",
    [LANG_COMPARED] = "Against {0}: throughput is {1} of the baseline: {2}.",
    [LANG_COMPARED_BARE] = "Against {0}: throughput as a whole cannot be compared: {2}.",
    [LANG_REGRESSED] =
        "This is a regression: for certain more than {0}% slower, or cells of the baseline fail now.",
    [LANG_REPLICATES_NEEDED] = "About {0} {0:replicate|replicates} of each run would decide it.",
    [LANG_COMPARED_ALL] = "All common cells together: ratio {0}, {1}",
    [LANG_COMPARED_BY_BLOCKS] = "The interval is over blocks: restarts of the server are part of it",
    [LANG_COMPARED_BY_CELLS] = "The interval is over the ratios of the cells",
    [LANG_COMPARED_MARGIN] = "\"Same\" means that the difference is for certain smaller than {0}%; "
                             "\"undecided\" that the data do not tell",
    [LANG_COLUMN_RATIO] = "Ratio to the baseline",
    [LANG_COLUMN_VERDICT] = "Verdict",
    [LANG_COLUMN_REPLICATES_NEEDED] = "Replicates to decide",
    [LANG_VERDICT_FASTER] = "faster",
    [LANG_VERDICT_SLOWER] = "slower",
    [LANG_VERDICT_SAME] = "same",
    [LANG_VERDICT_UNDECIDED] = "undecided",
    [LANG_VERDICT_FAILED] = "fails now",
    [LANG_ASSERTIONS] = "Assertions",
    [LANG_COLUMN_ASSERTION] = "Assertion",
    [LANG_COLUMN_VALUE] = "Value",
    [LANG_HOLDS] = "holds",
    [LANG_HOLDS_NOT] = "does not hold",
    [LANG_COLUMN_LIMITS] = "Limits",
    [LANG_LIMITS_KEPT] = "kept",
    [LANG_LIMITS_MISSED] = "missed",
    [LANG_MARK_SLO_MISSED] = "misses a limit",
    [LANG_OPTIMUM_BEND_OPEN] = "Capacity curve ({0}): throughput rises up to about n = {1}; only n = {2} was "
                               "measured beyond, so that it stays level there is not established.",
    [LANG_OPTIMUM_PLATEAU] = "Capacity curve ({0}): throughput rises up to n = {1} and stays level from "
                             "there (fitted up to {2}), so there is no single optimum.",
    [LANG_ROBUST] =
        "With far points weighed down (bisquare weights) the peak lies at n = {0}, with {1} tokens/s",
    [LANG_BAND_AVERAGED] = "No model stands out: the band averages all of them by their weights",
    [LANG_DISTRIBUTION] = "How the times spread",
    [LANG_DISTRIBUTION_MEANS] =
        "The recommended cell and the highest, their neighbours and equals. A line at p95 is the time that "
        "95 of 100 requests of its cell do not exceed; the scale widens towards the slow end. Lines are over "
        "all successful requests of a cell. In brackets {0}% intervals: over server sessions where there "
        "were several, else over requests.",
    [LANG_ONE_PIECE] = "{0}% of the answers came in one piece (not streamed): their first token came with "
                       "their last, so their TTFT is their latency, and they have no TPOT and no ITL.",
    [LANG_TIMES_FASTER] = "{0} is established to be lower than that of the recommended {1} at: {2}",
    [LANG_TIMES_SLOWER] = "{0} is established to be higher than that of the recommended {1} at: {2}",
    [LANG_TIMES_OPEN] = "No difference of {0} from that of the recommended {1} is established (the intervals "
                        "overlap) at: {2}",
    [LANG_ALT_DISTRIBUTION] = "{0} by percentile of requests, one line for each of {1} cells; p50 from {2} "
                              "to {3}, p95 from {4} to {5}",
    [LANG_AXIS_PERCENTILE] = "Percentile of requests",
    [LANG_AXIS_LATENCY] = "Latency (s)",
    [LANG_AXIS_TTFT] = "Time to first token, TTFT (s)",
    [LANG_AXIS_TPOT] = "Time per output token, TPOT (ms)",
    [LANG_AXIS_ITL] = "Median gap between events of a response, ITL (ms)",
    [LANG_PARETO_SLO] = STRONG("Within the limits") " ({3}; {4} of {5} {5:cell|cells}), {0} measured the "
                                                    "highest throughput: {1} tokens per second{2}.",
    [LANG_PARETO_SLO_NONE] = STRONG("Within the limits:") " no cell keeps them ({0}).",
    [LANG_SLO_CERTAIN] = " The intervals of its times lie below every limit.",
    [LANG_SLO_OPEN] = " That it keeps them is not established: an interval of its times reaches beyond a "
                      "limit, or is not known.",
    [LANG_SLO_EQUALS] = " Cells within the limits whose throughput intervals overlap with its own: {0}.",
    [LANG_SLO_GOODPUT] = STRONG("Goodput:") " {0} has the most requests per second that keep {1}: {2}{3}.",
    [LANG_SLO_GOODPUT_NONE] = STRONG("Goodput:") " in no cell did a request keep {0}.",
    [LANG_LIMIT_LATENCY] = "latency{0} ≤ {1} s",
    [LANG_LIMIT_TTFT] = "TTFT{0} ≤ {1} s",
    [LANG_LIMIT_TPOT] = "TPOT{0} ≤ {1} ms",
    [LANG_COLUMN_KEPT] = "Batches within the limits",
    [LANG_LIMITS_KEPT_OPEN] = "kept, not for certain",
    [LANG_LIMITS_MISSED_OPEN] = "missed, not for certain",
    [LANG_NONE] = "none",
    [LANG_ALL] = "all",
    [LANG_LOADS_WITHIN] =
        STRONG("Within the limits") " ({0}) by their estimates are loads of up to {1} requests per second; "
                                    "at {2} a limit is missed. Rates between them were not tested.",
    [LANG_LOADS_ALL_WITHIN] =
        STRONG("Within the limits") " ({0}) by their estimates are all loads, up to {1} requests per second. "
                                    "Nothing beyond was tried: this is the edge of the tested range.",
    [LANG_LOADS_NONE_WITHIN] = STRONG(
        "Within the limits") " ({0}) is no load: the lowest, {1} requests per second, misses one already.",
    [LANG_ALT_LOADS] =
        "Throughput and latency against the offered rate: {0} loads from {1} to {2} requests per second",
    [LANG_PLOT_LOADS_TITLE] = "Throughput and latency against the offered rate",
    [LANG_CODE] = CODE("{0}"),
    [LANG_COMPARED_WITH] = "The baseline is " CODE("{0}"),
    [LANG_ALT_COMPARISON] =
        "Ratio to the baseline for each of {0} common cells with its interval; of all together {1}",
    [LANG_CAPTION_COMPARISON] = "Above 1 is faster. An interval that leaves out 1 shows a difference; one "
                                "that lies within the band shows that there is none worth the name.",
    [LANG_AXIS_CELL] = "Workers×batch",
    [LANG_PLOT_COMPARISON_TITLE] = "Throughput against the baseline",
    [LANG_PLOT_MARGIN] = "within ±{0}%",
    [LANG_NEXT] = STRONG("Next:"),
    [LANG_NEXT_CELLS] = "Measure (workers×batch) {0}, as " CODE("--suggest") " proposes",
    [LANG_NEXT_NOTHING] =
        "Nothing more needs measuring: a better tested configuration can win by {0}% at most",
};
