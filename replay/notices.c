// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/notices.h"

#include <math.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/units.h"
#include "lib/net/xfer.h"
#include "lib/net/xfer_probe.h"
#include "replay/plan/timetable.h"
#include "replay/preview.h"

#define LONG_NS (24 * INT64_C(3600) * CLOCK_NS_PER_S) // of a schedule that somebody may not have meant
#define RATE_MISSED 0.05                              // of the requests asked for: not sent within the time

// HTTP/2 is spoken at once, without asking whether the server does.
static bool speaks_plain_http2(const struct opts *opts) {
  return opts->http_version == 2 && !opts->endpoint.secure;
}

// "-u ends in /v1, with which recorded paths begin too: -u http://host"; false: it is no such URL.
static bool print_repeated_base(const struct opts *opts, const struct work *work, struct buf *out) {
  const char *base = NULL, *url = opts->endpoint.shown;
  for (size_t i = 0; i < work->count && !base; i++)
    base = endpoint_repeated_base(url, work->requests[i]->path);
  if (base)
    buf_printf(out, "-u ends in %s, with which recorded paths begin too; the server's URL may be -u %.*s",
               base, (int)(base - url), url);
  return base != NULL;
}

// The share of requests that a partly open loop would send after its duration: a conversation that begins at
// any instant of it, and each later turn as long after that as recorded.
static double share_after_end(const struct opts *opts, const struct work *work) {
  double after = 0;
  for (size_t i = 0; i < work->count; i++) {
    int64_t first = (int64_t)i, turns = 0;
    for (; work->turns[first].before >= 0; first = work->turns[first].before)
      turns++;
    bool fixed = opts->think == SEND_ORDER_THINK_FIXED;
    int64_t since_ns =
        fixed ? turns * opts->think_ns : work->requests[i]->at_ns - work->requests[first]->at_ns;
    after += fmin(1, clock_seconds(since_ns) / clock_seconds(opts->duration_ns));
  }
  return after / (double)work->count;
}

// What a rate counts where conversations arrive.
static void note_arrivals(const struct opts *opts, const struct work *work, int64_t later, struct log *log) {
  double share = opts->duration_ns > 0 ? share_after_end(opts, work) : 0;
  struct buf end = {0};
  if (share >= 0.01)
    buf_printf(&end,
               "; about %.0f %% of the requests would come after the end of --duration and are not sent",
               100 * share);
  log_notice(log,
             "partly open loop: the rate counts requests; conversations arrive at %.3g of it, later turns "
             "follow after their think times (--think-time none: each at its scheduled instant)%s",
             1 - (double)later / (double)work->count, buf_text(&end));
  buf_free(&end);
}

// A think time that is not known, or that nothing waits for.
static void note_think_time(const struct opts *opts, const struct work *work, struct log *log) {
  if (opts->think == SEND_ORDER_THINK_SCHEDULE) return;
  struct conversations_later later = conversations_later(work->turns, work->count);
  if (later.count == 0) {
    log_notice(log, "--think-time: the trace has no conversation of several turns");
    return;
  }
  if (opts->timing == OPTS_TIMING_RATE) note_arrivals(opts, work, later.count, log);
  if (opts->think == SEND_ORDER_THINK_RECORDED && later.unknown > 0) {
    log_notice(
        log,
        "--think-time recorded: %lld of %lld later turns have no recorded think time; scheduled time kept",
        (long long)later.unknown, (long long)later.count);
  }
}

// Turns that came after the end, or ended long after the last arrival.
static void note_rates_missed(const struct summary *summary, struct log *log) {
  const struct plan *plan = summary->plan;
  for (size_t i = 0; i < plan->rate_count; i++) {
    const struct summary_cell *sums = &summary->cells[i];
    double sent = (double)sums->requests / sums->total_s;
    if (sums->reps == 0 || sums->invalid > 0 || sent >= (1 - RATE_MISSED) * plan->rates[i]) continue;
    log_notice(log, "%.4g of %.4g requests/s were sent: later turns need a longer --duration", sent,
               plan->rates[i]);
  }
}

