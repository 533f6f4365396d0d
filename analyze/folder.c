// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const report_files[] = {"report.md", "report.html", "summary.json", "cells.csv", NULL};
static const char plots_name[] = "plots";

struct folder {
  char *path, *fresh, *old; // where it goes, where it is made, where what was there waits
  char *inner;              // the folder that was added
  bool replace, committed;
};

static bool is_report_file(const char *name) {
  for (size_t i = 0; report_files[i]; i++) {
    if (strcmp(name, report_files[i]) == 0) return true;
  }
  return false;
}

static bool is_plot_file(const char *name) {
  static const char *const endings[] = {".gp", ".dat", ".png", ".svg"};
  const char *dot = strrchr(name, '.');
  for (size_t i = 0; dot && i < sizeof endings / sizeof endings[0]; i++) {
    if (strcmp(dot, endings[i]) == 0) return true;
  }
  return false;
}

// The name of an entry that is not known, if there is one. False: the folder cannot be read.
static bool first_foreign(const char *path, bool (*known)(const char *name), char *foreign, size_t room) {
  DIR *dir = opendir(path);
  if (!dir) return false;
  struct dirent *entry;
  while (!foreign[0] && (entry = readdir(dir))) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (!known(entry->d_name)) snprintf(foreign, room, "%s", entry->d_name);
  }
  closedir(dir);
  return true;
}

static bool is_report_entry(const char *name) {
  return is_report_file(name) || strcmp(name, plots_name) == 0;
}

static enum status check_replaceable(const char *path, struct error *error) {
  char foreign[300] = "";
  if (!first_foreign(path, is_report_entry, foreign, sizeof foreign)) {
    return status_fail(error, STATUS_IO, "%s: %s", path, strerror(errno));
  }
  if (!foreign[0]) {
    char *plots = NULL;
    if (asprintf(&plots, "%s/%s", path, plots_name) < 0) return status_memory(error);
    struct stat info;
    if (lstat(plots, &info) == 0 &&
        (!S_ISDIR(info.st_mode) || !first_foreign(plots, is_plot_file, foreign, sizeof foreign)))
      snprintf(foreign, sizeof foreign, "%s", plots_name);
    free(plots);
  }
  if (!foreign[0]) return STATUS_OK;
  return status_fail(error, STATUS_EXISTS,
                     "%s: not replaced, since it holds '%s', which is no part of a report", path, foreign);
}

static enum status check_place(const char *path, bool force, bool *replace, struct error *error) {
  struct stat info;
  *replace = false;
  if (lstat(path, &info) != 0) {
    if (errno == ENOENT) return STATUS_OK;
    return status_fail(error, STATUS_IO, "%s: %s", path, strerror(errno));
  }
  if (!S_ISDIR(info.st_mode))
    return status_fail(error, STATUS_EXISTS, "%s: exists and is no directory", path);
  if (!force)
    return status_fail(error, STATUS_EXISTS, "%s: exists already (--force replaces a report)", path);
  *replace = true;
  return check_replaceable(path, error);
}

static void remove_known(const char *path, bool (*known)(const char *name)) {
  DIR *dir = opendir(path);
  struct dirent *entry;
  while (dir && (entry = readdir(dir))) {
    if (known(entry->d_name)) unlinkat(dirfd(dir), entry->d_name, 0);
  }
  if (dir) closedir(dir);
}

// Removes a report's files and then the folder, which fails if something else is in it.
static bool remove_report(const char *path) {
  char inner[PATH_MAX];
  snprintf(inner, sizeof inner, "%s/%s", path, plots_name);
  remove_known(inner, is_plot_file);
  rmdir(inner);
  for (size_t i = 0; report_files[i]; i++) {
    snprintf(inner, sizeof inner, "%s/%s", path, report_files[i]);
    unlink(inner);
  }
  return rmdir(path) == 0;
}

// The process number behind "NAME.new-"; -1: another entry.
static long maker_of(const char *entry, const char *name) {
  static const char infix[] = ".new-";
  size_t len = strlen(name);
  if (strncmp(entry, name, len) != 0 || strncmp(entry + len, infix, sizeof infix - 1) != 0) return -1;
  const char *digits = entry + len + sizeof infix - 1;
  if (!*digits || strlen(digits) > 9 || digits[strspn(digits, "0123456789")]) return -1;
  return strtol(digits, NULL, 10);
}

