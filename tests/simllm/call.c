// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/simllm/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "tests/simllm/ask.h"
#include "tests/simllm/exchange.h"
#include "tests/simllm/pages.h"

enum { MOST_BODY_BYTES = 64 << 20, READ_BLOCK_BYTES = 4096, READY_BYTES = 7168 };

struct call {
  struct calls *calls;
  struct MHD_Connection *connection;
  struct exchange exchange;
  struct stats_record record;
  struct buf body;
  struct buf out;    // an event, or the whole answer, on its way out
  size_t out_at;     // sent of it
  size_t send_bytes; // of a whole answer, before the connection is cut
  bool generates;    // counted in stats, in the list
  bool begun;        // the request was read and judged
  bool watched;
  bool suspended;
  bool gone; // the client, or the server stops
  bool whole_sent;
  bool refused; // an error status was answered; record.outcome says which
  struct call *next, *prev;
};

static void suspend(struct call *call) {
  call->suspended = true;
  MHD_suspend_connection(call->connection);
}

static void resume(struct call *call) {
  if (!call->suspended) return;
  call->suspended = false;
  MHD_resume_connection(call->connection);
}

static int socket_of(const struct call *call) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? info->connect_fd : -1;
}

static void watch(struct call *call) {
  struct epoll_event event = {.events = EPOLLRDHUP, .data.ptr = call};
  call->watched = epoll_ctl(call->calls->epoll, EPOLL_CTL_ADD, socket_of(call), &event) == 0;
}

static void unwatch(struct call *call) {
  if (call->watched) epoll_ctl(call->calls->epoll, EPOLL_CTL_DEL, socket_of(call), NULL);
  call->watched = false;
}

// Disconnecting a TCP socket (connect(2), AF_UNSPEC) makes Linux send RST at once.
static void reset_connection(struct call *call) {
  unwatch(call);
  struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
  (void)connect(socket_of(call), &nowhere, sizeof nowhere);
}

// libmicrohttpd may leave a connection that ended in error open until it next hears of it: the client would
// wait.
static ssize_t cut_connection(struct call *call) {
  (void)shutdown(socket_of(call), SHUT_RDWR);
  return MHD_CONTENT_READER_END_WITH_ERROR;
}

static enum MHD_Result answer(struct call *call, unsigned status, struct MHD_Response *response,
                              const char *content_type) {
  if (!response) return MHD_NO;
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
  if (status == MHD_HTTP_TOO_MANY_REQUESTS)
    MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
  if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
    MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, call->generates ? "POST" : "GET, HEAD");
  enum MHD_Result result = MHD_queue_response(call->connection, status, response);
  MHD_destroy_response(response);
  return result;
}

static enum MHD_Result answer_text(struct call *call, unsigned status, struct buf *text,
                                   const char *content_type) {
  if (text->status != STATUS_OK) return MHD_NO;
  void *data = text->data ? text->data : "";
  return answer(call, status, MHD_create_response_from_buffer(text->len, data, MHD_RESPMEM_MUST_COPY),
                content_type);
}

static enum MHD_Result refuse(struct call *call, unsigned status, enum stats_outcome outcome,
                              const char *message) {
  call->refused = true;
  call->record.outcome = outcome;
  dialect_error(call->record.api, (int)status, message, &call->out);
  return answer_text(call, status, &call->out, "application/json");
}

static ssize_t copy_out(struct call *call, char *to, size_t room, size_t end) {
  size_t len = end - call->out_at < room ? end - call->out_at : room;
  memcpy(to, call->out.data + call->out_at, len);
  call->out_at += len;
  return (ssize_t)len;
}

static void log_tokens(struct call *call, int64_t count, int64_t now_ns) {
  struct stats_record *record = &call->record;
  for (int64_t i = 0; record->event_ns && i < count && record->event_count < call->exchange.job.tokens; i++)
    record->event_ns[record->event_count++] = now_ns;
}

