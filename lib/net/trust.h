// SPDX-License-Identifier: GPL-3.0-or-later
//
// The certificates that a user names to be trusted, checked before a connection needs them.
#ifndef LIB_NET_TRUST_H
#define LIB_NET_TRUST_H

#include "lib/base/status.h"

// STATUS_OK when the file holds certificates in PEM, all of them well-formed. STATUS_IO: it cannot be read;
// STATUS_FORMAT: it holds none, or one that is broken; error is set, the path first.
enum status trust_check_file(const char *path, struct error *error) MUST_USE;

#endif
