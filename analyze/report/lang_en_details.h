// SPDX-License-Identifier: GPL-3.0-or-later
//
// Part of lang_en.h: dependencies, the curve, loads, failures, facts, comparisons and pictures.

// dependencies in words
TEXT(LANG_EFFECT_WORKERS, STRONG("Effect of the number of parallel requests on performance:"))
TEXT(LANG_EFFECT_BATCH, STRONG("Effect of the batch size (batch_size) on performance:"))
TEXT(LANG_ADVICE, STRONG("Recommendations:"))
TEXT(LANG_STEP_RISES_RATIO, "From {0} to {1} workers throughput rises: ratio {2}{3}")
TEXT(LANG_STEP_FALLS_RATIO, "From {0} to {1} workers throughput falls: ratio {2}{3}")
TEXT(LANG_STEP_OPEN_RATIO, "From {0} to {1} workers no difference is established: ratio {2}{3}")
TEXT(LANG_STEP_RISES,
     "From {0} to {1} workers throughput rises: {4} to {5} {unit}/s, and the intervals do not overlap")
TEXT(LANG_STEP_FALLS,
     "From {0} to {1} workers throughput falls: {4} to {5} {unit}/s, and the intervals do not overlap")
TEXT(LANG_STEP_OPEN, "From {0} to {1} workers no difference is established: {4} and {5} {unit}/s, and the "
                     "intervals overlap")
TEXT(LANG_STEP_UNKNOWN, "From {0} to {1} workers: {4} and {5} {unit}/s were measured; without a known "
                        "spread nothing is concluded from that")
TEXT(LANG_RUN_RISES, "From {0} to {1} workers throughput rises at every step")
TEXT(LANG_RUN_FALLS, "From {0} to {1} workers throughput falls at every step")
TEXT(LANG_RUN_OPEN, "Between neighbouring levels from {0} to {1} workers no difference is established")
TEXT(LANG_RUN_UNKNOWN, "From {0} to {1} workers the spread is unknown, so nothing is concluded from "
                       "differences between levels")
TEXT(LANG_STEP_NOT_TESTED,
     "Workers between {0} and {1} were not tested: the border lies somewhere in ({0}, {1}]")
TEXT(LANG_STEP_UNUSABLE,
     "At {0} {0:worker|workers} there is no usable measurement: no throughput can be stated")
TEXT(LANG_STEP_FAILED, "At {0} {0:worker|workers} all requests failed: no throughput can be stated")
TEXT(LANG_LEVEL_BEST, "The best level is {0} workers: no other level reaches it")
TEXT(LANG_LEVEL_LARGEST, "The highest value was measured at {0} {0:worker|workers}; that this is the best "
                         "level is not established")
TEXT(LANG_LEVEL_LARGEST_STEADY, "While all workers are busy, throughput was highest at {0} "
                                "{0:worker|workers}; that this is the best level is not established")
TEXT(LANG_LEVELS_EQUAL,
     "The highest value was measured at {0} {0:worker|workers}; levels that cannot be told apart: {1}")
TEXT(LANG_FALL, "{0} (−{1}%)")
TEXT(LANG_FALL_PARTIAL, "{0} (−{1}%, partial wave)")
TEXT(LANG_FALLS_TESTED, "Established: throughput is lower than at the previous batch at (workers×batch) {0}")
TEXT(LANG_FALLS_PARTIAL, "Lower because the last wave is partial, not because of saturation: {0}")
TEXT(LANG_FALLS_MEASURED, "\"Throughput grows with the batch\" is contradicted by cells below the previous "
                          "batch (workers×batch): {0}; how much of that is chance is unknown")
TEXT(LANG_FALLS_WITHIN, "Lower than at the previous batch, but within the intervals, so not established: {0}")
TEXT(LANG_NO_FALLS, "Throughput is nowhere lower than at the previous batch")
TEXT(LANG_NO_LADDER, "No level was measured with more than one batch size, so nothing is known of it")
TEXT(LANG_LEVEL_CAPACITY, "workers {0}: {1}{2}")
TEXT(LANG_LEVELS_CAPACITY,
     "Total time at these levels is a constant part plus {units} / capacity, to within 3%: growth with "
     "the "
     "batch is the constant part spread over more {units}. Capacities ({unit}/s): {0}")
TEXT(LANG_LEVELS_EDGE, "The highest value lies on the largest batch tested at workers = {0}: no optimum is "
                       "established there")
