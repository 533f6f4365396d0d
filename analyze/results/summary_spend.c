// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/results/summary_spend.h"

#include "analyze/results/results.h"

VALUE_VIEW(groups, spend, VALUE_OF_TEXT(spend_group_names[self->groups]))

VALUE_VIEW(spend_on, spend, VALUE_OF_TEXT(spend_on_names[self->on]))

const struct member summary_spend_members[] = {MEMBER_VIEW_OF("groups", groups),
                                               MEMBER(spend, group, "group", MEMBER_ESTIMATE_OR_NULL),
                                               MEMBER(spend, batch, "batch", MEMBER_ESTIMATE_OR_NULL),
                                               MEMBER(spend, requests, "requests", MEMBER_ESTIMATE_OR_NULL),
                                               MEMBER(spend, group_s, "group_s", MEMBER_NUMBER),
                                               MEMBER(spend, batch_s, "batch_s", MEMBER_NUMBER),
                                               MEMBER_VIEW_OF("spend_on", spend_on),
                                               MEMBER(spend, times, "times", MEMBER_NUMBER),
                                               MEMBER_END};

#define NEEDS(i)                                                                                             \
  {                                                                                                          \
    MEMBER(load, needs_s[i][0], "p50", MEMBER_POSITIVE),                                                     \
        MEMBER(load, needs_s[i][1], "p95", MEMBER_POSITIVE),                                                 \
        MEMBER(load, needs_s[i][2], "p99", MEMBER_POSITIVE), MEMBER_END                                      \
  }
static const struct member times[][4] = {NEEDS(0), NEEDS(1), NEEDS(2)};

const struct member summary_needs_members[] = {MEMBER_PART("ttft_s", times[0]),
                                               MEMBER_PART("latency_s", times[1]),
                                               MEMBER_PART("tpot_s", times[2]), MEMBER_END};
