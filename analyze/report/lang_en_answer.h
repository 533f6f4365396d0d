// SPDX-License-Identifier: GPL-3.0-or-later
//
// Part of lang_en.h: titles, columns, marks, the first screen and the warnings.

// titles and headings
TEXT(LANG_TITLE, "Performance report")
TEXT(LANG_TITLE_FOR, "Performance report for {0}")
TEXT(LANG_SUMMARY, "Conclusions from all runs")
TEXT(LANG_OPTIMA, "Best parameters for each number of parallel requests")
TEXT(LANG_BEST, "Best configuration for this hardware")
TEXT(LANG_DEPENDENCIES, "What affects throughput")
TEXT(LANG_CURVE, "Capacity curve")
TEXT(LANG_LOADS, "Open-loop load")
TEXT(LANG_DETAILS, "Detailed results for each run")
TEXT(LANG_MATRIX, "All cells: {units} per second")
TEXT(LANG_MATRIX_MEANS,
     "Rows: workers; columns: batch. Bold: the highest and those that cannot be told apart from it; ★: "
     "recommended; in brackets: not comparable (cold start or a client not in time); †: partial last wave.")
TEXT(LANG_MATRIX_MEANS_STEADY,
     "Rows: workers; columns: batch. These rates are of whole batches, with their start and end. Bold and ★: "
     "recommended; in brackets: not comparable (cold start or a client not in time); †: partial last wave.")
TEXT(LANG_LEVEL, "Results for {0} parallel {0:request|requests}")
TEXT(LANG_TABLE, "Table of results")
TEXT(LANG_TIMES, "Times per request")
TEXT(LANG_FAILURES, "Failures")
TEXT(LANG_CLIENT, "Was the client fast enough?")
TEXT(LANG_APIS, "By API")
TEXT(LANG_FACTS, "The measurement")
TEXT(LANG_REPEAT, "How to repeat it")
TEXT(LANG_REPEAT_ELSEWHERE,
     CODE("replay") " replaces no run: repeat it in another folder or with another " CODE("-o") ".")
TEXT(LANG_CONTENTS, "Contents")
TEXT(LANG_WARNINGS, "What to keep in mind")
TEXT(LANG_PARETO, "Throughput and latency")
TEXT(LANG_PARETO_MEANS, "More throughput costs latency. Below are the cells that no other cell beats in "
                        "both; which of them is right depends on how long a request may take. These are "
                        "bare measurements: neighbours may differ by chance.")
TEXT(LANG_SLO_GOODPUT, STRONG("Goodput:") " {0} has the most requests per second that keep {1}: {2}{3}.")
TEXT(LANG_SLO_GOODPUT_NONE, STRONG("Goodput:") " in no cell did a request keep {0}.")
TEXT(LANG_LIMIT_LATENCY, "latency{0} ≤ {1}")
TEXT(LANG_LIMIT_TTFT, "TTFT{0} ≤ {1}")
TEXT(LANG_LIMIT_TPOT, "TPOT{0} ≤ {1}")
TEXT(LANG_DISTRIBUTION, "How the times spread")
TEXT(LANG_DISTRIBUTION_MEANS,
     "The recommended cell and the highest, their neighbours and equals. A line at p95 is the time that "
     "95 of 100 requests of its cell do not exceed; the scale widens towards the slow end. Lines are over "
     "all successful requests of a cell. In brackets {0}% intervals: over server sessions or batches "
     "where there "
     "were several, else over requests.")
TEXT(LANG_ONE_PIECE, "{0}% of the answers came in one piece (not streamed): their first token came with "
                     "their last, so their TTFT is their latency, and they have no TPOT and no ITL.")
// 0: the percentile, 1: the recommended cell, 2: the others
TEXT(LANG_TIMES_FASTER, "{0} is established to be lower than that of the recommended {1} at: {2}")
TEXT(LANG_TIMES_SLOWER, "{0} is established to be higher than that of the recommended {1} at: {2}")
TEXT(LANG_TIMES_OPEN, "No difference of {0} from that of the recommended {1} is established (the intervals "
                      "overlap) at: {2}")
TEXT(LANG_COMPARISON, "Against the baseline")
TEXT(LANG_ASSERTIONS, "Assertions")