TEXT(LANG_ADVICE_USE, "Use {0} {0:worker|workers} with batch {1}")
TEXT(LANG_ADVICE_CONFIRM, "{0} {0:worker|workers} with batch {1} measured highest; repeat it and its "
                          "neighbours before relying on it")
TEXT(LANG_ADVICE_HOLES, "Measure again, workers: {0} (failed between levels that work)")
TEXT(LANG_ADVICE_CLIFF, "Do not use {1} workers or more; measure between {0} and {1}")
TEXT(LANG_ADVICE_CLIFF_POSSIBLE,
     "Measure {0} and {1} workers again: a drop between them is possible, but not established")
TEXT(LANG_ADVICE_BATCH, "Measure batches above {0}")
TEXT(LANG_ADVICE_WORKERS, "Measure more than {0} {0:worker|workers}")
TEXT(LANG_ADVICE_REPEAT,
     "Repeat every cell (" CODE("replay -r 3") " or more), so that differences can be told from chance")
TEXT(LANG_RULE_OF_WORDS, "\"Rises\" and \"falls\" are said only where the interval of the ratio leaves out "
                         "1, or where the two intervals do not overlap.")

// the curve: 0 model, 1 n, 2 its interval, 3 throughput, 4 its interval, 5 least n, 6 and 7 fitted range
TEXT(LANG_OPTIMUM, "Capacity curve ({0}): the optimum is {1}{2} requests in flight, with {3} {unit}/s{4}; "
                   "fitted for n from {6} to {7}, and only as good as the model.")
TEXT(LANG_OPTIMUM_EXACT, "The interval of n allows for a misfit that the repetitions cannot show. For an "
                         "exact curve it is{0}; that of throughput takes the curve for exact.")
TEXT(LANG_OPTIMUM_AT_MIN, "Capacity curve ({0}): no optimum is established; it lies at {5} requests in "
                          "flight or more, without an upper bound (fitted: n from {6} to {7}).")
TEXT(LANG_OPTIMUM_EDGE, "Capacity curve ({0}): its peak, n = {1}{2}, lies at or beyond the edge of the "
                        "fitted range ({6} to {7}), so it is not established.")
TEXT(LANG_OPTIMUM_OPEN, "Capacity curve ({0}): its peak is at n = {1}{2}, but the data do not establish it.")
TEXT(LANG_OPTIMUM_NO_FALL,
     "Capacity curve ({0}): its peak is at {1}{2} requests in flight, with {3} {unit}/s{4}. The points "
     "themselves do not show that throughput is lower at n = {7}, so no optimum is established.")
TEXT(LANG_OPTIMUM_SHARED,
     "Points of one life of the server share its effect. An interval of this peak needs two passes over "
     "the plan or two runs, each with server sessions of its own and with four different n.")
TEXT(LANG_OPTIMUM_MONOTONE, "Capacity curve ({0}): it rises over the whole fitted range (n from {2} to "
                            "{1}), so there is no optimum in it.")
TEXT(LANG_OPTIMUM_FALLS, "Capacity curve ({0}): it falls over the whole fitted range (n from {2} to {1}), "
                         "so there is no optimum inside it.")
TEXT(LANG_OPTIMUM_DIPS, "Capacity curve ({0}): it falls and rises again (n from {2} to {1}), so it has a low "
                        "point and no optimum.")
// 1 and 2 fitted range, 3 the share
TEXT(LANG_OPTIMUM_LEVEL,
     "Capacity curve ({0}): throughput is level from n = {1} to {2}, to within {3}%, so there is no "
     "optimum in it: more requests in flight gain nothing.")
TEXT(LANG_OPTIMUM_PLATEAU, "Capacity curve ({0}): throughput rises up to n = {1} and stays level from "
                           "there (fitted up to {2}), so there is no single optimum.")
TEXT(LANG_OPTIMUM_BEND_OPEN, "Capacity curve ({0}): throughput rises up to about n = {1}; only n = {2} was "
                             "measured beyond, so that it stays level there is not established.")
TEXT(LANG_OPTIMUM_GATE, "No optimum is taken from a capacity curve: the replicates show that no model fits "
                        "(p {0}). Only the cells and their comparison count.")
TEXT(LANG_OPTIMUM_NO_MODEL, "No capacity curve: no model converged on the points.")
TEXT(LANG_OPTIMUM_FEW_N,
     "No capacity curve: the points have {0} {0:value|different values} of n, too few for any model.")
