// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/metrics.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "capture/proxy/httpd.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/libraries.h"
#include "lib/base/units.h"

#define CONNECTIONS_MAX 32 // of those who read the page

struct metrics {
  struct httpd *httpd;
  struct proxy *proxy;
  struct recorder *recorder;
  int fds[CONNECTIONS_MAX]; // of the connections accepted last; -1: closed
  unsigned accepted;
};

static void write_metric(struct buf *page, const char *name, const char *type, const char *help,
                         int64_t value) {
  buf_printf(page, "# HELP capture_%s %s\n# TYPE capture_%s %s\ncapture_%s %lld\n", name, help, name, type,
             name, (long long)value);
}

static void write_rejections(struct buf *page, const struct exchange_counts *traffic) {
  static const char *const reasons[REJECTION_COUNT] = {
      [REJECTION_MALFORMED] = "malformed",
      [REJECTION_HEADER_SLOW] = "header_timeout",
      [REJECTION_CLIENT_LIMIT] = "client_limit",
      [REJECTION_HEADER_LARGE] = "header_size",
  };
  buf_append_text(page, "# HELP capture_refused_total Requests and connections rejected, by reason.\n"
                        "# TYPE capture_refused_total counter\n");
  for (int kind = 0; kind < REJECTION_COUNT; kind++)
    buf_printf(page, "capture_refused_total{reason=\"%s\"} %lld\n", reasons[kind],
               (long long)traffic->rejected[kind]);
}

static void write_build(struct buf *page) {
  struct library library;
  buf_append_text(page, "# HELP capture_build_info This program and its libraries, as labels; always 1.\n"
                        "# TYPE capture_build_info gauge\n"
                        "capture_build_info{version=\"" TIDEMARK_VERSION "\"");
  for (size_t position = 0; libraries_next(&position, &library);)
    buf_printf(page, ",%s=\"%s\"", library.name, library.version);
  buf_append_text(page, "} 1\n");
}

// Whole nanoseconds, not a double: exact, and no locale's comma.
static void write_seconds(struct buf *page, const char *name, uint64_t ns) {
  buf_printf(page, "capture_%s %llu.%09llu\n", name, (unsigned long long)(ns / CLOCK_NS_PER_S),
             (unsigned long long)(ns % CLOCK_NS_PER_S));
}

// A histogram of the Prometheus text format (version 0.0.4): cumulative buckets, then their sum and count. A
// bucket may hold durations that are longer than its bound by the histogram's own error.
static void write_latencies(struct buf *page, const struct histogram *latencies) {
  static const char *const bounds_s[] = {"0.001", "0.0025", "0.005", "0.01", "0.025", "0.05",
                                         "0.1",   "0.25",   "0.5",   "1",    "2.5",   "5",
                                         "10",    "30",     "60",    "120",  "300",   "600"};
  buf_append_text(page, "# HELP capture_upstream_seconds Time that the upstream took for a request, from "
                        "sending it to the end of the answer.\n# TYPE capture_upstream_seconds histogram\n");
  for (size_t i = 0; i < sizeof bounds_s / sizeof bounds_s[0]; i++) {
    int64_t bound_ns;
    if (units_duration_ns(bounds_s[i], 0, INT64_MAX, &bound_ns, NULL)) continue; // never
    buf_printf(page, "capture_upstream_seconds_bucket{le=\"%s\"} %lld\n", bounds_s[i],
               (long long)histogram_count_to(latencies, bound_ns));
  }
  buf_printf(page, "capture_upstream_seconds_bucket{le=\"+Inf\"} %lld\n", (long long)latencies->count);
  write_seconds(page, "upstream_seconds_sum", (uint64_t)latencies->sum);
  buf_printf(page, "capture_upstream_seconds_count %lld\n", (long long)latencies->count);
}

static void write_backlog(struct buf *page, const struct recorder_counts *records) {
  int64_t oldest_ns = records->writer.oldest_ns;
  write_metric(page, "waiting_records", "gauge", "Records still to be made of what came.", records->waiting);
  write_metric(page, "queued_bytes", "gauge", "Records not yet on disk, and what came for those to be made.",
               records->writer.queued_bytes + records->waiting_bytes);
  buf_append_text(page, "# HELP capture_queued_seconds Age of the oldest record that is not yet on disk.\n"
                        "# TYPE capture_queued_seconds gauge\n");
  write_seconds(page, "queued_seconds", oldest_ns ? (uint64_t)(clock_now_ns() - oldest_ns) : 0);
  write_metric(page, "write_failing", "gauge", "1 while the trace cannot be written.",
               records->writer.failing);
  write_metric(page, "lost_files_total", "counter", "Traces removed or cut while they were written.",
               records->writer.lost_files);
}

