// SPDX-License-Identifier: GPL-3.0-or-later
//
// Numbers that a user types: strict, with units and a range. Nothing may follow the number but its unit;
// white space, NaN and infinities are refused. Errors are STATUS_USAGE with a line that names the value and
// what is allowed; the caller puts the option's name before it. `out` is written on success only.
#ifndef LIB_BASE_UNITS_H
#define LIB_BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"

// "12", "1.5k", "2M": a whole number (k, M, G are powers of 1000) in [lo, hi].
enum status units_count(const char *text, int64_t lo, int64_t hi, int64_t *out, struct error *error) MUST_USE;

// "0.95", "1e-3" in [lo, hi].
enum status units_real(const char *text, double lo, double hi, double *out, struct error *error) MUST_USE;

// "0.05" or "5%" as a fraction in [lo, hi].
enum status units_fraction(const char *text, double lo, double hi, double *out, struct error *error) MUST_USE;

// "250ms", "5s", "2m", "1h", "10us", "100ns"; a bare number is seconds. In [lo_ns, hi_ns].
enum status units_duration_ns(const char *text, int64_t lo_ns, int64_t hi_ns, int64_t *out_ns,
                              struct error *error) MUST_USE;

// "64MiB", "1.5GB", "512": bytes (KiB, MiB, GiB are powers of 1024; kB, MB, GB of 1000; a trailing B may be
// left out).
enum status units_bytes(const char *text, int64_t lo, int64_t hi, int64_t *out, struct error *error) MUST_USE;

// "1,2,4" or "1-4,8" as numbers in [lo, hi], in the order given. At least one, no empty entry, none twice, at
// most `most`. The caller frees *out.
enum status units_list(const char *text, int64_t lo, int64_t hi, size_t most, int64_t **out, size_t *count,
                       struct error *error) MUST_USE;

// "HOST:PORT", "[::1]:PORT" or ":PORT" (loopback). The host goes to `host` (NUL-terminated, without
// brackets).
enum status units_host_port(const char *text, char *host, size_t host_size, uint16_t *port,
                            struct error *error) MUST_USE;

// For people: "1.50 s", "12.3 MiB" and the like, appended.
void units_print_duration(struct buf *out, int64_t ns);
void units_print_bytes(struct buf *out, int64_t bytes);

#endif
