// SPDX-License-Identifier: GPL-3.0-or-later
//
// capture: reads the command line, runs the loop until a signal stops it, and reports the result.
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "capture/convert/convert.h"
#include "capture/metrics.h"
#include "capture/opts.h"
#include "capture/proxy/proxy.h"
#include "capture/record/recorder.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/stdio_fds.h"
#include "lib/base/units.h"

// Bodies over this go back to the system as soon as they are freed: one large one must not stay for good.
#define ALONE_BYTES (1024 * 1024)
#define CHECK_EVERY_NS (CLOCK_NS_PER_S / 2)
#define ROTATE_CHECK_EVERY_NS (CLOCK_NS_PER_S / 10)
#define REPORT_EVERY_NS (10 * CLOCK_NS_PER_S)
#define RECORDS_EVERY_NS (5 * CLOCK_NS_PER_MS)
// What the records of requests have beyond the grace, so that the end comes within a second of it.
#define RECORDS_GRACE_NS (500 * CLOCK_NS_PER_MS)
#define THREAD_GRACE_NS (150 * CLOCK_NS_PER_MS) // for the recorder's thread to notice

struct capture {
  struct opts opts;
  struct log log;
  struct loop *loop;
  struct proxy *proxy;
  struct recorder *recorder;
  struct anonymize *anonymize; // NULL: texts are recorded
  struct unknown_apis unknown; // requests of them; the recorder's until it is closed
  struct metrics *metrics;
  struct loop_signal *on_term, *on_int, *on_hup, *on_usr1;
  struct loop_timer *check;
  bool rotates;
  bool said_failing;        // that the file cannot be written
  bool said_upstream;       // that the upstream does not answer; once
  int64_t lost_files;       // of which it was said
  int64_t said_ns, dropped; // when losses were spoken of last, and how many they were
  int64_t said_rotate_ns;   // when it was said that no new file could be begun
  int64_t deadline_ns;      // of records that are not made yet; 0: no signal to stop has come
};

static void stop_loop(void *context) {
  struct capture *capture = context;
  loop_stop(capture->loop);
}

static void on_stop_signal(void *context) {
  struct capture *capture = context;
  int64_t grace_ns = capture->deadline_ns ? 0 : capture->opts.shutdown_grace_ns;
  capture->deadline_ns = clock_now_ns() + grace_ns + RECORDS_GRACE_NS;
  if (!capture->proxy) return; // only records are waited for
  log_notice(&capture->log, "stopping; requests under way have %.3g s (a second signal: none)",
             clock_seconds(capture->opts.shutdown_grace_ns));
  proxy_drain(capture->proxy, capture->opts.shutdown_grace_ns, stop_loop, capture);
}

// HUP: a log rotator has moved the file away, or the operator wants what there is.
static void on_reopen_signal(void *context) {
  struct capture *capture = context;
  struct error error;
  bool changed = false;
  if (recorder_rotate(capture->recorder, true, &changed, &error)) {
    log_error(&capture->log, "%s; recording to %s goes on", error.text, recorder_path(capture->recorder));
  } else if (changed) {
    log_notice(&capture->log, "recording to %s", recorder_path(capture->recorder));
  }
}

// USR1: one line, also with -q.
static void on_status_signal(void *context) {
  struct capture *capture = context;
  if (!capture->proxy) return; // it ends
  struct exchange_counts traffic = proxy_counts(capture->proxy);
  struct recorder_counts records = recorder_counts(capture->recorder);
  struct buf queued = {0}, written = {0};
  units_print_bytes(&queued, records.writer.queued_bytes + records.waiting_bytes);
  units_print_bytes(&written, records.writer.written_bytes);
  log_error(&capture->log,
            "status: %lld connections, %lld requests in flight, %lld forwarded, %lld rejected, %lld failed, "
            "%lld abandoned; %lld requests and %lld responses recorded, %lld dropped, %s queued, %s written, "
            "now to %s",
            (long long)traffic.connections, (long long)traffic.in_flight, (long long)traffic.requests,
            (long long)exchange_rejections(&traffic), (long long)traffic.failed, (long long)traffic.abandoned,
            (long long)records.requests, (long long)records.responses, (long long)records.dropped,
            buf_text(&queued), buf_text(&written), recorder_path(capture->recorder));
  buf_free(&queued);
  buf_free(&written);
}

