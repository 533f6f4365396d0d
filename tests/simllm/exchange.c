// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/simllm/exchange.h"

#include "tests/simllm/speech.h"

void exchange_init(struct exchange *exchange, const struct opts *opts, enum fault fault, int64_t id,
                   int64_t cached_tokens, double created_s) {
  struct ask *ask = &exchange->ask;
  bool ollama = ask->api == ASK_OLLAMA_CHAT || ask->api == ASK_OLLAMA_GENERATE;
  bool asked = ollama || speech_of(ask->api) || !ask->stream || ask->include_usage;
  bool text = ask_generates_text(ask->api);
  exchange->fault = fault;
  exchange->fault_shown = false;
  exchange->job =
      (struct engine_job){.owner = exchange,
                          .prompt_tokens = ask->prompt_tokens - (cached_tokens > 0 ? cached_tokens : 0),
                          .tokens = !text            ? 1
                                    : ask->limit > 0 ? ask->limit
                                                     : opts->tokens};
  exchange->dialect = (struct dialect){
      .ask = ask,
      .model = ask->model[0] ? ask->model : opts->model,
      .id = id,
      .created_s = created_s,
      .cached_tokens = cached_tokens,
      .text_seed = opts->engine.seed + ask->digest,
      .with_usage = opts->usage == OPTS_USAGE_ALWAYS || (opts->usage == OPTS_USAGE_AUTO && asked),
      .at_limit = ask->limit > 0 && fault != FAULT_EMPTY,
      .output_tokens = fault == FAULT_EMPTY ? 0 : exchange->job.tokens,
  };
  exchange->phase = EXCHANGE_ROLE;
  exchange->ending = EXCHANGE_STEP_END;
  exchange->sent = 0;
  exchange->first_token_ns = exchange->last_token_ns = 0;
}

void exchange_free(struct exchange *exchange) {
  dialect_free(&exchange->dialect);
}

bool exchange_needs_engine(const struct exchange *exchange) {
  return exchange->fault != FAULT_EMPTY && exchange->fault != FAULT_HANG;
}

bool exchange_can_begin(const struct exchange *exchange) {
  if (!exchange_needs_engine(exchange)) return true;
  if (exchange->ask.stream) return exchange->job.made > 0;
  return exchange->job.made == exchange->job.tokens;
}

static void tell_timings(struct exchange *exchange, int64_t now_ns) {
  struct dialect *dialect = &exchange->dialect;
  const struct engine_job *job = &exchange->job;
  if (job->slot_ns == 0) return;
  dialect->load_ns = job->load_ns;
  dialect->prompt_ns = job->ready_ns - job->slot_ns - job->load_ns;
  dialect->eval_ns = job->last_ns - job->ready_ns;
  dialect->total_ns = now_ns - job->arrival_ns;
}

// Half way: what the fault does instead of, or before, the next token.
static enum exchange_step show_fault(struct exchange *exchange, struct buf *out) {
  exchange->fault_shown = true;
  switch (exchange->fault) {
  case FAULT_RESET:
  case FAULT_TRUNCATE:
    exchange->phase = EXCHANGE_ENDED;
    exchange->ending = exchange->fault == FAULT_RESET ? EXCHANGE_STEP_RESET : EXCHANGE_STEP_CUT;
    return exchange->ending;
  case FAULT_MALFORMED: dialect_broken(&exchange->dialect, out); break;
  default: dialect_error_event(&exchange->dialect, out); exchange->phase = EXCHANGE_DONE;
  }
  return EXCHANGE_STEP_EVENT;
}

static bool fault_is_due(const struct exchange *exchange) {
  switch (exchange->fault) {
  case FAULT_RESET:
  case FAULT_TRUNCATE:
  case FAULT_MALFORMED:
  case FAULT_ERROR_IN_STREAM: return !exchange->fault_shown && exchange->sent == exchange->job.tokens / 2;
  default: return false;
  }
}

static enum exchange_step next_token(struct exchange *exchange, int64_t now_ns, double now_s,
                                     struct buf *out) {
  // Even a fault before the first token comes only when there is one: the request must have had its slot.
  if (exchange->sent == exchange->job.made) return EXCHANGE_STEP_WAIT;
  if (fault_is_due(exchange)) return show_fault(exchange, out);
  dialect_token(&exchange->dialect, exchange->sent, now_s, out);
  exchange->sent++;
  if (exchange->sent == 1) exchange->first_token_ns = now_ns;
  exchange->last_token_ns = now_ns;
  if (exchange->sent == exchange->job.tokens) exchange->phase = EXCHANGE_FINISH;
  return EXCHANGE_STEP_EVENT;
}

static enum exchange_step next_event(struct exchange *exchange, int64_t now_ns, double now_s,
                                     struct buf *out) {
  switch (exchange->phase) {
  case EXCHANGE_ROLE:
    dialect_role(&exchange->dialect, out);
    exchange->phase = exchange->fault == FAULT_EMPTY ? EXCHANGE_FINISH : EXCHANGE_TOKENS;
    return EXCHANGE_STEP_EVENT;
  case EXCHANGE_TOKENS: return next_token(exchange, now_ns, now_s, out);
  case EXCHANGE_FINISH:
    tell_timings(exchange, now_ns);
    dialect_finish(&exchange->dialect, now_s, out);
    exchange->fault_shown |= exchange->fault == FAULT_EMPTY;
    exchange->phase = EXCHANGE_USAGE;
    return EXCHANGE_STEP_EVENT;
  case EXCHANGE_USAGE:
    dialect_usage(&exchange->dialect, out);
    exchange->phase = EXCHANGE_DONE;
    return EXCHANGE_STEP_EVENT;
  case EXCHANGE_DONE:
    dialect_done(&exchange->dialect, out);
    exchange->phase = EXCHANGE_ENDED;
    return EXCHANGE_STEP_EVENT;
  default: return exchange->ending;
  }
}

enum exchange_step exchange_next(struct exchange *exchange, int64_t now_ns, double now_s, struct buf *out) {
  if (exchange->fault == FAULT_HANG) {
    exchange->fault_shown = true;
    return EXCHANGE_STEP_NEVER;
  }
  size_t before = out->len;
  enum exchange_step step = EXCHANGE_STEP_EVENT;
  // An event that this API does not have is no event: go on to the next.
  while (step == EXCHANGE_STEP_EVENT && out->len == before && out->status == STATUS_OK)
    step = next_event(exchange, now_ns, now_s, out);
  return out->status == STATUS_OK ? step : EXCHANGE_STEP_CUT;
}

void exchange_whole(struct exchange *exchange, double now_s, struct buf *out, size_t *send_bytes) {
  tell_timings(exchange, exchange->job.last_ns);
  if (exchange->fault == FAULT_ERROR_IN_STREAM) {
    dialect_error(exchange->ask.api, 500, "the simulated engine failed", out);
  } else {
    dialect_whole(&exchange->dialect, now_s, out);
  }
  if (exchange->fault == FAULT_MALFORMED) out->len /= 2;
  exchange->fault_shown = exchange->fault != FAULT_NONE;
  *send_bytes = exchange->fault == FAULT_TRUNCATE ? out->len / 2
                : exchange->fault == FAULT_HANG   ? 0
                                                  : out->len;
}

void exchange_whole_sent(struct exchange *exchange, int64_t now_ns) {
  if (exchange->fault != FAULT_NONE) return;
  exchange->sent = ask_generates_text(exchange->ask.api) ? exchange->job.tokens : 0;
  exchange->first_token_ns = exchange->last_token_ns = now_ns;
}
