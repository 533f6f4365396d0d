// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/send/remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/json/json_write.h"
#include "lib/record/field.h"
#include "lib/record/run_reason.h"

#define POLL_NS (10 * CLOCK_NS_PER_MS)
#define ALIVE_NS CLOCK_NS_PER_S

enum { LINES_AT_ONCE = 500 }; // records before the loop gets its turn

enum kind { START, CANCEL, ALIVE, PAUSE, END, RECORDS, RESULT };

// RECORDS have lines behind `kind` instead.
struct message {
  int64_t kind;
  union {
    struct {
      struct remote_start start;
      struct synth_scale scale;
      bool has_scale, frozen;
    };
    struct remote_result result;
  };
};

struct peer {
  int64_t heard_ns;
  bool is_over;
  struct remote_result result;
};

struct remote {
  struct ranks *ranks;
  struct recorder *recorder;
  const struct work *work;
  const struct remote_handlers *handlers;
  void *context, *measurement;
  struct loop_timer *timer;
  struct peer *peers;
  int64_t pending, alive_ns;
  bool waits;         // for rank 0, however long
  bool is_lost;       // somebody is
  struct audit audit; // of the other ranks' requests
  struct buf message, records, scratch, list;
  size_t done; // bytes of `message`, when it is of records
  int64_t from;
  struct remote_start start;
  char host[REMOTE_HOST_BYTES];
};

int64_t remote_number(const struct remote *remote) {
  return remote ? ranks_number(remote->ranks) : 0;
}

int64_t remote_count(const struct remote *remote) {
  return remote ? ranks_count(remote->ranks) : 1;
}

int64_t remote_pending(const struct remote *remote) {
  return remote ? remote->pending : 0;
}

struct audit *remote_audit(struct remote *remote) {
  return &remote->audit;
}

static void lose(struct remote *remote, int64_t rank, const char *how) {
  char text[200];
  if (remote->is_lost) return;
  remote->is_lost = true;
  snprintf(text, sizeof text, "rank %lld%s%s %s", (long long)rank,
           remote->peers[rank].result.host[0] ? " on " : "", remote->peers[rank].result.host, how);
  remote->handlers->lost(remote->context, text);
}

static void tell(struct remote *remote, int64_t to, const void *message, size_t len) {
  if (ranks_send(remote->ranks, to, message, len)) lose(remote, to, "cannot be reached");
}

static void tell_all(struct remote *remote, const struct message *message) {
  for (int64_t i = 1; i < remote_count(remote); i++)
    tell(remote, i, message, sizeof *message);
}

static void hear_all(struct remote *remote) {
  for (int64_t i = 0; i < remote_count(remote); i++)
    remote->peers[i].heard_ns = clock_now_ns();
}

void remote_begin(struct remote *remote, void *measurement, struct remote_start *start) {
  const struct calibrate *calibrate = remote->work->calibrate;
  if (remote_number(remote) > 0) {
    start->nonce = remote->start.nonce;
    start->count = remote->start.count;
    return;
  }
  struct message message = {.kind = START, .start = *start, .has_scale = calibrate != NULL};
  if (calibrate) message.scale = calibrate->scale, message.frozen = calibrate->frozen;
  remote->measurement = measurement;
  remote->pending = remote_count(remote) - 1;
  audit_start(&remote->audit, 0);
  for (int64_t i = 0; i < remote_count(remote); i++)
    remote->peers[i].is_over = false;
  tell_all(remote, &message);
}

enum status remote_meet(struct remote *remote, int64_t delay_ns, int64_t *start_ns) {
  enum status status = ranks_meet(remote->ranks, REMOTE_SILENCE_NS);
  int64_t met_ns = clock_now_ns(), since_start_ns;
  if (status == STATUS_OK) status = ranks_share(remote->ranks, &delay_ns, REMOTE_SILENCE_NS);
  *start_ns = met_ns + delay_ns;
  since_start_ns = recorder_since_start(remote->recorder, *start_ns);
  if (status == STATUS_OK) status = ranks_share(remote->ranks, &since_start_ns, REMOTE_SILENCE_NS);
  if (remote_number(remote) > 0) recorder_set_start(remote->recorder, *start_ns - since_start_ns);
  hear_all(remote);
  if (status) lose(remote, remote_number(remote), "waited 15 s for another rank at the start of a batch");
  return status;
}

void remote_cancel(struct remote *remote) {
  if (!remote || remote_number(remote) > 0) return;
  remote->pending = 0;
  tell_all(remote, &(struct message){.kind = CANCEL});
}