// column headings
TEXT(LANG_COLUMN_WORKERS, "Workers")
TEXT(LANG_COLUMN_WORKERS_BY_BATCH, "Workers / batch")
TEXT(LANG_COLUMN_BATCH, "Batch")
TEXT(LANG_COLUMN_BEST_BATCH, "Best batch")
TEXT(LANG_COLUMN_MAX, "Highest throughput ({units}/s)")
TEXT(LANG_COLUMN_STEADY, "Throughput while all are busy ({units}/s)")
TEXT(LANG_COLUMN_CAPACITY, "Capacity without start-up ({units}/s)")
TEXT(LANG_COLUMN_TOTAL, "Total time (s)")
TEXT(LANG_COLUMN_MEAN, "Mean time per request (s)")
TEXT(LANG_COLUMN_RATE, "{Units} per second")
TEXT(LANG_COLUMN_TOKENS, "{Units} in total")
TEXT(LANG_COLUMN_INTERVAL, "{0}% interval")
TEXT(LANG_COLUMN_REPS, "Repeats")
TEXT(LANG_COLUMN_FAILED, "Failed")
TEXT(LANG_COLUMN_GOODPUT, "Goodput (requests/s)")
TEXT(LANG_COLUMN_MARKS, "Marks")
TEXT(LANG_COLUMN_MODEL, "Model")
TEXT(LANG_COLUMN_PARAMETERS, "Parameters")
TEXT(LANG_COLUMN_RSS, "Residual sum of squares")
TEXT(LANG_COLUMN_DF, "df")
TEXT(LANG_COLUMN_WEIGHT, "Weight")
TEXT(LANG_COLUMN_PEAK, "Peak at n")
TEXT(LANG_COLUMN_TIME, "Time")
TEXT(LANG_COLUMN_REQUESTS, "Requests")
TEXT(LANG_COLUMN_FAILURE_RATE, "Failure rate")
TEXT(LANG_COLUMN_CLASSES, "Classes")
TEXT(LANG_COLUMN_OFFERED, "Offered (requests/s)")
TEXT(LANG_COLUMN_IN_FLIGHT, "In flight, mean")
TEXT(LANG_COLUMN_SENT, "Sent (requests/s)")
TEXT(LANG_COLUMN_SERVED, "Served (requests/s)")
TEXT(LANG_COLUMN_GOOD_SHARE, "Within the limits")
TEXT(LANG_COLUMN_LATENCY_BOTH, "Latency p50 / p95")
TEXT(LANG_NAME_TTFT, "TTFT")
TEXT(LANG_NAME_TPOT, "Time per token, TPOT")
TEXT(LANG_NAME_LATENCY, "Latency")
TEXT(LANG_COLUMN_TTFT, "TTFT p50 / p95")
TEXT(LANG_COLUMN_TTFT_P95, "TTFT p95")
TEXT(LANG_COLUMN_TPOT, "Time per token (TPOT) p50")
TEXT(LANG_COLUMN_LATENCY, "Latency p50")
TEXT(LANG_SECONDS, "s")
TEXT(LANG_MILLISECONDS, "ms")
TEXT(LANG_COLUMN_LATENCY_P50, "Latency p50 (s)")
TEXT(LANG_COLUMN_LATENCY_P95, "Latency p95 (s)")
TEXT(LANG_COLUMN_RATIO, "Ratio to the baseline")
TEXT(LANG_COLUMN_VERDICT, "Verdict")
TEXT(LANG_COLUMN_REPLICATES_NEEDED, "Replicates to decide")
TEXT(LANG_COLUMN_ASSERTION, "Assertion")
TEXT(LANG_COLUMN_VALUE, "Value")
TEXT(LANG_COLUMN_LIMITS, "Limits")
TEXT(LANG_COLUMN_KEPT, "Batches within the limits")
TEXT(LANG_COLUMN_INPUT_TOKENS, "Input tokens")
TEXT(LANG_COLUMN_OUTPUT_TOKENS, "Output tokens")
TEXT(LANG_TIME_TTFT, "time to first token, TTFT (s)")
TEXT(LANG_TIME_LATENCY, "latency (s)")
TEXT(LANG_TIME_RESPONSE, "response time, with the wait for a worker (s)")
TEXT(LANG_TIME_TPOT, "time per output token, TPOT (ms)")
TEXT(LANG_TIME_ITL, "gap between events, ITL (ms)")