static void rotate_when_due(struct capture *capture, int64_t now_ns) {
  struct error error;
  if (recorder_take_trouble(capture->recorder, &error)) log_error(&capture->log, "%s", error.text);
  if (recorder_rotate(capture->recorder, false, NULL, &error) &&
      log_due(&capture->said_rotate_ns, now_ns, REPORT_EVERY_NS))
    log_error(&capture->log, "no new file: %s; recording to %s goes on", error.text,
              recorder_path(capture->recorder));
}

static void say_upstream(struct capture *capture) {
  if (capture->said_upstream || !capture->proxy) return;
  struct exchange_counts counts = proxy_counts(capture->proxy);
  const char *shown = capture->opts.upstream.shown;
  bool is_secure = capture->opts.upstream.secure;
  if (counts.failed == 0) return;
  capture->said_upstream = true;
  log_error(&capture->log,
            "%s: requests to it fail (502 or 504 to the client, or cut): %s; capture goes on trying", shown,
            counts.trouble[0] ? counts.trouble : "it is silent");
  if (counts.is_other_scheme && counts.failed + counts.in_flight >= counts.requests)
    log_error(&capture->log, "a server that %s TLS does this: -u %s%s",
              is_secure ? "does not support" : "expects", is_secure ? "http" : "https", strstr(shown, "://"));
}

static void say_lost_files(struct capture *capture, const struct recorder_counts *counts) {
  if (counts->writer.lost_files == capture->lost_files) return;
  capture->lost_files = counts->writer.lost_files;
  log_error(&capture->log,
            "%s was removed or cut while it was written: its records are lost, a new file begins",
            recorder_path(capture->recorder));
}

// Reports trouble when it begins, and losses while they happen, but not in every second.
static void check_recorder(void *context) {
  struct capture *capture = context;
  struct recorder_counts counts = recorder_counts(capture->recorder);
  int64_t now_ns = clock_now_ns();
  rotate_when_due(capture, now_ns);
  say_lost_files(capture, &counts);
  say_upstream(capture);
  if (counts.writer.write_status && !capture->said_failing)
    log_error(&capture->log, "%s cannot be written now; records wait in the queue",
              recorder_path(capture->recorder));
  capture->said_failing = counts.writer.write_status != STATUS_OK;
  if (counts.dropped > capture->dropped && log_due(&capture->said_ns, now_ns, REPORT_EVERY_NS)) {
    const char *why = counts.writer.write_status ? "the file cannot be written"
                      : capture->lost_files      ? "a file is lost, or the queue is full"
                                                 : "the queue is full";
    log_error(&capture->log, "%s: %lld records dropped so far", why, (long long)counts.dropped);
    capture->dropped = counts.dropped;
  }
  loop_timer_set(capture->check, now_ns + (capture->rotates ? ROTATE_CHECK_EVERY_NS : CHECK_EVERY_NS));
}

static enum status open_recorder(struct capture *capture, struct error *error) {
  const struct opts *opts = &capture->opts;
  if (opts->anonymize_key) {
    enum status status = anonymize_open(opts->anonymize_key, &capture->anonymize, error);
    if (status) return status;
  }
  capture->rotates = opts->rotation.bytes > 0 || opts->rotation.period_ns > 0;
  struct recorder_options options = {.path = opts->output,
                                     .unknown = &capture->unknown,
                                     .rotation = opts->rotation,
                                     .handover = opts->handover,
                                     .upstream = opts->upstream.shown,
                                     .keep_bodies = opts->keep_bodies,
                                     .keep_answers = opts->keep_answers,
                                     .keep_headers = &opts->keep_headers,
                                     .redact = &opts->redact,
                                     .include = &opts->include,
                                     .exclude = &opts->exclude,
                                     .anonymize = capture->anonymize,
                                     .sample = opts->sample,
                                     .max_body_bytes = (size_t)opts->max_body_bytes,
                                     .queue_bytes = (size_t)opts->queue_bytes,
                                     .flush_interval_ns = opts->flush_interval_ns};
  return recorder_open(&options, &capture->recorder, error);
}