void remote_open_loop(const struct remote *remote, double *in_flight_ns, double *tokens, bool *tokens_known) {
  for (int64_t i = 1; remote_number(remote) == 0 && i < remote_count(remote); i++) {
    const struct remote_result *result = &remote->peers[i].result;
    *in_flight_ns += result->in_flight_ns;
    *tokens_known |= result->output_tokens >= 0;
    if (result->output_tokens > 0) *tokens += (double)result->output_tokens;
  }
}

static int64_t later(int64_t a_ns, int64_t b_ns) {
  return a_ns > b_ns ? a_ns : b_ns;
}

static void add_worst(struct audit_verdict *all, const struct audit_verdict *one) {
  all->cpu = one->cpu > all->cpu ? one->cpu : all->cpu;
  all->lag_p50_ns = later(all->lag_p50_ns, one->lag_p50_ns);
  all->lag_p99_ns = later(all->lag_p99_ns, one->lag_p99_ns);
  all->lag_max_ns = later(all->lag_max_ns, one->lag_max_ns);
  all->stall_max_ns = later(all->stall_max_ns, one->stall_max_ns);
  if (all->valid) all->reason = one->reason;
  all->valid &= one->valid;
}

static void print_list(struct remote *remote) {
  static const struct field reason = {.name = "reason"};
  struct json_writer w = JSON_WRITER(&remote->list);
  buf_clear(&remote->list);
  json_write_array(&w);
  for (int64_t i = 0; i < remote_count(remote); i++) {
    const struct remote_result *result = &remote->peers[i].result;
    const struct audit_verdict *verdict = &result->verdict;
    json_write_object(&w);
    json_member_int(&w, "rank", i);
    json_member_string(&w, "host", result->host);
    json_member_number(&w, "cpu", verdict->cpu);
    json_member_duration(&w, "lag_p99_s", verdict->lag_p99_ns);
    json_member_duration(&w, "stall_max_s", verdict->stall_max_ns);
    json_member_bool(&w, "valid", verdict->valid);
    run_reason_write(&w, &reason, &(struct run_batch){.reason = verdict->reason});
    json_write_object_end(&w);
  }
  json_write_array_end(&w);
}

bool remote_conclude(struct remote *remote, struct audit *audit, struct audit_verdict *verdict,
                     int64_t *total_ns) {
  bool complete = true;
  struct audit_verdict all;
  if (!remote || remote_number(remote) > 0) return true;
  remote->peers[0].result.verdict = *verdict;
  memcpy(remote->peers[0].result.host, remote->host, sizeof remote->host);
  audit_merge(audit, &remote->audit);
  audit_finish(audit, audit->start_ns, 0, 0, &all);
  verdict->ttft_p50_ns = all.ttft_p50_ns;
  verdict->ttft_p95_ns = all.ttft_p95_ns;
  verdict->latency_p50_ns = all.latency_p50_ns;
  for (int64_t i = 1; i < remote_count(remote); i++) {
    const struct remote_result *result = &remote->peers[i].result;
    complete &= result->complete;
    *total_ns = later(*total_ns, result->total_ns);
    add_worst(verdict, &result->verdict);
  }
  print_list(remote);
  verdict->ranks = (struct json_slice){buf_text(&remote->list), remote->list.len};
  return complete;
}

static void send_records(struct remote *remote) {
  static const int64_t kind = RECORDS;
  recorder_take(remote->recorder, &remote->records);
  if (remote->records.len == 0) return;
  buf_clear(&remote->scratch);
  buf_append(&remote->scratch, &kind, sizeof kind);
  buf_append(&remote->scratch, remote->records.data, remote->records.len);
  if (remote->scratch.status) {
    lose(remote, remote_number(remote), "has no memory for its records");
  } else {
    tell(remote, 0, remote->scratch.data, remote->scratch.len);
  }
}

void remote_report(struct remote *remote, const struct remote_result *result) {
  struct message message = {.kind = RESULT, .result = *result};
  memcpy(message.result.host, remote->host, sizeof remote->host);
  send_records(remote);
  tell(remote, 0, &message, sizeof message);
}

// Some of the lines that have come. True: there are more.
static bool add_records(struct remote *remote) {
  const char *end = remote->message.data + remote->message.len;
  for (int i = 0; i < LINES_AT_ONCE; i++) {
    const char *line = remote->message.data + remote->done;
    const char *newline = line < end ? memchr(line, '\n', (size_t)(end - line)) : NULL;
    struct run_record record;
    if (!newline) return false;
    size_t len = (size_t)(newline - line);
    remote->done += len + 1;
    if (run_parse(line, len, &record, &remote->scratch, NULL) || record.kind != RUN_REQUEST) continue;
    recorder_add(remote->recorder, (struct json_slice){line, len}, &record.request);
    if (remote->pending > 0) remote->handlers->record(remote->measurement, &record.request);
  }
  return true;
}

