// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/proxy/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "capture/proxy/refusal.h"
#include "lib/base/clock.h"

struct exchange *exchange_new(struct proxy_context *proxy, const char *target) {
  struct exchange *exchange = calloc(1, sizeof *exchange);
  char *copy = exchange ? strdup(target) : NULL;
  if (!copy) {
    free(exchange);
    return NULL;
  }
  exchange->proxy = proxy;
  exchange->target = copy;
  exchange->arrived_ns = exchange->moved_ns = clock_now_ns();
  exchange->length = -1;
  exchange->next = proxy->first;
  if (proxy->first) proxy->first->previous = exchange;
  proxy->first = exchange;
  proxy->counts.in_flight++;
  return exchange;
}

void exchange_wake(struct exchange *exchange) {
  if (!exchange->suspended) return;
  exchange->suspended = false;
  MHD_resume_connection(exchange->connection);
  httpd_run_soon(exchange->proxy->httpd);
}

void exchange_changed(struct exchange *exchange) {
  if (exchange->writer) exchange->writer->changed(exchange);
}

bool exchange_is_bodyless(const struct exchange *exchange) {
  return strcmp(exchange->head.method, "HEAD") == 0 || exchange->status == 204 || exchange->status == 304;
}

void exchange_free_answer(struct exchange *exchange) {
  head_free(&exchange->answer);
  buf_free(&exchange->fields);
}

void exchange_answer(struct exchange *exchange, int status, const char *message) {
  static const char name[] = "Content-Type", value[] = "application/json";
  buf_free(&exchange->download);
  exchange_free_answer(exchange);
  exchange->download_taken = 0;
  refusal_print(status, message, &exchange->download);
  (void)!head_add(&exchange->answer, name, sizeof name - 1, value, sizeof value - 1); // the body does without
  exchange->status = status;
  exchange->length = (int64_t)exchange->download.len;
  exchange->is_ours = true;
  exchange->head_ready = true;
  exchange->state = EXCHANGE_WHOLE;
}

void exchange_note_rejection(struct proxy_context *proxy, int status, const char *why) {
  enum rejection kind = status == 408   ? REJECTION_HEADER_SLOW
                        : status == 429 ? REJECTION_CLIENT_LIMIT
                        : status == 431 ? REJECTION_HEADER_LARGE
                                        : REJECTION_MALFORMED;
  proxy->counts.rejected[kind]++;
  log_detail(proxy->log, "rejected with %d: %s", status, why);
}

int64_t exchange_rejections(const struct exchange_counts *counts) {
  int64_t sum = 0;
  for (int kind = 0; kind < REJECTION_COUNT; kind++)
    sum += counts->rejected[kind];
  return sum;
}

void exchange_fail(struct exchange *exchange, int status, const char *message) {
  exchange->proxy->counts.failed++;
  if (exchange->head_ready) {
    exchange->state = EXCHANGE_CUT;
  } else {
    exchange_answer(exchange, status, message);
  }
  exchange_changed(exchange);
}

void exchange_time_out(struct exchange *exchange) {
  if (exchange->timed_out) return;
  exchange->timed_out = true;
  if (exchange->state == EXCHANGE_OPEN)
    exchange_fail(exchange, 504, "the upstream server was silent for too long");
  if (exchange->xfer) xfer_cancel(exchange->xfer);
}

void exchange_note_leaving(struct exchange *exchange) {
  if (exchange->state != EXCHANGE_OPEN || exchange->aborted_by || exchange->answered) return;
  exchange->answered = exchange->over && exchange->download_taken == exchange->download.len;
  if (!exchange->answered) exchange->aborted_by = "client";
}

void exchange_release(struct exchange *exchange) {
  if (exchange->client || exchange->xfer) return;
  struct proxy_context *proxy = exchange->proxy;
  if (exchange->previous) exchange->previous->next = exchange->next;
  if (exchange->next) exchange->next->previous = exchange->previous;
  if (proxy->first == exchange) proxy->first = exchange->next;
  proxy->counts.in_flight--;
  free(exchange->target);
  free(exchange->early);
  head_free(&exchange->head);
  buf_free(&exchange->upload);
  exchange_free_answer(exchange);
  buf_free(&exchange->download);
  free(exchange);
}
