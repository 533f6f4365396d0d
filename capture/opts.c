// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/opts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/proxy/listener.h"
#include "lib/base/clock.h"
#include "lib/base/units.h"
#include "lib/net/trust.h"
#include "lib/record/redact.h"

#define KIB INT64_C(1024)
#define MIB (INT64_C(1024) * KIB)
#define GIB (INT64_C(1024) * MIB)
#define SECONDS CLOCK_NS_PER_S
#define DAY_NS (86400 * SECONDS)
#define UNSET (-1)

static enum status parse_address(struct address *out, const char *value, struct error *error) {
  return units_host_port(value, out->host, sizeof out->host, &out->port, error);
}

static enum status parse_upstream(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  endpoint_free(&opts->upstream);
  enum status status = endpoint_parse(value, &opts->upstream, error);
  if (status == STATUS_OK && opts->upstream.port_open)
    status = status_fail(error, STATUS_USAGE, "the port must be a number");
  return status;
}

static enum status parse_listen(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  opts->has_listen = true;
  return parse_address(&opts->listen, value, error);
}

static enum status parse_metrics(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  opts->has_metrics = true;
  return parse_address(&opts->metrics, value, error);
}

static enum status parse_rotate(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  bool has_unit = value[0] != '\0' && value[strspn(value, "+-.0123456789")] != '\0';
  if (has_unit && units_bytes(value, KIB, 1024 * GIB, &opts->rotation.bytes, NULL) == STATUS_OK)
    return STATUS_OK;
  if (has_unit &&
      units_duration_ns(value, SECONDS, 366 * DAY_NS, &opts->rotation.period_ns, NULL) == STATUS_OK)
    return STATUS_OK;
  return status_fail(
      error, STATUS_USAGE,
      "'%s' is neither a size (1KiB to 1TiB, with its unit) nor a time (1s to 366d, with its unit)", value);
}

static enum status parse_bodies(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  static const char *const names[] = {"request", "both", "none", NULL};
  int which;
  enum status status = cli_choice(names, value, &which, error);
  if (status) return status;
  opts->keep_bodies = which != 2;
  opts->keep_answers = which == 1;
  return STATUS_OK;
}

static enum status parse_keep_header(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  if (redact_is_secret_header(value, strlen(value))) {
    return status_fail(error, STATUS_USAGE, "'%s' is a header that carries secrets; it is never recorded",
                       value);
  }
  return names_add(&opts->keep_headers, value, error);
}

static enum status parse_redact(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return names_add(&opts->redact, value, error);
}

static enum status parse_include(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return names_add(&opts->include, value, error);
}

static enum status parse_exclude(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return names_add(&opts->exclude, value, error);
}

static enum status parse_import(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  opts->import = import_find(value);
  if (opts->import) return STATUS_OK;
  return status_fail(error, STATUS_USAGE, "'%s' is none of " IMPORT_NAMES, value);
}

static enum status parse_api(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  struct buf names = {0};
  if (api_from_name((struct json_slice){value, strlen(value)}, &opts->api) && api_asks_model(opts->api))
    return STATUS_OK;
  for (int api = API_HTTP + 1; api < API_COUNT; api++)
    buf_printf(&names, "%s%s", names.len ? ", " : "", api_name((enum api)api));
  status_write(error, "'%s' is none of %s", value, buf_text(&names));
  buf_free(&names);
  return STATUS_USAGE;
}

static enum status parse_export(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  opts->export = export_find(value);
  if (opts->export) return STATUS_OK;
  return status_fail(error, STATUS_USAGE, "'%s' is none of " EXPORT_NAMES, value);
}

static enum status parse_operand(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  if (opts->input) return status_fail(error, STATUS_USAGE, "'%s': one FILE is enough", value);
  if (value[0] == '\0') return status_fail(error, STATUS_USAGE, "'' is not a file name");
  opts->input = strdup(value);
  return opts->input ? STATUS_OK : status_memory(error);
}