// marks in tables
TEXT(LANG_MARK_LARGEST, "highest")
TEXT(LANG_MARK_EQUAL, "among the best")
TEXT(LANG_MARK_RECOMMENDED, "recommended")
TEXT(LANG_MARK_EDGE, "edge of the tested range")
TEXT(LANG_MARK_LOWER_EDGE, "smallest batch that is not cold")
TEXT(LANG_MARK_LEVEL_FAILED, "all requests failed")
TEXT(LANG_MARK_LEVEL_UNUSABLE, "no usable measurement")
TEXT(LANG_MARK_FAILED, "failed")
TEXT(LANG_MARK_QUEUE, "queue grows")
TEXT(LANG_MARK_COLD, "cold start")
TEXT(LANG_MARK_PARTIAL_WAVE, "partial wave")
TEXT(LANG_MARK_UNREPLICATED, "measured once")
TEXT(LANG_MARK_INVALID_CLIENT, "client not in time")
TEXT(LANG_MARK_POOLED, "borrowed spread")
TEXT(LANG_MARK_SELECTED, "selected")
TEXT(LANG_MARK_NOT_CONVERGED, "did not converge")
TEXT(LANG_STOP_LIMIT, "iteration limit")
TEXT(LANG_STOP_STUCK, "no step led lower")
TEXT(LANG_MARK_SLO_MISSED, "misses a limit")
TEXT(LANG_MARK_SLO_OPEN, "limits open")
TEXT(LANG_AND_MORE, " and {0} more")
TEXT(LANG_ROWS_LEFT, "{0} more {0:row is|rows are} not shown here: `--format json` has all.")
// what of it is shown: 0 how many, 1 of how many; of the matrix also 2 and 3, its columns
TEXT(LANG_SHOWN_LEVELS,
     "{0} of {1} levels are shown: the best and those beside it, both sides of a drop, the first and the "
     "last, then the equals of the best and those that measured highest. All cells are in " CODE(
         "cells.csv") " (" CODE("--format csv") ").")
TEXT(LANG_SHOWN_LINES, "{0} of {1} levels are drawn: the best and those beside it, both sides of a drop, "
                       "the first and the last, then those that measured highest.")
TEXT(LANG_SHOWN_BATCHES,
     "{0} of {1} batches of this level are shown: the best and those beside it, both ends, "
     "then those that measured highest. All are in " CODE("cells.csv") ".")
TEXT(LANG_SHOWN_MATRIX,
     "{0} of {1} levels and {2} of {3} batches are shown: the best and those beside it, "
     "the first and the last, then the levels that measured highest and the batches "
     "that most levels have. All cells are in " CODE("cells.csv") " (" CODE("--format csv") ").")
TEXT(LANG_SHOWN_SET, "The {0} highest of {1} are shown, and the recommended one. All are in " CODE(
                         "summary.json") " (" CODE("--format json") ").")
TEXT(LANG_SHOWN_FIRST,
     "The first {0} of {1} rows are shown. All are in " CODE("summary.json") " (" CODE("--format json") ").")
TEXT(LANG_SHOWN_SPREAD,
     "{0} of {1} rows are shown, evenly spread from the first to the last. All are in " CODE(
         "summary.json") " (" CODE("--format json") ").")
TEXT(LANG_SHOWN_COMPARED,
     "{0} of {1} common cells are shown: those that fail now, then those that differ "
     "most from the baseline. All are in " CODE("summary.json") " (" CODE("--format json") ").")
TEXT(LANG_SHOWN_POINTS, "{0} of {1} points are drawn, evenly spread; every number is of all.")
TEXT(LANG_SHOWN_OFF_FRONT, "{0} of {1} cells off the front are drawn, those with the highest throughput.")
TEXT(LANG_SHOWN_STEPS, "The first {0} of {1} such findings are listed")
TEXT(LANG_SHOWN_WARNINGS, "The first {0} of {1} warnings of this kind are shown. All are in " CODE(
                              "summary.json") " (" CODE("--format json") ").")
TEXT(LANG_SHOWN_INPUTS, "The first {0} of {1} inputs are described. All are in " CODE(
                            "summary.json") " (" CODE("--format json") ").")
TEXT(LANG_NONE, "none")
TEXT(LANG_ALL, "all")

