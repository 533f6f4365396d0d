// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/proxy/proxy.h"

#include <malloc.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "capture/proxy/client.h"
#include "capture/proxy/downstream.h"
#include "capture/proxy/hangup.h"
#include "capture/proxy/httpd.h"
#include "capture/proxy/refusal.h"
#include "capture/proxy/stuck.h"
#include "lib/base/clock.h"

#define BODY_ROOM ((size_t)16 * 1024) // of a connection's memory, beside both headers
#define HEAP_MEMORY_MAX ((size_t)32 * 1024)
#define SPARE_FILES 64 // descriptors for everything but connections
#define LOOK_EVERY_NS (CLOCK_NS_PER_S / 2)
#define STUCK_EVERY_NS CLOCK_NS_PER_MS
#define DRAIN_IDLE_NS (CLOCK_NS_PER_S / 4)  // what came on a connection a moment ago may be followed by more
#define DRAIN_FIRST_NS (2 * CLOCK_NS_PER_S) // who connects means to send
#define DRAIN_CHECK_NS (CLOCK_NS_PER_S / 50)
#define MANY_CONNECTIONS 256 // memory of so many is given back when three quarters of them have gone
#define LATENCY_BITS 10      // of the histogram: 0.05 %

struct proxy {
  struct loop *loop;
  struct proxy_context shared;
  struct hangup *hangup;
  struct loop_timer *look_timer;
  int64_t most_connections; // at once, since memory was given back
  int64_t unstuck_ns;       // when stuck_end was called last
  int64_t trimmed_ns;       // when give_memory_back was
  int64_t idle_timeout_ns;  // 0: none
  struct loop_timer *drain_timer;
  int64_t drain_deadline_ns;
  void (*drained)(void *context);
  void *drained_context;
};

static struct exchange_client *client_of(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info ? info->socket_context : NULL;
}

static void *on_target(void *context, const char *target, struct MHD_Connection *connection) {
  struct proxy *proxy = context;
  struct exchange_client *client = client_of(connection);
  httpd_did_something(proxy->shared.httpd);
  return client ? client_arriving(client, target) : NULL;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data, size_t *len,
                                  void **request_context) {
  struct proxy *proxy = context;
  httpd_did_something(proxy->shared.httpd);
  struct exchange *exchange = *request_context;
  if (!exchange) return MHD_NO; // no memory
  if (!exchange->client) {
    exchange->client = client_of(connection);
    exchange->client->current = client_arrived(exchange->client);
  }
  return downstream_handle(exchange, connection, url, method, version, data, len);
}

// libmicrohttpd rejects some requests itself, before on_request.
static void note_own_rejection(struct proxy_context *proxy, struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_HTTP_STATUS);
  if (info) exchange_note_rejection(proxy, (int)info->http_status, "libmicrohttpd does not accept it");
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request_context,
                         enum MHD_RequestTerminationCode how) {
  struct proxy *proxy = context;
  struct exchange *exchange = *request_context;
  httpd_did_something(proxy->shared.httpd);
  *request_context = NULL;
  if (!exchange) return;
  if (exchange->client) {
    downstream_completed(exchange, how == MHD_REQUEST_TERMINATED_COMPLETED_OK);
  } else {
    note_own_rejection(&proxy->shared, connection);
    exchange_release(client_arrived(client_of(connection)));
  }
}

// libmicrohttpd 1.0 closes a connection without on_completed where it has no room for a chunk's extension.
static void end_dropped(struct exchange_client *client) {
  static const char message[] = "the line with a chunk's size is too long";
  struct exchange *exchange = client->current;
  exchange_note_rejection(client->proxy, 400, message);
  if (!client->proxy->tls && !exchange->early) refusal_send(client->fd, 400, message);
  downstream_completed(exchange, false);
}

static enum MHD_Result on_accept(void *context, const struct sockaddr *address, socklen_t len) {
  struct proxy *proxy = context;
  (void)len; // of an Internet address, or it is none
  httpd_did_something(proxy->shared.httpd);
  if (client_is_let_in(&proxy->shared, address)) return MHD_YES;
  proxy->shared.counts.rejected[REJECTION_CLIENT_LIMIT]++;
  return MHD_NO;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode what) {
  struct proxy *proxy = context;
  httpd_did_something(proxy->shared.httpd);
  if (what == MHD_CONNECTION_NOTIFY_STARTED) {
    *socket_context = client_open(&proxy->shared, proxy->hangup, connection);
    int64_t connections = proxy->shared.counts.connections;
    if (connections > proxy->most_connections) proxy->most_connections = connections;
  } else if (*socket_context) {
    struct exchange_client *client = *socket_context;
    if (client->current) end_dropped(client);
    client_close(client, proxy->hangup);
    *socket_context = NULL;
  }
}