static const struct cli_option options[] = {
    {"upstream", 'u', "URL", NULL, "the server to forward to, http:// or https://", CLI_OWN(parse_upstream),
     "Traffic"},
    {"listen", 'l', "HOST:PORT", "127.0.0.1:8080", "where clients connect; port 0 picks a free one",
     CLI_OWN(parse_listen), NULL},
    {"unix-socket", 0, "PATH", NULL, "listen on this Unix socket instead (mode 0600)",
     CLI_TEXT(struct opts, unix_socket), NULL},
    {"handover", 0, NULL, NULL, "take the address over from a capture that runs; then end that one with TERM",
     CLI_FLAG(struct opts, handover), NULL},
    {"cacert", 0, "FILE", "the system's", "CA certificates for an https upstream (PEM)",
     CLI_TEXT(struct opts, ca_file), NULL},
    {"insecure", 0, NULL, NULL, "do not check the upstream's certificate", CLI_FLAG(struct opts, insecure),
     NULL},
    {"tls-cert", 0, "FILE", NULL, "serve https with this certificate chain (PEM)",
     CLI_TEXT(struct opts, tls_cert), NULL},
    {"tls-key", 0, "FILE", NULL, "private key of --tls-cert (PEM)", CLI_TEXT(struct opts, tls_key), NULL},
    {"max-header", 0, "SIZE", "16KiB", "longest request or response header",
     CLI_BYTES(struct opts, max_header_bytes, KIB, MIB), NULL},
    {"max-connections", 0, "N", "4096", "clients at once; more wait to be accepted",
     CLI_COUNT(struct opts, max_connections, 1, 500000), NULL},
    {"max-connections-per-client", 0, "N", "half of --max-connections; on a loopback address 0",
     "connections of one address at once; 0: no limit",
     CLI_COUNT(struct opts, max_connections_per_client, 0, 500000), NULL},
    {"header-timeout", 0, "TIME", "15s", "time limit for a request's header; 0: none",
     CLI_DURATION(struct opts, header_timeout_ns, 0, DAY_NS), NULL},
    {"body-timeout", 0, "TIME", "60s", "longest pause within a request's body; 0: none",
     CLI_DURATION(struct opts, body_timeout_ns, 0, DAY_NS), NULL},
    {"idle-timeout", 0, "TIME", "10m", "close a connection that moves no byte for this time; 0: never",
     CLI_DURATION(struct opts, idle_timeout_ns, 0, DAY_NS), NULL},
    {"shutdown-grace", 0, "TIME", "10s", "on TERM or INT, time for requests under way to end",
     CLI_DURATION(struct opts, shutdown_grace_ns, 0, DAY_NS), NULL},
    {"grace", 0, "TIME", NULL, NULL, CLI_DURATION(struct opts, shutdown_grace_ns, 0, DAY_NS), NULL},
    {"metrics", 0, "HOST:PORT", NULL, "serve counters at this address in the Prometheus text format",
     CLI_OWN(parse_metrics), NULL},
    {"output", 'o', "FILE", "standard output", "the trace; .gz is compressed, an existing trace is continued",
     CLI_TEXT(struct opts, output), "Recording"},
    {"rotate", 0, "SIZE|TIME", NULL,
     "begin a new file at this size or every TIME; FILE may contain %Y%m%d...", CLI_OWN(parse_rotate), NULL},
    {"bodies", 0, "WHICH", "request",
     "request: record request bodies; both: responses' too; none: only sizes", CLI_OWN(parse_bodies), NULL},
    {"max-body", 0, "SIZE", "16MiB", "record only the size of a longer body",
     CLI_BYTES(struct opts, max_body_bytes, 0, 128 * MIB), NULL},
    {"keep-header", 0, "NAME", NULL, "record this request header too; may be repeated",
     CLI_OWN(parse_keep_header), NULL},
    {"redact", 0, "NAME", NULL, "also hide this query key or top-level JSON field; may be repeated",
     CLI_OWN(parse_redact), NULL},
    {"include", 0, "GLOB", "every path", "record only paths that match; may be repeated",
     CLI_OWN(parse_include), NULL},
    {"exclude", 0, "GLOB", NULL, "do not record paths that match; may be repeated", CLI_OWN(parse_exclude),
     NULL},
    {"sample", 0, "FRACTION", "1", "record only this share of the sessions",
     CLI_FRACTION(struct opts, sample, 0, 1), NULL},
    {"queue", 0, "SIZE", "64MiB", "memory for records not yet on disk; beyond it they are dropped",
     CLI_BYTES(struct opts, queue_bytes, 64 * KIB, 64 * GIB), NULL},
    {"flush-interval", 0, "TIME", "1s", "interval between writes to the file",
     CLI_DURATION(struct opts, flush_interval_ns, SECONDS / 100, 3600 * SECONDS), NULL},
    {"anonymize", 0, "KEYFILE", NULL, "record no text: sizes, times and keyed hashes of prompt prefixes",
     CLI_TEXT(struct opts, anonymize_key), NULL},
    {"import", 0, "FORMAT", NULL, "convert FILE to a trace: " IMPORT_NAMES, CLI_OWN(parse_import),
     "Conversion"},
    {"export", 0, "FORMAT", NULL, "write the trace FILE as " EXPORT_NAMES, CLI_OWN(parse_export), NULL},
    {"api", 0, "NAME", "openai.chat",
     "API of the requests from prompts and made: anthropic.messages, rerank, ...", CLI_OWN(parse_api), NULL},
    {"model", 'm', "NAME", NULL, "model of the requests from prompts and made", CLI_TEXT(struct opts, model),
     NULL},
    {"max-tokens", 0, "N", "none", "output token limit of the requests from prompts",
     CLI_COUNT(struct opts, max_tokens, 1, 1000000), NULL},
    {"skip-bad", 0, NULL, NULL, "skip and count bad lines of FILE instead of stopping at the first",
     CLI_FLAG(struct opts, skip_bad), NULL},
    {"force", 0, NULL, NULL, "replace an existing output file", CLI_FLAG(struct opts, force), NULL},
    {0},
};

