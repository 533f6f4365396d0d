// SPDX-License-Identifier: GPL-3.0-or-later
//
// From a response's bytes to its record. The loop's thread takes the bytes, the record_queue's makes the
// record.
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture/record/recorder_entry.h"
#include "lib/base/clock.h"
#include "lib/record/carried.h"
#include "lib/record/redact.h"

// Bytes kept to read the counts of a response that is no stream.
#define RESPONSE_MAX ((size_t)4 * 1024 * 1024)
// Compressed bodies on the loop's thread, all of them together: the share of its time that they may take, how
// much of it may be saved up, and bytes before the next look at the time.
#define UNPACKING_SHARE 20 // one part of so many
#define UNPACKING_MAX_NS (2 * CLOCK_NS_PER_MS)
#define UNPACKED_AT_ONCE ((size_t)256)

void recorder_head(struct recorder_entry *entry, int status, struct json_slice content_type,
                   struct json_slice content_encoding) {
  if (!entry || entry->responding) return;
  entry->responding = true;
  if (content_encoding.data) entry->answer.coding = inflate_coding_of(content_encoding);
  response_open(&entry->response, entry->asked, status, content_type, content_encoding, RESPONSE_MAX);
  entry->response.on_part = conversation_hear;
  entry->response.on_part_context = &entry->heard;
}

// A piece of a compressed body that takes long to unpack. A kilobyte can hold a megabyte.
struct piece {
  struct record_task job;
  struct recorder_entry *entry;
  int64_t now_ns;
  size_t len;
  char data[];
};

static void add_piece(void *context) {
  struct piece *piece = context;
  struct recorder_entry *entry = piece->entry;
  response_feed(&entry->response, piece->data, piece->len, piece->now_ns);
  entry->recorder->held_bytes -= sizeof *piece + piece->len;
  free(piece);
}

static void post_piece(struct recorder_entry *entry, const char *data, size_t len, int64_t now_ns) {
  struct recorder *recorder = entry->recorder;
  if (entry->lacks_piece || len == 0) return;
  struct piece *piece = recorder_has_room(recorder, sizeof *piece + len) ? malloc(sizeof *piece + len) : NULL;
  if (!piece) {
    entry->lacks_piece = true;
    return;
  }
  piece->job = (struct record_task){.run = add_piece, .context = piece};
  piece->entry = entry;
  piece->now_ns = now_ns;
  piece->len = len;
  memcpy(piece->data, data, len);
  recorder->held_bytes += sizeof *piece + len;
  record_queue_post(recorder->record_queue, &piece->job);
}

static int64_t cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * CLOCK_NS_PER_S + now.tv_nsec;
}

static void gain_credit(struct recorder *recorder, int64_t now_ns) {
  recorder->credit_ns += (now_ns - recorder->credit_at_ns) / UNPACKING_SHARE;
  if (recorder->credit_ns > UNPACKING_MAX_NS) recorder->credit_ns = UNPACKING_MAX_NS;
  recorder->credit_at_ns = now_ns;
}

// A little at a time. Once there is no credit for more, the rest is unpacked on the record_queue's thread.
static void feed_compressed(struct recorder_entry *entry, const char *data, size_t len, int64_t now_ns) {
  struct recorder *recorder = entry->recorder;
  gain_credit(recorder, now_ns);
  while (len > 0 && !entry->unpacks_beside) {
    size_t some = len < UNPACKED_AT_ONCE ? len : UNPACKED_AT_ONCE;
    int64_t start_ns = cpu_ns();
    entry->unpacks_beside = recorder->credit_ns <= 0;
    if (entry->unpacks_beside) break;
    response_feed(&entry->response, data, some, now_ns);
    recorder->credit_ns -= cpu_ns() - start_ns;
    data += some;
    len -= some;
  }
  post_piece(entry, data, len, now_ns);
}

bool recorder_data(struct recorder_entry *entry, const char *data, size_t len, int64_t now_ns) {
  if (!entry || !entry->responding) return false;
  struct recorder *recorder = entry->recorder;
  // Also of what is not recorded: it may be continued.
  if (entry->answer.coding == INFLATE_GZIP || entry->answer.coding == INFLATE_DEFLATE) {
    feed_compressed(entry, data, len, now_ns);
  } else {
    response_feed(&entry->response, data, len, now_ns);
  }
  bool is_over = !entry->unpacks_beside && response_is_over(&entry->response);
  if (!entry->unpacks_beside && entry->handed && !entry->answered && entry->response.streamed &&
      entry->response.ended) {
    entry->answered = true; // the client may ask on before the connection says that all is over
    entry->whole = entry->heard;
    record_queue_post(recorder->record_queue, &entry->answer_job);
  }
  if (!entry->skipped && recorder->options.keep_answers && !recorder->options.anonymize)
    recorder_body_add(recorder, &entry->answer, data, len);
  return is_over;
}

