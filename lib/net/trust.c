// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/net/trust.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <string.h>

enum status trust_check_file(const char *path, struct error *error) {
  X509 *certificate;
  int count = 0;
  FILE *file = fopen(path, "re");
  if (!file) return status_fail(error, STATUS_IO, "%s: %s", path, strerror(errno));
  ERR_clear_error();
  while ((certificate = PEM_read_X509_AUX(file, NULL, NULL, NULL))) {
    X509_free(certificate);
    count++;
  }
  // No start line: the end of the file, or of what of it is PEM.
  unsigned long problem = ERR_peek_last_error();
  bool at_end = ERR_GET_LIB(problem) == ERR_LIB_PEM && ERR_GET_REASON(problem) == PEM_R_NO_START_LINE;
  bool unreadable = ferror(file) != 0;
  fclose(file);
  ERR_clear_error();
  if (unreadable) return status_fail(error, STATUS_IO, "%s: it cannot be read", path);
  if (!at_end) return status_fail(error, STATUS_FORMAT, "%s: a certificate in it is broken", path);
  if (count == 0) return status_fail(error, STATUS_FORMAT, "%s: no certificate in it (PEM is wanted)", path);
  return STATUS_OK;
}