const struct cli_program opts_program = {
    .name = "capture",
    .summary = "a reverse proxy that records the requests to a language-model server",
    .usage = "-u URL [-l HOST:PORT | --unix-socket PATH] [-o FILE] [OPTION]...\n"
             "--import FORMAT FILE [-o FILE] [OPTION]...\n"
             "--export FORMAT FILE [-o FILE] [OPTION]...",
    .example = "  capture -u http://127.0.0.1:11434 -l 127.0.0.1:8080 -o prod.jsonl.gz\n"
               "  capture --import mooncake conversation_trace.jsonl -o mooncake.jsonl.gz\n"
               "  capture --import prompts prompts.txt -m MODEL --max-tokens 200 -o prompts.jsonl.gz\n"
               "  capture --import made requests=1000,input=512~128,output=128~32 -m MODEL -o made.jsonl.gz",
    .options = options,
    .operand = parse_operand,
};

static void set_defaults(struct opts *out) {
  *out = (struct opts){
      .listen = {.host = "127.0.0.1", .port = 8080},
      .keep_bodies = true,
      .sample = 1,
      .max_body_bytes = 16 * MIB,
      .max_header_bytes = 16 * KIB,
      .max_connections = 4096,
      .max_connections_per_client = UNSET,
      .header_timeout_ns = 15 * SECONDS,
      .body_timeout_ns = 60 * SECONDS,
      .idle_timeout_ns = 600 * SECONDS,
      .queue_bytes = 64 * MIB,
      .flush_interval_ns = SECONDS,
      .shutdown_grace_ns = 10 * SECONDS,
  };
}

// Behind a loopback address are programs of this machine, or a proxy that speaks for all clients.
static void settle_client_limit(struct opts *opts) {
  const char *host = opts->listen.host;
  bool is_local = opts->passed ? listener_passed_is_local()
                               : opts->unix_socket || strncmp(host, "127.", 4) == 0 ||
                                     strcmp(host, "::1") == 0 || strcmp(host, "localhost") == 0;
  if (opts->max_connections_per_client != UNSET) return;
  opts->max_connections_per_client = is_local ? 0 : (opts->max_connections + 1) / 2;
}

// An option without effect is rejected.
static bool serves(const struct opts *opts) {
  return opts->has_listen || opts->unix_socket || opts->has_metrics || opts->tls_cert || opts->tls_key ||
         opts->ca_file || opts->insecure || opts->handover || opts->rotation.bytes > 0 ||
         opts->rotation.period_ns > 0;
}

