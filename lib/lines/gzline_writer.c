// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/stdio_fds.h"
#include "lib/base/thread.h"
#include "lib/lines/gzline_parts.h"

#define QUEUE_BYTES ((size_t)64 * 1024 * 1024)
#define FLUSH_INTERVAL_NS CLOCK_NS_PER_S
#define WRITE_AT_BYTES ((size_t)256 * 1024)  // so much is written before the interval is over
#define MEMBER_BYTES ((size_t)1024 * 1024)   // so much text goes into one member, unless a line is longer
#define KEPT_BYTES ((size_t)4 * 1024 * 1024) // a buffer that has grown over this is given back
#define PIECE_BYTES ((size_t)256 * 1024)
#define PACKED_EXTRA ((size_t)1024)           // for blocks that end where the level changes
#define FILE_CHECK_NS (400 * CLOCK_NS_PER_MS) // how often the file is checked to be there
// Run records of 480 bytes in members of 256 KiB, zlib 1.2.13: level 1 takes 2.1 us a record for a ratio
// of 4.5, level 3 takes 3.3 us for 4.8, level 6 8.6 us for 5.4 (chat traces: 2.8, 3.0, 3.3). CPU beside a
// measurement is dearer.
#define DEFLATE_LEVEL 1

struct gzline_writer {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t work;    // for the thread: there may be something to do
  pthread_cond_t settled; // for callers: bytes have left the queue, or an attempt has failed

  // Under the lock.
  struct buf gathered;
  int64_t oldest_ns; // when the first of the gathered lines came
  int64_t taken_oldest_ns,
      taken_total;      // the same of those that are written now; queued_total up to their end
  int64_t queued_total; // bytes ever queued, and of these written or lost
  int64_t settled_total;
  int64_t flush_until; // what a flush waits for, in bytes of queued_total
  int64_t waiting;     // callers that wait for room
  int64_t attempts_failed;
  bool closing;
  bool failed; // for good: every further line is lost
  struct gzline_counts counts;
  struct error first_error;
  struct buf first_line; // with its newline; it begins a new file where this one is lost
  int64_t file_lines;    // of this writer in the present file, without the first
  bool has_earlier;      // the file held something when it was opened

  // The thread's own.
  int64_t file_check_ns; // when the file is checked next
  struct buf taken;
  size_t taken_at;     // in `taken`: what is settled
  int64_t retry_at_ns; // after a failed attempt
  struct buf packed;
  z_stream deflater;

  // The thread's too, after opening.
  struct gzline_file file;

  // Constant after opening.
  enum gzline_full full;
  atomic_bool hurries; // but for this
  size_t queue_bytes, write_at_bytes;
  int64_t flush_interval_ns;
};

// Opening.

