// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/base/libraries.h"

#include <dlfcn.h>
#include <string.h>

// A function without arguments, or one that takes which of its texts is wanted (0: the version), or a text.
static const struct {
  const char *name, *symbol;
  bool is_text;
} known[] = {
    {"libcurl", "curl_version", false},
    {"libevent", "event_get_version", false},
    {"libmicrohttpd", "MHD_get_version", false},
    {"OpenSSL", "OpenSSL_version", false},
    {"zlib", "zlibVersion", false},
    {"GSL", "gsl_version", true},
};

bool libraries_next(size_t *position, struct library *out) {
  while (*position < sizeof known / sizeof *known) {
    size_t i = (*position)++;
    void *symbol = dlsym(RTLD_DEFAULT, known[i].symbol);
    if (!symbol) continue;
    const char *version = known[i].is_text ? *(const char **)symbol : ((const char *(*)(int))symbol)(0);
    size_t len = strlen(known[i].name);
    bool repeats_name = strncmp(version, known[i].name, len) == 0 && version[len] != '\0';
    *out = (struct library){known[i].name, repeats_name ? version + len + 1 : version};
    return true;
  }
  return false;
}