static enum status check_conversion(const struct opts *opts, struct error *error) {
  if (opts->import && opts->export)
    return status_fail(error, STATUS_USAGE, "--import and --export are not for one command");
  if (opts->import && opts->import->reads_no_file && !opts->input)
    return status_fail(error, STATUS_USAGE,
                       "--import made needs numbers: requests=1000,input=512~128,output=128~32");
  if ((opts->api || opts->model || opts->max_tokens) && !(opts->import && opts->import->takes_request))
    return status_fail(error, STATUS_USAGE,
                       "--api, --model and --max-tokens are for --import prompts and made");
  if (opts->max_tokens && opts->import->reads_no_file)
    return status_fail(error, STATUS_USAGE, "--max-tokens is not for --import made: output=MEAN~SD");
  if (!opts->input)
    return status_fail(error, STATUS_USAGE, "--%s needs a FILE (- for standard input)",
                       opts->import ? "import" : "export");
  if (opts->import && opts->upstream.text)
    return status_fail(error, STATUS_USAGE, "-u/--upstream is not for --import");
  if (opts->include.count > 0 || opts->exclude.count > 0 || opts->sample < 1 || !opts->keep_bodies)
    return status_fail(error, STATUS_USAGE, "--include, --exclude, --sample and --bodies are not for --%s",
                       opts->import ? "import" : "export");
  if (serves(opts))
    return status_fail(error, STATUS_USAGE,
                       "--listen, --unix-socket, --handover, --metrics, --rotate, --tls-cert, --tls-key, "
                       "--cacert and --insecure are not for --%s",
                       opts->import ? "import" : "export");
  return STATUS_OK;
}

static enum status check_recording(const struct opts *opts, struct error *error) {
  if (opts->input && strstr(opts->input, "://"))
    return status_fail(error, STATUS_USAGE, "the server's URL belongs to -u (--upstream)");
  if (opts->input)
    return status_fail(error, STATUS_USAGE, "'%s': a FILE needs --import or --export", opts->input);
  if (opts->api || opts->model || opts->max_tokens)
    return status_fail(error, STATUS_USAGE,
                       "--api, --model and --max-tokens are for --import prompts and made");
  if (opts->skip_bad) return status_fail(error, STATUS_USAGE, "--skip-bad needs --import or --export");
  if (opts->force)
    return status_fail(error, STATUS_USAGE, "--force needs --import or --export (a recording is continued)");
  if (!opts->upstream.text)
    return status_fail(error, STATUS_USAGE, "-u/--upstream URL is needed (see capture --help)");
  if (opts->unix_socket && opts->has_listen)
    return status_fail(error, STATUS_USAGE, "-l/--listen and --unix-socket are not for one command");
  if (opts->passed && (opts->unix_socket || opts->has_listen))
    return status_fail(error, STATUS_USAGE,
                       "-l/--listen and --unix-socket are not for a socket that was passed (LISTEN_FDS)");
  if (opts->unix_socket && strlen(opts->unix_socket) > LISTENER_PATH_MAX)
    return status_fail(error, STATUS_USAGE, "--unix-socket: '%s' is longer than %zu bytes", opts->unix_socket,
                       LISTENER_PATH_MAX);
  if (!opts->tls_cert != !opts->tls_key)
    return status_fail(error, STATUS_USAGE, "--tls-cert and --tls-key belong together");
  enum status status = opts->ca_file ? trust_check_file(opts->ca_file, error) : STATUS_OK;
  if (status) return status_prefix(error, status, "--cacert");
  bool rotates = opts->rotation.bytes > 0 || opts->rotation.period_ns > 0;
  if (rotates && strcmp(opts->output, "-") == 0)
    return status_fail(error, STATUS_USAGE, "--rotate needs -o/--output FILE");
  if (opts->max_body_bytes > opts->queue_bytes) {
    return status_fail(error, STATUS_USAGE, "--max-body %lld is more than --queue %lld holds",
                       (long long)opts->max_body_bytes, (long long)opts->queue_bytes);
  }
  return STATUS_OK;
}

enum status opts_parse(struct opts *out, int argc, char **argv, struct cli_common *common,
                       struct error *error) {
  set_defaults(out);
  enum status status = cli_parse(&opts_program, argc, argv, out, common, error);
  if (status || common->outcome != CLI_RUN) return status;
  out->passed = listener_count_passed() > 0;
  bool records = !out->import && !out->export;
  if (records && out->upstream.text && !out->output && isatty(STDOUT_FILENO))
    return status_fail(error, STATUS_USAGE,
                       "-o/--output FILE is missing: where does the trace go? (-o - is this terminal)");
  if (!out->output) out->output = strdup("-");
  if (!out->output) return status_memory(error);
  settle_client_limit(out);
  return records ? check_recording(out, error) : check_conversion(out, error);
}

void opts_free(struct opts *opts) {
  cli_free(&opts_program, opts);
  endpoint_free(&opts->upstream);
  names_free(&opts->keep_headers);
  names_free(&opts->redact);
  names_free(&opts->include);
  names_free(&opts->exclude);
  free(opts->input);
  *opts = (struct opts){0};
}