// what throughput counts, in the order of enum lang_unit: {unit}, {units} and {Units} of lang.h
TEXT(LANG_UNIT_OUTPUT_TOKENS, "tokens")
TEXT(LANG_UNIT_INPUT_TOKENS, "input tokens")
TEXT(LANG_UNIT_TOTAL_TOKENS, "input and output tokens")
TEXT(LANG_UNIT_REQUESTS, "requests")
TEXT(LANG_UNITS_OUTPUT_TOKENS, "tokens")
TEXT(LANG_UNITS_INPUT_TOKENS, "input tokens")
TEXT(LANG_UNITS_TOTAL_TOKENS, "input and output tokens")
TEXT(LANG_UNITS_REQUESTS, "requests")
TEXT(LANG_HEADING_OUTPUT_TOKENS, "Tokens")
TEXT(LANG_HEADING_INPUT_TOKENS, "Input tokens")
TEXT(LANG_HEADING_TOTAL_TOKENS, "Input and output tokens")
TEXT(LANG_HEADING_REQUESTS, "Requests")

// the first screen
TEXT(LANG_NOTHING, "There is no measurement in the input.")
TEXT(LANG_NO_USABLE,
     STRONG("No recommendation:") " no level gave a usable measurement. All cells failed, were cold "
                                  "starts, or were limited by the measuring client.")
TEXT(LANG_NO_USABLE_FAILED, STRONG("No recommendation:") " no level gave a usable measurement.")
TEXT(LANG_NO_MEASUREMENT, STRONG("No answer:") " nothing that was measured can be used.")
TEXT(LANG_LARGEST_NO_SPREAD,
     STRONG("Highest measured throughput:") " {2} {unit} per second at {0} {0:worker|workers} and batch "
                                            "{1}. How much repeated measurements vary is not known, so "
                                            "nobody can say which other configurations are just as good.")
TEXT(LANG_RECOMMEND_ONLY,
     STRONG("Measured:") " {0} {0:worker|workers}, batch {1}: {2} {unit} per second{3}. No other "
                         "configuration was usable, so there is nothing to compare it with.")
// 0 workers, 1 batch, 2 throughput, 3 its interval
TEXT(LANG_RECOMMEND,
     STRONG("Recommendation:") " {0} {0:worker|workers}, batch {1}: {2} {unit} per second{3}.")
TEXT(
    LANG_RECOMMEND_STEADY,
    STRONG("Recommendation:") " {0} {0:worker|workers}: {2} {unit} per second{3} while all workers are busy.")
// follows: 0 share below, 1 confidence, 2 limits
TEXT(LANG_RECOMMEND_WITHIN, " It is shown to be at most {0}% below the best tested ({1}% confidence).")
TEXT(LANG_RECOMMEND_BEST, " It is shown that nothing else tested is better ({1}% confidence).")
TEXT(LANG_RECOMMEND_KEEPS, " It keeps {2} ({1}% confidence) and is at most {0}% below the best that does.")
TEXT(LANG_RECOMMEND_KEEPS_BEST,
     " It keeps {2} ({1}% confidence), and nothing else tested that does is better.")
// 0 limits, 1 confidence, 2 workers, 3 batch, 4 throughput, 5 its interval
TEXT(LANG_LIMITS_OPEN,
     STRONG(
         "Not decided:") " nothing tested is shown to keep {0} ({1}% confidence). Of those that may, {2} "
                         "{2:worker|workers}, batch {3}, has the most throughput: {4} {unit} per second{5}.")
TEXT(LANG_LIMITS_UNMEASURED,
     STRONG("Not decided:") " whether {0} is kept is unknown: the input has no such times.")
TEXT(LANG_LIMITS_UNMEASURED_TOGETHER,
     STRONG(
         "Not decided:") " which requests keep {0} is unknown: histograms have each time by itself. Give one "
                         "limit, or limits on percentiles, or measure with " CODE("--records request") ".")
TEXT(LANG_LIMITS_MISSED_ALL, STRONG("No recommendation:") " nothing tested keeps {0} ({1}% confidence).")
TEXT(LANG_LIMITS_SINGLE,
     STRONG("Highest measured within the limits") " ({0}): {2} {2:worker|workers}, batch {3}: {4} {unit} "
                                                  "per second{5}. Single runs show no recommendation: "
                                                  "repeat the measurement.")
// 0 list
TEXT(LANG_LIMITS_CANDIDATES, "These may keep the limits (workers×batch): {0}.")
// 0 cell, 1 the limit, 2 what was measured
TEXT(LANG_LIMIT_BINDS, "Above it, {0} (workers×batch) is the first to miss {1}, measured: {2}.")
TEXT(LANG_LIMIT_BINDS_OPEN, "Above it, whether {0} (workers×batch) keeps {1} is open, measured: {2}.")
TEXT(LANG_LIMIT_MISSED_LOWEST,
     "The fewest requests in flight tested, {0} (workers×batch), miss {1}, measured: {2}.")
