// SPDX-License-Identifier: GPL-3.0-or-later
//
// Colours that can be read: how much two of them differ, and the nearest shade of one that differs enough
// from a page. Contrast is that of WCAG 2.1 (relative luminance of sRGB; 1 to 21, and 4.5 is asked for text).
#ifndef ANALYZE_REPORT_COLOUR_H
#define ANALYZE_REPORT_COLOUR_H

struct colour {
  unsigned char red, green, blue;
};

// The pages that reports are read on.
extern const struct colour colour_white, colour_night;

struct colour_text {
  char text[8]; // "#0072B2"
};
struct colour_text colour_hex(struct colour colour);

double colour_contrast(struct colour a, struct colour b);

// `colour` made darker on a light page, lighter on a dark one, in steps of 2 % until the contrast is at least
// `least`; black or white where nothing less will do.
struct colour colour_readable(struct colour colour, struct colour page, double least);

// The colour that does on a dark page what `colour` does on a white one: greys trade places, so that a faint
// line stays faint; all others become light enough to be read.
struct colour colour_at_night(struct colour colour);

#endif
