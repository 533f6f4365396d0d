// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/record/recorder.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/clock.h"
#include "lib/sketch/sketch.h"
#include "replay/record/secret.h"

// What a lane prints before it asks for the lock.
struct texts {
  struct buf line, chunks;
};

struct recorder {
  struct gzline_writer *writer; // NULL: it collects
  struct buf collected;
  const struct work *work;
  struct buf line;
  struct texts *texts; // one for each lane
  int64_t lanes;
  pthread_mutex_t lock; // with several lanes: of what recorder_request changes
  int64_t start_ns;
  enum status status;
  struct run_end end;
  struct recorder_sums sums;
  struct sketch *sketch; // NULL: requests have records
  struct buf sketch_text;
  char first_failure[512]; // "": none yet
};

static struct json_slice slice(const char *text) {
  return text ? (struct json_slice){text, strlen(text)} : (struct json_slice){NULL, 0};
}

static void write_text(struct recorder *recorder, struct buf *line) {
  if (recorder->status == STATUS_OK) recorder->status = line->status;
  if (recorder->status == STATUS_OK && recorder->writer)
    recorder->status = gzline_write(recorder->writer, line->data, line->len);
  buf_clear(line);
}

static void write_line(struct recorder *recorder) {
  write_text(recorder, &recorder->line);
}

static void collect(struct recorder *recorder, struct buf *line) {
  buf_append(&recorder->collected, line->data, line->len);
  buf_append_char(&recorder->collected, '\n');
  if (!recorder->status) recorder->status = line->status;
  buf_clear(line);
}

// One lane alone takes no lock.
static void lock(struct recorder *recorder) {
  if (recorder->lanes > 1) pthread_mutex_lock(&recorder->lock);
}

static void unlock(struct recorder *recorder) {
  if (recorder->lanes > 1) pthread_mutex_unlock(&recorder->lock);
}

static int64_t since_start(const struct recorder *recorder, int64_t instant_ns) {
  return instant_ns < 0 ? -1 : instant_ns - recorder->start_ns;
}

int64_t recorder_since_start(const struct recorder *recorder, int64_t instant_ns) {
  return since_start(recorder, instant_ns);
}

// A run that is written over the trace it is drawn from would destroy it.
static enum status refuse_own_input(const struct recorder_settings *settings, struct error *error) {
  struct stat output, input;
  if (!settings->output || stat(settings->output, &output) != 0 || !S_ISREG(output.st_mode)) return STATUS_OK;
  for (size_t i = 0; i < settings->input_count; i++) {
    if (stat(settings->inputs[i], &input) == 0 && input.st_dev == output.st_dev &&
        input.st_ino == output.st_ino)
      return status_fail(error, STATUS_USAGE, "%s: input and output are the same file", settings->output);
  }
  return STATUS_OK;
}

static void write_header(struct recorder *recorder, const struct recorder_settings *settings) {
  struct run_header header = *settings->header;
  header.start_unix_s = clock_wall_s();
  recorder->start_ns = clock_now_ns();
  run_format_header(&recorder->line, &header);
  write_line(recorder);
}

enum status recorder_open(const struct recorder_settings *settings, struct recorder **out,
                          struct error *error) {
  struct gzline_options options = {.existing = settings->existing, .full = GZLINE_WAIT};
  enum status status = refuse_own_input(settings, error);
  if (status) return status;
  struct recorder *recorder = calloc(1, sizeof *recorder);
  if (!recorder) return status_memory(error);
  recorder->lanes = settings->lanes;
  recorder->texts = calloc((size_t)settings->lanes, sizeof *recorder->texts);
  if (!recorder->texts) status = status_memory(error);
  if (!status && !settings->collects)
    status = gzline_writer_open(settings->output, &options, &recorder->writer, error);
  if (status) {
    free(recorder->texts);
    free(recorder);
    return status;
  }
  if (settings->batches_alone && !(recorder->sketch = calloc(1, sizeof *recorder->sketch)))
    recorder->status = STATUS_MEMORY;
  recorder->work = settings->work;
  pthread_mutex_init(&recorder->lock, NULL);
  write_header(recorder, settings);
  *out = recorder;
  return STATUS_OK;
}

