// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/input/load.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyze/input/load_reader.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/lines/gzline.h"

// One file's reader, of either kind.
struct feed {
  struct load_run *run;
  struct load_table *table;
};

// Run records are JSON objects, so the first byte that is not white space decides.
static bool looks_like_record(const char *line, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (line[i] != ' ' && line[i] != '\t') return line[i] == '{';
  }
  return false;
}

static enum status feed_line(struct load_data *data, struct feed *feed, const char *path, bool points,
                             const char *line, size_t len, struct error *error) {
  if (!feed->run && !feed->table) {
    enum status status;
    if (!points && looks_like_record(line, len)) {
      status = load_run_new(data, path, &feed->run);
    } else {
      status = load_table_new(data, path, points ? LOAD_TABLE_POINTS : LOAD_TABLE_CELLS, &feed->table);
    }
    if (status != STATUS_OK) return status_plain(error, status);
  }
  return feed->run ? load_run_line(feed->run, line, len, error)
                   : load_table_line(feed->table, line, len, error);
}

static enum status finish_table(struct load_data *data, struct feed *feed, const char *path,
                                const struct gzline_damage *damage, struct error *error) {
  enum status status = load_table_end(feed->table, error);
  if (status != STATUS_OK) return status;
  if (damage->places > 0 || damage->torn_end) {
    data->lost = true;
    load_notice_add(data, WARNING_DAMAGED_INPUT, -1, damage->places > 0 ? damage->places : 1, path);
  }
  return STATUS_OK;
}

// The same measurements must not count twice.
enum status load_note_identity(struct load_data *data, const char *path, struct error *error) {
  struct stat info;
  if (strcmp(path, "-") == 0 || stat(path, &info) != 0 || !S_ISREG(info.st_mode)) return STATUS_OK;
  struct load_identity identity = {info.st_dev, info.st_ino, info.st_size,
                                   info.st_mtim.tv_sec * CLOCK_NS_PER_S + info.st_mtim.tv_nsec};
  for (size_t i = 0; i < data->seen_count; i++) {
    const struct load_identity *seen = &data->seen[i];
    if (seen->device == identity.device && seen->inode == identity.inode && seen->bytes == identity.bytes &&
        seen->changed_ns == identity.changed_ns) {
      return status_fail(error, STATUS_FORMAT, "%s: read already", path);
    }
  }
  enum status status =
      array_grow(&data->seen, &data->seen_room, data->seen_count, sizeof *data->seen, LOAD_MAX_CELLS);
  if (status != STATUS_OK) return status_fail(error, status, "%s: %s", path, status_name(status));
  data->seen[data->seen_count++] = identity;
  return STATUS_OK;
}

static enum status read_all(struct load_data *data, const char *path, bool points, struct error *error) {
  struct gzline_reader *reader = NULL;
  struct feed feed = {0};
  enum status status = gzline_reader_open(path, &reader, error);
  if (status != STATUS_OK) return status;
  const char *line;
  size_t len;
  while ((status = gzline_read(reader, &line, &len, error)) == STATUS_OK ||
         (status == STATUS_LIMIT && feed.run)) {
    if (status == STATUS_LIMIT) {
      load_run_overlong(feed.run);
      continue;
    }
    if (!feed.table && gzline_is_blank(line, len) && (feed.run || gzline_reader_line_number(reader) > 1))
      continue;
    status = feed_line(data, &feed, path, points, line, len, error);
    if (status != STATUS_OK) break;
  }
  if (status == STATUS_END) {
    struct gzline_damage damage = gzline_reader_damage(reader);
    if (feed.run) {
      status = load_run_end(feed.run, &damage, error);
    } else if (feed.table) {
      status = finish_table(data, &feed, path, &damage, error);
    } else {
      status = status_fail(error, STATUS_FORMAT, damage.places > 0 ? "nothing in it can be read" : "empty");
    }
  }
  if (status != STATUS_OK)
    status_prefix(error, status, "%s", strcmp(path, "-") == 0 ? "standard input" : path);
  load_run_free(feed.run);
  load_table_free(feed.table);
  gzline_reader_close(reader);
  data->files++;
  return status;
}

enum status load_file(struct load_data *data, const char *path, struct error *error) {
  return read_all(data, path, false, error);
}

enum status load_curve_file(struct load_data *data, const char *path, struct error *error) {
  return read_all(data, path, true, error);
}

// A timed cell is known by the number of requests that its batches had on average.
static void name_timed(struct load_data *data) {
  for (size_t i = 0; i < data->cell_count; i++) {
    struct load_cell *cell = &data->cells[i];
    if (cell->batch > 0) continue;
    double requests = 0;
    for (size_t k = 0; k < cell->count; k++)
      requests += (double)cell->replicates[k].requests;
    for (size_t k = 0; k < cell->failing_count; k++)
      requests += (double)cell->failing[k].requests;
    size_t batches = cell->count + cell->failing_count;
    cell->timed = true;
    cell->batch = batches > 0 ? (int64_t)(requests / (double)batches + 0.5) : cell->workers;
  }
}

enum status load_finish(struct load_data *data, struct error *error) {
  if (load_replace_failed(data) != STATUS_OK) return status_memory(error);
  enum status counted = load_count_amounts(data, error);
  if (counted != STATUS_OK) return counted;
  load_find_cold(data);
  name_timed(data);
  for (size_t i = 0; i < data->cell_count; i++) {
    enum status status = load_cell_fold(&data->cells[i]);
    if (status != STATUS_OK) return status_plain(error, status);
  }
  load_note_unlike(data);
  return STATUS_OK;
}