TEXT(LANG_LIMIT_IN_DOUBT, "The limit in doubt there is {1}, measured: {2}.")
// 0 limits, 1 share
TEXT(LANG_LIMITS_REQUESTS, "{0} for {1}% of requests")
TEXT(LANG_LIMITS_AND, " and ")
// 0 share
TEXT(LANG_LIMITS_SHARE, "{0}% of requests keep it")
// 0 TTFT p50 and p95, 1 latency p50 and p95
TEXT(LANG_WORDS, "A worker keeps one request in flight. A batch is the requests of one measurement, a level "
                 "all batches with one number of workers. [a, b] is a {0}% interval.")
TEXT(LANG_RECOMMEND_TIMES, "Time to first token (TTFT) p50 / p95: {0}. Latency p50 / p95: {1}.")
// 0 latency p50 and p95
TEXT(LANG_RECOMMEND_LATENCY, "Latency p50 / p95: {0}.")
// 0 workers, 1 ratio of throughput, 2 its time, 3 that of the recommended
TEXT(LANG_FEWER,
     "{0} {0:worker|workers} may be enough too, though that is not shown: {1} times this throughput.")
TEXT(LANG_FEWER_TTFT, "{0} {0:worker|workers} may be enough too, though that is not shown: {1} times this "
                      "throughput, with a time to first token p95 of {2} instead of {3}.")
TEXT(LANG_FEWER_LATENCY, "{0} {0:worker|workers} may be enough too, though that is not shown: {1} times this "
                         "throughput, with a latency p95 of {2} instead of {3}.")
// 0 workers, 1 ratio of throughput with its interval
TEXT(LANG_NEXT_UP, "The next level up, {0} workers, has {1} times this throughput.")
// and 2 TTFT p95 here, 3 there
TEXT(LANG_NEXT_UP_TTFT,
     "The next level up, {0} workers, has {1} times this throughput; its time to first token "
     "p95 is {3} instead of {2}.")
// 0 margin, 1 workers, 2 batch, 3 throughput, 4 its interval
TEXT(LANG_UNDECIDED,
     STRONG("Not decided:") " no configuration is shown to be within {0}% of the best tested. The highest "
                            "measured is {1} {1:worker|workers}, batch {2}, with {3} {unit} per second{4}.")
// the same
TEXT(LANG_UNDECIDED_STEADY,
     STRONG("Not decided:") " no level is shown to be within {0}% of the best tested. The highest "
                            "measured is {1} {1:worker|workers}, batch {2}, with {3} {unit} per second{4} "
                            "while all workers are busy.")
// 0 limits, 1 confidence
TEXT(LANG_UNDECIDED_AMONG, "Only what keeps {0} ({1}% confidence) is compared here.")
// 0 list
TEXT(LANG_UNDECIDED_CANDIDATES, "Any of these may be the best (workers×batch): {0}.")
// 0 repetitions
TEXT(LANG_UNDECIDED_REPEAT, "About {0} repetitions of each would decide.")
TEXT(LANG_UNDECIDED_BEYOND,
     "More than 100 repetitions of each would be needed: the measurements vary too much.")
// as LANG_RECOMMEND_ONLY
TEXT(LANG_NOT_FROM_SINGLE, STRONG("Highest measured:") " {0} {0:worker|workers}, batch {1}: {2} {unit} per "
                                                       "second{3}. Single runs show no "
                                                       "recommendation: repeat the measurement.")
// 0 workers, 1 throughput
TEXT(LANG_NOT_FROM_SINGLE_STEADY,
     STRONG("Highest measured:") " {0} {0:worker|workers}: {1} {unit} per second while all workers are busy. "
                                 "Single runs show no recommendation: repeat the measurement.")
// the same
TEXT(LANG_NOT_FROM_EQUAL,
     STRONG("Highest measured:") " {0} {0:worker|workers}: {1} {unit} per second while all workers are busy. "
                                 "Its repetitions are equal, so they show no spread and no recommendation.")
TEXT(LANG_STEADY_FITTED, "Throughput while all workers are busy is fitted here to the times of whole "
                         "batches of several sizes: the input has no requests to take it from.")
TEXT(LANG_BEST_NOT_RECOMMENDED, "{0} has the highest measured throughput, {1} {unit}/s. What is recommended "
                                "needs no more requests in flight and is at most {3}% below the best.")