// A count of some response makes the sum known.
static void add_known(int64_t *sum, int64_t count) {
  if (count >= 0) *sum = (*sum < 0 ? 0 : *sum) + count;
}

static void sum_up(struct recorder_sums *sums, const struct run_request *record) {
  enum failure error = record->error;
  sums->requests++;
  if (error == FAILURE_CANCELLED) {
    sums->cancelled++;
    sums->cancelled_tokens += record->events;
  } else if (error != FAILURE_NONE) {
    sums->failed++;
  } else {
    add_known(&sums->input_tokens, record->input_tokens);
    add_known(&sums->output_tokens, record->output_tokens);
    add_known(&sums->cached_tokens, record->cached_tokens);
  }
  if (error != FAILURE_NONE) sums->errors[error]++;
}

// The times of a response's text events as a JSON array; none where they are not kept.
static struct json_slice print_chunks(struct buf *chunks, const struct request_result *result) {
  if (!result->chunks) return slice(NULL);
  struct json_writer w = JSON_WRITER(chunks);
  buf_clear(chunks);
  json_write_array(&w);
  for (size_t i = 0; i < result->chunks->count; i++)
    json_write_seconds(&w, result->chunks->at_ns[i] - result->sent_ns);
  json_write_array_end(&w);
  return (struct json_slice){chunks->data, chunks->len};
}

// A wrong model or base path fails everything, and the server's own message has the reason.
static void keep_first_failure(struct recorder *recorder, const struct run_request *record, const char *words,
                               const char *url) {
  enum failure error = record->error;
  char status[24] = "";
  if (error == FAILURE_NONE || error == FAILURE_CANCELLED || recorder->first_failure[0]) return;
  if (record->status > 0) snprintf(status, sizeof status, " (%lld)", (long long)record->status);
  const char *authority = strstr(url, "://");
  const char *path = authority ? authority + 3 + strcspn(authority + 3, "/") : "";
  snprintf(recorder->first_failure, sizeof recorder->first_failure, "%s%s%s%.*s%s%s", failure_name(error),
           status, path[0] ? " for " : "", (int)strcspn(path, "?"), path, words[0] ? ": " : "", words);
}

static void add_to_sketch(struct recorder *recorder, const struct run_request *record) {
  if (!record->warmup && recorder->status == STATUS_OK)
    recorder->status = sketch_add(recorder->sketch, record);
}

void recorder_request(struct recorder *recorder, int64_t lane, const struct recorder_batch *batch,
                      const struct request_result *result) {
  const struct response *response = result->response;
  bool has_gaps = result->text_gaps->count > 0;
  struct texts *texts = &recorder->texts[lane];
  char words[256];
  secret_copy_words(result, words, sizeof words);
  struct run_request record = {
      .session = batch->session,
      .workers = batch->workers,
      .batch = batch->batch,
      .rep = batch->rep,
      .index = result->index,
      .seq = result->request->seq,
      .trace = recorder->work->traces ? result->request->trace : -1,
      .copy = recorder->work->copies && !batch->warmup ? recorder->work->copies[result->index] : -1,
      .api = slice(recorder->work->several_apis ? api_name(result->request->api) : NULL),
      .warmup = batch->warmup,
      .rate = batch->rate,
      .intended_ns = since_start(recorder, result->intended_ns),
      .ready_ns = since_start(recorder, result->ready_ns),
      .sent_ns = since_start(recorder, result->sent_ns),
      .connect_ns = result->connect_ns,
      .ttfb_ns = result->ttfb_ns,
      .ttft_ns = result->ttft_ns,
      .ttfa_ns = response->first_answer_ns < 0 ? 0 : response->first_answer_ns - result->sent_ns,
      .last_text_ns = result->last_text_ns,
      .latency_ns = result->done_ns - result->sent_ns,
      .status = response->status > 0 ? response->status : -1,
      .input_tokens = response->input_tokens,
      .output_tokens = response->output_tokens,
      .cached_tokens = response->cached_tokens,
      .events = response->text_events,
      .bytes = response->bytes,
      .token_source = slice(token_source_name(response->token_source)),
      .finish = slice(response->finish[0] ? response->finish : NULL),
      .itl_p50_ns = has_gaps ? histogram_quantile(result->text_gaps, 0.5) : -1,
      .itl_p99_ns = has_gaps ? histogram_quantile(result->text_gaps, 0.99) : -1,
      .itl_max_ns = has_gaps ? result->text_gaps->max : -1,
      .load_ns = response->load_ns,
      .prompt_eval_ns = response->prompt_eval_ns,
      .eval_ns = response->eval_ns,
      .server_total_ns = response->total_ns,
      .chunks_s = print_chunks(&texts->chunks, result),
      .attempts = result->attempts,
      .retry_after_ns = result->retry_after_ns,
      .error = response->failure,
      .error_text = slice(words[0] ? words : NULL),
  };
  if (!recorder->sketch) run_format_request(&texts->line, &record);
  lock(recorder);
  if (recorder->sketch) add_to_sketch(recorder, &record);
  if (texts->chunks.status && !recorder->status) recorder->status = texts->chunks.status;
  sum_up(&recorder->sums, &record);
  recorder->end.requests += !recorder->sketch;
  keep_first_failure(recorder, &record, words, result->request->url);
  if (recorder->sketch) {
    buf_clear(&texts->line);
  } else if (recorder->writer) {
    write_text(recorder, &texts->line);
  } else {
    collect(recorder, &texts->line);
  }
  unlock(recorder);
}

