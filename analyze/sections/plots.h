// SPDX-License-Identifier: GPL-3.0-or-later
//
// The report's pictures of cells and of the curve, described for plot.h.
#ifndef ANALYZE_CHAPTERS_PLOTS_H
#define ANALYZE_CHAPTERS_PLOTS_H

#include "analyze/sections/shown.h"

// Each adds its plot to the set, if there is one, and answers its name; NULL: there was nothing to draw. What
// of it is too much for one picture is said in `parent`.
const char *chapters_plot_overview(struct chapters *c, struct document_node *parent);
const char *chapters_plot_levels(struct chapters *c, struct document_node *parent);

// The cells of `shown`.
void chapters_plot_level(struct chapters *c, const struct workers_row *row,
                         const struct chapters_shown *shown, const char *name);

#endif