// Fetches what the next chunk is made of: one event, or with --chunks ready all that can be had now.
static enum exchange_step fetch_events(struct call *call) {
  enum exchange_step step;
  bool all = call->calls->opts->chunk_bytes == OPTS_CHUNK_READY;
  int64_t sent = call->exchange.sent, now_ns = clock_now_ns();
  double now_s = clock_wall_s();
  buf_clear(&call->out);
  call->out_at = 0;
  do {
    step = exchange_next(&call->exchange, now_ns, now_s, &call->out);
  } while (all && step == EXCHANGE_STEP_EVENT && call->out.len < READY_BYTES);
  stats_tokens(call->calls->stats, call->exchange.sent - sent);
  log_tokens(call, call->exchange.sent - sent, now_ns);
  return call->out.len > 0 ? EXCHANGE_STEP_EVENT : step;
}

// Gives libmicrohttpd one chunk.
static ssize_t read_stream(void *context, uint64_t position, char *to, size_t room) {
  struct call *call = context;
  (void)position;
  if (call->gone) return MHD_CONTENT_READER_END_WITH_ERROR;
  int64_t chunk_bytes = call->calls->opts->chunk_bytes;
  if (chunk_bytes > 0 && (size_t)chunk_bytes < room) room = (size_t)chunk_bytes;
  if (call->out_at < call->out.len) return copy_out(call, to, room, call->out.len);
  switch (fetch_events(call)) {
  case EXCHANGE_STEP_EVENT: return copy_out(call, to, room, call->out.len);
  case EXCHANGE_STEP_WAIT:
  case EXCHANGE_STEP_NEVER: suspend(call); return 0;
  case EXCHANGE_STEP_END: return MHD_CONTENT_READER_END_OF_STREAM;
  case EXCHANGE_STEP_RESET: reset_connection(call); return MHD_CONTENT_READER_END_WITH_ERROR;
  default: return cut_connection(call);
  }
}

// Gives libmicrohttpd an answer of known length up to where a fault ends it.
static ssize_t read_part(void *context, uint64_t position, char *to, size_t room) {
  struct call *call = context;
  (void)position;
  if (call->gone) return MHD_CONTENT_READER_END_WITH_ERROR;
  if (call->out_at < call->send_bytes) return copy_out(call, to, room, call->send_bytes);
  if (call->exchange.fault != FAULT_HANG) return cut_connection(call);
  suspend(call);
  return 0;
}

static enum MHD_Result begin_answer(struct call *call) {
  struct exchange *exchange = &call->exchange;
  const char *content_type = dialect_content_type(&exchange->ask);
  if (exchange->ask.stream) {
    return answer(
        call, MHD_HTTP_OK,
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, READ_BLOCK_BYTES, read_stream, call, NULL),
        content_type);
  }
  if (exchange->fault == FAULT_RESET) {
    exchange->fault_shown = true;
    reset_connection(call);
    return MHD_NO;
  }
  exchange_whole(exchange, clock_wall_s(), &call->out, &call->send_bytes);
  if (call->out.status != STATUS_OK) return MHD_NO;
  if (call->send_bytes == call->out.len) {
    call->whole_sent = true; // once it completes
    return answer(call, MHD_HTTP_OK,
                  MHD_create_response_from_buffer(call->out.len, call->out.data, MHD_RESPMEM_PERSISTENT),
                  content_type);
  }
  return answer(call, MHD_HTTP_OK,
                MHD_create_response_from_callback(call->out.len, READ_BLOCK_BYTES, read_part, call, NULL),
                content_type);
}

// Adds the tokens of the response that the request continues. false: this server has none of that name.
static bool continue_previous(struct calls *calls, struct ask *ask) {
  long long id;
  int process, end = 0;
  if (!ask->previous[0]) return true;
  bool ours = sscanf(ask->previous, "resp_%d_%lld%n", &process, &id, &end) == 2 && process == getpid() &&
              !ask->previous[end] && id > 0 && id <= calls->last_id && calls->last_id - id < CALLS_KEPT;
  int64_t tokens = ours ? calls->kept[id % CALLS_KEPT] : 0;
  ask->prompt_tokens += tokens;
  return tokens > 0;
}