static enum status open_all(struct capture *capture, struct error *error) {
  const struct opts *opts = &capture->opts;
  struct proxy_options proxy = {.upstream = &opts->upstream,
                                .listen = opts->listen,
                                .unix_socket = opts->unix_socket,
                                .passed = opts->passed,
                                .handover = opts->handover,
                                .tls_cert = opts->tls_cert,
                                .tls_key = opts->tls_key,
                                .ca_file = opts->ca_file,
                                .insecure = opts->insecure,
                                .max_header_bytes = (size_t)opts->max_header_bytes,
                                .max_connections = opts->max_connections,
                                .max_connections_per_client = opts->max_connections_per_client,
                                .header_timeout_ns = opts->header_timeout_ns,
                                .body_timeout_ns = opts->body_timeout_ns,
                                .idle_timeout_ns = opts->idle_timeout_ns};
  enum status status = loop_open(&capture->loop, error);
  // In a handover connections come from the moment of listening, and an older trace may take long to read.
  if (!status && opts->handover) status = open_recorder(capture, error);
  if (!status) status = proxy_open(capture->loop, &proxy, &capture->log, &capture->proxy, error);
  if (!status && opts->has_metrics) {
    status =
        metrics_open(capture->loop, &opts->metrics, opts->handover, capture->proxy, &capture->metrics, error);
  }
  if (!status && !capture->recorder) status = open_recorder(capture, error);
  if (status) return status;
  proxy_record(capture->proxy, capture->recorder);
  if (capture->metrics) metrics_record(capture->metrics, capture->recorder);
  status = loop_signal_open(capture->loop, SIGTERM, on_stop_signal, capture, &capture->on_term, error);
  if (!status)
    status = loop_signal_open(capture->loop, SIGINT, on_stop_signal, capture, &capture->on_int, error);
  if (!status)
    status = loop_signal_open(capture->loop, SIGHUP, on_reopen_signal, capture, &capture->on_hup, error);
  if (!status)
    status = loop_signal_open(capture->loop, SIGUSR1, on_status_signal, capture, &capture->on_usr1, error);
  if (!status) status = loop_timer_open(capture->loop, check_recorder, capture, &capture->check, error);
  if (!status) loop_timer_set(capture->check, clock_now_ns() + CHECK_EVERY_NS);
  return status;
}

// Requests that may ask a model through an unknown API.
static void report_unknown(struct capture *capture) {
  struct buf apis = {0};
  unknown_apis_print(&capture->unknown, &apis);
  const char *what = capture->opts.anonymize_key
                         ? "they are forwarded, but not recorded"
                         : "they are recorded and forwarded; replay --api http sends them";
  if (apis.len > 0 && !apis.status)
    log_notice(&capture->log, "%s: of no API that this version supports; %s", buf_text(&apis), what);
  buf_free(&apis);
}

// Reports the result; returns the exit code.
static int report_end(struct capture *capture, int code, enum status status,
                      const struct recorder_counts *counts, const struct error *error) {
  if (status) log_error(&capture->log, "%s", error->text[0] ? error->text : status_name(status));
  if (counts->dropped > 0) {
    log_error(&capture->log, "%lld records were dropped", (long long)counts->dropped);
  } else if (code == CLI_EXIT_DONE && !status) {
    log_notice(&capture->log, "%lld request%s and %lld response%s recorded", (long long)counts->requests,
               counts->requests == 1 ? "" : "s", (long long)counts->responses,
               counts->responses == 1 ? "" : "s");
  }
  if (code != CLI_EXIT_DONE) return code;
  if (counts->dropped > 0 || counts->writer.lost_files > 0) return CLI_EXIT_LOST;
  return status ? CLI_EXIT_FAILED : CLI_EXIT_DONE;
}

static void check_waiting(void *context) {
  struct capture *capture = context;
  int64_t now_ns = clock_now_ns();
  if (recorder_counts(capture->recorder).waiting == 0 || now_ns >= capture->deadline_ns) {
    loop_stop(capture->loop);
  } else {
    loop_timer_set(capture->check, now_ns + RECORDS_EVERY_NS);
  }
}

// The loop runs on meanwhile, for signals.
static void wait_for_records(struct capture *capture) {
  struct error error;
  loop_timer_close(capture->check);
  capture->check = NULL;
  if (!capture->recorder) return;
  if (!capture->deadline_ns) capture->deadline_ns = clock_now_ns() + RECORDS_GRACE_NS;
  if (loop_timer_open(capture->loop, check_waiting, capture, &capture->check, &error)) return;
  loop_timer_set_now(capture->check);
  if (loop_run(capture->loop, &error)) log_error(&capture->log, "%s", error.text);
  loop_timer_close(capture->check);
}