static enum status open_output(struct gzline_writer *writer, enum gzline_existing existing,
                               struct error *error) {
  bool needs_newline = false;
  writer->file.fd = STDOUT_FILENO;
  enum status status = STATUS_OK;
  if (strcmp(writer->file.path, "-") != 0) {
    status = gzline_file_open(&writer->file, existing, &needs_newline, &writer->counts.cut_bytes, error);
  } else if (!stdio_fds_output_is_open()) {
    status = status_fail(error, STATUS_IO, "standard output is not open for writing");
  }
  if (status) return status;
  if (needs_newline && buf_append_char(&writer->gathered, '\n'))
    return status_fail(error, STATUS_MEMORY, "%s: no memory", writer->file.path);
  writer->queued_total = writer->counts.queued_bytes = (int64_t)writer->gathered.len;
  writer->oldest_ns = clock_now_ns();
  if (writer->file.is_gzip &&
      deflateInit2(&writer->deflater, DEFLATE_LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return status_fail(error, STATUS_MEMORY, "%s: no memory", writer->file.path);
  return STATUS_OK;
}

// The thread.

// How many bytes of what is left in `taken` go into the next member: whole lines.
static size_t member_len(const struct gzline_writer *writer) {
  const char *at = writer->taken.data + writer->taken_at;
  size_t left = writer->taken.len - writer->taken_at;
  if (left <= MEMBER_BYTES) return left;
  const char *newline = memrchr(at, '\n', MEMBER_BYTES);
  if (!newline) newline = memchr(at + MEMBER_BYTES, '\n', left - MEMBER_BYTES);
  return newline ? (size_t)(newline - at) + 1 : left;
}

static enum status pack(struct gzline_writer *writer, const char *text, size_t len, struct error *error) {
  z_stream *z = &writer->deflater;
  buf_clear(&writer->packed);
  if (deflateReset(z) != Z_OK || buf_reserve(&writer->packed, deflateBound(z, len) + PACKED_EXTRA))
    return status_fail(error, STATUS_MEMORY, "%s: no memory to compress", writer->file.path);
  z->next_out = (Bytef *)writer->packed.data;
  z->avail_out = (uInt)writer->packed.capacity;
  z->next_in = (Bytef *)(uintptr_t)text;
  int result = deflateParams(z, DEFLATE_LEVEL, Z_DEFAULT_STRATEGY);
  for (size_t left = len; result == Z_OK;) { // piece by piece, so that hurry is obeyed within a long line
    size_t piece = left < PIECE_BYTES ? left : PIECE_BYTES;
    if (atomic_load(&writer->hurries)) result = deflateParams(z, Z_NO_COMPRESSION, Z_DEFAULT_STRATEGY);
    z->avail_in = (uInt)piece;
    left -= piece;
    if (result == Z_OK) result = deflate(z, left > 0 ? Z_NO_FLUSH : Z_FINISH);
  }
  if (result != Z_STREAM_END) return status_fail(error, STATUS_IO, "%s: cannot compress", writer->file.path);
  writer->packed.len = writer->packed.capacity - z->avail_out;
  return STATUS_OK;
}

static enum status write_member(struct gzline_writer *writer, const char *text, size_t len,
                                struct error *error) {
  enum status status = STATUS_OK;
  if (writer->file.is_gzip) {
    status = pack(writer, text, len, error);
    if (status) return status;
    text = writer->packed.data;
    len = writer->packed.len;
  }
  return gzline_file_write(&writer->file, text, len, error);
}

static int64_t count_lines(const char *text, size_t len) {
  int64_t lines = 0;
  for (const char *end = text + len; (text = memchr(text, '\n', (size_t)(end - text))); text++)
    lines++;
  return lines;
}

// All below run with the lock held.

static void settle(struct gzline_writer *writer, size_t len) {
  writer->taken_at += len;
  writer->settled_total += (int64_t)len;
  writer->counts.queued_bytes -= (int64_t)len;
  if (writer->taken_at == writer->taken.len) {
    if (writer->taken.capacity > KEPT_BYTES) buf_free(&writer->taken);
    if (writer->packed.capacity > KEPT_BYTES) buf_free(&writer->packed);
    buf_clear(&writer->taken);
    writer->taken_at = 0;
  }
}

static void lose_rest(struct gzline_writer *writer) {
  size_t left = writer->taken.len - writer->taken_at;
  if (left == 0) return;
  writer->counts.dropped += count_lines(writer->taken.data + writer->taken_at, left);
  settle(writer, left);
}

// The disk may have room again later; the lines wait in the queue until it is full.
static void note_failure(struct gzline_writer *writer, enum status status, const struct error *error) {
  if (writer->counts.write_status == STATUS_OK) {
    writer->counts.write_status = status;
    writer->first_error = *error;
  }
  writer->counts.failing = true;
  writer->attempts_failed++;
  writer->retry_at_ns = clock_now_ns() + writer->flush_interval_ns;
  if (writer->full == GZLINE_WAIT || !writer->file.is_regular) writer->failed = true;
  if (writer->failed || writer->closing) lose_rest(writer);
}

static bool is_due(const struct gzline_writer *writer, int64_t now_ns) {
  if (writer->closing) return true;
  if (writer->gathered.len == 0 && writer->taken.len == 0) return false;
  if (writer->flush_until > writer->settled_total) return true;
  if (writer->taken.len > 0) return now_ns >= writer->retry_at_ns;
  return writer->waiting > 0 || writer->gathered.len >= writer->write_at_bytes ||
         now_ns - writer->oldest_ns >= writer->flush_interval_ns;
}

// Goes on in a new file, with the first line at its head.
static enum status begin_again(struct gzline_writer *writer, struct error *error) {
  bool needs_newline = false;
  enum status status = gzline_file_reopen(&writer->file, &needs_newline, error);
  if (!status && needs_newline) status = write_member(writer, "\n", 1, error);
  if (!status && writer->settled_total > 0) // else it is still in the queue
    status = write_member(writer, writer->first_line.data, writer->first_line.len, error);
  if (status && writer->file.fd >= 0) {
    close(writer->file.fd);
    writer->file.fd = -1; // without its first line it is no file to go on with
  }
  return status;
}

// Counts what was in a file that is lost, and begins a new one.
static enum status check_file(struct gzline_writer *writer) {
  struct error error = {""};
  writer->file_check_ns = clock_now_ns() + FILE_CHECK_NS;
  if (!writer->file.is_regular || !gzline_file_is_lost(&writer->file)) return STATUS_OK;
  if (writer->file.fd >= 0 && (writer->file_lines > 0 || writer->has_earlier)) {
    writer->counts.lost_files++;
    if (writer->file_lines > 0) writer->counts.dropped += writer->file_lines;
    writer->has_earlier = false;
  }
  if (writer->file.fd >= 0 && writer->file_lines > 0) writer->file_lines = 0;
  pthread_mutex_unlock(&writer->lock);
  enum status status = begin_again(writer, &error);
  pthread_mutex_lock(&writer->lock);
  if (status) note_failure(writer, status, &error);
  return status;
}

static void wait_until_due(struct gzline_writer *writer) {
  while (!is_due(writer, clock_now_ns())) {
    if (writer->file.is_regular && clock_now_ns() >= writer->file_check_ns) {
      check_file(writer);
      continue;
    }
    bool is_idle = writer->gathered.len == 0 && writer->taken.len == 0;
    if (is_idle && !writer->file.is_regular) {
      pthread_cond_wait(&writer->work, &writer->lock);
      continue;
    }
    int64_t at_ns = is_idle                 ? writer->file_check_ns
                    : writer->taken.len > 0 ? writer->retry_at_ns
                                            : writer->oldest_ns + writer->flush_interval_ns;
    if (writer->file.is_regular && writer->file_check_ns < at_ns) at_ns = writer->file_check_ns;
    struct timespec until = {.tv_sec = at_ns / CLOCK_NS_PER_S, .tv_nsec = at_ns % CLOCK_NS_PER_S};
    pthread_cond_timedwait(&writer->work, &writer->lock, &until);
  }
}

static void write_taken(struct gzline_writer *writer) {
  while (writer->taken.len > 0) {
    struct error error = {""};
    const char *text = writer->taken.data + writer->taken_at;
    size_t len = member_len(writer);
    enum status status = check_file(writer);
    if (!status) {
      pthread_mutex_unlock(&writer->lock);
      status = write_member(writer, text, len, &error);
      pthread_mutex_lock(&writer->lock);
      if (status) note_failure(writer, status, &error);
    }
    if (!status) {
      writer->counts.failing = false;
      writer->counts.written_bytes = writer->file.end;
      writer->file_lines += count_lines(text, len);
      settle(writer, len);
    }
    pthread_cond_broadcast(&writer->settled);
    if (status) return;
  }
}

static void *run(void *context) {
  struct gzline_writer *writer = context;
  pthread_mutex_lock(&writer->lock);
  for (;;) {
    wait_until_due(writer);
    if (writer->taken.len == 0) {
      struct buf empty = writer->taken;
      writer->taken_oldest_ns = writer->oldest_ns;
      writer->taken_total = writer->queued_total;
      writer->taken = writer->gathered;
      writer->gathered = empty;
    }
    if (writer->taken.len == 0) { // closing
      check_file(writer);
      break;
    }
    if (writer->failed) {
      lose_rest(writer);
      pthread_cond_broadcast(&writer->settled);
    } else {
      write_taken(writer);
    }
    if (writer->flush_until > writer->settled_total && writer->counts.failing)
      writer->flush_until = writer->settled_total; // one attempt was made for it
  }
  pthread_mutex_unlock(&writer->lock);
  return NULL;
}

static enum status start_thread(struct gzline_writer *writer, struct error *error) {
  int result = thread_start(&writer->thread, run, writer);
  if (result != 0)
    return status_fail(error, STATUS_MEMORY, "%s: no thread to write with: %s", writer->file.path,
                       strerror(result));
  return STATUS_OK;
}

static void free_writer(struct gzline_writer *writer) {
  if (writer->file.is_gzip) deflateEnd(&writer->deflater);
  pthread_cond_destroy(&writer->work);
  pthread_cond_destroy(&writer->settled);
  pthread_mutex_destroy(&writer->lock);
  buf_free(&writer->gathered);
  buf_free(&writer->taken);
  buf_free(&writer->packed);
  buf_free(&writer->first_line);
  free(writer->file.path);
  free(writer);
}

enum status gzline_writer_open(const char *path, const struct gzline_options *options,
                               struct gzline_writer **out, struct error *error) {
  struct gzline_writer *writer = calloc(1, sizeof *writer);
  if (!writer) return status_memory(error);
  writer->file.fd = -1;
  writer->full = options->full;
  writer->queue_bytes = options->queue_bytes ? options->queue_bytes : QUEUE_BYTES;
  writer->write_at_bytes =
      writer->queue_bytes / 2 < WRITE_AT_BYTES ? writer->queue_bytes / 2 : WRITE_AT_BYTES;
  writer->flush_interval_ns = options->flush_interval_ns > 0 ? options->flush_interval_ns : FLUSH_INTERVAL_NS;
  pthread_mutex_init(&writer->lock, NULL);
  pthread_cond_init(&writer->settled, NULL);
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&writer->work, &monotonic);
  pthread_condattr_destroy(&monotonic);
  writer->file.path = strdup(path ? path : "-");
  enum status status = writer->file.path ? open_output(writer, options->existing, error)
                                         : status_fail(error, STATUS_MEMORY, "no memory");
  writer->counts.written_bytes = writer->file.end;
  writer->has_earlier = writer->file.end > 0;
  writer->file_lines = -1; // the first line begins the next file too
  if (status == STATUS_OK) status = start_thread(writer, error);
  if (status) {
    if (writer->file.fd > STDOUT_FILENO) close(writer->file.fd);
    free_writer(writer);
    return status;
  }
  *out = writer;
  return STATUS_OK;
}

// The caller's side.

static bool has_room(const struct gzline_writer *writer, size_t need) {
  return (size_t)writer->counts.queued_bytes + need <= writer->queue_bytes;
}

// STATUS_OK: there is room now.
static enum status make_room(struct gzline_writer *writer, size_t need) {
  if (writer->failed) return STATUS_IO;
  if (need > GZLINE_LINE_BYTES) return STATUS_LIMIT;
  if (has_room(writer, need)) return STATUS_OK;
  if (writer->full == GZLINE_DROP || need > writer->queue_bytes) return STATUS_LIMIT;
  int64_t since_ns = clock_now_ns();
  writer->waiting++;
  while (!has_room(writer, need) && !writer->failed) {
    pthread_cond_signal(&writer->work);
    pthread_cond_wait(&writer->settled, &writer->lock);
  }
  writer->waiting--;
  writer->counts.waited_ns += clock_now_ns() - since_ns;
  return writer->failed ? STATUS_IO : STATUS_OK;
}

enum status gzline_write(struct gzline_writer *writer, const char *line, size_t len) {
  size_t need = len + 1;
  pthread_mutex_lock(&writer->lock);
  enum status status = make_room(writer, need);
  if (status == STATUS_OK) {
    status = buf_reserve(&writer->gathered, need);
    writer->gathered.status = STATUS_OK;
    if (!status && writer->counts.lines == 0 && writer->file.is_regular)
      status = buf_printf(&writer->first_line, "%.*s\n", (int)len, line);
  }
  if (status) {
    writer->counts.dropped++;
  } else {
    size_t before = writer->gathered.len;
    buf_append(&writer->gathered, line, len);
    buf_append_char(&writer->gathered, '\n');
    writer->counts.lines++;
    writer->counts.bytes += (int64_t)len;
    writer->counts.queued_bytes += (int64_t)need;
    writer->queued_total += (int64_t)need;
    if (before == 0) writer->oldest_ns = clock_now_ns();
    bool enough = before < writer->write_at_bytes && writer->gathered.len >= writer->write_at_bytes;
    if (before == 0 || enough) pthread_cond_signal(&writer->work);
  }
  pthread_mutex_unlock(&writer->lock);
  return status;
}

struct gzline_counts gzline_writer_counts(struct gzline_writer *writer) {
  pthread_mutex_lock(&writer->lock);
  struct gzline_counts counts = writer->counts;
  bool is_gathered = writer->settled_total >= writer->taken_total;
  if (counts.queued_bytes > 0) counts.oldest_ns = is_gathered ? writer->oldest_ns : writer->taken_oldest_ns;
  pthread_mutex_unlock(&writer->lock);
  return counts;
}

void gzline_writer_hurry(struct gzline_writer *writer) {
  atomic_store(&writer->hurries, true);
}

bool gzline_writer_is_moved(struct gzline_writer *writer) {
  pthread_mutex_lock(&writer->lock);
  bool is_moved = gzline_file_is_moved(&writer->file);
  pthread_mutex_unlock(&writer->lock);
  return is_moved;
}

enum status gzline_writer_flush(struct gzline_writer *writer, struct error *error) {
  enum status status = STATUS_OK;
  pthread_mutex_lock(&writer->lock);
  int64_t until = writer->queued_total, failed_before = writer->attempts_failed;
  if (writer->flush_until < until) writer->flush_until = until;
  pthread_cond_signal(&writer->work);
  while (writer->settled_total < until && writer->attempts_failed == failed_before)
    pthread_cond_wait(&writer->settled, &writer->lock);
  if (writer->failed || writer->attempts_failed != failed_before)
    status = status_fail(error, writer->counts.write_status, "%s", writer->first_error.text);
  pthread_mutex_unlock(&writer->lock);
  return status;
}

enum status gzline_writer_close(struct gzline_writer *writer, struct gzline_counts *counts,
                                struct error *error) {
  if (!writer) return STATUS_OK;
  pthread_mutex_lock(&writer->lock);
  writer->closing = true;
  pthread_cond_signal(&writer->work);
  pthread_mutex_unlock(&writer->lock);
  pthread_join(writer->thread, NULL);
  if (writer->file.fd > STDOUT_FILENO && close(writer->file.fd) != 0 &&
      writer->counts.write_status == STATUS_OK) {
    writer->counts.failing = true;
    writer->counts.write_status =
        status_fail(&writer->first_error, STATUS_IO, "%s: %s", writer->file.path, strerror(errno));
  }
  enum status status = writer->failed || writer->counts.failing ? writer->counts.write_status : STATUS_OK;
  if (status) status_write(error, "%s", writer->first_error.text);
  if (counts) *counts = writer->counts;
  free_writer(writer);
  return status;
}