static const char *requests_are(int64_t count) {
  return count == 1 ? "request is" : "requests are";
}

// Requests left out or made up.
static void note_draw(const struct opts *opts, const struct work *work, struct log *log) {
  if (work->bodiless > 0) {
    log_notice(log, "%lld %s left out: no body was recorded that is a JSON object", (long long)work->bodiless,
               requests_are(work->bodiless));
  }
  struct buf unknown = {0};
  unknown_apis_print(&work->unknown, &unknown);
  if (unknown.len > 0) {
    log_notice(log, "left out: %s, of no API that this version supports (--api http sends them)",
               buf_text(&unknown));
  }
  buf_free(&unknown);
  if (work->stateful > 0) {
    log_notice(log, "%lld %s left out: %s (previous_response_id, conversation)%s", (long long)work->stateful,
               requests_are(work->stateful),
               opts->stateful ? "the trace lacks the answer that each continues"
                              : "only the recording server has the answer that each continues",
               opts->stateful ? "" : "; --timing original --stateful sends them");
  }
  if (work->failed > 0) {
    log_notice(log, "%lld %s left out: answered with an error status (400 or above) when recorded",
               (long long)work->failed, requests_are(work->failed));
  }
  if (opts->cancel == OPTS_CANCEL_RECORDED) {
    log_notice(log, "--cancel recorded: %lld of %zu requests were given up by their clients",
               (long long)work->cancels, work->count);
  }
  if (work->synthetic > 0) {
    log_notice(log, "%lld %s known only by size: synthetic text of that length is sent",
               (long long)work->synthetic, requests_are(work->synthetic));
    if (!work->model && !work->several_models && !opts->model)
      log_notice(log, "the trace names no model, which most servers require (-m)");
  }
}

static void note_base(const struct opts *opts, const struct work *work, struct log *log) {
  struct buf line = {0};
  if (print_repeated_base(opts, work, &line) && !line.status) log_notice(log, "%s", buf_text(&line));
  buf_free(&line);
}

// What a user may not expect, also options without effect on some requests.
void notices_before(const struct opts *opts, const struct plan *plan, const struct work *work,
                    struct log *log) {
  note_draw(opts, work, log);
  note_base(opts, work, log);
  if (plan->duration_ns == 0 && work->available < plan->batch_most) {
    log_notice(log, "the plan needs %lld requests, the trace has %lld: some are sent more than once",
               (long long)plan->batch_most, (long long)work->available);
  }
  if (speaks_plain_http2(opts) && !xfer_shares_plain_http2()) {
    log_notice(
        log, "--http2: this libcurl cannot keep HTTP/2 connections without TLS, each request makes its own");
  }
  note_think_time(opts, work, log);
  bool lacks_it = false;
  for (size_t i = 0; i < work->count; i++) {
    const struct api_dialect *dialect = api_dialect(work->requests[i]->api);
    lacks_it |= dialect->generates_text && !dialect->has_ignore_eos;
  }
  if (lacks_it && opts->ignore_eos)
    log_notice(log, "--ignore-eos: not supported by Ollama's native API; ignored");
}

// Traces of different weeks have weeks between them.
static void notices_start(const struct opts *opts, struct log *log) {
  bool has_start = opts->start_at_unix_s > 0;
  int64_t gap_ns = opts->timeout_ns < TIMETABLE_GAP_NS ? opts->timeout_ns : TIMETABLE_GAP_NS;
  if (opts->shard.count > 1 && !has_start)
    log_notice(
        log,
        "--shard without --start-at: this shard begins when it is ready, and shares no nonce with others");
  if (has_start && (opts->repeat > 1 || opts->request_rates_count > 1))
    log_notice(log, "--start-at: each repetition begins %.3g s after the window of the one before it",
               clock_seconds(gap_ns));
}

void notices_schedule(const struct opts *opts, const struct schedules *schedules, struct log *log) {
  struct buf words = {0};
  notices_start(opts, log);
  int64_t longest_ns = 0;
  for (size_t i = 0; i < schedules->count; i++) {
    if (schedules->of[i].window_ns > longest_ns) longest_ns = schedules->of[i].window_ns;
  }
  if (longest_ns <= LONG_NS || opts->duration_ns > 0) return;
  units_print_duration(&words, longest_ns);
  log_notice(log, "the schedule lasts %s (--max-idle cuts its pauses, --duration its end)", buf_text(&words));
  buf_free(&words);
}

