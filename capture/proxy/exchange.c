// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/proxy/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "capture/proxy/refusal.h"
#include "lib/base/clock.h"

struct exchange *exchange_new(struct proxy_context *house, const char *target) {
  struct exchange *exchange = calloc(1, sizeof *exchange);
  char *copy = exchange ? strdup(target) : NULL;
  if (!copy) {
    free(exchange);
    return NULL;
  }
  exchange->house = house;
  exchange->target = copy;
  exchange->arrived_ns = exchange->moved_ns = clock_now_ns();
  exchange->length = -1;
  exchange->next = house->first;
  if (house->first) house->first->previous = exchange;
  house->first = exchange;
  house->counts.in_flight++;
  return exchange;
}

void exchange_wake(struct exchange *exchange) {
  if (!exchange->suspended) return;
  exchange->suspended = false;
  MHD_resume_connection(exchange->connection);
  httpd_run_soon(exchange->house->httpd);
}

void exchange_complete(struct exchange *exchange) {
  exchange->state = EXCHANGE_WHOLE;
  early_response_answer(exchange);
  exchange_wake(exchange);
}

void exchange_answer(struct exchange *exchange, int status, const char *words) {
  buf_free(&exchange->download);
  buf_clear(&exchange->fields);
  exchange->download_taken = 0;
  refusal_print(status, words, &exchange->download);
  buf_append(&exchange->fields, "Content-Type\0application/json", sizeof "Content-Type\0application/json");
  exchange->status = status;
  exchange->length = (int64_t)exchange->download.len;
  exchange->is_ours = true;
  exchange->head_ready = true;
  exchange->state = EXCHANGE_WHOLE;
}

void exchange_fail(struct exchange *exchange, int status, const char *words) {
  exchange->house->counts.failed++;
  if (exchange->head_ready) {
    exchange->state = EXCHANGE_CUT;
  } else {
    exchange_answer(exchange, status, words);
  }
  early_response_answer(exchange);
  exchange_wake(exchange);
}

void exchange_time_out(struct exchange *exchange) {
  if (exchange->timed_out) return;
  exchange->timed_out = true;
  if (exchange->state == EXCHANGE_OPEN)
    exchange_fail(exchange, 504, "the upstream server was silent for too long");
  if (exchange->xfer) xfer_cancel(exchange->xfer);
}

void exchange_look_again(struct exchange_client *client) {
  MHD_suspend_connection(client->connection);
  MHD_resume_connection(client->connection);
  httpd_run_soon(client->house->httpd);
}

void exchange_note_leaving(struct exchange *exchange) {
  if (exchange->state != EXCHANGE_OPEN || exchange->aborted_by || exchange->answered) return;
  exchange->answered = exchange->over && exchange->download_taken == exchange->download.len;
  if (!exchange->answered) exchange->aborted_by = "client";
}

void exchange_client_gone(struct exchange_client *client) {
  client->gone = true;
  struct exchange *exchange = client->current;
  if (exchange) {
    exchange_note_leaving(exchange);
    if (exchange->xfer) xfer_cancel(exchange->xfer);
  }
  if (exchange && exchange->suspended) {
    exchange_wake(exchange);
  } else {
    exchange_look_again(client);
  }
}

void exchange_release(struct exchange *exchange) {
  if (!exchange->client) early_response_end(exchange);
  if (exchange->client || exchange->xfer) return;
  struct proxy_context *house = exchange->house;
  if (exchange->previous) exchange->previous->next = exchange->next;
  if (exchange->next) exchange->next->previous = exchange->previous;
  if (house->first == exchange) house->first = exchange->next;
  house->counts.in_flight--;
  free(exchange->target);
  free(exchange->method);
  buf_free(&exchange->lines);
  buf_free(&exchange->upload);
  buf_free(&exchange->fields);
  buf_free(&exchange->download);
  free(exchange);
  if (house->draining && !house->first) house->emptied(house->emptied_context);
}