// Takes the gathered body over into the record; `clean` holds its text.
static void add_answer(struct recorder_entry *entry, struct trace_response *record, struct buf *clean) {
  struct recorder *recorder = entry->recorder;
  struct recorder_body *answer = &entry->answer;
  recorder_body_decode(recorder, answer);
  carried_cover(&entry->secrets, CARRIED_BODY_MIN, false, answer->bytes.data, answer->bytes.len);
  if (record->status >= 400) redact_cover_shapes(answer->bytes.data, answer->bytes.len);
  record->body_kind = recorder_body_clean(recorder, answer, clean, NULL);
  record->body = (struct json_slice){clean->data, clean->len};
  record->body_truncated = answer->state != RECORDER_BODY_KEPT;
  recorder->dropped += answer->state == RECORDER_BODY_DROPPED;
  if (!clean->status) return;
  record->body_kind = TRACE_BODY_NONE;
  record->body_truncated = true;
}

static int64_t since(int64_t from_ns, int64_t to_ns) {
  return from_ns >= 0 && to_ns >= 0 ? to_ns - from_ns : -1;
}

static void write_held_request(struct recorder_entry *entry, struct trace_response *response) {
  struct recorder *recorder = entry->recorder;
  anonymize_take_counts(response, &entry->anonymous);
  *response = anonymize_response(response);
  recorder_write_request(recorder, &entry->anonymous);
}

static void format_response(struct buf *line, const void *record, int64_t start_ns) {
  struct trace_response response = *(const struct trace_response *)record;
  response.t_ns -= start_ns;
  trace_format_response(line, &response);
}

static void write_response(struct recorder_entry *entry) {
  const struct recorder_ending *ending = &entry->ending;
  struct recorder *recorder = entry->recorder;
  struct response *found = &entry->response;
  carried_cover_words(&entry->secrets, recorder->options.redact, found->error_text, sizeof found->error_text);
  int64_t done_ns = response_is_over(found) ? found->over_ns : ending->done_ns;
  bool is_early = ending->aborted_by && !(response_is_over(found) && found->failure == FAILURE_NONE);
  const char *source = token_source_name(found->token_source);
  const char *failure = failure_name(found->failure);
  struct trace_response record = {
      .seq = entry->seq,
      .t_ns = done_ns,
      .status = ending->status > 0 ? ending->status : -1,
      .ttfb_ns = since(ending->sent_ns, ending->first_byte_ns),
      .ttft_ns = since(ending->sent_ns, found->first_text_ns),
      .ttfa_ns = found->first_answer_ns < 0 ? 0 : since(ending->sent_ns, found->first_answer_ns),
      .latency_ns = since(ending->sent_ns, done_ns),
      .input_tokens = found->input_tokens,
      .output_tokens = found->output_tokens,
      .cached_tokens = found->cached_tokens,
      .token_source = source ? recorder_text(source) : (struct json_slice){0},
      .finish = found->finish[0] ? recorder_text(found->finish) : (struct json_slice){0},
      .events = found->text_events,
      .bytes = found->bytes,
      .error = failure ? recorder_text(failure) : (struct json_slice){0},
      .aborted_by = is_early ? recorder_text(ending->aborted_by) : (struct json_slice){0},
      .attempts = ending->attempts,
      .answer_id = found->answer_id[0] ? recorder_text(found->answer_id) : (struct json_slice){0},
      .error_text = found->error_text[0] ? recorder_text(found->error_text) : (struct json_slice){0},
  };
  struct buf clean = {0};
  add_answer(entry, &record, &clean);
  if (recorder->options.anonymize) write_held_request(entry, &record);
  recorder_write(recorder, format_response, &record, false);
  buf_free(&clean);
}

void recorder_take_answer(void *context) {
  struct recorder_entry *entry = context;
  conversation_answered(entry->recorder->sessions, &entry->place, &entry->whole);
}

void recorder_make_response(void *context) {
  struct recorder_entry *entry = context;
  entry->response.asks_text = api_generates_text(entry->api); // as the request's body says
  if (!api_asks_model(entry->api)) entry->response.api = API_HTTP;
  response_finish(&entry->response, entry->ending.transport);
  if (!entry->answered) conversation_answered(entry->recorder->sessions, &entry->place, &entry->heard);
  bool is_wanted = entry->seq >= 0 && !entry->skipped;
  if (is_wanted && !entry->lacks_piece) write_response(entry);
  if (is_wanted && entry->lacks_piece) entry->recorder->dropped += entry->recorder->options.anonymize ? 2 : 1;
  entry->recorder->waiting--;
  recorder_entry_free(entry);
}

static void let_go(void *context) {
  recorder_entry_free(context);
}

void recorder_end(struct recorder_entry *entry, const struct recorder_ending *ending) {
  if (!entry) return;
  recorder_request_incomplete(entry);
  if (!entry->handed && entry->unpacks_beside) {
    entry->end_job.run = let_go;
    record_queue_post(entry->recorder->record_queue, &entry->end_job);
    return;
  }
  if (!entry->handed) {
    recorder_entry_free(entry);
    return;
  }
  struct json_slice none = {0};
  recorder_head(entry, ending->status, none, none); // a head that never came
  entry->ending = *ending;
  entry->recorder->waiting++;
  record_queue_post(entry->recorder->record_queue, &entry->end_job);
}