// The request is read: judge it, then answer at once or give it to the engine.
static enum MHD_Result begin(struct call *call) {
  struct calls *calls = call->calls;
  struct exchange *exchange = &call->exchange;
  struct error error;
  if (call->body.status != STATUS_OK) {
    return refuse(call, MHD_HTTP_CONTENT_TOO_LARGE, STATS_BAD_REQUEST, "the body is larger than 64 MiB");
  }
  enum status status =
      ask_parse(call->record.api, buf_text(&call->body), call->body.len, &exchange->ask, &error);
  if (status != STATUS_OK) return refuse(call, MHD_HTTP_BAD_REQUEST, STATS_BAD_REQUEST, error.text);
  buf_free(&call->body);
  calls->kept[call->record.id % CALLS_KEPT] = 0;
  if (!continue_previous(calls, &exchange->ask))
    return refuse(call, MHD_HTTP_BAD_REQUEST, STATS_BAD_REQUEST, "Previous response not found");
  call->record.input_tokens = exchange->ask.prompt_tokens;
  int64_t cached_tokens = -1;
  if (calls->opts->prompt_cache) {
    cached_tokens = cache_hit(&calls->cache, exchange->ask.digest) ? exchange->ask.prompt_tokens - 1 : 0;
  }
  stats_prompt(calls->stats, exchange->ask.prompt_tokens, cached_tokens > 0 ? cached_tokens : 0);
  const struct opts *opts = calls->opts;
  if (opts->max_slots > 0 && opts->engine.slots > opts->max_slots) {
    return refuse(call, MHD_HTTP_INTERNAL_SERVER_ERROR, STATS_OVER_SLOTS,
                  "the model does not fit into memory with so many slots");
  }
  if (clock_now_ns() < calls->up_ns)
    return refuse(call, MHD_HTTP_SERVICE_UNAVAILABLE, STATS_STARTING, "Loading model");
  enum fault fault = faults_draw(&opts->faults, &calls->fates);
  enum stats_outcome outcome = (enum stats_outcome)(STATS_FAULT + (int)fault);
  if (fault == FAULT_500) {
    return refuse(call, MHD_HTTP_INTERNAL_SERVER_ERROR, outcome, "the simulated server failed");
  }
  if (fault == FAULT_429) {
    return refuse(call, MHD_HTTP_TOO_MANY_REQUESTS, outcome, "the simulated server is busy");
  }
  exchange_init(exchange, opts, fault, call->record.id, cached_tokens, clock_wall_s());
  exchange->job.owner = call;
  if (exchange->ask.api == ASK_RESPONSES)
    calls->kept[call->record.id % CALLS_KEPT] = exchange->ask.prompt_tokens + exchange->job.tokens;
  if (opts->log_events && exchange->ask.stream)
    call->record.event_ns = calloc((size_t)exchange->job.tokens, sizeof *call->record.event_ns);
  if (fault == FAULT_RESET_EARLY) {
    exchange->fault_shown = true;
    reset_connection(call);
    return MHD_NO;
  }
  watch(call);
  if (exchange_needs_engine(exchange)) engine_submit(calls->engine, &exchange->job, clock_now_ns());
  if (exchange_can_begin(exchange) || (exchange->ask.stream && !opts->late_headers))
    return begin_answer(call);
  suspend(call);
  return MHD_YES;
}

static enum MHD_Result answer_page(struct call *call, const char *url, const char *method) {
  struct pages pages = {.opts = call->calls->opts,
                        .engine = call->calls->engine,
                        .stats = call->calls->stats,
                        .starting = clock_now_ns() < call->calls->up_ns,
                        .query_log =
                            MHD_lookup_connection_value(call->connection, MHD_GET_ARGUMENT_KIND, "log")};
  const char *content_type = "application/json";
  bool get = strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
  unsigned status = pages_write(&pages, url, get, &call->out, &content_type);
  return answer_text(call, status, &call->out, content_type);
}

static void note_request_id(struct call *call) {
  const char *id = MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "X-Request-Id");
  if (id) snprintf(call->record.request_id, sizeof call->record.request_id, "%s", id);
}