TEXT(LANG_POINTS_STEADY, "Points: {0}, batches while all workers were busy (n = workers)")
TEXT(LANG_POINTS_FULL_WAVES, "Points: {0}, cells of three or more full waves (n = workers)")
TEXT(LANG_POINTS_SINGLE_WAVE, "Points: {0}, single waves (batch not above the workers, n = batch)")
TEXT(LANG_POINTS_OPEN_LOOP, "Points: {0}, open-loop loads (n = mean in flight)")
TEXT(LANG_POINTS_FILE, "Points: {0}, from the file")
TEXT(LANG_RANGE_LOG, "Fitted for n from {0} to {1} ({2} {2:point|points}), on the logarithmic scale")
TEXT(LANG_RANGE_LINEAR, "Fitted for n from {0} to {1} ({2} {2:point|points}), on the linear scale")
TEXT(LANG_KNEE_FIT, "Knee: n = {0}{1} is the smallest that reaches 95% of the peak of the fit")
TEXT(LANG_KNEE_CELLS, "Knee: n = {0}{1} is the smallest that cannot be put more than 5% below the best cell")
TEXT(LANG_ROBUST,
     "With far points weighed down (bisquare weights) the peak lies at n = {0}, with {1} {unit}/s")
TEXT(LANG_BAND_AVERAGED, "No model stands out: the band averages all of them by their weights")
TEXT(LANG_LACK_OF_FIT_REJECTS, "Lack of fit: F = {0}, p {1}; the models are rejected")
TEXT(LANG_LACK_OF_FIT_PASSES, "Lack of fit: F = {0}, p {1}; the model is not rejected")
TEXT(LANG_LACK_OF_FIT_UNKNOWN, "Lack of fit: cannot be tested (that takes replicates, and more different n "
                               "than the model has parameters)")
TEXT(LANG_MODELS_MEAN,
     "Models are compared by AICc; the weight is the share of the evidence among those listed. " CODE(
         "usl") " is Gunther's Universal Scalability Law: lambda is the throughput of one request alone, "
                "sigma the share of work that must queue, kappa the cost that each request lays on all "
                "others; only kappa > 0 gives a peak.")

// levels, times, loads
TEXT(LANG_LEVEL_BEST_BATCH, STRONG("Best batch:") " {0}")
TEXT(LANG_LEVEL_BEST_BATCH_EDGE, STRONG("Best batch:") " {0} (edge of the tested range, not an optimum)")
TEXT(LANG_LEVEL_BEST_BATCH_LOWER,
     STRONG("Best batch:") " {0} (the smallest that is not a cold start, so no optimum is established)")
TEXT(LANG_LEVEL_BEST_RATE, STRONG("Highest throughput:") " {0} {unit} per second{1}")
TEXT(LANG_LEVEL_BEST_EQUALS, "The intervals of batch {0} overlap with it, so {1:it|they} may be as good.")
TEXT(LANG_LEVEL_FAILED_BATCH, STRONG("Best batch:") " none: all requests failed")
TEXT(LANG_LEVEL_FAILED_RATE, STRONG("Highest throughput:") " none: no request succeeded")
TEXT(LANG_LEVEL_UNUSABLE_BATCH, STRONG("Best batch:") " none: no usable measurement")
TEXT(LANG_LEVEL_UNUSABLE_RATE, STRONG("Highest throughput:") " none: no usable measurement")
TEXT(LANG_TIMES_MEAN, "Times are over successful requests; in brackets {0}% intervals.")
TEXT(LANG_TIMES_MEAN_ITL, "Times are over successful requests; in brackets {0}% intervals. ITL is per event, "
                          "and an event may carry several tokens.")
// 0 to 2: c0 and c1 in ms, c2 in us; 3: n; 4 and 5: predicted and measured time per token in ms
TEXT(LANG_STEP_TIME, "A step of the server takes {0} ms, {1} ms for each request in flight and {2} µs for "
                     "each of their squares: {4} ms per token at n = {3}")
TEXT(LANG_STEP_TIME_MEASURED,
     "A step of the server takes {0} ms, {1} ms for each request in flight and {2} µs for each of their "
     "squares: {4} ms per token at n = {3}, where the measured median TPOT is {5} ms")
