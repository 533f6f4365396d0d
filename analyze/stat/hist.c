// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/hist.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/stat/quantile.h"

#define MAX_OCTAVES 64

// A value in units of 2^unit_bits is u. Octave 0 holds u in [0, slots), octave k >= 1 holds [slots 2^(k-1),
// slots 2^k) in `slots` steps of 2^(k-1). slots is a power of two with 1/slots <= 10^-digits, and the unit is
// fine enough for `lowest`.
struct hist {
  int64_t lowest;
  int64_t highest;
  int digits;
  unsigned unit_bits;
  unsigned slot_bits;
  uint64_t *octaves[MAX_OCTAVES]; // NULL until a value falls into it
  uint64_t count;
  uint64_t below;
  uint64_t above;
  int64_t min;
  int64_t max;
  double sum;
};

static unsigned bit_length(uint64_t value) {
  return value ? 64 - (unsigned)__builtin_clzll(value) : 0;
}

enum status hist_new(int64_t lowest, int64_t highest, int digits, struct hist **hist, struct error *error) {
  if (digits < 1 || digits > 4)
    return status_fail(error, STATUS_USAGE, "%d digits: 1 to 4 are allowed", digits);
  if (lowest < 1 || highest <= lowest) {
    return status_fail(error, STATUS_USAGE, "a histogram from %lld to %lld: 1 <= lowest < highest",
                       (long long)lowest, (long long)highest);
  }
  struct hist *made = calloc(1, sizeof *made);
  if (!made) return stat_no_memory(error, "no memory for a histogram");
  made->lowest = lowest;
  made->highest = highest;
  made->digits = digits;
  uint64_t resolution = 1;
  for (int i = 0; i < digits; i++)
    resolution *= 10;
  made->slot_bits = bit_length(resolution - 1);
  uint64_t unit = (uint64_t)lowest >> made->slot_bits;
  made->unit_bits = unit ? bit_length(unit) - 1 : 0;
  *hist = made;
  return STATUS_OK;
}

void hist_free(struct hist *hist) {
  if (!hist) return;
  for (size_t i = 0; i < MAX_OCTAVES; i++)
    free(hist->octaves[i]);
  free(hist);
}

static size_t octave_bytes(const struct hist *hist) {
  return sizeof(uint64_t) << hist->slot_bits;
}

void hist_reset(struct hist *hist) {
  for (size_t i = 0; i < MAX_OCTAVES; i++) {
    if (hist->octaves[i]) memset(hist->octaves[i], 0, octave_bytes(hist));
  }
  hist->count = hist->below = hist->above = 0;
  hist->min = hist->max = 0;
  hist->sum = 0;
}

static uint64_t *slot_of(struct hist *hist, int64_t value) {
  uint64_t units = (uint64_t)value >> hist->unit_bits;
  unsigned length = bit_length(units), octave = length > hist->slot_bits ? length - hist->slot_bits : 0;
  if (!hist->octaves[octave]) hist->octaves[octave] = calloc(1, octave_bytes(hist));
  if (!hist->octaves[octave]) return NULL;
  uint64_t slot = octave ? (units >> (octave - 1)) - (UINT64_C(1) << hist->slot_bits) : units;
  return &hist->octaves[octave][slot];
}

enum status hist_record(struct hist *hist, int64_t value, uint64_t times, struct error *error) {
  if (times == 0) return STATUS_OK;
  if (value > hist->highest) {
    hist->above += times;
  } else {
    uint64_t *slot = slot_of(hist, value < hist->lowest ? hist->lowest : value);
    if (!slot) return stat_no_memory(error, "no memory for a histogram");
    *slot += times;
    if (value < hist->lowest) hist->below += times;
  }
  if (hist->count == 0 || value < hist->min) hist->min = value;
  if (hist->count == 0 || value > hist->max) hist->max = value;
  hist->count += times;
  hist->sum += (double)value * (double)times;
  return STATUS_OK;
}

enum status hist_merge(struct hist *into, const struct hist *from, struct error *error) {
  if (into->lowest != from->lowest || into->highest != from->highest || into->digits != from->digits) {
    return status_fail(error, STATUS_USAGE, "histograms of different range or digits cannot be merged");
  }
  if (from->count == 0) return STATUS_OK;
  for (size_t i = 0; i < MAX_OCTAVES; i++) {
    if (from->octaves[i] && !into->octaves[i]) into->octaves[i] = calloc(1, octave_bytes(into));
    if (from->octaves[i] && !into->octaves[i]) return stat_no_memory(error, "no memory for a histogram");
  }
  for (size_t i = 0; i < MAX_OCTAVES; i++) {
    for (size_t slot = 0; from->octaves[i] && slot < (size_t)1 << from->slot_bits; slot++) {
      into->octaves[i][slot] += from->octaves[i][slot];
    }
  }
  if (into->count == 0 || from->min < into->min) into->min = from->min;
  if (into->count == 0 || from->max > into->max) into->max = from->max;
  into->count += from->count;
  into->below += from->below;
  into->above += from->above;
  into->sum += from->sum;
  return STATUS_OK;
}

uint64_t hist_count(const struct hist *hist) {
  return hist->count;
}

uint64_t hist_below(const struct hist *hist) {
  return hist->below;
}

uint64_t hist_above(const struct hist *hist) {
  return hist->above;
}

int64_t hist_min(const struct hist *hist) {
  return hist->min;
}

int64_t hist_max(const struct hist *hist) {
  return hist->max;
}

double hist_mean(const struct hist *hist) {
  return hist->count ? hist->sum / (double)hist->count : 0;
}

static int64_t middle_of(const struct hist *hist, size_t octave, uint64_t slot) {
  uint64_t low = octave ? (slot + (UINT64_C(1) << hist->slot_bits)) << (octave - 1) : slot;
  uint64_t width = UINT64_C(1) << (octave ? octave - 1 : 0);
  low <<= hist->unit_bits;
  width <<= hist->unit_bits;
  return (int64_t)(low + width / 2);
}

int64_t hist_value_at_rank(const struct hist *hist, uint64_t rank) {
  if (hist->count == 0 || rank == 0) return 0;
  if (rank <= hist->below) return hist->min;
  uint64_t passed = 0;
  for (size_t octave = 0; octave < MAX_OCTAVES; octave++) {
    for (uint64_t slot = 0; hist->octaves[octave] && slot < UINT64_C(1) << hist->slot_bits; slot++) {
      passed += hist->octaves[octave][slot];
      if (passed < rank) continue;
      int64_t value = middle_of(hist, octave, slot);
      if (value < hist->min) return hist->min;
      return value > hist->max ? hist->max : value;
    }
  }
  return hist->max;
}

enum status hist_quantile(const struct hist *hist, double p, double confidence, struct ci *ci,
                          struct error *error) {
  uint64_t lo, hi;
  if (hist->count == 0) return status_fail(error, STATUS_NUMERIC, "no values");
  enum status status = quantile_ranks(hist->count, p, confidence, &lo, &hi, error);
  if (status) return status;
  uint64_t rank = quantile_rank(hist->count, p);
  *ci = (struct ci){.estimate = (double)hist_value_at_rank(hist, rank),
                    .lo = lo == 0 ? -INFINITY : (double)hist_value_at_rank(hist, lo),
                    .hi = hi > hist->count ? INFINITY : (double)hist_value_at_rank(hist, hi)};
  return STATUS_OK;
}
