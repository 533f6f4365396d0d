// SPDX-License-Identifier: GPL-3.0-or-later
//
// What records cost: writing a million request records to a .gz file, reading their lines and parsing them,
// beside zcat of the same file.
//
//   bench_record          the table
//   bench_record COUNT    so many are written, read and parsed once, for a counter of instructions
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/record/run.h"

#define ROUNDS 3

static int64_t records = 1000000;
static uint32_t noise_state = 1;

static int64_t noise(int64_t below) {
  noise_state = noise_state * 1664525U + 1013904223U;
  return (int64_t)(noise_state >> 4) * below >> 28;
}

static struct run_request make_request(int64_t i) {
  int64_t sent_ns = (i + 1) * 1234567;
  return (struct run_request){.session = i / 50000,
                              .trace = -1,
                              .workers = 24,
                              .batch = 48,
                              .rep = i / 48,
                              .index = i % 48,
                              .seq = i,
                              .intended_ns = sent_ns - noise(50000),
                              .ready_ns = sent_ns - noise(50000),
                              .sent_ns = sent_ns,
                              .ttfb_ns = noise(20000000),
                              .ttft_ns = noise(400000000),
                              .last_text_ns = noise(3000000000),
                              .latency_ns = noise(3000000000),
                              .status = 200,
                              .input_tokens = noise(1000),
                              .output_tokens = noise(500),
                              .events = noise(500),
                              .bytes = noise(100000),
                              .token_source = {"usage", 5},
                              .finish = {"stop", 4},
                              .itl_p50_ns = noise(10000000),
                              .itl_p99_ns = noise(40000000),
                              .itl_max_ns = noise(400000000),
                              .load_ns = -1,
                              .prompt_eval_ns = -1,
                              .eval_ns = -1,
                              .attempts = 1,
                              .retry_after_ns = -1,
                              .error = FAILURE_NONE};
}

static void print(const char *what, int64_t wall_ns, int64_t cpu_ns, double zcat_ns) {
  printf("%-34s %8.2f s %8.2f us %8.2f us %10.2f\n", what, clock_seconds(wall_ns),
         (double)wall_ns / (double)records / 1e3, (double)cpu_ns / (double)records / 1e3,
         (double)wall_ns / zcat_ns);
}

static enum status write_file(const char *path, struct gzline_counts *counts, struct error *error) {
  struct gzline_options options = {.existing = GZLINE_REPLACE, .full = GZLINE_WAIT};
  struct gzline_writer *writer = NULL;
  struct buf line = {0};
  enum status status = gzline_writer_open(path, &options, &writer, error);
  for (int64_t i = 0; i < records && status == STATUS_OK; i++) {
    struct run_request request = make_request(i);
    buf_clear(&line);
    run_format_request(&line, &request);
    status = line.status ? line.status : gzline_write(writer, line.data, line.len);
  }
  enum status closing = gzline_writer_close(writer, counts, error);
  buf_free(&line);
  return status ? status : closing;
}

static enum status read_file(const char *path, bool parse, struct error *error) {
  struct gzline_reader *reader = NULL;
  struct buf scratch = {0};
  struct run_record record;
  const char *line;
  size_t len;
  int64_t lines = 0;
  enum status status = gzline_reader_open(path, &reader, error);
  while (status == STATUS_OK && (status = gzline_read(reader, &line, &len, error)) == STATUS_OK) {
    lines++;
    if (parse) status = run_parse(line, len, &record, &scratch, error);
  }
  gzline_reader_close(reader);
  buf_free(&scratch);
  if (status == STATUS_END && lines != records) return status_fail(error, STATUS_FORMAT, "lines are missing");
  return status == STATUS_END ? STATUS_OK : status;
}

// The shortest of ROUNDS.
static enum status measure_read(const char *path, bool parse, int64_t *wall_ns, int64_t *cpu_ns,
                                struct error *error) {
  *wall_ns = INT64_MAX;
  *cpu_ns = 0;
  for (int round = 0; round < ROUNDS; round++) {
    int64_t start_ns = clock_now_ns(), start_cpu_ns = clock_cpu_ns();
    enum status status = read_file(path, parse, error);
    if (status) return status;
    if (clock_now_ns() - start_ns >= *wall_ns) continue;
    *wall_ns = clock_now_ns() - start_ns;
    *cpu_ns = clock_cpu_ns() - start_cpu_ns;
  }
  return STATUS_OK;
}

static double zcat_ns(const char *path) {
  char command[200];
  double best = -1;
  snprintf(command, sizeof command, "zcat %s >/dev/null", path);
  for (int round = 0; round < ROUNDS; round++) {
    int64_t start_ns = clock_now_ns();
    if (system(command) != 0) return -1;
    double ns = (double)(clock_now_ns() - start_ns);
    if (best < 0 || ns < best) best = ns;
  }
  return best;
}

static enum status measure(const char *path, struct error *error) {
  struct gzline_counts counts = {0};
  int64_t start_ns = clock_now_ns(), start_cpu_ns = clock_cpu_ns();
  enum status status = write_file(path, &counts, error);
  if (status) return status;
  int64_t write_ns = clock_now_ns() - start_ns, write_cpu_ns = clock_cpu_ns() - start_cpu_ns;
  double zcat = zcat_ns(path);
  if (zcat < 0) return status_fail(error, STATUS_NOT_FOUND, "zcat does not run");
  int64_t lines_ns, lines_cpu_ns, parse_ns, parse_cpu_ns;
  status = measure_read(path, false, &lines_ns, &lines_cpu_ns, error);
  if (status == STATUS_OK) status = measure_read(path, true, &parse_ns, &parse_cpu_ns, error);
  if (status) return status;
  printf("%-34s %10s %11s %11s %10s\n", "a million request records", "wall", "a record", "CPU of it",
         "of zcat");
  print("make, format, compress, write", write_ns, write_cpu_ns, zcat);
  print("zcat", (int64_t)zcat, (int64_t)zcat, zcat);
  print("read lines", lines_ns, lines_cpu_ns, zcat);
  print("read and parse", parse_ns, parse_cpu_ns, zcat);
  printf("%lld bytes a record, compressed %.2f times\n", (long long)(counts.bytes / records),
         (double)counts.bytes / (double)counts.written_bytes);
  return STATUS_OK;
}

int main(int argc, char **argv) {
  char directory[] = "/tmp/tidemark-bench-XXXXXX", path[64];
  struct error error = {""};
  struct gzline_counts counts;
  if (!mkdtemp(directory)) return 1;
  snprintf(path, sizeof path, "%s/run.jsonl.gz", directory);
  enum status status = STATUS_OK;
  if (argc > 1) {
    records = strtol(argv[1], NULL, 10);
    status = write_file(path, &counts, &error);
    if (status == STATUS_OK) status = read_file(path, true, &error);
  } else {
    status = measure(path, &error);
  }
  if (status) fprintf(stderr, "bench_record: %s\n", error.text);
  unlink(path);
  rmdir(directory);
  return status ? 1 : 0;
}