TEXT(LANG_LOADS_MEAN,
     "Requests were sent at times of their own, without waiting for earlier ones. Start and "
     "drain of a repetition are left out. In brackets {0}% intervals: of rates over "
     "repetitions, of times over their requests, where those that follow each other count as "
     "fewer. A growing queue has no steady times.")
TEXT(LANG_TIME_WHOLE, "{0}, whole repetition")
// 0 the limits, 1 the highest rate that holds, 2 the lowest that does not, 3 why not
TEXT(LANG_LOADS_UP_TO,
     STRONG("Sustained load{0}:") " up to {1} {1:request|requests} per second. At {2} per second, {3}.")
TEXT(LANG_LOADS_ALL,
     STRONG("Sustained load{0}:") " {1} {1:request|requests} per second, the highest rate tested.")
TEXT(LANG_LOADS_NONE,
     STRONG(
         "Sustained load{0}:") " none. At {2} {2:request|requests} per second, the lowest rate tested, {3}.")
TEXT(LANG_LOADS_UNKNOWN,
     STRONG("Sustained load{0}:") " not known. The repetitions have too few requests to see a queue grow, "
                                  "or a limited time was not measured.")
// with limits: 1: kept for certain; higher rates are open
TEXT(LANG_LOADS_ABOVE_OPEN,
     STRONG("Sustained load{0}:") " {1} {1:request|requests} per second. Whether higher rates keep the "
                                  "limits is not decided.")
// 2: missed for certain, 3: why; lower rates are open
TEXT(LANG_LOADS_BELOW_OPEN,
     STRONG("Sustained load{0}:") " not decided below {2} {2:request|requests} per second. At {2} per "
                                  "second, {3}.")
TEXT(LANG_LOADS_UNDECIDED,
     STRONG("Sustained load{0}:") " not decided: at every rate with a valid measurement an "
                                  "interval reaches beyond a limit. More or longer "
                                  "repetitions would decide.")
// 0: a limit, 1: the load that meets it
TEXT(LANG_LOADS_ESTIMATE, "The measured times meet {0} at about {1}{2} {1:request|requests} per second.")
TEXT(LANG_LIMITS_ESTIMATE, "The measured times meet {0} at about {1} {1:worker|workers}.")
TEXT(LANG_LIMITS_UNEVEN, "The intervals contradict that more load is never faster: repeat these loads.")
TEXT(LANG_LOADS_NONE_VALID,
     STRONG("Sustained load{0}:") " not known. No repetition counts: the client was not in time in any.")
TEXT(LANG_LOADS_LIMITS, " within {0}")
TEXT(LANG_LOADS_FAIL, "{0}% of the requests fail")
TEXT(LANG_LOADS_QUEUE, "a queue grows: {0} of {1} requests per second are served")
TEXT(LANG_LOADS_GOOD, "{0}% of the requests are within the limits: goodput is {1} of {2} requests per second")
TEXT(LANG_LOADS_AND_QUEUE, ", and a queue grows")
// 0: a limit on a percentile, 1: its time
TEXT(LANG_LOADS_MISSED, "{0} is missed ({1})")
// 0 the rate, 1 and 2 its times
TEXT(LANG_LOADS_TIMES,
     "At {0} {0:request|requests} per second, time to first token (TTFT) p50 / p95 is {1} and latency {2}.")
TEXT(LANG_LOADS_LATENCY, "At {0} {0:request|requests} per second, latency p50 / p95 is {1}.")
TEXT(LANG_LOADS_GOODPUT, " Goodput: {0} requests per second, {1}% of the requests.")
TEXT(LANG_LOADS_TOO_SHORT, "At {0} {0:request|requests} per second, the repetitions are too short to promise "
                           "{1}: requests that follow each "
                           "other wait alike. About {2} each would do.")
TEXT(LANG_LOADS_SURE, " Both hold at {0}% confidence.")
TEXT(LANG_LOADS_OPEN, "Measured, but neither kept nor missed for certain: {0} requests per second.")
TEXT(LANG_LOADS_NOT_MEASURED, "Not measured: {0}.")
// 0: requests per second, 1: minutes, 2: their percentile
TEXT(LANG_DEMAND_RATE, "{0} requests per second")
TEXT(LANG_DEMAND_BUSIEST, "{0} requests per second, the busiest of {1} minutes")
TEXT(LANG_DEMAND_PERCENTILE, "{0} requests per second, which {2}% of {1} minutes do not exceed")
// 0: one of these, 1: servers that suffice, 2: too few
TEXT(LANG_DEMAND_BOTH, STRONG("Servers:") " {1} {1:keeps|keep} the limits at {0}; {2} {2:does|do} not.")
TEXT(LANG_DEMAND_SUFFICE,
     STRONG("Servers:") " {1} {1:keeps|keep} the limits at {0}. No number is shown to be too small.")