void recorder_take(struct recorder *recorder, struct buf *out) {
  buf_clear(out);
  lock(recorder);
  struct buf taken = recorder->collected;
  recorder->collected = *out;
  if (!recorder->status) recorder->status = taken.status;
  unlock(recorder);
  *out = taken;
}

void recorder_set_start(struct recorder *recorder, int64_t start_ns) {
  recorder->start_ns = start_ns;
}

void recorder_add(struct recorder *recorder, struct json_slice line, const struct run_request *record) {
  char words[256] = "";
  if (record->error_text.data)
    snprintf(words, sizeof words, "%.*s", (int)(record->error_text.len < 200 ? record->error_text.len : 200),
             record->error_text.data);
  lock(recorder);
  sum_up(&recorder->sums, record);
  keep_first_failure(recorder, record, words, "");
  if (recorder->sketch) {
    add_to_sketch(recorder, record);
  } else {
    recorder->end.requests++;
    buf_append(&recorder->line, line.data, line.len);
    write_line(recorder);
  }
  unlock(recorder);
}

void recorder_start_batch(struct recorder *recorder, const struct recorder_batch *batch) {
  if (recorder->sketch)
    sketch_start(recorder->sketch, since_start(recorder, batch->start_ns), batch->schedule_ns);
  recorder->sums = (struct recorder_sums){.input_tokens = -1, .output_tokens = -1, .cached_tokens = -1};
}

const struct recorder_sums *recorder_sums(const struct recorder *recorder) {
  return &recorder->sums;
}

struct recorder_sums recorder_sums_now(struct recorder *recorder) {
  lock(recorder);
  struct recorder_sums sums = recorder->sums;
  unlock(recorder);
  return sums;
}

// Without a success nothing was made: 0 tokens, and nothing is unknown about that.
static int64_t tokens_of(const struct recorder_sums *sums, int64_t tokens) {
  return sums->failed + sums->cancelled == sums->requests ? 0 : tokens;
}

