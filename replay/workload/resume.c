// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/workload/resume.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "replay/plan/schedule.h"
#include "replay/workload/calibrate.h"

static const double FIXED_TOKENS_MAX = 1e4; // a file may hold anything

// In this order: what of the requests is drawn depends on what stands before the trace.
static const char *const trait_names[RESUME_TRAITS] = {
    "--timing", "plan",         "--seed",       "--order",
    "--pick",   "--dispatch",   "--warmup",     "trace",
    "model",    "HTTP version", "--cache-bust", "form of the bodies (--max-tokens, --stream, ...)",
};

static void print_slice(struct json_slice text, struct buf *out) {
  if (text.data) buf_append(out, text.data, text.len);
}

// Older files have the arrival as its number.
static void print_plan(struct json_slice plan, struct buf *out) {
  struct json_slice arrival = json_scan_get(plan, "arrival");
  int64_t number;
  if (!json_scan_int64(arrival, &number) || number < 0 || number > SCHEDULE_ARRIVAL_GAMMA) {
    print_slice(plan, out);
    return;
  }
  const char *end = arrival.data + arrival.len;
  buf_printf(out, "%.*s\"%s\"%.*s", (int)(arrival.data - plan.data), plan.data,
             schedule_arrival_names[number], (int)(plan.data + plan.len - end), end);
}

static void print_trait(const struct run_header *header, int trait, struct buf *out) {
  switch (trait) {
  case 0: print_slice(header->timing, out); break;
  case 1: print_plan(header->plan, out); break;
  case 2: buf_printf(out, "%lld", (long long)header->seed); break;
  case 3: print_slice(header->order, out); break;
  case 4: print_slice(header->pick, out); break;
  case 5: print_slice(header->dispatch, out); break;
  case 6: buf_printf(out, "%lld", (long long)header->warmup); break;
  case 7: print_slice(header->trace_digest, out); break;
  case 8: print_slice(header->model, out); break;
  case 9: buf_printf(out, "%lld", (long long)header->http_version); break;
  case 10: buf_append_text(out, header->cache_bust ? "on" : "off"); break;
  default: print_slice(header->sent_digest, out); break;
  }
}

static enum status add_header(struct resume *resume, const struct run_header *header) {
  if (!header->resumes) {
    resume->done_count = 0;
    resume->has_scale = false;
  }
  resume->found = true;
  for (int i = 0; i < RESUME_TRAITS; i++) {
    buf_clear(&resume->traits[i]);
    print_trait(header, i, &resume->traits[i]);
    if (resume->traits[i].status) return resume->traits[i].status;
  }
  return STATUS_OK;
}

// A batch of a busy client, or of a server that was not there, is measured again.
static bool is_measured(const struct resume *resume, const struct run_batch *batch) {
  return (batch->valid || resume->keep_invalid) &&
         (batch->requests == 0 || batch->errors[FAILURE_CONNECT] < batch->requests);
}

static enum status add_batch(struct resume *resume, const struct run_batch *batch) {
  if (batch->warmup) return STATUS_OK;
  if (batch->characters_per_token >= 1 && batch->characters_per_token <= CALIBRATE_MAX &&
      fabs(batch->fixed_tokens) <= FIXED_TOKENS_MAX) {
    resume->has_scale = true;
    resume->scale = (struct synth_scale){batch->characters_per_token, batch->fixed_tokens, batch->calibrated};
  }
  if (!is_measured(resume, batch)) return STATUS_OK;
  if (resume->done_count == resume->done_room) {
    if (resume->done_room > PLAN_BATCHES_MAX) return STATUS_LIMIT;
    size_t more = resume->done_room ? 2 * resume->done_room : 64;
    struct plan_replicate *grown = realloc(resume->done, more * sizeof *grown);
    if (!grown) return STATUS_MEMORY;
    resume->done = grown;
    resume->done_room = more;
  }
  resume->done[resume->done_count++] = (struct plan_replicate){.workers = batch->workers,
                                                               .batch = batch->batch,
                                                               .rep = batch->rep,
                                                               .rate = batch->rate > 0 ? batch->rate : 0};
  return STATUS_OK;
}

static void count_session(struct resume *resume, int64_t session) {
  if (session >= resume->sessions) resume->sessions = session + 1;
}