static struct call *open_call(struct calls *calls, struct MHD_Connection *connection, const char *url,
                              const char *method) {
  struct call *call = calloc(1, sizeof *call);
  if (!call) return NULL;
  call->calls = calls;
  call->connection = connection;
  call->body.limit = MOST_BODY_BYTES;
  call->generates = ask_api_of_path(url, &call->record.api) && strcmp(method, MHD_HTTP_METHOD_POST) == 0;
  if (call->generates) {
    call->record.id = ++calls->last_id;
    call->record.arrival_ns = clock_now_ns();
    note_request_id(call);
    stats_arrived(calls->stats, call->record.api);
    call->next = calls->first;
    if (call->next) call->next->prev = call;
    calls->first = call;
  }
  return call;
}

enum MHD_Result call_handle(void *context, struct MHD_Connection *connection, const char *url,
                            const char *method, const char *version, const char *upload, size_t *upload_bytes,
                            void **con_cls) {
  (void)version;
  struct call *call = *con_cls;
  if (!call) {
    *con_cls = open_call(context, connection, url, method);
    return *con_cls ? MHD_YES : MHD_NO;
  }
  if (*upload_bytes > 0) {
    if (call->generates) buf_append(&call->body, upload, *upload_bytes);
    *upload_bytes = 0;
    return MHD_YES;
  }
  if (!call->generates) return answer_page(call, url, method);
  if (!call->begun) {
    call->begun = true;
    return begin(call);
  }
  return call->gone ? MHD_NO : begin_answer(call);
}

static enum stats_outcome outcome_of(const struct call *call, enum MHD_RequestTerminationCode why) {
  if (call->refused) return call->record.outcome;
  if (call->exchange.fault_shown) return (enum stats_outcome)(STATS_FAULT + (int)call->exchange.fault);
  if (why == MHD_REQUEST_TERMINATED_COMPLETED_OK) return STATS_OK;
  return call->calls->stopping ? STATS_STOPPED : STATS_CLIENT_GONE;
}

static void settle(struct call *call, enum MHD_RequestTerminationCode why) {
  struct calls *calls = call->calls;
  struct exchange *exchange = &call->exchange;
  struct stats_record *record = &call->record;
  int64_t now_ns = clock_now_ns();
  unwatch(call);
  engine_cancel(calls->engine, &exchange->job, now_ns);
  if (call->whole_sent && why == MHD_REQUEST_TERMINATED_COMPLETED_OK) {
    exchange_whole_sent(exchange, now_ns);
    stats_tokens(calls->stats, exchange->sent);
  }
  record->outcome = outcome_of(call, why);
  record->slot_ns = exchange->job.slot_ns;
  record->first_token_ns = exchange->first_token_ns;
  record->last_token_ns = exchange->last_token_ns;
  record->done_ns = now_ns;
  record->output_tokens = exchange->sent;
  stats_done(calls->stats, record);
  log_detail(calls->log, "request %lld: %s %s, %lld tokens", (long long)record->id, ask_api_name(record->api),
             stats_outcome_name(record->outcome), (long long)record->output_tokens);
  *(call->prev ? &call->prev->next : &calls->first) = call->next;
  if (call->next) call->next->prev = call->prev;
}

void call_completed(void *context, struct MHD_Connection *connection, void **con_cls,
                    enum MHD_RequestTerminationCode why) {
  (void)context;
  (void)connection;
  struct call *call = *con_cls;
  if (!call) return;
  *con_cls = NULL;
  if (call->generates) settle(call, why);
  exchange_free(&call->exchange);
  buf_free(&call->body);
  buf_free(&call->out);
  free(call);
}

void call_token(void *context, struct engine_job *job, int64_t step_ns) {
  struct calls *calls = context;
  struct call *call = job->owner;
  stats_step_lag(calls->stats, clock_now_ns() - step_ns);
  if (call->exchange.ask.stream || job->state == ENGINE_DONE) resume(call);
}

static void leave(struct call *call) {
  call->gone = true;
  engine_cancel(call->calls->engine, &call->exchange.job, clock_now_ns());
  resume(call);
}

void call_client_left(struct call *call) {
  unwatch(call);
  leave(call);
}

void calls_stop(struct calls *calls) {
  calls->stopping = true;
  for (struct call *call = calls->first; call; call = call->next)
    leave(call);
}