static struct run_batch make_batch(const struct recorder *recorder, const struct recorder_batch *batch,
                                   const struct audit_verdict *verdict,
                                   const struct recorder_metrics *metrics) {
  const struct recorder_sums *sums = &recorder->sums;
  struct run_batch record = {
      .session = batch->session,
      .workers = batch->workers,
      .batch = batch->batch,
      .rep = batch->rep,
      .warmup = batch->warmup,
      .start_ns = since_start(recorder, batch->start_ns),
      .requests = sums->requests,
      .failed = sums->failed,
      .cancelled = sums->cancelled,
      .cancelled_tokens = sums->cancelled_tokens,
      .input_tokens = tokens_of(sums, sums->input_tokens),
      .output_tokens = tokens_of(sums, sums->output_tokens),
      .cached_tokens = tokens_of(sums, sums->cached_tokens),
      .client_cpu = verdict->cpu,
      .lag_p50_ns = verdict->lag_p50_ns,
      .lag_p99_ns = verdict->lag_p99_ns,
      .lag_max_ns = verdict->lag_max_ns,
      .stall_max_ns = verdict->stall_max_ns,
      .valid = verdict->valid,
      .reason = verdict->reason,
      .ranks = verdict->ranks,
      .rate = NAN,
      .in_flight_mean = NAN,
      .characters_per_token = NAN,
      .fixed_tokens = NAN,
      .server_metrics = metrics->values,
      .server_metrics_left_out = metrics->left_out,
  };
  if (recorder->work->calibrate) {
    const struct synth_scale *scale = &recorder->work->calibrate->scale;
    record.characters_per_token = scale->characters_per_token;
    record.fixed_tokens = scale->fixed_tokens;
    record.calibrated = scale->calibrated;
  }
  memcpy(record.errors, sums->errors, sizeof record.errors);
  return record;
}

void recorder_batch(struct recorder *recorder, const struct recorder_batch *batch, int64_t total_ns,
                    const struct recorder_open_loop *open, const struct audit_verdict *verdict,
                    const struct recorder_metrics *metrics) {
  struct run_batch record = make_batch(recorder, batch, verdict, metrics);
  record.total_ns = total_ns;
  if (open) {
    record.timing = slice(open->timing);
    record.rate = open->rate;
    record.in_flight_mean = open->in_flight_mean;
    record.output_tokens = tokens_of(&recorder->sums, open->output_tokens);
  }
  if (recorder->sketch && !batch->warmup && recorder->status == STATUS_OK) {
    buf_clear(&recorder->sketch_text);
    recorder->status = sketch_write(recorder->sketch, &record, &recorder->sketch_text);
    if (recorder->status == STATUS_OK) recorder->status = recorder->sketch_text.status;
    record.sketch = (struct json_slice){recorder->sketch_text.data, recorder->sketch_text.len};
  }
  recorder->end.batches++;
  run_format_batch(&recorder->line, &record);
  write_line(recorder);
}

void recorder_session(struct recorder *recorder, const struct run_session *session) {
  struct run_session record = *session;
  record.start_ns = since_start(recorder, session->start_ns);
  record.ready_ns = since_start(recorder, session->ready_ns);
  record.state = slice(session->error.data ? "failed" : "ok");
  recorder->end.sessions++;
  run_format_session(&recorder->line, &record);
  write_line(recorder);
}

const char *recorder_first_failure(const struct recorder *recorder) {
  return recorder->first_failure;
}

enum status recorder_status(const struct recorder *recorder) {
  return recorder->status;
}

bool recorder_lost_file(const struct recorder *recorder) {
  return gzline_writer_counts(recorder->writer).lost_files > 0;
}

static void texts_free(struct texts *texts) {
  buf_free(&texts->line);
  buf_free(&texts->chunks);
}

enum status recorder_close(struct recorder *recorder, struct error *error) {
  if (!recorder) return STATUS_OK;
  run_format_end(&recorder->line, &recorder->end);
  write_line(recorder);
  enum status status = recorder->status;
  if (status) status_write(error, "run records: %s", status_name(status));
  struct gzline_counts counts;
  enum status closing = recorder->writer ? gzline_writer_close(recorder->writer, &counts, error) : STATUS_OK;
  if (recorder->writer && !closing && counts.lost_files > 0)
    closing = status_fail(error, STATUS_IO, "%lld run records are lost: their file was removed or cut",
                          (long long)counts.dropped);
  buf_free(&recorder->line);
  buf_free(&recorder->sketch_text);
  if (recorder->sketch) sketch_free(recorder->sketch);
  free(recorder->sketch);
  buf_free(&recorder->collected);
  for (int64_t i = 0; i < recorder->lanes; i++)
    texts_free(&recorder->texts[i]);
  free(recorder->texts);
  pthread_mutex_destroy(&recorder->lock);
  free(recorder);
  return closing ? closing : status;
}
