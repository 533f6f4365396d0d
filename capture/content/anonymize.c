// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/content/anonymize.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "capture/content/anonymize_prompt.h"
#include "lib/json/json_write.h"
#include "lib/llm/api.h"
#include "lib/llm/media.h"
#include "lib/record/failure.h"
#include "lib/record/token_source.h"

#define HASH_BYTES 32

struct anonymize {
  struct buf key;
};

enum status anonymize_open(const char *key_path, struct anonymize **out, struct error *error) {
  struct anonymize *anonymize = calloc(1, sizeof *anonymize);
  if (!anonymize) return status_memory(error);
  anonymize->key = BUF_LIMIT(ANONYMIZE_KEY_MAX);
  enum status status = buf_read_file(&anonymize->key, key_path, error);
  if (status == STATUS_LIMIT) {
    status = status_fail(error, STATUS_FORMAT, "%s: a key has at most %d bytes", key_path, ANONYMIZE_KEY_MAX);
  } else if (status == STATUS_OK && anonymize->key.len < ANONYMIZE_KEY_MIN) {
    status =
        status_fail(error, STATUS_FORMAT, "%s: a key needs at least %d bytes (try: head -c 32 /dev/urandom)",
                    key_path, ANONYMIZE_KEY_MIN);
  }
  if (status) {
    anonymize_close(anonymize);
    return status;
  }
  *out = anonymize;
  return STATUS_OK;
}

enum status anonymize_open_random(struct anonymize **out, struct error *error) {
  unsigned char key[HASH_BYTES];
  struct anonymize *anonymize = calloc(1, sizeof *anonymize);
  bool well = anonymize && RAND_priv_bytes(key, sizeof key) == 1 &&
              buf_append(&anonymize->key, key, sizeof key) == STATUS_OK;
  OPENSSL_cleanse(key, sizeof key);
  if (!well) {
    anonymize_close(anonymize);
    return status_fail(error, STATUS_MEMORY, "no random key could be made");
  }
  *out = anonymize;
  return STATUS_OK;
}

void anonymize_close(struct anonymize *anonymize) {
  if (!anonymize) return;
  if (anonymize->key.data) OPENSSL_cleanse(anonymize->key.data, anonymize->key.capacity);
  buf_free(&anonymize->key);
  free(anonymize);
}

static enum api api_of(const struct trace_request *request) {
  enum api api;
  return api_from_name(request->api, &api) ? api : API_HTTP;
}

bool anonymize_keeps(const struct trace_request *request) {
  return api_asks_model(api_of(request));
}

// HMAC-SHA-256 of the hash before and some bytes. false: the library failed.
static bool chain(const struct anonymize *anonymize, unsigned char hash[HASH_BYTES], const char *data,
                  size_t len) {
  unsigned char message[HASH_BYTES + ANONYMIZE_BLOCK_BYTES];
  unsigned len_out = 0;
  memcpy(message, hash, HASH_BYTES);
  if (len > ANONYMIZE_BLOCK_BYTES) return false;
  if (len > 0) memcpy(message + HASH_BYTES, data, len);
  return HMAC(EVP_sha256(), anonymize->key.data, (int)anonymize->key.len, message, HASH_BYTES + len, hash,
              &len_out) &&
         len_out == HASH_BYTES;
}

// What the first hash stands on, filled up with zeros: kinds of things never share a hash.
static void begin(unsigned char hash[HASH_BYTES], const char *kind) {
  for (size_t i = 0; i < HASH_BYTES; i++)
    hash[i] = *kind ? (unsigned char)*kind++ : 0;
}

static int64_t id_of(const unsigned char hash[HASH_BYTES]) {
  uint64_t bits = 0;
  for (int i = 0; i < 8; i++)
    bits = bits << 8 | hash[i];
  return (int64_t)(bits >> 11); // 53 bits
}

// Hashes a text of any length, block by block. `ids`: the id of each block goes there as the element of an
// array; NULL: none is wanted.
static bool chain_text(const struct anonymize *anonymize, unsigned char hash[HASH_BYTES],
                       struct json_slice text, struct json_writer *ids) {
  for (size_t at = 0; at < text.len; at += ANONYMIZE_BLOCK_BYTES) {
    size_t left = text.len - at;
    if (!chain(anonymize, hash, text.data + at, left < ANONYMIZE_BLOCK_BYTES ? left : ANONYMIZE_BLOCK_BYTES))
      return false;
    if (ids) json_write_int(ids, id_of(hash));
  }
  return true;
}