TEXT(LANG_BEST_LIMITS, "{0} has the highest throughput over whole batches, {1} {unit}/s, whatever its times. "
                       "What is recommended keeps {2}.")
TEXT(LANG_BEST_STEADY, "{0} has the highest throughput over whole batches, {1} {unit}/s. Levels are compared "
                       "while all workers are busy.")
TEXT(LANG_BEST_STEADY_OPEN, "This is the highest over whole batches, not a recommendation: levels are "
                            "compared while all workers are busy.")
TEXT(LANG_BEST_UNDECIDED,
     "This is the highest measured, not a recommendation: no configuration is shown to be good enough.")
TEXT(LANG_EDGE_BATCH,
     "The highest measured lies on the largest batch tested ({0}, at {1} {1:worker|workers}). Nothing "
     "beyond it was tried: this is the edge of the tested range, not an optimum.")
TEXT(LANG_EDGE_WORKERS,
     "The highest measured lies on the highest level tested ({1} {1:worker|workers}, batch {0}). Nothing "
     "beyond it was tried: this is the edge of the tested range, not an optimum.")
TEXT(LANG_EDGE_BOTH, "The highest measured lies on the highest level and the largest batch tested ({1} "
                     "{1:worker|workers}, batch {0}). Nothing beyond them was tried: this is the edge of "
                     "the tested range, not an optimum.")
TEXT(LANG_SPREAD_REPLICATES, "Repeated measurements vary by {0}% (standard deviation, from the replicates; "
                             "{1} degrees of freedom).")
TEXT(LANG_SPREAD_GIVEN,
     "Repeated measurements are taken to vary by {0}% (standard deviation, given with " CODE(
         "--sigma") "; {1} degrees of freedom). That was not measured here.")
TEXT(LANG_SPREAD_PSEUDO,
     "Repeated measurements are taken to vary by {0}% (standard deviation; {1} degrees of freedom). No "
     "cell was repeated, so this is estimated from equal batches on different numbers of workers.")
// 0 what groups differ by, 1 batches, 2 requests, 3 what to do
TEXT(LANG_SPEND, "Spread in percent: {0}{1} between batches{2}. More time is best spent on {3}.")
TEXT(LANG_SPEND_RESTARTS, "{0} between restarts, ")
TEXT(LANG_SPEND_RUNS, "{0} between runs, ")
TEXT(LANG_SPEND_PASSES, "{0} between passes, ")
TEXT(LANG_SPEND_REQUESTS, ", of which the requests of one batch make {0}")
TEXT(LANG_SPEND_ON_RESTARTS, "another restart of the server")
TEXT(LANG_SPEND_ON_RUNS, "another run after a restart")
TEXT(LANG_SPEND_ON_REPETITIONS, "more repetitions")
TEXT(LANG_SPEND_ON_LONGER, "batches {0} times as long")
TEXT(LANG_CAPACITY_MEANS, "Capacity without start-up is what a level tends to with ever larger batches: "
                          "its total time is fitted as a constant part plus {units} / capacity.")
TEXT(LANG_SET_MEANS, "Configurations that cannot be told apart from the highest (Hsu's multiple "
                     "comparisons with the best, {0}% confidence):")
TEXT(LANG_BEST_NONE, "None: no cell is usable.")
TEXT(LANG_BEST_WORKERS, STRONG("Workers:") " {0}")
TEXT(LANG_BEST_WORKERS_EDGE, STRONG("Workers:") " {0} (edge of the tested range)")
TEXT(LANG_BEST_BATCH, STRONG("Batch (batch_size):") " {0}")
TEXT(LANG_BEST_BATCH_EDGE, STRONG("Batch (batch_size):") " {0} (edge of the tested range)")
TEXT(LANG_BEST_RATE, STRONG("Throughput:") " {0} {unit}/s{1}")
TEXT(LANG_BEST_RATE_STEADY, STRONG("Throughput while all workers are busy:") " {0} {unit}/s{1}")
TEXT(LANG_NEXT, STRONG("Next:"))
TEXT(LANG_NEXT_CELLS, "Measure (workers×batch) {0}, as " CODE("--suggest") " proposes")
TEXT(LANG_NEXT_RATES, STRONG("Next:") " Measure at {0} requests/s, as " CODE("--suggest") " proposes.")
TEXT(LANG_NEXT_HOLES, "Measure again (workers×batch) {0}, as " CODE(
                          "--suggest") " proposes: it failed between levels that work")