static bool is_result(enum failure error) {
  static const enum failure of_the_request[] = {FAILURE_CONNECT,  FAILURE_TLS,      FAILURE_RESET,
                                                FAILURE_PROTOCOL, FAILURE_HTTP_4XX, FAILURE_CANCELLED};
  for (size_t i = 0; i < sizeof of_the_request / sizeof of_the_request[0]; i++) {
    if (error == of_the_request[i]) return false;
  }
  return true;
}

static enum status add_record(struct resume *resume, const struct run_record *record) {
  switch (record->kind) {
  case RUN_HEADER: return add_header(resume, &record->header);
  case RUN_SESSION: count_session(resume, record->session.session); return STATUS_OK;
  case RUN_REQUEST:
    count_session(resume, record->request.session);
    resume->has_result = resume->has_result || is_result(record->request.error);
    return STATUS_OK;
  case RUN_BATCH:
    count_session(resume, record->batch.session);
    resume->has_result = resume->has_result || record->batch.failed < record->batch.requests;
    return add_batch(resume, &record->batch);
  case RUN_END:
  case RUN_OTHER: break;
  }
  return STATUS_OK;
}

static enum status read_records(const char *path, struct resume *resume, struct error *error) {
  struct gzline_reader *reader;
  struct buf scratch = {0};
  struct run_record record;
  const char *line;
  size_t len;
  enum status status = gzline_reader_open(path, &reader, error);
  if (status) return status;
  while (!(resume->ends_at_result && resume->has_result) &&
         (status = gzline_read(reader, &line, &len, error)) == STATUS_OK) {
    if (gzline_is_blank(line, len)) continue;
    status = run_parse(line, len, &record, &scratch, error);
    if (status == STATUS_OK && (record.kind == RUN_OTHER && !resume->found))
      status = status_fail(error, STATUS_FORMAT, "it holds no run");
    if (status) {
      status_write_prefix(error, "line %lld", (long long)gzline_reader_line_number(reader));
      break;
    }
    status = add_record(resume, &record);
    if (status) {
      status_write(error, "%s", status_name(status));
      break;
    }
  }
  gzline_reader_close(reader);
  buf_free(&scratch);
  return status == STATUS_END ? STATUS_OK : status;
}

enum status resume_read(const char *path, bool keep_invalid, struct resume *out, struct error *error) {
  struct resume resume = {.keep_invalid = keep_invalid};
  struct stat file;
  if (stat(path, &file) == 0 && file.st_size > 0) {
    enum status status = read_records(path, &resume, error);
    if (status) {
      resume_free(&resume);
      return status_prefix(error, status, "%s", path);
    }
  }
  if (resume.done_count > 0)
    qsort(resume.done, resume.done_count, sizeof *resume.done, plan_replicate_compare);
  *out = resume;
  return STATUS_OK;
}

bool resume_is_barren(const char *path) {
  struct resume resume = {.ends_at_result = true};
  struct error error;
  struct stat file;
  bool is_run = stat(path, &file) == 0 && S_ISREG(file.st_mode) && file.st_size > 0 &&
                read_records(path, &resume, &error) == STATUS_OK && resume.found;
  bool is_barren = is_run && !resume.has_result;
  resume_free(&resume);
  return is_barren;
}

enum status resume_check(const struct resume *resume, const struct run_header *header, struct error *error) {
  if (!resume->found) return STATUS_OK;
  struct buf text = {0};
  enum status status = STATUS_OK;
  for (int i = 0; status == STATUS_OK && i < RESUME_TRAITS; i++) {
    const struct buf *was = &resume->traits[i];
    buf_clear(&text);
    print_trait(header, i, &text);
    if (text.status) {
      status = status_fail(error, text.status, "%s", status_name(text.status));
    } else if (i == RESUME_TRAITS - 1 && was->len == 0) {
      break; // written before that was recorded
    } else if (text.len != was->len || (text.len > 0 && memcmp(text.data, was->data, text.len) != 0)) {
      status =
          status_fail(error, STATUS_EXISTS, "the file holds another run: its %s differs (it was %.*s)",
                      trait_names[i], (int)(was->len < 200 ? was->len : 200), was->data ? was->data : "");
    }
  }
  buf_free(&text);
  return status;
}

void resume_free(struct resume *resume) {
  free(resume->done);
  for (int i = 0; i < RESUME_TRAITS; i++)
    buf_free(&resume->traits[i]);
  *resume = (struct resume){0};
}