TEXT(LANG_DEMAND_TOO_FEW,
     STRONG("Servers:") " {2} {2:misses|miss} a limit at {0}. No number is shown to suffice.")
TEXT(LANG_DEMAND_OPEN,
     STRONG("Servers:") " not known at {0}: no number is shown to suffice or to be too small.")
TEXT(LANG_DEMAND_ESTIMATE, " The measured times meet the limits with about {0}.")
TEXT(LANG_DEMAND_ASSUMED,
     "Assumed: each server gets an equal share, is as fast as the measured one, and gets "
     "requests as long as those of the run.")
TEXT(LANG_DEMAND_LENGTHS, "The traffic's requests are of other lengths than the run's: {0} against {2} input "
                          "tokens, {1} against {3} "
                          "output tokens in the mean. Measure with this traffic.")
TEXT(LANG_COLUMN_SERVERS, "Servers")
TEXT(LANG_COLUMN_MINUTES_KEPT, "Minutes within the limits (%)")
TEXT(LANG_COLUMN_MINUTES_POSSIBLE, "At most (%)")
TEXT(LANG_LOADS_NOT_BETWEEN, "rates between {0} and {1} per second")
TEXT(LANG_LOADS_NOT_ABOVE, "rates above {0} per second")
TEXT(LANG_LOADS_NOT_BELOW, "rates below {0} per second")
TEXT(LANG_LOADS_NOT_REPEATED, "how repetitions differ (each rate was measured once)")

// failures, client, facts
TEXT(LANG_FAILURES_MEAN, "A failed request is counted as a failure, never as a request of no tokens. "
                         "Failure rates with {0}% intervals (Clopper–Pearson).")
TEXT(LANG_CLASS_UNKNOWN, "class unknown")
TEXT(LANG_PERCENT, "{0}%")
TEXT(LANG_CODE, CODE("{0}"))
TEXT(LANG_CLIENT_CPU, "Highest CPU share of the client: {0}%")
TEXT(LANG_CLIENT_LAG, "Highest p99 of its own delay in sending: {0} ms")
TEXT(LANG_CLIENT_VALID, "Batches left out because the client did not keep up: {0}")
// 0: how many
TEXT(LANG_APIS_MEAN, "The measured requests use {0} APIs. Their tokens and times are not comparable. The "
                     "figures above mix "
                     "them; measure one API at a time with a trace of its own.")
TEXT(LANG_CLIENT_INVALID, "Left out because the client did not keep up: {0} {0:batch|batches}")
TEXT(LANG_FACT_SOURCE, "Source")
TEXT(LANG_FACT_MODEL, "Model")
TEXT(LANG_FACT_URL, "Server")
TEXT(LANG_FACT_API, "API")
TEXT(LANG_FACT_HOST, "Host")
TEXT(LANG_FACT_SERVER, "Server command")
TEXT(LANG_FACT_TRACE, "Trace")
TEXT(LANG_FACT_SENT, "Requests as sent")
TEXT(LANG_FACT_TIMING, "Timing")
TEXT(LANG_FACT_START, "Start")
TEXT(LANG_FACT_PARTS, "Parts")
TEXT(LANG_FACT_PARTS_OF, "{0} files; their repetitions began within {1} of each other")
TEXT(LANG_FACT_TOOL, "Tool")
TEXT(LANG_FACT_SEED, "Seed")
TEXT(LANG_FACT_MEASURED, "Measured")
TEXT(LANG_FACT_COUNTS, "{1} {1:batch|batches}, {2} {2:request|requests} ({3} failed), {4} warm-up "
                       "{4:batch|batches}, {0} server {0:session|sessions}")
TEXT(LANG_FACT_COUNTS_TABLE, "{1} {1:batch|batches}, {2} {2:request|requests} ({3} failed)")
TEXT(LANG_FACT_COUNTS_MANAGED, "{1} {1:batch|batches}, {2} {2:request|requests} ({3} failed), {4} warm-up "
                               "{4:batch|batches}, {0} server {0:restart|restarts}")

