// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/report/lang_tables.h"

const char *const lang_en_texts[LANG_ID_COUNT] = {
    [LANG_MATRIX_MEANS] =
        "Rows: workers; columns: batch. Bold: the highest and those that cannot be told apart from it; ★: "
        "recommended; in brackets: not comparable (cold start or a client not in time); †: partial last "
        "wave.",
    [LANG_MATRIX_MEANS_STEADY] = "Rows: workers; columns: batch. These rates are of whole batches, with "
                                 "their start and end. Bold and ★: recommended; in brackets: not comparable "
                                 "(cold start or a client not in time); †: partial last wave.",
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
        STRONG("Highest measured throughput:") " {2} {unit} per second at {0} {0:worker|workers} and batch "
                                               "{1}. How much repeated measurements vary is not known, so "
                                               "nobody can say which other configurations are just as good.",
    [LANG_RECOMMEND] =
        STRONG("Recommendation:") " {0} {0:worker|workers}, batch {1}: {2} {unit} per second{3}.",
    [LANG_RECOMMEND_STEADY] = STRONG(
        "Recommendation:") " {0} {0:worker|workers}: {2} {unit} per second{3} while all workers are busy.",
    [LANG_RECOMMEND_WITHIN] = " It is shown to be at most {0}% below the best tested ({1}% confidence).",
    [LANG_RECOMMEND_BEST] = " It is shown that nothing else tested is better ({1}% confidence).",
    [LANG_RECOMMEND_KEEPS] = " It keeps {2} ({1}% confidence) and is at most {0}% below the best that does.",
    [LANG_RECOMMEND_KEEPS_BEST] =
        " It keeps {2} ({1}% confidence), and nothing else tested that does is better.",
    [LANG_RECOMMEND_TIMES] = "Time to first token p50 / p95: {0}. Latency p50 / p95: {1}.",
    [LANG_RECOMMEND_LATENCY] = "Latency p50 / p95: {0}.",
    [LANG_FEWER] =
        "{0} {0:worker|workers} may be enough too, though that is not shown: {1} times this throughput.",
    [LANG_FEWER_TTFT] = "{0} {0:worker|workers} may be enough too, though that is not shown: {1} times this "
                        "throughput, with a time to first token p95 of {2} instead of {3}.",
    [LANG_FEWER_LATENCY] =
        "{0} {0:worker|workers} may be enough too, though that is not shown: {1} times this "
        "throughput, with a latency p95 of {2} instead of {3}.",
    [LANG_NEXT_UP] = "The next level up, {0} workers, has {1} times this throughput.",
    [LANG_NEXT_UP_TTFT] =
        "The next level up, {0} workers, has {1} times this throughput; its time to first token "
        "p95 is {3} instead of {2}.",
    [LANG_UNDECIDED] = STRONG(
        "Not decided:") " no configuration is shown to be within {0}% of the best tested. The highest "
                        "measured is {1} {1:worker|workers}, batch {2}, with {3} {unit} per second{4}.",
    [LANG_UNDECIDED_STEADY] =
        STRONG("Not decided:") " no level is shown to be within {0}% of the best tested. The highest "
                               "measured is {1} {1:worker|workers}, batch {2}, with {3} {unit} per second{4} "
                               "while all workers are busy.",
    [LANG_UNDECIDED_AMONG] = "Only what keeps {0} ({1}% confidence) is compared here.",
    [LANG_UNDECIDED_CANDIDATES] = "Any of these may be the best (workers×batch): {0}.",
    [LANG_UNDECIDED_REPEAT] = "About {0} repetitions of each would decide.",
    [LANG_UNDECIDED_BEYOND] =
        "More than 100 repetitions of each would be needed: the measurements vary too much.",
    [LANG_NOT_FROM_SINGLE] = STRONG("Highest measured:") " {0} {0:worker|workers}, batch {1}: {2} {unit} per "
                                                         "second{3}. Single runs show no "
                                                         "recommendation: repeat the measurement.",
    [LANG_NOT_FROM_SINGLE_STEADY] = STRONG(
        "Highest measured:") " {0} {0:worker|workers}: {1} {unit} per second while all workers are busy. "
                             "Single runs show no recommendation: repeat the measurement.",
    [LANG_NOT_FROM_EQUAL] = STRONG(
        "Highest measured:") " {0} {0:worker|workers}: {1} {unit} per second while all workers are busy. "
                             "Its repetitions are equal, so they show no spread and no recommendation.",
    [LANG_STEADY_FITTED] = "Throughput while all workers are busy is fitted here to the times of whole "
                           "batches of several sizes: the input has no requests to take it from.",
    [LANG_BEST_NOT_RECOMMENDED] =
        "This is the highest measured. {0} is recommended: it needs no more requests in flight "
        "and is at most {1}% below the best.",
    [LANG_BEST_LIMITS] =
        "This is the highest over whole batches, whatever its times. {0} is recommended: it keeps {1}.",
    [LANG_BEST_STEADY] = "This is the highest over whole batches. {0} is recommended: levels are compared "
                         "while all workers are busy.",
    [LANG_BEST_STEADY_OPEN] = "This is the highest over whole batches, not a recommendation: levels are "
                              "compared while all workers are busy.",
    [LANG_BEST_UNDECIDED] =
        "This is the highest measured, not a recommendation: no configuration is shown to be good enough.",
    [LANG_RECOMMEND_ONLY] =
        STRONG("Measured:") " {0} {0:worker|workers}, batch {1}: {2} {unit} per second{3}. No other "
                            "configuration was usable, so there is nothing to compare it with.",
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
                            "its total time is fitted as a constant part plus {units} / capacity.",
    [LANG_SET_MEANS] = "Configurations that cannot be told apart from the highest (Hsu's multiple "
                       "comparisons with the best, {0}% confidence):",
    [LANG_BEST_NONE] = "None: no cell is usable.",
    [LANG_BEST_WORKERS] = STRONG("Workers:") " {0}",
    [LANG_BEST_WORKERS_EDGE] = STRONG("Workers:") " {0} (edge of the tested range)",
    [LANG_BEST_BATCH] = STRONG("Batch (batch_size):") " {0}",
    [LANG_BEST_BATCH_EDGE] = STRONG("Batch (batch_size):") " {0} (edge of the tested range)",
    [LANG_BEST_RATE] = STRONG("Throughput:") " {0} {unit}/s{1}",
    [LANG_WARNING_COLD_START] = "{2} {2:cell is a cold start|cells are cold starts} (the first batch after a "
                                "server start includes loading the model): neither ranked nor fitted.",
    [LANG_WARNING_FAILED_LEVEL] =
        "All requests failed at workers = {0}: there is no best batch and no throughput there.",
    [LANG_WARNING_UNUSABLE_LEVEL] = "No usable measurement at workers = {0}: more than 5% of the requests "
                                    "failed, or no {units} were counted.",
    [LANG_WARNING_HOLE] =
        "workers = {0} failed, while levels below and above work: a hole in the grid. Measure "
        "it again; the levels above stay in use.",
    [LANG_WARNING_HOLE_AGAIN] =
        "workers = {0} failed in more than one run, while levels below and above work. The "
        "levels above stay in use.",
    [LANG_WARNING_REPLACED] =
        "{2} failed {2:batch|batches} left out: the same {2:cell was|cells were} measured "
        "again later, and that measurement stands.",
    [LANG_WARNING_FAILED_CELLS] = "{2} {2:cell|cells} failed (fewer than 95% of the requests succeeded): "
                                  "shown, but neither ranked nor fitted.{6}",
    [LANG_WARNING_ALL_FAILED] =
        "All cells failed (more than 5% of the requests, or no {units} were counted): this "
        "run says nothing about throughput.{6}",
    [LANG_WARNING_CLASSES] = " Failed requests by class: {0}.",
    [LANG_WARNING_UNREPLICATED] =
        "{2} {2:cell was|cells were} measured once: a difference from such a cell may be chance.",
    [LANG_WARNING_NO_SPREAD] =
        "How much repeated measurements vary is unknown, so no set of equally good configurations is given. "
        "Repeat the cells (" CODE("replay -r 3") ") or state the spread (" CODE("--sigma") ").",
    [LANG_WARNING_NO_SPREAD_EQUAL] = "All repetitions of a cell are equal, so that they show no spread: no "
                                     "interval and no set of equally good "
                                     "configurations is given. State the spread (" CODE("--sigma") ").",
    [LANG_WARNING_NO_SPREAD_LEVEL] =
        "Each level had one life of the server, which all its repetitions share: no interval and no set of "
        "equally good configurations is given. Restart the server for each repetition (" CODE(
            "replay --restart block") ").",
    [LANG_WARNING_ONE_SESSION] = "The server was not restarted between repeats: how much restarts change "
                                 "throughput was not measured, and the intervals do not cover it.",
    [LANG_WARNING_INVALID_CLIENT] =
        "{0} {0:batch|batches} left out: the measuring client was the bottleneck{1}.{2}",
    [LANG_WARNING_STARVED_CLIENT] =
        "{0} {0:batch|batches} left out: the measuring client did not get the CPU in time, although it used "
        "{3}% of a core at most{1}: something else was running on its machine.{2}",
    [LANG_WARNING_INVALID_FAILED] = " Of these {0} failed as well and {0:counts|count} as failed.",
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
    [LANG_WARNING_TWO_MODES] = "The repetitions of {0} {0:worker|workers}, batch {1} fall into two groups: "
                               "{2} of {3} around {4}, the "
                               "others around {5} {unit}/s. Something switches between two states (another "
                               "program, a cache, the clock of the "
                               "processor): their mean describes neither.",
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
    [LANG_WARNING_GRID_ORDER] =
        "The levels were measured one after another, in the order of the grid: differences between them are "
        "not separable from drift of the server. Measure in random order (" CODE(
            "replay --order random") ").",
    [LANG_WARNING_BURST] = "Each batch was sent at once (" CODE(
        "--dispatch burst") "): how many of its requests ran together was the server's choice, and is not "
                            "known here. The number of workers is what was stated, not what was tested.",
    [LANG_WARNING_LITTLES_LAW] = "{0} {0:worker|workers} had {3} requests in flight on average while all "
                                 "should have been busy. Either "
                                 "workers paused between requests or the records contradict themselves.",
    [LANG_WARNING_NEWER_VERSION] =
        "{2} {2:record|records} in {6} were left out: they are of a later version than "
        "this program supports.",
    [LANG_EFFECT_WORKERS] = STRONG("Effect of the number of parallel requests on performance:"),
    [LANG_EFFECT_BATCH] = STRONG("Effect of the batch size (batch_size) on performance:"),
    [LANG_ADVICE] = STRONG("Recommendations:"),
    [LANG_STEP_RISES_RATIO] = "From {0} to {1} workers throughput rises: ratio {2}{3}",
    [LANG_STEP_FALLS_RATIO] = "From {0} to {1} workers throughput falls: ratio {2}{3}",
    [LANG_STEP_RISES] =
        "From {0} to {1} workers throughput rises: {4} to {5} {unit}/s, and the intervals do not overlap",
    [LANG_STEP_FALLS] =
        "From {0} to {1} workers throughput falls: {4} to {5} {unit}/s, and the intervals do not overlap",
    [LANG_STEP_OPEN] = "From {0} to {1} workers no difference is established: {4} and {5} {unit}/s, and the "
                       "intervals overlap",
    [LANG_STEP_UNKNOWN] = "From {0} to {1} workers: {4} and {5} {unit}/s were measured; without a known "
                          "spread nothing is concluded from that",
    [LANG_RUN_UNKNOWN] = "From {0} to {1} workers the spread is unknown, so nothing is concluded from "
                         "differences between levels",
    [LANG_STEP_NOT_TESTED] =
        "Workers between {0} and {1} were not tested: the border lies somewhere in ({0}, {1}]",
    [LANG_STEP_UNUSABLE] =
        "At {0} {0:worker|workers} there is no usable measurement: no throughput can be stated",
    [LANG_LEVEL_LARGEST] = "The highest value was measured at {0} {0:worker|workers}; that this is the best "
                           "level is not established",
    [LANG_LEVEL_LARGEST_STEADY] = "While all workers are busy, throughput was highest at {0} "
                                  "{0:worker|workers}; that this is the best level is not established",
    [LANG_LEVELS_EQUAL] =
        "The highest value was measured at {0} {0:worker|workers}; levels that cannot be told apart: {1}",
    [LANG_FALLS_TESTED] =
        "Established: throughput is lower than at the previous batch at (workers×batch) {0}",
    [LANG_FALLS_MEASURED] = "\"Throughput grows with the batch\" is contradicted by cells below the previous "
                            "batch (workers×batch): {0}; how much of that is chance is unknown",
    [LANG_FALLS_WITHIN] =
        "Lower than at the previous batch, but within the intervals, so not established: {0}",
    [LANG_NO_LADDER] = "No level was measured with more than one batch size, so nothing is known of it",
    [LANG_LEVELS_CAPACITY] =
        "Total time at these levels is a constant part plus {units} / capacity, to within 3%: growth with "
        "the "
        "batch is the constant part spread over more {units}. Capacities ({unit}/s): {0}",
    [LANG_LEVELS_EDGE] = "The highest value lies on the largest batch tested at workers = {0}: no optimum is "
                         "established there",
    [LANG_ADVICE_CONFIRM] = "{0} {0:worker|workers} with batch {1} measured highest; repeat it and its "
                            "neighbours before relying on it",
    [LANG_ADVICE_CLIFF_POSSIBLE] =
        "Measure {0} and {1} workers again: a drop between them is possible, but not established",
    [LANG_ADVICE_REPEAT] =
        "Repeat every cell (" CODE("replay -r 3") " or more), so that differences can be told from chance",
    [LANG_RULE_OF_WORDS] = "\"Rises\" and \"falls\" are said only where the interval of the ratio leaves out "
                           "1, or where the two intervals do not overlap.",
    [LANG_OPTIMUM] = "Capacity curve ({0}): the optimum is {1}{2} requests in flight, with {3} {unit}/s{4}; "
                     "fitted for n from {6} to {7}, and only as good as the model.",
    [LANG_OPTIMUM_AT_MIN] = "Capacity curve ({0}): no optimum is established; it lies at {5} requests in "
                            "flight or more, without an upper bound (fitted: n from {6} to {7}).",
    [LANG_OPTIMUM_EDGE] = "Capacity curve ({0}): its peak, n = {1}{2}, lies at or beyond the edge of the "
                          "fitted range ({6} to {7}), so it is not established.",
    [LANG_OPTIMUM_OPEN] =
        "Capacity curve ({0}): its peak is at n = {1}{2}, but the data do not establish it.",
    [LANG_OPTIMUM_NO_FALL] =
        "Capacity curve ({0}): its peak is at {1}{2} requests in flight, with {3} {unit}/s{4}. The points "
        "themselves do not show that throughput is lower at n = {7}, so no optimum is established.",
    [LANG_OPTIMUM_SHARED] =
        "Points of one life of the server share its effect. An interval of this peak needs two passes over "
        "the plan or two runs, each with server sessions of its own and with four different n.",
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
    [LANG_POINTS_SINGLE_WAVE] = "Points: {0}, single waves (batch not above the workers, n = batch)",
    [LANG_KNEE_FIT] = "Knee: n = {0}{1} is the smallest that reaches 95% of the peak of the fit",
    [LANG_KNEE_CELLS] =
        "Knee: n = {0}{1} is the smallest that cannot be put more than 5% below the best cell",
    [LANG_LACK_OF_FIT_UNKNOWN] = "Lack of fit: cannot be tested (that takes replicates, and more different n "
                                 "than the model has parameters)",
    [LANG_MODELS_MEAN] =
        "Models are compared by AICc; the weight is the share of the evidence among those listed. " CODE(
            "usl") " is Gunther's Universal Scalability Law: lambda is the throughput of one request alone, "
                   "sigma the share of work that must queue, kappa the cost that each request lays on all "
                   "others; only kappa > 0 gives a peak.",
    [LANG_LEVEL_BEST_BATCH] = STRONG("Best batch:") " {0}",
    [LANG_LEVEL_BEST_BATCH_EDGE] = STRONG("Best batch:") " {0} (edge of the tested range, not an optimum)",
    [LANG_LEVEL_BEST_RATE] = STRONG("Highest throughput:") " {0} {unit} per second{1}",
    [LANG_LEVEL_FAILED_BATCH] = STRONG("Best batch:") " none: all requests failed",
    [LANG_LEVEL_FAILED_RATE] = STRONG("Highest throughput:") " none: no request succeeded",
    [LANG_LEVEL_UNUSABLE_BATCH] = STRONG("Best batch:") " none: no usable measurement",
    [LANG_LEVEL_UNUSABLE_RATE] = STRONG("Highest throughput:") " none: no usable measurement",
    [LANG_TIMES_MEAN] = "Times are over successful requests; in brackets {0}% intervals.",
    [LANG_TIMES_MEAN_ITL] =
        "Times are over successful requests; in brackets {0}% intervals. ITL is per event, "
        "and an event may carry several tokens.",
    [LANG_FAILURES_MEAN] = "A failed request is counted as a failure, never as a request of no tokens. "
                           "Failure rates with {0}% intervals (Clopper–Pearson).",
    [LANG_APIS_MEAN] = "The measured requests use {0} APIs. Their tokens and times are not comparable. The "
                       "figures above mix "
                       "them; measure one API at a time with a trace of its own.",
    [LANG_FACT_COUNTS] = "{1} {1:batch|batches}, {2} {2:request|requests} ({3} failed), {4} warm-up "
                         "{4:batch|batches}, {0} server {0:session|sessions}",
    [LANG_FACT_COUNTS_MANAGED] = "{1} {1:batch|batches}, {2} {2:request|requests} ({3} failed), {4} warm-up "
                                 "{4:batch|batches}, {0} server {0:restart|restarts}",
    [LANG_ALT_CURVE] = "Throughput against requests in flight: {0} points from n = {1} to {2}, between {3} "
                       "and {4} {unit}/s, with the fitted curve where one stands",
    [LANG_CAPTION_CURVE] = "Capacity curve: throughput with n requests in flight.",
    [LANG_CAPTION_LEVELS] =
        "Throughput against batch for each number of workers (failed and cold cells left out).",
    [LANG_PARETO_MEANS] = "More throughput costs latency. Below are the cells that no other cell beats in "
                          "both; which of them is right depends on how long a request may take. These are "
                          "bare measurements: neighbours may differ by chance.",
    [LANG_ALT_PARETO] = "Throughput against the 95th percentile of latency: {0} cells, {1} of them on the "
                        "front; the front rises from {2} to {3} {unit}/s",
    [LANG_ALT_PARETO_ONE] =
        "Throughput against the 95th percentile of latency: {0} cells, one of which beats "
        "all others in both, with {2} {unit}/s",
    [LANG_CAPTION_PARETO] =
        "Each point is a cell; the line joins those that no other beats in both throughput and latency.",
    [LANG_LEVEL_BEST_BATCH_LOWER] =
        STRONG("Best batch:") " {0} (the smallest that is not a cold start, so no optimum is established)",
    [LANG_LEVEL_BEST_EQUALS] = "The intervals of batch {0} overlap with it, so {1:it|they} may be as good.",
    [LANG_COMPARED] = "Against {0}: throughput is {1} of the baseline: {2}.",
    [LANG_COMPARED_BARE] = "Against {0}: throughput as a whole cannot be compared: {2}.",
    [LANG_COMPARED_MISSING] =
        "The baseline has cells that were not measured here (workers×batch): {0}. The comparison is over the "
        "common ones alone.",
    [LANG_REGRESSED] =
        "This is a regression: slower by more than {0}% with certainty, as a whole or in one cell, "
        "or cells of the baseline fail now.",
    [LANG_REPLICATES_NEEDED] = "About {0} {0:replicate|replicates} of each run would decide it.",
    [LANG_COMPARED_RESTARTS] =
        "A server was not managed, so its restarts were not measured: the intervals allow for {0}% "
        "between restarts (" CODE("--session-sd") ")",
    [LANG_COMPARED_SLOWEST] = "Cell {0} (workers×batch) is slower for certain: {1} of the baseline.",
    [LANG_COMPARED_FASTEST] = "Cell {0} (workers×batch) is faster for certain: {1} of the baseline.",
    [LANG_COMPARED_MARGIN] = "\"Same\" means that the difference is for certain smaller than {0}%; "
                             "\"undecided\" that the data do not tell",
    [LANG_OPTIMUM_BEND_OPEN] = "Capacity curve ({0}): throughput rises up to about n = {1}; only n = {2} was "
                               "measured beyond, so that it stays level there is not established.",
    [LANG_OPTIMUM_LEVEL] =
        "Capacity curve ({0}): throughput is level from n = {1} to {2}, to within {3}%, so there is no "
        "optimum in it: more requests in flight gain nothing.",
    [LANG_OPTIMUM_PLATEAU] = "Capacity curve ({0}): throughput rises up to n = {1} and stays level from "
                             "there (fitted up to {2}), so there is no single optimum.",
    [LANG_ROBUST] =
        "With far points weighed down (bisquare weights) the peak lies at n = {0}, with {1} {unit}/s",
    [LANG_DISTRIBUTION_MEANS] =
        "The recommended cell and the highest, their neighbours and equals. A line at p95 is the time that "
        "95 of 100 requests of its cell do not exceed; the scale widens towards the slow end. Lines are over "
        "all successful requests of a cell. In brackets {0}% intervals: over server sessions or batches "
        "where there "
        "were several, else over requests.",
    [LANG_ONE_PIECE] = "{0}% of the answers came in one piece (not streamed): their first token came with "
                       "their last, so their TTFT is their latency, and they have no TPOT and no ITL.",
    [LANG_TIMES_OPEN] = "No difference of {0} from that of the recommended {1} is established (the intervals "
                        "overlap) at: {2}",
    [LANG_ALT_DISTRIBUTION] = "{0} by percentile of requests, one line for each of {1} cells; p50 from {2} "
                              "to {3}, p95 from {4} to {5}",
    [LANG_CODE] = CODE("{0}"),
    [LANG_COMPARED_WITH] = "The baseline is " CODE("{0}"),
    [LANG_ALT_COMPARISON] =
        "Ratio to the baseline for each of {0} common cells with its interval; of all together {1}",
    [LANG_CAPTION_COMPARISON] = "Above 1 is faster. An interval that leaves out 1 shows a difference; one "
                                "that lies within the band shows that there is none worth the name.",
    [LANG_NEXT] = STRONG("Next:"),
    [LANG_NEXT_RATES] =
        STRONG("Next:") " Measure {0} requests per second, as " CODE("--suggest") " proposes.",
    [LANG_NEXT_CELLS] = "Measure (workers×batch) {0}, as " CODE("--suggest") " proposes",
    [LANG_NEXT_HOLES] = "Measure again (workers×batch) {0}, as " CODE(
        "--suggest") " proposes: it failed between levels that work",
    [LANG_NEXT_NOTHING] =
        "Nothing more needs measuring: a better tested configuration can win by {0}% at most",
    [LANG_LIMITS_OPEN] = STRONG(
        "Not decided:") " nothing tested is shown to keep {0} ({1}% confidence). Of those that may, {2} "
                        "{2:worker|workers}, batch {3}, has the most throughput: {4} {unit} per second{5}.",
    [LANG_LIMITS_UNMEASURED] =
        STRONG("Not decided:") " whether {0} is kept is unknown: the input has no such times.",
    [LANG_LIMITS_MISSED_ALL] = STRONG("No recommendation:") " nothing tested keeps {0} ({1}% confidence).",
    [LANG_LIMITS_SINGLE] =
        STRONG("Highest measured within the limits") " ({0}): {2} {2:worker|workers}, batch {3}: {4} {unit} "
                                                     "per second{5}. Single runs show no recommendation: "
                                                     "repeat the measurement.",
    [LANG_LIMITS_CANDIDATES] = "These may keep the limits (workers×batch): {0}.",
    [LANG_LIMIT_BINDS] = "Above it, {0} (workers×batch) is the first to miss {1}, measured: {2}.",
    [LANG_LIMIT_BINDS_OPEN] = "Above it, whether {0} (workers×batch) keeps {1} is open, measured: {2}.",
    [LANG_LIMIT_MISSED_LOWEST] =
        "The fewest requests in flight tested, {0} (workers×batch), miss {1}, measured: {2}.",
    [LANG_LIMIT_IN_DOUBT] = "The limit in doubt there is {1}, measured: {2}.",
    [LANG_LOADS_MEAN] =
        "Requests were sent at times of their own, without waiting for earlier ones. Start and "
        "drain of a repetition are left out. In brackets {0}% intervals: of rates over "
        "repetitions, of times over their requests, where those that follow each other count as "
        "fewer. A growing queue has no steady times.",
    [LANG_SLO_GOODPUT] = STRONG("Goodput:") " {0} has the most requests per second that keep {1}: {2}{3}.",
    [LANG_SLO_GOODPUT_NONE] = STRONG("Goodput:") " in no cell did a request keep {0}.",
    [LANG_LOADS_UP_TO] =
        STRONG("Sustained load{0}:") " up to {1} {1:request|requests} per second. At {2} per second, {3}.",
    [LANG_LOADS_ALL] =
        STRONG("Sustained load{0}:") " {1} {1:request|requests} per second, the highest rate tested.",
    [LANG_LOADS_NONE] = STRONG(
        "Sustained load{0}:") " none. At {2} {2:request|requests} per second, the lowest rate tested, {3}.",
    [LANG_LOADS_UNKNOWN] =
        STRONG("Sustained load{0}:") " not known. The repetitions have too few requests to see a queue grow, "
                                     "or a limited time was not measured.",
    [LANG_LOADS_ABOVE_OPEN] =
        STRONG("Sustained load{0}:") " {1} {1:request|requests} per second. Whether higher rates keep the "
                                     "limits is not decided.",
    [LANG_LOADS_BELOW_OPEN] =
        STRONG("Sustained load{0}:") " not decided below {2} {2:request|requests} per second. At {2} per "
                                     "second, {3}.",
    [LANG_LOADS_UNDECIDED] = STRONG("Sustained load{0}:") " not decided: at every rate an interval reaches "
                                                          "beyond a limit. More repetitions would decide.",
    [LANG_LOADS_ESTIMATE] = "The measured times meet {0} at about {1} {1:request|requests} per second.",
    [LANG_LIMITS_ESTIMATE] = "The measured times meet {0} at about {1} {1:worker|workers}.",
    [LANG_LIMITS_UNEVEN] = "The intervals contradict that more load is never faster: repeat these loads.",
    [LANG_LOADS_NONE_VALID] =
        STRONG("Sustained load{0}:") " not known. No repetition counts: the client was not in time in any.",
    [LANG_LOADS_GOOD] =
        "{0}% of the requests are within the limits: goodput is {1} of {2} requests per second",
    [LANG_LOADS_TIMES] =
        "At {0} {0:request|requests} per second, time to first token p50 / p95 is {1} and latency {2}.",
    [LANG_LOADS_LATENCY] = "At {0} {0:request|requests} per second, latency p50 / p95 is {1}.",
    [LANG_LOADS_GOODPUT] = " Goodput: {0} requests per second, {1}% of the requests.",
    [LANG_LOADS_NOT_MEASURED] = "Not measured: {0}.",
    [LANG_ALT_LOADS] = "Percentiles of time against the offered rate: {0} {0:rate|rates} from {1} to {2} "
                       "requests per second",
    [LANG_ALT_SERVED] =
        "Requests served against those offered: {0} {0:rate|rates} from {1} to {2} requests per second",
};
