// SPDX-License-Identifier: GPL-3.0-or-later
//
// Up to which load the limits of --slo are kept: of the rates of an open loop, or of the levels of a closed
// one.
#ifndef ANALYZE_SLO_EDGE_H
#define ANALYZE_SLO_EDGE_H

#include "analyze/results/results.h"

// Writes results->slo_edge, once cells and loads are judged (slo_apply) and levels compared (recommend). Of
// an open loop it is the answer: results->load_answer then holds the same two loads.
//
// More load never makes a time shorter: so each limit's percentiles are fitted by isotonic regression on the
// ln scale, and an interval at one load bounds its neighbours (stat/isotonic.h). A load passes when every
// limit's upper bound keeps it, and fails when one limit's lower bound misses it, when too many of its
// requests failed, or when its queue grew. The estimate lies where the fit meets a limit, on a line between
// two loads in ln load; there is none beyond what was tested. STATUS_MEMORY.
enum status slo_edge_find(struct results *results, struct error *error) MUST_USE;

#endif
