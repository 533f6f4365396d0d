// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/replay/sender.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"

static void open_recorder(struct sender *sender, int64_t lanes) {
  struct error error;
  struct run_header header = {.version = 1, .max_tokens = -1};
  snprintf(sender->path, sizeof sender->path, "/tmp/test_sender.%d.jsonl", (int)getpid());
  struct recorder_settings settings = {.output = sender->path,
                                       .existing = GZLINE_REPLACE,
                                       .lanes = lanes,
                                       .header = &header,
                                       .work = &sender->work};
  assert_int_equal(recorder_open(&settings, &sender->recorder, &error), STATUS_OK);
}

void sender_open(struct sender *sender, int64_t lanes) {
  struct error error;
  static char *no_headers[] = {NULL};
  *sender = (struct sender){.log = {.stream = stderr, .tool = "test", .level = LOG_QUIET}};
  assert_int_equal(endpoint_parse("http://127.0.0.1:1", &sender->endpoint, &error), STATUS_OK);
  for (int i = 0; i < SENDER_REQUESTS; i++) {
    sender->places[i] = &sender->requests[i];
    sender->requests[i] = (struct work_request){.seq = i,
                                                .api = API_HTTP,
                                                .method = "GET",
                                                .path = "/",
                                                .headers = no_headers,
                                                .continues = WORK_ANEW};
  }
  sender->work.requests = sender->places;
  sender->work.count = SENDER_REQUESTS;
  sender->settings = (struct send_settings){.endpoint = &sender->endpoint,
                                            .timeout_ns = 10 * CLOCK_NS_PER_S,
                                            .timing = "rate",
                                            .max_in_flight = 4,
                                            .speed = 1};
  struct xfer_pool_options transfers = {.connect_timeout_ns = 10 * CLOCK_NS_PER_S, .http_version = 1};
  assert_int_equal(loop_open(&sender->loop, &error), STATUS_OK);
  assert_int_equal(lanes_open(lanes, sender->loop, &transfers, NULL, NULL, &sender->lanes, &error),
                   STATUS_OK);
  open_recorder(sender, lanes);
  sender->setup = (struct measurement_setup){.lanes = sender->lanes,
                                             .settings = &sender->settings,
                                             .work = &sender->work,
                                             .recorder = sender->recorder,
                                             .log = &sender->log};
}

void sender_over(void *context, const struct measurement_outcome *outcome) {
  struct sender *sender = context;
  sender->overs++;
  sender->complete = outcome != NULL;
  if (outcome) {
    sender->total_ns = outcome->total_ns;
    sender->sums = *outcome->sums;
    sender->is_open_loop = outcome->open_loop != NULL;
    if (outcome->open_loop) sender->open_loop = *outcome->open_loop;
  }
  loop_stop(sender->loop);
}

static void too_late(void *context) {
  loop_stop(context);
}

void sender_run(struct sender *sender) {
  struct loop_timer *timer;
  struct error error;
  int overs = sender->overs;
  assert_int_equal(loop_timer_open(sender->loop, too_late, sender->loop, &timer, &error), STATUS_OK);
  loop_timer_set(timer, clock_now_ns() + 10 * CLOCK_NS_PER_S);
  assert_int_equal(loop_run(sender->loop, &error), STATUS_OK);
  loop_timer_close(timer);
  assert_int_equal(sender->overs, overs + 1);
}

int sender_count(struct sender *sender, const char *type) {
  char member[64], *line = NULL;
  size_t room = 0;
  int count = 0;
  struct error error;
  assert_int_equal(recorder_close(sender->recorder, &error), STATUS_OK);
  sender->recorder = NULL;
  snprintf(member, sizeof member, "{\"type\":\"%s\"", type);
  FILE *file = fopen(sender->path, "r");
  assert_non_null(file);
  while (getline(&line, &room, file) > 0)
    count += strncmp(line, member, strlen(member)) == 0;
  free(line);
  fclose(file);
  return count;
}

void sender_close(struct sender *sender) {
  struct error error;
  assert_int_equal(recorder_close(sender->recorder, &error), STATUS_OK);
  lanes_close(sender->lanes);
  loop_close(sender->loop);
  endpoint_free(&sender->endpoint);
  unlink(sender->path);
}