static void on_turned(void *context, bool was_in_vain) {
  struct proxy *proxy = context;
  client_find_dropped(&proxy->shared);
  if (!was_in_vain) return;
  int64_t now_ns = clock_now_ns();
  if (now_ns - proxy->unstuck_ns < STUCK_EVERY_NS) return; // it goes through all exchanges
  proxy->unstuck_ns = now_ns;
  stuck_end(&proxy->shared);
}

static void on_gone(void *token) {
  client_gone(token);
}

// Looks at all exchanges now and then, which costs less than a timer for each.
static void set_look_timer(struct proxy *proxy) {
  const int64_t timeouts[] = {proxy->idle_timeout_ns, proxy->shared.header_timeout_ns,
                              proxy->shared.body_timeout_ns};
  int64_t every_ns = LOOK_EVERY_NS;
  for (int i = 0; i < 3; i++)
    if (timeouts[i] > 0 && timeouts[i] / 4 < every_ns) every_ns = timeouts[i] / 4;
  loop_timer_set(proxy->look_timer, clock_now_ns() + every_ns);
}

// Freed memory between what is in use stays with the process otherwise: after a burst of clients, for good.
static void give_memory_back(struct proxy *proxy, int64_t now_ns) {
  int64_t connections = proxy->shared.counts.connections;
  if (now_ns - proxy->trimmed_ns < LOOK_EVERY_NS) return;
  proxy->trimmed_ns = now_ns;
  if (proxy->most_connections < MANY_CONNECTIONS || connections > proxy->most_connections / 4) return;
  malloc_trim(0);
  proxy->most_connections = connections;
}

static void look(void *context) {
  struct proxy *proxy = context;
  int64_t now_ns = clock_now_ns();
  for (struct exchange *exchange = proxy->shared.first; proxy->idle_timeout_ns > 0 && exchange;
       exchange = exchange->next) {
    if (now_ns - exchange->moved_ns > proxy->idle_timeout_ns && exchange->client) exchange_time_out(exchange);
  }
  client_end_slow(&proxy->shared, now_ns);
  give_memory_back(proxy, now_ns);
  set_look_timer(proxy);
}

// A kept connection is closed once it has been idle for a moment: until then its client may be sending the
// next request, which is answered with "Connection: close". The first request has longer to come.
static void drain(void *context) {
  struct proxy *proxy = context;
  int64_t now_ns = clock_now_ns();
  bool waits = proxy->shared.first != NULL;
  for (struct exchange_client *client = proxy->shared.clients; client; client = client->next) {
    bool is_first = client->head_since_ns > 0;
    int64_t quiet_ns = now_ns - (is_first ? client->head_since_ns : client->served_ns);
    if (quiet_ns < (is_first ? DRAIN_FIRST_NS : DRAIN_IDLE_NS) || !client_end_idle(client)) waits = true;
  }
  if (waits && now_ns < proxy->drain_deadline_ns) {
    loop_timer_set(proxy->drain_timer, now_ns + DRAIN_CHECK_NS);
  } else {
    proxy->drained(proxy->drained_context);
  }
}

// Two descriptors for every client, as far as the system allows. Says how many clients that is.
static unsigned allow_files(int64_t connections, struct log *log) {
  struct rlimit limit;
  rlim_t wanted = 2 * (rlim_t)connections + SPARE_FILES;
  if (getrlimit(RLIMIT_NOFILE, &limit)) return (unsigned)connections;
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur >= wanted) return (unsigned)connections;
  unsigned most = limit.rlim_cur > SPARE_FILES + 2 ? (unsigned)(limit.rlim_cur - SPARE_FILES) / 2 : 1;
  log_notice(log, "the system's limit of %llu open files allows %u connections",
             (unsigned long long)limit.rlim_cur, most);
  return most;
}

// libmicrohttpd takes up to 32 KiB from the heap. More it maps anew for each connection, which costs several
// times as much as all else of a connection with one request. Two full headers of the default length fit in.
static size_t connection_memory(size_t max_header_bytes) {
  size_t ample = 2 * max_header_bytes + BODY_ROOM;
  bool does_fit = 2 * max_header_bytes <= HEAP_MEMORY_MAX;
  return does_fit && ample > HEAP_MEMORY_MAX ? HEAP_MEMORY_MAX : ample;
}