static void write_page(const struct metrics *metrics, struct buf *page) {
  struct exchange_counts traffic = proxy_counts(metrics->proxy);
  struct recorder_counts records = recorder_counts(metrics->recorder);
  write_build(page);
  write_metric(page, "connections", "gauge", "Client connections that are open.", traffic.connections);
  write_metric(page, "connections_max", "gauge", "Client connections that may be open.",
               traffic.connections_max);
  write_metric(page, "in_flight", "gauge", "Requests under way.", traffic.in_flight);
  write_metric(page, "requests_total", "counter", "Requests forwarded.", traffic.requests);
  write_rejections(page, &traffic);
  write_metric(page, "header_timeouts_total", "counter", "Connections ended by the header's time limit.",
               traffic.header_timeouts);
  write_metric(page, "failed_total", "counter", "Requests that the upstream failed.", traffic.failed);
  write_metric(page, "abandoned_total", "counter", "Requests that the client gave up.", traffic.abandoned);
  write_metric(page, "resent_total", "counter", "Requests sent again on a fresh connection.", traffic.resent);
  write_metric(page, "request_bytes_total", "counter", "Body bytes from clients.", traffic.bytes_up);
  write_metric(page, "response_bytes_total", "counter", "Body bytes to clients.", traffic.bytes_down);
  write_latencies(page, traffic.upstream_ns);
  write_metric(page, "recorded_requests_total", "counter", "Request records taken.", records.requests);
  write_metric(page, "recorded_responses_total", "counter", "Response records taken.", records.responses);
  write_metric(page, "dropped_records_total", "counter", "Records lost.", records.dropped);
  write_backlog(page, &records);
  write_metric(page, "written_bytes_total", "counter", "Bytes in the file.", records.writer.written_bytes);
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *text,
                              size_t len) {
  struct MHD_Response *response =
      MHD_create_response_from_buffer(len, (void *)(intptr_t)text, MHD_RESPMEM_MUST_COPY);
  if (!response) return MHD_NO;
  MHD_add_response_header(response, "Content-Type", "text/plain; version=0.0.4");
  if (status == MHD_HTTP_METHOD_NOT_ALLOWED) MHD_add_response_header(response, "Allow", "GET, HEAD");
  enum MHD_Result queued = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return queued;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned status, const char *text) {
  return answer(connection, status, text, strlen(text));
}

// A trace that cannot be written is no reason to send the traffic elsewhere: it passes all the same.
static enum MHD_Result answer_ready(const struct metrics *metrics, struct MHD_Connection *connection) {
  struct exchange_counts traffic = proxy_counts(metrics->proxy);
  const char *why = traffic.draining                                 ? "stopping\n"
                    : traffic.connections >= traffic.connections_max ? "as many connections as there may be\n"
                                                                     : NULL;
  return answer_text(connection, why ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK, why ? why : "ready\n");
}

// Answers before a body is read: libmicrohttpd closes the connection of one that comes.
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data, size_t *len,
                                  void **request_context) {
  const struct metrics *metrics = context;
  (void)version, (void)data, (void)len, (void)request_context;
  if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
    return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
  if (strcmp(url, "/healthz") == 0) return answer_text(connection, MHD_HTTP_OK, "ok\n");
  if (strcmp(url, "/readyz") == 0) return answer_ready(metrics, connection);
  if (strcmp(url, "/metrics") != 0)
    return answer_text(connection, MHD_HTTP_NOT_FOUND, "see /metrics, /healthz and /readyz\n");
  struct buf page = {0};
  write_page(metrics, &page);
  enum MHD_Result queued = page.status ? MHD_NO : answer(connection, MHD_HTTP_OK, page.data, page.len);
  buf_free(&page);
  return queued;
}

// A new connection ends the oldest of as many as there may be, so that those which send nothing keep none
// away.
static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode what) {
  struct metrics *metrics = context;
  if (what == MHD_CONNECTION_NOTIFY_STARTED) {
    int *place = &metrics->fds[metrics->accepted++ % CONNECTIONS_MAX];
    if (*place >= 0) shutdown(*place, SHUT_RDWR);
    *place = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    *socket_context = place;
  } else {
    int *place = *socket_context;
    int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    if (*place == fd) *place = -1;
  }
}

enum status metrics_open(struct loop *loop, const struct address *listen, bool handover, struct proxy *proxy,
                         struct metrics **out, struct error *error) {
  struct metrics *metrics = calloc(1, sizeof *metrics);
  if (!metrics) return status_memory(error);
  metrics->proxy = proxy;
  struct httpd_options options = {.listen = *listen,
                                  .handover = handover,
                                  .connection_memory = (size_t)16 * 1024,
                                  .connections = 2 * CONNECTIONS_MAX, // those that are being closed too
                                  .idle_timeout_s = 60};
  struct httpd_handlers handlers = {.handle = on_request, .connection = on_connection, .context = metrics};
  memset(metrics->fds, -1, sizeof metrics->fds);
  enum status status = httpd_open(loop, &options, &handlers, &metrics->httpd, error);
  if (status) {
    free(metrics);
    return status;
  }
  *out = metrics;
  return STATUS_OK;
}

void metrics_record(struct metrics *metrics, struct recorder *recorder) {
  metrics->recorder = recorder;
}

const char *metrics_address(const struct metrics *metrics) {
  return httpd_address(metrics->httpd);
}

void metrics_close(struct metrics *metrics) {
  if (!metrics) return;
  httpd_close(metrics->httpd);
  free(metrics);
}
