// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/lines/gzline_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status use_existing(struct gzline_file *file, enum gzline_existing existing, int64_t size,
                                bool *needs_newline, int64_t *cut_bytes, struct error *error) {
  if (size == 0) return STATUS_OK;
  if (existing == GZLINE_REFUSE)
    return status_fail(error, STATUS_EXISTS, "%s: exists already (--force replaces it)", file->path);
  struct gzline_tail tail = {0};
  if (existing == GZLINE_APPEND) {
    enum status status = gzline_tail_find(file->path, file->is_gzip, &tail, error);
    if (status) return status;
    file->is_gzip = tail.gzip;
    *needs_newline = tail.needs_newline;
    *cut_bytes = size - tail.end;
  }
  if (tail.end != size && ftruncate(file->fd, tail.end) != 0)
    return status_fail(error, STATUS_IO, "%s: %s", file->path, strerror(errno));
  file->end = tail.end;
  return STATUS_OK;
}

static bool ends_with(const char *path, const char *ending) {
  size_t len = strlen(path), ending_len = strlen(ending);
  return len > ending_len && strcmp(path + len - ending_len, ending) == 0;
}

// A symbolic link is followed, as every program's -o does; protected directories are the kernel's matter.
enum status gzline_file_open(struct gzline_file *file, enum gzline_existing existing, bool *needs_newline,
                             int64_t *cut_bytes, struct error *error) {
  file->is_gzip = ends_with(file->path, ".gz") || ends_with(file->path, ".gz.part");
  file->fd = open(file->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
  if (file->fd < 0) {
    const char *words = errno == EISDIR ? "is a directory" : strerror(errno);
    return status_fail(error, STATUS_IO, "%s: %s", file->path, words);
  }
  struct stat about;
  if (fstat(file->fd, &about) != 0)
    return status_fail(error, STATUS_IO, "%s: %s", file->path, strerror(errno));
  if (!S_ISREG(about.st_mode)) return STATUS_OK; // a pipe or device takes what comes
  file->is_regular = true;
  file->has_name = about.st_nlink > 0;
  if (flock(file->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    return status_fail(error, STATUS_IO, "%s: another program is writing to it", file->path);
  return use_existing(file, existing, (int64_t)about.st_size, needs_newline, cut_bytes, error);
}

enum status gzline_file_write(struct gzline_file *file, const char *data, size_t len, struct error *error) {
  size_t left = len;
  while (left > 0) {
    ssize_t done = write(file->fd, data, left);
    if (done >= 0) {
      data += done;
      left -= (size_t)done;
    } else if (errno == EAGAIN) {
      poll(&(struct pollfd){.fd = file->fd, .events = POLLOUT}, 1, -1);
    } else if (errno != EINTR) {
      status_write(error, "%s: %s", file->path, strerror(errno));
      // What was written of a member would only be damage to a reader.
      if (file->is_regular && ftruncate(file->fd, file->end) != 0)
        return status_prefix(error, STATUS_IO, "could not cut back");
      return STATUS_IO;
    }
  }
  file->end += (int64_t)len;
  return STATUS_OK;
}

bool gzline_file_is_lost(const struct gzline_file *file) {
  struct stat about;
  if (!file->is_regular) return false;
  if (file->fd < 0) return true;
  if (fstat(file->fd, &about) != 0) return false;
  return (file->has_name && about.st_nlink == 0) || about.st_size < file->end;
}

bool gzline_file_is_moved(const struct gzline_file *file) {
  struct stat name, about;
  if (!file->is_regular) return false;
  return fstat(file->fd, &about) != 0 || stat(file->path, &name) != 0 || name.st_dev != about.st_dev ||
         name.st_ino != about.st_ino;
}

enum status gzline_file_reopen(struct gzline_file *file, bool *needs_newline, struct error *error) {
  struct stat about;
  struct gzline_file next = {.path = file->path, .fd = -1};
  bool is_cut = file->fd >= 0 && fstat(file->fd, &about) == 0 && about.st_nlink > 0;
  int64_t cut_bytes;
  if (file->fd >= 0) close(file->fd); // with its lock
  file->fd = -1;
  enum status status =
      gzline_file_open(&next, is_cut ? GZLINE_APPEND : GZLINE_REFUSE, needs_newline, &cut_bytes, error);
  if (status == STATUS_EXISTS)
    status_write(error, "%s: was removed, and another file has its name", file->path);
  if (status) {
    if (next.fd >= 0) close(next.fd);
    return status;
  }
  file->fd = next.fd;
  file->end = next.end;
  return STATUS_OK;
}
