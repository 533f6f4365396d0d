// SPDX-License-Identifier: GPL-3.0-or-later
//
// What reading costs per event: streams as the servers of each API send them, in reads of 16 KiB. A digit
// takes the place of ~, and is another in each event.
//
//   bench_llm          nanoseconds an event, of each stream
//   bench_llm NAME     one stream read once, for a counter of instructions: prints its number of events
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/llm/response.h"

#define EVENTS 20000
#define READ_BYTES 16384
#define ROUNDS 25

struct stream {
  const char *name;
  const char *words;
  enum api api;
  const char *content_type;
  const char *event;
  const char *last;
};

static const struct stream streams[] = {
    {"chat", "260 bytes", API_OPENAI_CHAT, "text/event-stream",
     "data: {\"choices\":[{\"finish_reason\":null,\"index\":0,\"delta\":{\"content\":\" hombre~\"}}],"
     "\"created\":1795322749,\"id\":\"chatcmpl-kH5cFL3biYg1PF8Ri2b7laqhrQdmARsd\",\"model\":\"tiny-random-"
     "llama\","
     "\"system_fingerprint\":\"b4748-c392e5094\",\"object\":\"chat.completion.chunk\"}\n\n",
     "data: [DONE]\n\n"},
    {"chat_id", "260 bytes, an id in each", API_OPENAI_CHAT, "text/event-stream",
     "data: {\"choices\":[{\"finish_reason\":null,\"index\":0,\"delta\":{\"content\":\" hombres\"}}],"
     "\"created\":1795322749,\"id\":\"chatcmpl-kH5cFL3biYg1PF8Ri2b7laqhrQdmARs~\",\"model\":\"tiny-random-"
     "llama\","
     "\"system_fingerprint\":\"b4748-c392e5094\",\"object\":\"chat.completion.chunk\"}\n\n",
     "data: [DONE]\n\n"},
    {"chat_usage", "300 bytes, usage in each", API_OPENAI_CHAT, "text/event-stream",
     "data: "
     "{\"id\":\"chatcmpl-1f6b1f2e5f1c4f4e8f5b3a1d2c3b4a59\",\"object\":\"chat.completion.chunk\",\"created\":"
     "1795322749,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" "
     "tide\"},\"logprobs\":null,"
     "\"finish_reason\":null}],\"usage\":{\"prompt_tokens\":57,\"total_tokens\":97,\"completion_tokens\":4~}}"
     "\n\n",
     "data: [DONE]\n\n"},
    {"chat_timings", "470 bytes, timings in each", API_OPENAI_CHAT, "text/event-stream",
     "data: "
     "{\"choices\":[{\"finish_reason\":null,\"index\":0,\"delta\":{\"content\":\"ders\"}}],\"created\":"
     "1795322738,"
     "\"id\":\"chatcmpl-BWQKuiqCEHmSrPqJVeIPEo8xOdexi3FX\",\"model\":\"tiny-random-llama\",\"system_"
     "fingerprint\":"
     "\"b4748-c392e5094\",\"object\":\"chat.completion.chunk\",\"timings\":{\"prompt_n\":1,\"prompt_ms\":7."
     "245,"
     "\"prompt_per_token_ms\":7.245,\"prompt_per_second\":138.02622498274673,\"predicted_n\":~,\"predicted_"
     "ms\":5.306,"
     "\"predicted_per_token_ms\":2.653,\"predicted_per_second\":376.9317753486619}}\n\n",
     "data: [DONE]\n\n"},
    {"messages", "130 bytes", API_ANTHROPIC_MESSAGES, "text/event-stream",
     "event: content_block_delta\ndata: "
     "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\","
     "\"text\":\" tid~\"}}\n\n",
     "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"},
    {"responses", "250 bytes", API_OPENAI_RESPONSES, "text/event-stream",
     "event: response.output_text.delta\ndata: "
     "{\"type\":\"response.output_text.delta\",\"sequence_number\":12~,"
     "\"item_id\":\"msg_D2UMzlD1YEs5Oz0zny6wLFJ5vbIFmHov\",\"output_index\":0,\"content_index\":0,\"delta\":"
     "\" tide\","
     "\"logprobs\":[],\"obfuscation\":\"abcdefghijk\"}\n\n",
     "data: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"status\":\"completed\"}}\n\n"},
    {"llamacpp", "125 bytes", API_LLAMACPP, "text/event-stream",
     "data: {\"index\":0,\"content\":\" "
     "tide\",\"tokens\":[93630],\"stop\":false,\"id_slot\":-1,\"tokens_predicted\":~,"
     "\"tokens_evaluated\":4}\n\n",
     "data: {\"content\":\"\",\"stop\":true,\"stop_type\":\"limit\"}\n\n"},
    {"ollama", "NDJSON, 100 bytes", API_OLLAMA_GENERATE, "application/x-ndjson",
     "{\"model\":\"tiny\",\"created_at\":\"2026-11-22T04:48:04.14270715~Z\",\"response\":\" "
     "interactive\",\"done\":false}\n",
     "{\"model\":\"tiny\",\"response\":\"\",\"done\":true,\"done_reason\":\"stop\",\"eval_count\":20000}\n"},
};

static void append_event(struct buf *body, const char *event, int number) {
  const char *mark = strchr(event, '~');
  if (mark) buf_append(body, event, (size_t)(mark - event));
  if (mark) buf_append_char(body, (char)('0' + number % 10));
  buf_append_text(body, mark ? mark + 1 : event);
}

// Nanoseconds per event of the fastest round; -1 when the stream was not read as a success.
static double measure(const struct stream *stream, const char *body, size_t len, int rounds) {
  double best = -1;
  struct json_slice type = {stream->content_type, strlen(stream->content_type)};
  for (int round = 0; round < rounds; round++) {
    struct response response;
    response_open(&response, stream->api, 200, type, (struct json_slice){NULL, 0}, 0);
    int64_t start_ns = clock_cpu_ns();
    for (size_t at = 0; at < len; at += READ_BYTES)
      response_feed(&response, body + at, len - at < READ_BYTES ? len - at : READ_BYTES, (int64_t)at);
    response_finish(&response, FAILURE_NONE);
    double ns = (double)(clock_cpu_ns() - start_ns) / EVENTS;
    bool good = response.failure == FAILURE_NONE && response.text_events == EVENTS;
    response_close(&response);
    if (!good) return -1;
    if (best < 0 || ns < best) best = ns;
  }
  return best;
}

int main(int argc, char **argv) {
  int wrong = 0, found = 0;
  if (argc < 2) printf("%-34s %10s %14s\n", "stream", "ns/event", "events/s");
  for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
    if (argc > 1 && strcmp(argv[1], streams[i].name) != 0) continue;
    found++;
    struct buf body = BUF_LIMIT(0);
    for (int event = 0; event < EVENTS; event++)
      append_event(&body, streams[i].event, event);
    buf_append_text(&body, streams[i].last);
    double ns = body.status ? -1 : measure(&streams[i], body.data, body.len, argc > 1 ? 1 : ROUNDS);
    if (ns < 0) wrong = 1;
    if (argc > 1) {
      printf("%d\n", EVENTS);
    } else {
      printf("%-34s %10.0f %13.2fM  %s\n", streams[i].name, ns, 1e3 / ns, streams[i].words);
    }
    buf_free(&body);
  }
  return wrong || found == 0;
}
