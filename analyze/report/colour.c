// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/report/colour.h"

#include <math.h>
#include <stdio.h>

const struct colour colour_white = {255, 255, 255}, colour_night = {20, 23, 26};

static const double text_contrast = 4.6; // a little above what is asked, for the rounding of browsers

struct colour_text colour_hex(struct colour colour) {
  struct colour_text out;
  snprintf(out.text, sizeof out.text, "#%02X%02X%02X", (unsigned)colour.red, (unsigned)colour.green,
           (unsigned)colour.blue);
  return out;
}

static double linear(unsigned char channel) {
  double value = channel / 255.0;
  return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static double luminance(struct colour colour) {
  return 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue);
}

double colour_contrast(struct colour a, struct colour b) {
  double one = luminance(a) + 0.05, other = luminance(b) + 0.05;
  return one > other ? one / other : other / one;
}

static unsigned char towards(unsigned char from, unsigned char to, double share) {
  return (unsigned char)lround(from + share * (to - from));
}

struct colour colour_readable(struct colour colour, struct colour page, double least) {
  enum { STEPS = 50 };
  unsigned char end = luminance(page) > 0.18 ? 0 : 255;
  struct colour made = colour;
  for (int step = 1; step <= STEPS && colour_contrast(made, page) < least; step++) {
    double share = (double)step / STEPS;
    made = (struct colour){towards(colour.red, end, share), towards(colour.green, end, share),
                           towards(colour.blue, end, share)};
  }
  return made;
}

struct colour colour_at_night(struct colour colour) {
  enum { FAINTEST = 52 };
  if (colour.red != colour.green || colour.green != colour.blue)
    return colour_readable(colour, colour_night, text_contrast);
  unsigned char grey = (unsigned char)(255 - colour.red);
  if (grey < FAINTEST) grey = FAINTEST;
  return (struct colour){grey, grey, grey};
}