TEXT(LANG_NEXT_NOTHING, "Nothing more needs measuring: a better tested configuration can win by {0}% at most")
TEXT(LANG_NEXT_NOTHING_BETTER, "Nothing more needs measuring")
TEXT(LANG_NEXT_NOTHING_LIMITS, "Nothing more needs measuring within the limits")

// warnings: 0 workers, 1 batch, 2 count, 3 value, 4 lo, 5 hi, 6 words
TEXT(LANG_WARNING_COLD_START, "{2} {2:cell is a cold start|cells are cold starts} (the first batch after a "
                              "server start includes loading the model): neither ranked nor fitted.")
TEXT(LANG_WARNING_FAILED_LEVEL,
     "All requests failed at workers = {0}: there is no best batch and no throughput there.")
TEXT(LANG_WARNING_UNUSABLE_LEVEL, "No usable measurement at workers = {0}: more than 5% of the requests "
                                  "failed, or no {units} were counted.")
TEXT(LANG_WARNING_HOLE,
     "workers = {0} failed, while levels below and above work: a hole in the grid. Measure "
     "it again; the levels above stay in use.")
TEXT(LANG_WARNING_HOLE_AGAIN,
     "workers = {0} failed in more than one run, while levels below and above work. The "
     "levels above stay in use.")
TEXT(LANG_WARNING_REPLACED,
     "{2} failed {2:batch|batches} left out: the same {2:cell was|cells were} measured "
     "again later, and that measurement stands.")
TEXT(LANG_WARNING_FAILED_CELLS, "{2} {2:cell|cells} failed (fewer than 95% of the requests succeeded): "
                                "shown, but neither ranked nor fitted.{6}")
TEXT(LANG_WARNING_ALL_FAILED,
     "All cells failed (more than 5% of the requests, or no {units} were counted): this "
     "run says nothing about throughput.{6}")
TEXT(LANG_WARNING_CLASSES, " Failed requests by class: {0}.")
TEXT(LANG_WARNING_UNREPLICATED,
     "{2} {2:cell was|cells were} measured once: a difference from such a cell may be chance.")
TEXT(LANG_WARNING_NO_SPREAD,
     "How much repeated measurements vary is unknown, so no set of equally good configurations is given. "
     "Repeat the cells (" CODE("replay -r 3") ") or state the spread (" CODE("--sigma") ").")
TEXT(LANG_WARNING_NO_SPREAD_EQUAL, "All repetitions of a cell are equal, so that they show no spread: no "
                                   "interval and no set of equally good "
                                   "configurations is given. State the spread (" CODE("--sigma") ").")
TEXT(LANG_WARNING_NO_SPREAD_LEVEL,
     "Each level had one life of the server, which all its repetitions share: no interval and no set of "
     "equally good configurations is given. Restart the server for each repetition (" CODE(
         "replay --restart block") ").")
TEXT(LANG_WARNING_ONE_SESSION, "The server was not restarted between repeats: how much restarts change "
                               "throughput was not measured, and the intervals do not cover it.")
TEXT(LANG_WARNING_INVALID_CLIENT,
     "{0} {0:batch|batches} left out: the measuring client was the bottleneck{1}.{2}")
TEXT(LANG_WARNING_STARVED_CLIENT,
     "{0} {0:batch|batches} left out: the measuring client did not get the CPU in time, although it used "
     "{3}% of a core at most{1}: something else was running on its machine.{2}")
TEXT(LANG_WARNING_INVALID_FAILED, " Of these {0} failed as well and {0:counts|count} as failed.")
TEXT(LANG_REASON_LAG, "requests were sent late: lag p99 {0} ms, allowed {1} ms")
TEXT(LANG_REASON_STALL, "the event loop stalled for {0} ms, allowed {1} ms")
TEXT(LANG_REASON_CPU, "the client used {0} of a core, allowed {1}")
TEXT(LANG_REASON_FIRST, "the first: ")
TEXT(LANG_WARNING_EDGE_BATCH, "The best lies on the last batch tested: not an optimum.")
TEXT(LANG_WARNING_EDGE_WORKERS, "The best lies on the highest number of workers tested: not an optimum.")
TEXT(LANG_WARNING_PARTIAL_WAVES,
     "{2} {2:cell ends|cells end} in a partial wave (the batch is not a multiple of the workers): a dip "
     "there is not saturation. Not used for the capacity curve.")
