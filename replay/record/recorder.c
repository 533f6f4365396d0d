// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/record/recorder.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "replay/record/secret.h"

// What a lane prints before it asks for the lock.
struct texts {
  struct buf line, chunks;
};

struct recorder {
  struct gzline_writer *writer;
  const struct work *work;
  struct buf line;
  struct texts *texts; // one for each lane
  int64_t lanes;
  pthread_mutex_t lock; // with several lanes: of what recorder_request changes
  int64_t start_ns;
  enum status status;
  struct run_end end;
  struct recorder_sums sums;
  char first_failure[512]; // "": none yet
};

static struct json_slice slice(const char *text) {
  return text ? (struct json_slice){text, strlen(text)} : (struct json_slice){NULL, 0};
}

static struct json_slice slice_of_buf(struct buf *text) {
  return slice(buf_text(text));
}

static void write_text(struct recorder *recorder, struct buf *line) {
  if (recorder->status == STATUS_OK) recorder->status = line->status;
  if (recorder->status == STATUS_OK) recorder->status = gzline_write(recorder->writer, line->data, line->len);
  buf_clear(line);
}

static void write_line(struct recorder *recorder) {
  write_text(recorder, &recorder->line);
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

static void print_host(struct buf *out) {
  struct utsname name;
  long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  if (uname(&name) == 0)
    buf_printf(out, "%s, %s %s %s, %ld CPUs", name.nodename, name.sysname, name.release, name.machine, cpus);
}

static void write_rates(struct json_writer *w, const struct opts *opts) {
  if (opts->request_rates_count == 1) {
    json_member_number(w, "rate", opts->request_rates[0]);
    return;
  }
  json_write_key(w, "rates");
  json_write_array(w);
  for (size_t i = 0; i < opts->request_rates_count; i++)
    json_write_number(w, opts->request_rates[i]);
  json_write_array_end(w);
}

// How an open loop is paced belongs to its plan.
static void write_pace(struct json_writer *w, const struct opts *opts) {
  json_write_object(w);
  json_member_int(w, "repeat", opts->repeat);
  if (opts->timing == OPTS_TIMING_RATE) {
    write_rates(w, opts);
    json_member_string(w, "arrival", schedule_arrival_names[opts->arrival]);
    json_member_number(w, "burstiness", opts->burstiness);
  } else {
    json_member_number(w, "speed", opts->speed);
    json_member_seconds(w, "max_idle_s", opts->max_idle_ns);
  }
  json_member_seconds(w, "duration_s", opts->duration_ns);
  if (opts->think == SEND_ORDER_THINK_RECORDED) json_member_string(w, "think_time", "recorded");
  if (opts->think == SEND_ORDER_THINK_FIXED) json_member_seconds(w, "think_time_s", opts->think_ns);
  json_write_object_end(w);
}

// Of several traces: which they are, so that a request can say of which it is.
static void write_traces(const struct opts *opts, const struct work *work, struct buf *out) {
  struct json_writer w = JSON_WRITER(out);
  if (!work->traces) return;
  json_write_array(&w);
  for (size_t i = 0; i < opts->traces.count; i++) {
    json_write_object(&w);
    json_member_string(&w, "name", opts->traces.items[i]);
    json_member_int(&w, "drawn", work->traces[i].drawn);
    json_member_string(&w, "digest", work->traces[i].digest);
    json_write_object_end(&w);
  }
  json_write_array_end(&w);
}

struct run_header recorder_identity(const struct opts *opts, const struct plan *plan, const struct work *work,
                                    bool cache_bust, struct buf *plan_text) {
  struct json_writer w = JSON_WRITER(plan_text);
  if (plan->cell_count > 0) {
    plan_write(&w, plan);
  } else {
    write_pace(&w, opts);
  }
  return (struct run_header){
      .version = RUN_VERSION,
      .model = slice(opts->model ? opts->model : work->model),
      .timing = slice(opts_timing_name(opts->timing)),
      .trace_digest = slice(work->digest),
      .sent_digest = slice(work->sent_digest),
      .order = slice(plan_order_name(opts->order)),
      .pick = slice(work_pick_names[opts->pick]),
      .dispatch = slice(opts_dispatch_name(opts->dispatch)),
      .max_tokens = opts->max_tokens > 0 ? opts->max_tokens : -1,
      .plan = slice_of_buf(plan_text),
      .seed = opts->seed,
      .repeat = plan->repeat_most,
      .warmup = opts->warmup,
      .http_version = opts->http_version,
      .cache_bust = cache_bust,
  };
}

static void write_header(struct recorder *recorder, const struct opts *opts, const struct plan *plan,
                         const struct work *work, bool cache_bust, bool resumes, int argc,
                         char *const *argv) {
  struct buf url = {0}, arguments = {0}, server = {0}, host = {0}, plan_text = {0}, traces = {0};
  endpoint_print_public(&opts->endpoint, &url);
  secret_print_arguments(argc, argv, &arguments);
  if (opts->server) secret_print_command(opts->server, &server);
  print_host(&host);
  write_traces(opts, work, &traces);
  struct run_header header = recorder_identity(opts, plan, work, cache_bust, &plan_text);
  header.start_unix_s = clock_wall_s();
  header.tool = slice("replay " TIDEMARK_VERSION);
  header.url = slice_of_buf(&url);
  header.api = slice(work_api_names[opts->api]);
  header.traces = work->traces ? slice_of_buf(&traces) : slice(NULL);
  header.host = slice_of_buf(&host);
  header.arguments = slice_of_buf(&arguments);
  header.server = opts->server ? slice_of_buf(&server) : slice(NULL);
  header.threads = opts->threads;
  header.resumes = resumes;
  recorder->start_ns = clock_now_ns();
  run_format_header(&recorder->line, &header);
  if (arguments.status || plan_text.status || traces.status) recorder->status = STATUS_MEMORY;
  write_line(recorder);
  buf_free(&url);
  buf_free(&arguments);
  buf_free(&server);
  buf_free(&host);
  buf_free(&plan_text);
  buf_free(&traces);
}

// A run that is written over the trace it is drawn from would destroy it.
static enum status refuse_own_input(const struct opts *opts, struct error *error) {
  struct stat output, input;
  if (!opts->output || stat(opts->output, &output) != 0 || !S_ISREG(output.st_mode)) return STATUS_OK;
  for (size_t i = 0; i < opts->traces.count; i++) {
    if (stat(opts->traces.items[i], &input) == 0 && input.st_dev == output.st_dev &&
        input.st_ino == output.st_ino)
      return status_fail(error, STATUS_USAGE, "%s: it cannot be read and written at once", opts->output);
  }
  return STATUS_OK;
}

enum status recorder_open(const struct opts *opts, const struct plan *plan, const struct work *work,
                          bool cache_bust, bool resumes, int argc, char *const *argv, struct recorder **out,
                          struct error *error) {
  struct gzline_options options = {
      .existing = opts->force                    ? GZLINE_REPLACE
                  : opts->append || opts->resume ? GZLINE_APPEND
                                                 : GZLINE_REFUSE,
      .full = GZLINE_WAIT,
  };
  enum status status = refuse_own_input(opts, error);
  if (status) return status;
  struct recorder *recorder = calloc(1, sizeof *recorder);
  if (!recorder) return status_fail(error, STATUS_MEMORY, "%s", status_name(STATUS_MEMORY));
  recorder->lanes = opts->threads;
  recorder->texts = calloc((size_t)opts->threads, sizeof *recorder->texts);
  status = recorder->texts ? gzline_writer_open(opts->output, &options, &recorder->writer, error)
                           : status_fail(error, STATUS_MEMORY, "%s", status_name(STATUS_MEMORY));
  if (status) {
    free(recorder->texts);
    free(recorder);
    return status;
  }
  recorder->work = work;
  pthread_mutex_init(&recorder->lock, NULL);
  write_header(recorder, opts, plan, work, cache_bust, resumes, argc, argv);
  *out = recorder;
  return STATUS_OK;
}

static enum run_error run_error_of(enum failure failure) {
  static const enum run_error errors[FAILURE_COUNT] = {
      [FAILURE_NONE] = RUN_ERROR_NONE,
      [FAILURE_CONNECT] = RUN_ERROR_CONNECT,
      [FAILURE_TLS] = RUN_ERROR_TLS,
      [FAILURE_TIMEOUT] = RUN_ERROR_TIMEOUT,
      [FAILURE_RESET] = RUN_ERROR_RESET,
      [FAILURE_TRUNCATED] = RUN_ERROR_TRUNCATED,
      [FAILURE_HTTP_429] = RUN_ERROR_HTTP_429,
      [FAILURE_HTTP_4XX] = RUN_ERROR_HTTP_4XX,
      [FAILURE_HTTP_5XX] = RUN_ERROR_HTTP_5XX,
      [FAILURE_PROTOCOL] = RUN_ERROR_PROTOCOL,
      [FAILURE_SERVER_ERROR] = RUN_ERROR_SERVER_ERROR,
      [FAILURE_EMPTY] = RUN_ERROR_EMPTY,
      [FAILURE_CANCELLED] = RUN_ERROR_CANCELLED,
  };
  return errors[failure];
}

// A count that some response says makes the sum known.
static void add_known(int64_t *sum, int64_t count) {
  if (count >= 0) *sum = (*sum < 0 ? 0 : *sum) + count;
}

static void sum_up(struct recorder_sums *sums, enum run_error error, const struct response *response) {
  sums->requests++;
  if (error == RUN_ERROR_CANCELLED) {
    sums->cancelled++;
  } else if (error != RUN_ERROR_NONE) {
    sums->failed++;
  } else {
    add_known(&sums->input_tokens, response->input_tokens);
    add_known(&sums->output_tokens, response->output_tokens);
    add_known(&sums->cached_tokens, response->cached_tokens);
  }
  if (error != RUN_ERROR_NONE) sums->errors[error]++;
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

// A wrong model or base path fails everything, and the server's own words say why.
static void keep_first_failure(struct recorder *recorder, enum run_error error,
                               const struct request_result *result) {
  char status[16] = "";
  if (error == RUN_ERROR_NONE || error == RUN_ERROR_CANCELLED || recorder->first_failure[0]) return;
  if (result->response->status > 0) snprintf(status, sizeof status, " (%d)", result->response->status);
  const char *authority = strstr(result->request->url, "://");
  const char *path = authority ? authority + 3 + strcspn(authority + 3, "/") : "";
  snprintf(recorder->first_failure, sizeof recorder->first_failure, "%s%s for %.*s%s%s",
           run_error_name(error), status, (int)strcspn(path, "?"), path, result->words[0] ? ": " : "",
           result->words);
}

void recorder_request(struct recorder *recorder, int64_t lane, const struct recorder_batch *batch,
                      const struct request_result *result) {
  const struct response *response = result->response;
  enum run_error error = run_error_of(response->failure);
  bool has_gaps = result->text_gaps->count > 0;
  struct texts *texts = &recorder->texts[lane];
  struct run_request record = {
      .session = batch->session,
      .workers = batch->workers,
      .batch = batch->batch,
      .rep = batch->rep,
      .index = result->index,
      .seq = result->request->seq,
      .trace = recorder->work->traces ? result->request->trace : -1,
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
      .itl_max_ns = has_gaps ? result->text_gaps->max_ns : -1,
      .load_ns = response->load_ns,
      .prompt_eval_ns = response->prompt_eval_ns,
      .eval_ns = response->eval_ns,
      .server_total_ns = response->total_ns,
      .chunks_s = print_chunks(&texts->chunks, result),
      .attempts = result->attempts,
      .retry_after_ns = result->retry_after_ns,
      .error = error,
      .error_text = slice(result->words[0] ? result->words : NULL),
  };
  run_format_request(&texts->line, &record);
  lock(recorder);
  if (texts->chunks.status && !recorder->status) recorder->status = texts->chunks.status;
  sum_up(&recorder->sums, error, response);
  recorder->end.requests++;
  keep_first_failure(recorder, error, result);
  write_text(recorder, &texts->line);
  unlock(recorder);
}

void recorder_start_batch(struct recorder *recorder) {
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

static void write_batch(struct recorder *recorder, const struct run_batch *record) {
  recorder->end.batches++;
  run_format_batch(&recorder->line, record);
  write_line(recorder);
}

void recorder_batch(struct recorder *recorder, const struct recorder_batch *batch, int64_t total_ns,
                    const struct audit_verdict *verdict, const struct recorder_metrics *metrics) {
  struct run_batch record = make_batch(recorder, batch, verdict, metrics);
  record.total_ns = total_ns;
  write_batch(recorder, &record);
}

void recorder_open_loop(struct recorder *recorder, const struct recorder_batch *batch,
                        const struct recorder_open_loop *open, const struct audit_verdict *verdict,
                        const struct recorder_metrics *metrics) {
  struct run_batch record = make_batch(recorder, batch, verdict, metrics);
  record.timing = slice(open->timing);
  record.rate = open->rate;
  record.in_flight_mean = open->in_flight_mean;
  record.output_tokens = tokens_of(&recorder->sums, open->output_tokens);
  record.total_ns = open->total_ns;
  write_batch(recorder, &record);
}

void recorder_session(struct recorder *recorder, const struct recorder_session *session) {
  struct run_session record = {
      .session = session->session,
      .workers = session->workers,
      .block = session->block,
      .start_ns = since_start(recorder, session->start_ns),
      .ready_ns = since_start(recorder, session->ready_ns),
      .state = slice(session->error ? "failed" : "ok"),
      .exit_code = session->exit_code,
      .error = slice(session->error),
  };
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
  enum status closing = gzline_writer_close(recorder->writer, NULL, error);
  buf_free(&recorder->line);
  for (int64_t i = 0; i < recorder->lanes; i++)
    texts_free(&recorder->texts[i]);
  free(recorder->texts);
  pthread_mutex_destroy(&recorder->lock);
  free(recorder);
  return closing ? closing : status;
}
