// SPDX-License-Identifier: GPL-3.0-or-later
//
// Standard input, output and error of a program that was started without some of them (`tool <&- >&-`): what
// it opens next would get their numbers, and messages for a person would be written into a socket or a
// file.
#ifndef LIB_BASE_STDIO_FDS_H
#define LIB_BASE_STDIO_FDS_H

#include <stdbool.h>

#include "lib/base/status.h"

// To be called first in main. Holds those of the numbers 0 to 2 that are not open by descriptors that can be
// neither read nor written: either fails with EBADF, as if they were closed. STATUS_IO: it cannot.
enum status stdio_fds_hold(void) MUST_USE;

// True when standard input can be read, and standard output written.
bool stdio_fds_input_is_open(void);
bool stdio_fds_output_is_open(void);

#endif
