// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/workload/stateful.h"

#include <stdlib.h>
#include <string.h>

#include "lib/json/json_patch.h"
#include "replay/workload/work_draw.h"

static const char answer[] = "previous_response_id";

enum status stateful_read(struct conversations *answers, struct work_request *request) {
  static const char without[] = "{\"previous_response_id\":null,\"conversation\":null}";
  struct json_slice body = {request->body, request->body_len};
  struct json_slice id = json_scan_raw_string(json_scan_get(body, answer));
  struct buf rest = {0};
  request->is_stateful = true;
  if (id.len) request->recorded_id = strndup(id.data, id.len);
  enum status status = conversations_number(answers, id, &request->recorded_number);
  if (id.len && !request->recorded_id) status = STATUS_MEMORY;
  if (!status) status = json_patch(body, (struct json_slice){without, sizeof without - 1}, &rest);
  if (status) {
    buf_free(&rest);
    return STATUS_MEMORY;
  }
  free(request->body);
  request->body = rest.data;
  request->body_len = rest.len;
  return STATUS_OK;
}

// The place of the turn that got the answer of this number, from `before` back; WORK_NOTHING: none did.
static int64_t answered_at(const struct work *work, const struct conversations *conversations, int64_t before,
                           int64_t number) {
  for (int64_t at = before; at >= 0; at = work->turns[at].before) {
    const struct work_request *turn = work->requests[at];
    if (conversations_answer_id(conversations, turn->trace, turn->seq) == number) return at;
  }
  // Traces of version 0.1 do not have it.
  const struct work_request *turn = work->requests[before];
  return conversations_answer_id(conversations, turn->trace, turn->seq) < 0 ? before : WORK_NOTHING;
}

// What a turn continues; WORK_NOTHING: an answer that is not in the work.
static int64_t link_turn(const struct work *work, const struct conversations *conversations, size_t place) {
  const struct work_request *request = work->requests[place];
  int64_t before = work->turns ? work->turns[place].before : -1;
  if (!request->is_stateful) return WORK_ANEW;
  if (before < 0) return request->recorded_id ? WORK_NOTHING : WORK_ANEW;
  if (request->recorded_id) before = answered_at(work, conversations, before, request->recorded_number);
  return before < 0 || work->requests[before]->continues == WORK_NOTHING ? WORK_NOTHING : before;
}

size_t stateful_link(struct work *work, const struct conversations *conversations) {
  size_t count = 0;
  for (size_t first = 0; first < work->count; first++) {
    if (work->turns && work->turns[first].before >= 0) continue;
    for (int64_t place = (int64_t)first; place >= 0; place = work->turns ? work->turns[place].after : -1)
      work->requests[place]->continues = link_turn(work, conversations, (size_t)place);
  }
  for (size_t i = 0; i < work->count; i++) {
    if (work->requests[i]->continues != WORK_NOTHING) continue;
    work_request_free(work->requests[i]);
    work->requests[i] = NULL;
    count++;
  }
  return count;
}

void stateful_place(struct work_request *request) {
  struct json_slice body = {request->body, request->body_len};
  if (request->continues >= 0 && json_scan_get(body, answer).data) request->continues = WORK_ANEW;
  while (request->continues >= 0 && request->body_len > 0 && request->body[request->body_len - 1] != '}')
    request->body_len--;
}