// Removes what programs that were killed have left of this folder.
static void sweep_abandoned(const char *path) {
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  char *parent = slash ? strndup(path, (size_t)(name - path)) : strdup(".");
  DIR *dir = parent ? opendir(parent) : NULL;
  struct dirent *entry;
  struct stat info;
  char *full = NULL;
  while (dir && (entry = readdir(dir))) {
    long maker = maker_of(entry->d_name, name);
    if (maker <= 0 || kill((pid_t)maker, 0) == 0 || errno != ESRCH) continue;
    if (asprintf(&full, "%s.new-%ld", path, maker) < 0) break;
    if (lstat(full, &info) == 0 && S_ISDIR(info.st_mode)) remove_report(full);
    free(full);
  }
  if (dir) closedir(dir);
  free(parent);
}

enum status folder_open(const char *path, bool force, struct folder **out, struct error *error) {
  bool replace;
  enum status status = check_place(path, force, &replace, error);
  if (status != STATUS_OK) return status;
  struct folder *folder = calloc(1, sizeof *folder);
  if (!folder) return status_memory(error);
  folder->replace = replace;
  sweep_abandoned(path);
  folder->path = strdup(path);
  if (!folder->path || asprintf(&folder->fresh, "%s.new-%ld", path, (long)getpid()) < 0) folder->fresh = NULL;
  if (!folder->fresh || asprintf(&folder->old, "%s.old-%ld", path, (long)getpid()) < 0) folder->old = NULL;
  if (!folder->old) {
    status = status_memory(error);
  } else if (mkdir(folder->fresh, 0777) != 0) {
    status = status_fail(error, STATUS_IO, "%s: %s", path, strerror(errno));
    folder->committed = true; // nothing of ours to remove
  }
  if (status != STATUS_OK) {
    folder_close(folder);
    return status;
  }
  *out = folder;
  return STATUS_OK;
}

enum status folder_add(struct folder *folder, const char *name, const char **path, struct error *error) {
  char *inner = NULL;
  if (asprintf(&inner, "%s/%s", folder->fresh, name) < 0) {
    return status_memory(error);
  }
  free(folder->inner);
  folder->inner = inner;
  if (mkdir(inner, 0777) != 0) return status_fail(error, STATUS_IO, "%s: %s", inner, strerror(errno));
  *path = inner;
  return STATUS_OK;
}

enum status folder_write(struct folder *folder, const char *name, const struct buf *contents,
                         struct error *error) {
  char *path = NULL;
  if (contents->status != STATUS_OK) return status_fail(error, contents->status, "%s: no memory", name);
  if (asprintf(&path, "%s/%s", folder->fresh, name) < 0) return status_memory(error);
  enum status status = STATUS_OK;
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  for (size_t done = 0; fd >= 0 && done < contents->len;) {
    ssize_t wrote = write(fd, contents->data + done, contents->len - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      status = status_fail(error, STATUS_IO, "%s/%s: %s", folder->path, name, strerror(errno));
      break;
    }
    done += (size_t)wrote;
  }
  if (fd < 0 || (close(fd) != 0 && status == STATUS_OK)) {
    status = status_fail(error, STATUS_IO, "%s/%s: %s", folder->path, name, strerror(errno));
  }
  free(path);
  return status;
}

enum status folder_commit(struct folder *folder, struct error *error) {
  if (folder->replace && rename(folder->path, folder->old) != 0) {
    return status_fail(error, STATUS_IO, "%s: %s", folder->path, strerror(errno));
  }
  if (rename(folder->fresh, folder->path) != 0) {
    int why = errno;
    if (folder->replace && rename(folder->old, folder->path) != 0) {
      return status_fail(error, STATUS_IO, "%s: %s (the old report is in %s)", folder->path, strerror(why),
                         folder->old);
    }
    return status_fail(error, STATUS_IO, "%s: %s", folder->path, strerror(why));
  }
  folder->committed = true;
  if (folder->replace && !remove_report(folder->old)) remove_report(folder->old); // memory may be back
  return STATUS_OK;
}

void folder_close(struct folder *folder) {
  if (!folder) return;
  if (!folder->committed && folder->fresh) remove_report(folder->fresh);
  free(folder->path);
  free(folder->fresh);
  free(folder->old);
  free(folder->inner);
  free(folder);
}