// against a baseline: 0 its file, 1 ratio, 2 verdict
TEXT(LANG_COMPARED, "Against {0}: throughput is {1} of the baseline: {2}.")
TEXT(LANG_COMPARED_BARE, "Against {0}: throughput as a whole cannot be compared: {2}.")
TEXT(LANG_COMPARED_MISSING,
     "The baseline has cells that were not measured here (workers×batch): {0}. The comparison is over the "
     "common ones alone.")
TEXT(LANG_COMPARED_ALL, "All common cells together: ratio {0}, {1}")
TEXT(LANG_COMPARED_WITH, "The baseline is " CODE("{0}"))
TEXT(LANG_COMPARED_BY_BLOCKS, "The interval is over blocks: restarts of the server are part of it")
TEXT(LANG_COMPARED_BY_CELLS, "The interval is over the ratios of the cells")
TEXT(LANG_COMPARED_MARGIN,
     "\"Same\" means that the difference is for certain smaller than {0}% (two one-sided tests: the {1}% "
     "interval lies within, where the table has the {2}% interval); \"undecided\" that the data do not tell")
TEXT(LANG_COMPARED_RESTARTS,
     "A server was not managed, so its restarts were not measured: the intervals allow for {0}% "
     "between restarts (" CODE("--session-sd") ")")
TEXT(LANG_COMPARED_SLOWEST, "Cell {0} (workers×batch) is slower for certain: {1} of the baseline.")
TEXT(LANG_COMPARED_FASTEST, "Cell {0} (workers×batch) is faster for certain: {1} of the baseline.")
TEXT(LANG_COMPARED_BEST, "The best cell, {0}, against the best of the baseline, {1}: ratio {2}")
TEXT(LANG_REGRESSED,
     "This is a regression: slower by more than {0}% with certainty, as a whole or in one cell, "
     "or cells of the baseline fail now.")
TEXT(LANG_REPLICATES_NEEDED, "About {0} {0:replicate|replicates} of each run would decide it.")
TEXT(LANG_VERDICT_FASTER, "faster")
TEXT(LANG_VERDICT_SLOWER, "slower")
TEXT(LANG_VERDICT_SAME, "same")
TEXT(LANG_VERDICT_UNDECIDED, "undecided")
TEXT(LANG_VERDICT_MIXED, "mixed, the cells differ")
TEXT(LANG_VERDICT_FAILED, "fails now")
TEXT(LANG_HOLDS, "holds")
TEXT(LANG_HOLDS_NOT, "does not hold")
TEXT(LANG_LIMITS_KEPT, "kept")
TEXT(LANG_LIMITS_KEPT_OPEN, "kept, not for certain")
TEXT(LANG_LIMITS_MISSED, "missed")
TEXT(LANG_LIMITS_MISSED_OPEN, "missed, not for certain")

// pictures
TEXT(LANG_ALT_CURVE, "Throughput against requests in flight: {0} points from n = {1} to {2}, between {3} "
                     "and {4} {unit}/s, with the fitted curve where one stands")
TEXT(LANG_ALT_LEVELS, "Throughput against batch size, one line per number of workers")
TEXT(LANG_ALT_LEVEL, "Performance plot for {0} parallel {0:request|requests}")
TEXT(LANG_ALT_PARETO, "Throughput against the 95th percentile of latency: {0} cells, {1} of them on the "
                      "front; the front rises from {2} to {3} {unit}/s")
TEXT(LANG_ALT_PARETO_ONE, "Throughput against the 95th percentile of latency: {0} cells, one of which beats "
                          "all others in both, with {2} {unit}/s")
TEXT(LANG_ALT_DISTRIBUTION, "{0} by percentile of requests, one line for each of {1} cells; p50 from {2} "
                            "to {3}, p95 from {4} to {5}")
// 0 how many rates, 1 the lowest, 2 the highest
TEXT(LANG_ALT_LOADS, "Percentiles of time against the offered rate: {0} {0:rate|rates} from {1} to {2} "
                     "requests per second")
TEXT(LANG_ALT_SERVED,
     "Requests served against those offered: {0} {0:rate|rates} from {1} to {2} requests per second")
TEXT(LANG_ALT_COMPARISON,
     "Ratio to the baseline for each of {0} common cells with its interval; of all together {1}")
TEXT(LANG_CAPTION_CURVE, "Capacity curve: throughput with n requests in flight.")
TEXT(LANG_CAPTION_LEVELS,
     "Throughput against batch for each number of workers (failed and cold cells left out).")