// The size of the default batch decides how long the run takes.
void notices_default_batch(const struct opts *opts, const struct plan *plan, const struct work *work,
                           struct log *log) {
  if (opts->timing != OPTS_TIMING_BATCH || opts->batches || opts->cells_path || opts->duration_ns > 0) return;
  struct buf line = {0};
  preview_print_default_batch(opts, plan, work, &line);
  if (!line.status) log_notice(log, "%s", buf_text(&line));
  buf_free(&line);
}

// Cells whose requests are not equally long cannot be compared by tokens per second.
void notices_after(const struct opts *opts, const struct summary *summary, const struct work *work,
                   struct log *log) {
  double least, most;
  if (summary_token_spread(summary, &least, &most) > SUMMARY_TOKENS_ALIKE) {
    log_notice(
        log,
        "cells differ in output tokens per request, from %.4g to %.4g: their tokens/s are not like for "
        "like (--max-tokens with --ignore-eos makes them equal)",
        least, most);
  }
  bool is_partly_open = opts->timing == OPTS_TIMING_RATE && opts->think != SEND_ORDER_THINK_SCHEDULE;
  if (is_partly_open) note_rates_missed(summary, log);
  double error = work_size_error(work);
  if (error > 0.02 || error < -0.02) {
    log_notice(log, "synthetic prompts were %.1f %% %s than recorded by the server's count",
               100 * fabs(error), error > 0 ? "longer" : "shorter");
  }
  if (summary->again > 0) {
    log_notice(log,
               "%lld %s not valid and measured again at the end of the block (--keep-invalid prevents it)",
               (long long)summary->again, summary->again == 1 ? "batch was" : "batches were");
  }
  if (summary->out_of_tokens && summary->succeeded > 0) {
    log_notice(log, "--token-budget is used up: what is missing of the plan can be added by --resume");
  }
}

// Every failure of the run is one of these classes.
static bool all_are(const struct summary *summary, const enum failure *classes, size_t count) {
  int64_t others = 0;
  for (size_t i = 0; i < plan_rows(summary->plan); i++) {
    others += summary->cells[i].failed;
    for (size_t j = 0; j < count; j++)
      others -= summary->cells[i].errors[classes[j]];
  }
  return others == 0;
}

// A server that does not support TLS, or nothing else, breaks the connection or the handshake.
static bool is_other_scheme(const struct opts *opts, const struct summary *summary) {
  static const enum failure broken[] = {FAILURE_RESET, FAILURE_PROTOCOL, FAILURE_HTTP_4XX, FAILURE_TIMEOUT};
  static const enum failure no_tls[] = {FAILURE_TLS};
  if (opts->server || (opts->endpoint.secure ? !all_are(summary, no_tls, 1) : !all_are(summary, broken, 4)))
    return false;
  return xfer_probe(opts->endpoint.text) == (opts->endpoint.secure ? XFER_SCHEME_HTTP : XFER_SCHEME_HTTPS);
}

void notices_why_none(const struct opts *opts, const struct work *work, const struct summary *summary,
                      struct buf *out) {
  static const enum failure broken[] = {FAILURE_RESET, FAILURE_PROTOCOL};
  struct buf base = {0};
  if (is_other_scheme(opts, summary)) {
    buf_printf(out, ": the server %s TLS: -u %s%s", opts->endpoint.secure ? "does not support" : "expects",
               opts->endpoint.secure ? "http" : "https", strstr(opts->endpoint.shown, "://"));
  } else if (speaks_plain_http2(opts) && all_are(summary, broken, 2)) {
    buf_append_text(out, " (does the server support HTTP/2 without TLS?)");
  } else if (print_repeated_base(opts, work, &base)) {
    buf_printf(out, ": %s", buf_text(&base));
  }
  buf_free(&base);
}