// Ends what is open; the recorder last, so that it has everything. The exit code says what was lost.
static int close_all(struct capture *capture, int code) {
  struct recorder_counts counts = {0};
  struct error error = {""};
  bool is_abandoned = false;
  metrics_close(capture->metrics);
  proxy_close(capture->proxy);
  capture->proxy = NULL;
  wait_for_records(capture);
  enum status status =
      recorder_close(capture->recorder, clock_now_ns() + THREAD_GRACE_NS, &counts, &is_abandoned, &error);
  if (counts.writer.lost_files > capture->lost_files)
    log_error(&capture->log, "%s was removed or cut while it was written: its records are lost",
              capture->opts.output);
  if (counts.waiting > 0)
    log_error(&capture->log, "%lld records were not made in time", (long long)counts.waiting);
  if (is_abandoned)
    _exit(report_end(capture, code, status, &counts, &error)); // its thread uses what is freed now
  anonymize_close(capture->anonymize);
  // Only now: with its default action one more signal would cut the last records off.
  loop_signal_close(capture->on_term);
  loop_signal_close(capture->on_int);
  loop_signal_close(capture->on_hup);
  loop_signal_close(capture->on_usr1);
  loop_close(capture->loop);
  report_unknown(capture);
  code = report_end(capture, code, status, &counts, &error);
  opts_free(&capture->opts);
  return code;
}

static int run(struct capture *capture) {
  struct error error = {""};
  // capture starts no program: what takes it over gains no rights by one.
  prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
  enum status status = open_all(capture, &error);
  if (status == STATUS_OK) {
    log_notice(&capture->log, "forwarding to %s, recording to %s", capture->opts.upstream.shown,
               recorder_path(capture->recorder));
    if (capture->metrics)
      log_notice(&capture->log, "metrics on %s/metrics", metrics_address(capture->metrics));
    // Scripts wait for this line: it stands alone and comes last, also with -q.
    fprintf(stderr, "listening on %s\n", proxy_address(capture->proxy));
    status = loop_run(capture->loop, &error);
  }
  if (status) log_error(&capture->log, "%s", error.text);
  return close_all(capture, cli_exit_code(status));
}

static int convert(struct capture *capture) {
  struct error error = {""};
  bool is_lossy = false;
  const struct opts *opts = &capture->opts;
  struct convert_options options = {.import = opts->import,
                                    .export = opts->export,
                                    .input = opts->input,
                                    .output = opts->output,
                                    .force = opts->force,
                                    .skip_bad = opts->skip_bad,
                                    .api = opts->api,
                                    .model = opts->model,
                                    .max_tokens = opts->max_tokens,
                                    .upstream = opts->upstream.shown,
                                    .anonymize_key = opts->anonymize_key,
                                    .keep_headers = &opts->keep_headers,
                                    .redact = &opts->redact,
                                    .queue_bytes = (size_t)opts->queue_bytes,
                                    .flush_interval_ns = opts->flush_interval_ns};
  enum status status = convert_run(&options, &capture->log, &is_lossy, &error);
  if (status) log_error(&capture->log, "%s", error.text);
  opts_free(&capture->opts);
  return is_lossy ? CLI_EXIT_LOST : cli_exit_code(status);
}

int main(int argc, char **argv) {
  if (stdio_fds_hold()) return CLI_EXIT_FAILED;
  struct capture capture = {.log = {.stream = stderr, .tool = "capture", .level = LOG_NORMAL}};
  struct cli_common common;
  struct error error;
  enum status status = opts_parse(&capture.opts, argc, argv, &common, &error);
  if (status == STATUS_OK && common.outcome == CLI_RUN) {
    capture.log.level = common.verbosity < 0 ? LOG_QUIET : common.verbosity > 0 ? LOG_VERBOSE : LOG_NORMAL;
    mallopt(M_MMAP_THRESHOLD, ALONE_BYTES);
    return capture.opts.import || capture.opts.export ? convert(&capture) : run(&capture);
  }
  opts_free(&capture.opts);
  if (status) {
    log_error(&capture.log, "%s", error.text);
    return cli_exit_code(status);
  }
  if (common.outcome == CLI_HELP) {
    cli_print_help(&opts_program, stdout);
  } else {
    cli_print_version(&opts_program, stdout);
  }
  if (ferror(stdout) || fclose(stdout)) {
    log_error(&capture.log, "standard output cannot be written");
    return CLI_EXIT_FAILED;
  }
  return CLI_EXIT_DONE;
}