TEXT(LANG_WARNING_CLIFF, "From {0} to {1} workers throughput drops to {2}{3} of what it was.")
TEXT(LANG_WARNING_CLIFF_BARE, "Between {0} and {1} workers throughput breaks down.")
TEXT(LANG_WARNING_CLIFF_POSSIBLE, "From {0} to {1} workers throughput measured {2}{3} of what it was, but "
                                  "that it drops there is not established.")
TEXT(LANG_WARNING_TOKENS_DIFFER, "Output tokens per request differ between cells by more than 10% ({4} to "
                                 "{5}): the cells did not do the same work.")
TEXT(LANG_WARNING_LACK_OF_FIT,
     "No curve describes the points (lack of fit, p {3}): no optimum is taken from a curve.")
TEXT(LANG_WARNING_FIT_RANGE,
     "The curve holds only for n from {4} to {5}: smaller n do not follow it and were left out.")
TEXT(LANG_WARNING_TWO_MODES, "The repetitions of {0} {0:worker|workers}, batch {1} fall into two groups: "
                             "{2} of {3} around {4}, the "
                             "others around {5} {unit}/s. Something switches between two states (another "
                             "program, a cache, the clock of the "
                             "processor): their mean describes neither.")
TEXT(LANG_WARNING_DRIFT,
     "Throughput drifted during the run: {3}% [{4}, {5}] from the first batch to the last.")
TEXT(LANG_WARNING_CACHED_TOKENS,
     "The server answered {3}% of the prompt tokens from its cache: other prompts would be slower.")
TEXT(LANG_WARNING_CACHED_COUNT,
     "The server answered {2} prompt tokens from its cache: other prompts would be slower.")
TEXT(LANG_WARNING_CACHED_UNEVEN,
     "The server answered between {4}% and {5}% of a cell's prompt tokens from its cache (most at {0} "
     "workers, batch {1}): the cells did not do the same work, and those with more look faster than they "
     "are.")
TEXT(LANG_WARNING_DAMAGED_INPUT,
     "{2} {2:record|records} in {6} could not be read: figures may miss measurements.")
TEXT(LANG_WARNING_PARTS_DIFFER,
     "The parts of {6} have different numbers of repetitions: those that not all parts have are left out.")
TEXT(LANG_WARNING_PARTS_APART, "The parts of {6} started up to {2} ms apart, by their wall clocks. Only the "
                               "time in which all were sending "
                               "counts. --start-at and synchronised clocks bring them together.")
TEXT(LANG_WARNING_NO_END, "{6} has no end record: the run was cut short.")
TEXT(LANG_WARNING_PLOTS, "There are no pictures: {6}.")
TEXT(LANG_WARNING_OUTLIER,
     "{0} workers, batch {1} (n = {4}) lies {3}% off the curve, far beyond the spread of "
     "the others: measure it again. Nothing was left out.")
TEXT(LANG_WARNING_OUTLIER_BARE, "The point at n = {4} lies {3}% off the curve, far beyond the spread of the "
                                "others: measure it again. Nothing was left out.")
TEXT(LANG_WARNING_FEW_LEVELS,
     "The curve stands on {2} different n: at least 4 are needed before it can establish an optimum.")
TEXT(LANG_WARNING_UNLIKE_INPUTS, "The runs that were read together differ in {6}. They were pooled all the "
                                 "same: to compare levels, give one "
                                 "run with --baseline; to compare rates, read each run by itself.")
TEXT(LANG_WARNING_UNLIKE_BASELINE, "Run and baseline also differ in {6}: their ratio may come from that.")
TEXT(LANG_WARNING_NEWER_VERSION,
     "{2} {2:record|records} in {6} were left out: they are of a later version than "
     "this program supports.")
TEXT(LANG_WARNING_BURST,
     "Each batch was sent at once (" CODE(
         "--dispatch burst") "): how many of its requests ran together was the server's choice, and is not "
                             "known here. The number of workers is what was stated, not what was tested.")
TEXT(LANG_WARNING_GRID_ORDER,
     "The levels were measured one after another, in the order of the grid: differences between them are "
     "not separable from drift of the server. Measure in random order (" CODE("replay --order random") ").")
TEXT(LANG_WARNING_LITTLES_LAW, "{0} {0:worker|workers} had {3} requests in flight on average while all "
                               "should have been busy. Either "
                               "workers paused between requests or the records contradict themselves.")
