// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/report/lang_tables.h"

const char *const lang_en_loads[LANG_ID_COUNT] = {
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
    [LANG_LIMITS_REQUESTS] = "{0} for {1}% of requests",
    [LANG_LIMITS_AND] = " and ",
    [LANG_LIMITS_SHARE] = "{0}% of requests",
    [LANG_LOADS_MEAN] = "Requests were sent at times of their own, without waiting for earlier ones. Served "
                        "are the successes "
                        "that ended within the schedule. In brackets {0}% intervals: over the repetitions of "
                        "a rate, else over "
                        "its requests; for goodput the wider of both.",
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
    [LANG_LOADS_LIMITS] = " within {0}",
    [LANG_LOADS_FAIL] = "{0}% of the requests fail",
    [LANG_LOADS_QUEUE] = "a queue grows: {0} of {1} requests per second are served",
    [LANG_LOADS_GOOD] =
        "{0}% of the requests are within the limits: goodput is {1} of {2} requests per second",
    [LANG_LOADS_AND_QUEUE] = ", and a queue grows",
    [LANG_LOADS_MISSED] = "{0} is missed ({1})",
    [LANG_LOADS_TIMES] =
        "At {0} {0:request|requests} per second, time to first token p50 / p95 is {1} and latency {2}.",
    [LANG_LOADS_LATENCY] = "At {0} {0:request|requests} per second, latency p50 / p95 is {1}.",
    [LANG_LOADS_GOODPUT] = " Goodput: {0} requests per second, {1}% of the requests.",
    [LANG_LOADS_NOT_MEASURED] = "Not measured: {0}.",
    [LANG_LOADS_NOT_BETWEEN] = "rates between {0} and {1} per second",
    [LANG_LOADS_NOT_ABOVE] = "rates above {0} per second",
    [LANG_LOADS_NOT_BELOW] = "rates below {0} per second",
    [LANG_LOADS_NOT_REPEATED] = "how repetitions differ (each rate was measured once)",
    [LANG_ALT_LOADS] = "Percentiles of time against the offered rate: {0} {0:rate|rates} from {1} to {2} "
                       "requests per second",
    [LANG_ALT_SERVED] =
        "Requests served against those offered: {0} {0:rate|rates} from {1} to {2} requests per second",
};
