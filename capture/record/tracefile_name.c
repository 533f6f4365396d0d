// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/record/tracefile_name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define TRACEFILE_NAME_MAX 4000
#define NUMBERS 1000000

// Where a number goes: before ".jsonl.gz" of "prod.jsonl.gz".
static size_t stem_len(const char *name) {
  const char *slash = strrchr(name, '/');
  const char *base = slash ? slash + 1 : name;
  size_t len = strlen(base);
  if (len > 3 && strcmp(base + len - 3, ".gz") == 0) len -= 3;
  const char *dot = memrchr(base, '.', len);
  if (dot && dot > base) len = (size_t)(dot - base);
  return (size_t)(base - name) + len;
}

// The name itself for 0. NULL: no memory.
static char *numbered(const char *name, int number) {
  char *made = NULL;
  if (number == 0) return strdup(name);
  size_t stem = stem_len(name);
  return asprintf(&made, "%.*s-%d%s", (int)stem, name, number, name + stem) < 0 ? NULL : made;
}

static char *with_part(const char *name) {
  char *made = NULL;
  return asprintf(&made, "%s.part", name) < 0 ? NULL : made;
}

static bool is_there(const char *path) {
  return access(path, F_OK) == 0;
}

// Who writes to a trace holds its lock (gzline.h).
static bool is_written(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  bool is_locked = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  if (fd >= 0) close(fd); // with the lock
  return is_locked;
}

enum status tracefile_name_unwritten(const char *name, char **out, struct error *error) {
  for (int number = 0; number < NUMBERS; number++) {
    *out = numbered(name, number);
    if (!*out) return status_memory(error);
    if (!is_written(*out)) return STATUS_OK;
    free(*out);
  }
  return status_fail(error, STATUS_EXISTS, "%s: all its numbers are taken", name);
}

enum status tracefile_name_choose(const char *pattern, bool continues, bool passes_over, char **part,
                                  char **final, struct error *error) {
  char name[TRACEFILE_NAME_MAX + 1];
  time_t now = time(NULL);
  struct tm when;
  if (!localtime_r(&now, &when) || strftime(name, sizeof name, pattern, &when) == 0)
    return status_fail(error, STATUS_USAGE, "'%s' gives no file name, or too long a one", pattern);
  for (int number = 0; number < NUMBERS; number++) {
    char *candidate = numbered(name, number);
    char *unfinished = candidate ? with_part(candidate) : NULL;
    if (!unfinished) {
      free(candidate);
      return status_memory(error);
    }
    bool is_left = is_there(unfinished);
    if (is_left ? continues && !(passes_over && is_written(unfinished)) : !is_there(candidate)) {
      *part = unfinished;
      *final = candidate;
      return STATUS_OK;
    }
    free(unfinished);
    free(candidate);
  }
  return status_fail(error, STATUS_EXISTS, "%s: all its numbers are taken", name);
}

// An errno; EEXIST when `final` is there. Some file systems cannot promise that: a look before must do.
static int give(const char *part, const char *final) {
  if (renameat2(AT_FDCWD, part, AT_FDCWD, final, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  if (is_there(final)) return EEXIST;
  return rename(part, final) ? errno : 0;
}

enum status tracefile_name_give(const char *part, const char *final, struct error *error) {
  int failed = EEXIST;
  for (int number = 0; failed == EEXIST && number < NUMBERS; number++) {
    char *candidate = numbered(final, number);
    if (!candidate) return status_memory(error);
    failed = give(part, candidate);
    free(candidate);
  }
  if (failed) return status_fail(error, STATUS_IO, "%s: cannot be renamed: %s", part, strerror(failed));
  return STATUS_OK;
}
