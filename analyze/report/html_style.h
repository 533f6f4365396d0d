// SPDX-License-Identifier: GPL-3.0-or-later
//
// The style sheet and the script that html.c puts into every page.
#ifndef ANALYZE_REPORT_HTML_STYLE_H
#define ANALYZE_REPORT_HTML_STYLE_H

extern const char html_style_sheet[];
extern const char html_style_script[];

#endif