static void on_result(struct remote *remote, const struct remote_result *result) {
  struct peer *peer = &remote->peers[remote->from];
  if (peer->is_over || remote->pending == 0) return; // it was given up
  peer->is_over = true;
  peer->result = *result;
  peer->result.verdict.ranks = peer->result.verdict.reason.text = (struct json_slice){NULL, 0};
  remote->pending--;
  remote->handlers->over(remote->measurement);
}

static void on_start(struct remote *remote, const struct message *message) {
  remote->start = message->start;
  if (message->has_scale && remote->work->calibrate) {
    remote->work->calibrate->scale = message->scale;
    remote->work->calibrate->frozen = message->frozen;
  }
  remote->handlers->start(remote->context, &remote->start);
}

static void on_message(struct remote *remote) {
  struct message message;
  remote->peers[remote->from].heard_ns = clock_now_ns();
  remote->waits = false;
  memcpy(&message.kind, remote->message.data, sizeof message.kind);
  if (message.kind == RECORDS) {
    remote->done = sizeof message.kind;
    return;
  }
  memcpy(&message, remote->message.data, sizeof message);
  switch ((enum kind)message.kind) {
  case START: on_start(remote, &message); break;
  case CANCEL: remote->handlers->cancel(remote->context); break;
  case PAUSE: remote->waits = true; break;
  case END: remote->handlers->end(remote->context); break;
  case RESULT: on_result(remote, &message.result); break;
  case ALIVE:
  case RECORDS: break;
  }
}

static void check_silence(struct remote *remote, int64_t now_ns) {
  bool is_first = remote_number(remote) == 0;
  for (int64_t i = is_first; i < (is_first ? remote_count(remote) : 1); i++) {
    if (now_ns - remote->peers[i].heard_ns > REMOTE_SILENCE_NS && !remote->waits)
      lose(remote, i, "has not been heard for 15 s");
  }
}

static void say_alive(struct remote *remote, int64_t now_ns) {
  const struct message alive = {.kind = ALIVE};
  if (now_ns - remote->alive_ns < ALIVE_NS) return;
  remote->alive_ns = now_ns;
  if (remote_number(remote) == 0) {
    tell_all(remote, &alive);
  } else {
    tell(remote, 0, &alive, sizeof alive);
  }
}

static void poll_due(void *context) {
  struct remote *remote = context;
  bool more = remote->done > 0 && add_records(remote);
  if (!more) remote->done = 0;
  enum status status = STATUS_OK;
  while (!more && (status = ranks_receive(remote->ranks, &remote->from, &remote->message)) == STATUS_OK) {
    on_message(remote);
    more = remote->done > 0;
  }
  int64_t now_ns = clock_now_ns();
  if (status && status != STATUS_END) lose(remote, remote_number(remote), "has no network to the others");
  if (!more) check_silence(remote, now_ns);
  say_alive(remote, now_ns);
  if (remote_number(remote) > 0 && ranks_all_sent(remote->ranks)) send_records(remote);
  if (!remote->is_lost) loop_timer_set(remote->timer, more ? now_ns : now_ns + POLL_NS);
}

enum status remote_open(struct loop *loop, struct ranks *ranks, struct recorder *recorder,
                        const struct work *work, const struct remote_handlers *handlers, void *context,
                        struct remote **out, struct error *error) {
  struct remote *remote = calloc(1, sizeof *remote);
  if (!remote) return status_memory(error);
  *remote = (struct remote){.ranks = ranks,
                            .recorder = recorder,
                            .work = work,
                            .handlers = handlers,
                            .context = context,
                            .waits = ranks_number(ranks) > 0};
  (void)gethostname(remote->host, sizeof remote->host - 1);
  remote->peers = calloc((size_t)ranks_count(ranks), sizeof *remote->peers);
  enum status status = remote->peers ? audit_open(&remote->audit, error) : status_memory(error);
  if (!status) status = loop_timer_open(loop, poll_due, remote, &remote->timer, error);
  if (status) {
    remote_close(remote);
    return status;
  }
  hear_all(remote);
  loop_timer_set(remote->timer, 0);
  *out = remote;
  return STATUS_OK;
}

void remote_close(struct remote *remote) {
  if (!remote) return;
  if (remote->peers && remote_number(remote) == 0 && !remote->is_lost)
    tell_all(remote, &(struct message){.kind = PAUSE});
  loop_timer_close(remote->timer);
  audit_close(&remote->audit);
  buf_free(&remote->message);
  buf_free(&remote->records);
  buf_free(&remote->scratch);
  buf_free(&remote->list);
  free(remote->peers);
  free(remote);
}

void remote_end(struct ranks *ranks) {
  const struct message end = {.kind = END};
  for (int64_t i = 1; ranks_number(ranks) == 0 && i < ranks_count(ranks); i++)
    (void)!ranks_send(ranks, i, &end, sizeof end);
}