// Writes the blocks' ids of a canonical prompt as a JSON array.
static bool write_blocks(const struct anonymize *anonymize, struct json_slice model, const struct buf *prompt,
                         struct buf *out) {
  struct json_writer w = JSON_WRITER(out);
  unsigned char hash[HASH_BYTES];
  begin(hash, "prompt");
  bool well = chain_text(anonymize, hash, model, NULL);
  json_write_array(&w);
  well = well && chain_text(anonymize, hash, (struct json_slice){prompt->data, prompt->len}, &w);
  json_write_array_end(&w);
  return well;
}

// The ids that a request has already, each as its keyed hash: what was equal stays so.
static bool rename_blocks(const struct anonymize *anonymize, struct json_slice blocks, struct buf *out) {
  struct json_writer w = JSON_WRITER(out);
  struct json_scan scan = json_scan_start(blocks);
  struct json_slice id;
  bool well = true;
  json_write_array(&w);
  while (well && json_scan_element(&scan, &id)) {
    unsigned char hash[HASH_BYTES];
    begin(hash, "block");
    well = id.len <= ANONYMIZE_BLOCK_BYTES && chain(anonymize, hash, id.data, id.len);
    json_write_int(&w, id_of(hash));
  }
  json_write_array_end(&w);
  return well;
}

static bool write_session(const struct anonymize *anonymize, struct json_slice session, struct buf *out) {
  unsigned char hash[HASH_BYTES];
  begin(hash, "session");
  bool well = chain_text(anonymize, hash, session, NULL);
  for (int i = 0; i < 8; i++)
    buf_printf(out, "%02x", hash[i]);
  return well;
}

static struct json_slice text_slice(const char *text) {
  return text && text[0] ? (struct json_slice){text, strlen(text)} : (struct json_slice){NULL, 0};
}

static const char *const sources[] = {"usage", "timings", "events", "estimate", NULL};

// A word that is written only when it is one of these.
static struct json_slice known(struct json_slice word, const char *const *words) {
  for (; *words; words++) {
    if (json_slice_is(word, *words)) return text_slice(*words);
  }
  return (struct json_slice){NULL, 0};
}

void anonymize_take_counts(const struct trace_response *response, struct trace_request *request) {
  enum token_source source;
  if (response->output_tokens >= 0) request->output_tokens = response->output_tokens;
  if (response->input_tokens < 0) return;
  request->input_tokens = response->input_tokens;
  bool named = token_source_from_name(response->token_source, &source);
  request->token_source = text_slice(named ? token_source_name(source) : NULL);
}

// What the request was known by; else what its canonical prompt holds; that of a body that was too long or is
// no JSON, by its size.
static void add_estimate(const struct trace_request *request, const struct buf *prompt,
                         struct trace_request *out) {
  out->input_tokens = request->input_tokens;
  out->output_tokens = request->output_tokens;
  out->token_source = known(request->token_source, sources);
  if (out->input_tokens >= 0) return;
  int64_t bytes = prompt->len == 0 && request->body_bytes > 0 ? request->body_bytes : (int64_t)prompt->len;
  out->input_tokens = (bytes + ANONYMIZE_BYTES_PER_TOKEN - 1) / ANONYMIZE_BYTES_PER_TOKEN;
  out->token_source = text_slice("estimate");
}

struct parts {
  struct buf prompt, blocks, session;
};

static bool write_parts(const struct anonymize *anonymize, const struct trace_request *request,
                        struct parts *parts, struct trace_request *out) {
  bool well = true;
  if (request->body_kind == TRACE_BODY_JSON) {
    anonymize_prompt(request->body, &parts->prompt);
    if (parts->prompt.len == 0) return true;
    well = write_blocks(anonymize, request->model, &parts->prompt, &parts->blocks);
    out->block_tokens = ANONYMIZE_BLOCK_TOKENS;
  } else if (request->prefix_blocks.data) {
    well = rename_blocks(anonymize, request->prefix_blocks, &parts->blocks);
    out->block_tokens = request->block_tokens;
  }
  return well;
}