TEXT(LANG_CAPTION_PARETO,
     "Each point is a cell; the line joins those that no other beats in both throughput and latency.")
TEXT(LANG_CAPTION_COMPARISON, "Above 1 is faster. An interval that leaves out 1 shows a difference; one "
                              "that lies within the band shows that there is none worth the name.")
TEXT(LANG_AXIS_RATE, "Throughput ({units}/s)")
TEXT(LANG_AXIS_IN_FLIGHT, "Requests in flight")
TEXT(LANG_AXIS_PERCENTILE, "Percentile of requests")
TEXT(LANG_AXIS_CELL, "Workers×batch")
TEXT(LANG_AXIS_LATENCY, "Latency (s)")
TEXT(LANG_AXIS_TIME, "Time (s)")
TEXT(LANG_AXIS_REQUESTS, "Requests per second")
TEXT(LANG_AXIS_TTFT, "Time to first token, TTFT (s)")
TEXT(LANG_AXIS_TPOT, "Time per output token, TPOT (ms)")
TEXT(LANG_AXIS_ITL, "Median gap between events of a response, ITL (ms)")
TEXT(LANG_PLOT_LEVEL_TITLE, "Throughput and total time, workers = {0}")
TEXT(LANG_PLOT_LEVELS_TITLE, "Throughput against batch")
TEXT(LANG_PLOT_CURVE_TITLE, "Capacity curve")
TEXT(LANG_PLOT_PARETO_TITLE, "Throughput against latency")
TEXT(LANG_PLOT_LOADS_TITLE, "Percentiles of time against the offered rate")
TEXT(LANG_PLOT_SERVED_TITLE, "Requests served against the offered rate")
TEXT(LANG_PLOT_EDGE_TITLE, "Up to which load {0} is kept")
TEXT(LANG_PLOT_PASSES, "kept up to {0}")
TEXT(LANG_PLOT_FAILS, "missed from {0}")
TEXT(LANG_ALT_EDGE,
     "{0} against load at {1} loads, with the highest that keeps it and the lowest that does not")
TEXT(LANG_PLOT_COURSE_TITLE, "Throughput over the time of the run")
TEXT(LANG_PLOT_COURSE, "batch")
TEXT(LANG_AXIS_COURSE_S, "Time since the run started (s)")
TEXT(LANG_AXIS_COURSE_MIN, "Time since the run started (min)")
TEXT(LANG_AXIS_COURSE_H, "Time since the run started (h)")
TEXT(LANG_AXIS_COURSE, "Throughput / mean of its cell")
TEXT(LANG_ALT_COURSE, "Throughput of {0} batches over the time of the run, each as a ratio to the "
                      "mean of its cell")
TEXT(LANG_CAPTION_COURSE,
     "Each point is a batch at its start. A slope is drift; points far below 1 are stalls.")
TEXT(LANG_CAPTION_COURSE_RESTARTS, "Each point is a batch at its start. A slope is drift; points far below 1 "
                                   "are stalls. Vertical lines: first batches after a server restart.")
TEXT(LANG_PLOT_SENT, "sent")
TEXT(LANG_PLOT_SERVED, "served")
TEXT(LANG_PLOT_GOODPUT, "goodput")
TEXT(LANG_PLOT_COMPARISON_TITLE, "Throughput against the baseline")
TEXT(LANG_PLOT_MARGIN, "within ±{0}%")
TEXT(LANG_PLOT_FRONT, "not beaten in both")
TEXT(LANG_PLOT_OTHER_CELLS, "other cells")
TEXT(LANG_PLOT_RATE, "Throughput ({units}/s)")
TEXT(LANG_PLOT_COLD, "cold start")
TEXT(LANG_PLOT_LEFT_OUT, "left out")
TEXT(LANG_PLOT_FAILED, "failed")
TEXT(LANG_PLOT_WORKERS, "W = {0}")
TEXT(LANG_PLOT_FITTED, "fitted points")
TEXT(LANG_PLOT_NOT_FITTED, "other points")
TEXT(LANG_PLOT_BAND, "{0}% band")
TEXT(LANG_PLOT_FIT, "fit ({0})")
TEXT(LANG_PLOT_OPTIMUM, "optimum n = {0}")
TEXT(LANG_PLOT_KNEE, "knee n = {0}")