static enum status open_parts(struct proxy *proxy, const struct proxy_options *options, struct log *log,
                              struct error *error) {
  unsigned connections = allow_files(options->max_connections, log);
  proxy->shared.max_connections = connections;
  struct xfer_pool_options pool = {.connect_timeout_ns = EXCHANGE_CONNECT_TIMEOUT_NS,
                                   .kept_connections = connections,
                                   .http_version = 1,
                                   .ca_file = options->ca_file,
                                   .insecure = options->insecure};
  int64_t idle_s = (options->idle_timeout_ns + CLOCK_NS_PER_S - 1) / CLOCK_NS_PER_S;
  struct httpd_options httpd = {.listen = options->listen,
                                .unix_socket = options->unix_socket,
                                .passed = options->passed,
                                .handover = options->handover,
                                .tls_cert = options->tls_cert,
                                .tls_key = options->tls_key,
                                .connection_memory = connection_memory(options->max_header_bytes),
                                .connections = connections,
                                .idle_timeout_s = (unsigned)idle_s};
  struct httpd_handlers handlers = {.handle = on_request,
                                    .target = on_target,
                                    .completed = on_completed,
                                    .connection = on_connection,
                                    .accept = on_accept,
                                    .turned = on_turned,
                                    .context = proxy};
  enum status status = hangup_open(proxy->loop, on_gone, &proxy->hangup, error);
  if (!status) status = loop_timer_open(proxy->loop, look, proxy, &proxy->look_timer, error);
  if (!status) status = loop_timer_open(proxy->loop, drain, proxy, &proxy->drain_timer, error);
  if (!status) status = xfer_pool_open(proxy->loop, &pool, &proxy->shared.pool, error);
  if (!status) status = httpd_open(proxy->loop, &httpd, &handlers, &proxy->shared.httpd, error);
  return status;
}

enum status proxy_open(struct loop *loop, const struct proxy_options *options, struct log *log,
                       struct proxy **out, struct error *error) {
  struct proxy *proxy = calloc(1, sizeof *proxy);
  if (!proxy) return status_memory(error);
  proxy->loop = loop;
  proxy->idle_timeout_ns = options->idle_timeout_ns;
  proxy->shared = (struct proxy_context){.loop = loop,
                                         .origin = options->upstream,
                                         .log = log,
                                         .max_header_bytes = options->max_header_bytes,
                                         .connection_memory = connection_memory(options->max_header_bytes),
                                         .max_connections_per_client = options->max_connections_per_client,
                                         .header_timeout_ns = options->header_timeout_ns,
                                         .body_timeout_ns = options->body_timeout_ns,
                                         .tls = options->tls_cert != NULL};
  proxy->shared.counts.upstream_ns = histogram_new(LATENCY_BITS);
  enum status status =
      proxy->shared.counts.upstream_ns ? open_parts(proxy, options, log, error) : status_memory(error);
  if (status) {
    proxy_close(proxy);
    return status;
  }
  look(proxy);
  *out = proxy;
  return STATUS_OK;
}

void proxy_record(struct proxy *proxy, struct recorder *recorder) {
  proxy->shared.recorder = recorder;
}

const char *proxy_address(const struct proxy *proxy) {
  return httpd_address(proxy->shared.httpd);
}

struct exchange_counts proxy_counts(const struct proxy *proxy) {
  struct exchange_counts counts = proxy->shared.counts;
  counts.connections_max = proxy->shared.max_connections;
  counts.draining = proxy->shared.draining;
  return counts;
}

void proxy_drain(struct proxy *proxy, int64_t grace_ns, void (*drained)(void *context), void *context) {
  bool again = proxy->shared.draining;
  proxy->shared.draining = true;
  proxy->drained = drained;
  proxy->drained_context = context;
  proxy->drain_deadline_ns = again ? 0 : clock_now_ns() + grace_ns;
  if (!again) httpd_stop_listening(proxy->shared.httpd);
  loop_timer_set_now(proxy->drain_timer);
}

void proxy_close(struct proxy *proxy) {
  if (!proxy) return;
  for (struct exchange *exchange = proxy->shared.first; exchange; exchange = exchange->next) {
    if (exchange->state == EXCHANGE_OPEN) exchange->state = EXCHANGE_CUT;
    exchange_wake(exchange);
  }
  httpd_close(proxy->shared.httpd);    // ends the clients' sides
  xfer_pool_close(proxy->shared.pool); // and the upstream's
  hangup_close(proxy->hangup);
  loop_timer_close(proxy->look_timer);
  loop_timer_close(proxy->drain_timer);
  free(proxy->shared.counts.upstream_ns);
  free(proxy);
}