// Puts blocks and session into `scratch`, where the record's slices point.
static enum status place_parts(const struct parts *parts, struct buf *scratch, struct trace_request *out) {
  if (parts->prompt.status) return parts->prompt.status;
  if (parts->blocks.status) return parts->blocks.status;
  if (parts->session.status) return parts->session.status;
  size_t start = scratch->len, blocks = parts->blocks.len, session = parts->session.len;
  buf_append(scratch, parts->blocks.data, blocks);
  if (buf_append(scratch, parts->session.data, session)) return scratch->status;
  if (blocks) out->prefix_blocks = (struct json_slice){scratch->data + start, blocks};
  if (session) out->session = (struct json_slice){scratch->data + start + blocks, session};
  return STATUS_OK;
}

enum status anonymize_request(struct anonymize *anonymize, const struct trace_request *request,
                              const struct trace_response *response, struct buf *scratch,
                              struct trace_request *out, struct error *error) {
  struct parts parts = {0};
  enum api api = api_of(request);
  struct media media = {request->media_parts, request->media_bytes};
  if (request->body_kind == TRACE_BODY_JSON) media = media_count(request->body);
  *out = (struct trace_request){.seq = request->seq,
                                .t_ns = request->t_ns,
                                .api = text_slice(api_name(api)),
                                .method = text_slice("POST"),
                                .path = text_slice(api_dialect(api)->paths[0]),
                                .stream = request->stream,
                                .media_parts = media.parts,
                                .media_bytes = media.bytes,
                                .body_bytes = -1,
                                .block_tokens = -1};
  bool well = write_parts(anonymize, request, &parts, out);
  add_estimate(request, &parts.prompt, out);
  if (response) anonymize_take_counts(response, out);
  if (request->session.len > 0) well = write_session(anonymize, request->session, &parts.session) && well;
  enum status status = well ? place_parts(&parts, scratch, out) : STATUS_MEMORY;
  if (parts.prompt.data) OPENSSL_cleanse(parts.prompt.data, parts.prompt.capacity);
  buf_free(&parts.prompt);
  buf_free(&parts.blocks);
  buf_free(&parts.session);
  if (status == STATUS_OK) return STATUS_OK;
  return status_fail(error, status, "it cannot be anonymised: %s", status_name(status));
}

struct trace_response anonymize_response(const struct trace_response *response) {
  static const char *const finishes[] = {"stop",       "length",         "tool_calls", "function_call",
                                         "eos",        "content_filter", "abort",      "error",
                                         "cancel",     "load",           "unload",     "end_turn",
                                         "max_tokens", "stop_sequence",  "tool_use",   "pause_turn",
                                         "refusal",    "completed",      "incomplete", "max_output_tokens",
                                         "limit",      "word",           NULL};
  static const char *const aborts[] = {"client", "upstream", NULL};
  enum failure failure = FAILURE_NONE;
  bool failed = response->error.len > 0;
  // A failure of another kind is still one.
  if (failed && !failure_from_name(response->error, &failure)) failure = FAILURE_PROTOCOL;
  return (struct trace_response){.seq = response->seq,
                                 .t_ns = response->t_ns,
                                 .status = response->status,
                                 .ttfb_ns = response->ttfb_ns,
                                 .ttft_ns = response->ttft_ns,
                                 .ttfa_ns = response->ttfa_ns,
                                 .latency_ns = response->latency_ns,
                                 .input_tokens = response->input_tokens,
                                 .output_tokens = response->output_tokens,
                                 .cached_tokens = response->cached_tokens,
                                 .token_source = known(response->token_source, sources),
                                 .finish = known(response->finish, finishes),
                                 .events = response->events,
                                 .bytes = response->bytes,
                                 .error = failed ? text_slice(failure_name(failure)) : text_slice(NULL),
                                 .aborted_by = known(response->aborted_by, aborts),
                                 .attempts = response->attempts};
}

struct trace_header anonymize_header(const struct trace_header *header) {
  return (struct trace_header){
      .version = header->version, .start_unix_s = header->start_unix_s, .tool = header->tool};
}
