// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/server/scrape.h"

#include <stdlib.h>

#include "lib/net/xfer.h"

struct scrape {
  struct xfer_pool *transfers;
  const struct server_settings *settings;
  scrape_done *done;
  void *context;
  struct buf url;
  struct xfer *transfer; // NULL: none under way
  int http_status;
  struct counters *counters;
  enum status status; // of the page so far
  struct error error;
  bool closing;
};

static void on_status(void *context, int status) {
  struct scrape *scrape = context;
  scrape->http_status = status;
}

static enum xfer_flow on_body(void *context, const char *data, size_t len, int64_t now_ns) {
  struct scrape *scrape = context;
  (void)now_ns;
  if (scrape->http_status < 200 || scrape->http_status > 299) return XFER_GO; // an error page
  scrape->status = counters_feed(scrape->counters, data, len, &scrape->error);
  return scrape->status ? XFER_ABORT : XFER_GO;
}

static void on_done(void *context, const struct xfer_result *result) {
  struct scrape *scrape = context;
  scrape->transfer = NULL;
  if (scrape->closing) return;
  struct error *error = &scrape->error;
  if (scrape->status == STATUS_OK && result->outcome == XFER_CANCELLED) {
    scrape->status = status_fail(error, STATUS_CANCELLED, "%s", status_name(STATUS_CANCELLED));
  } else if (scrape->status == STATUS_OK && result->outcome != XFER_OK) {
    scrape->status = status_fail(error, STATUS_NETWORK, "%s", result->words);
  } else if (scrape->status == STATUS_OK && (result->status < 200 || result->status > 299)) {
    scrape->status = status_fail(error, STATUS_NETWORK, "the server answers with status %d", result->status);
  } else if (scrape->status == STATUS_OK) {
    scrape->status = counters_finish(scrape->counters, error);
  }
  scrape->done(scrape->context, scrape->status, error->text);
}

static const struct xfer_callbacks callbacks = {.status = on_status, .body = on_body, .done = on_done};

enum status scrape_open(struct loop *loop, const struct server_settings *settings, scrape_done *done,
                        void *context, struct scrape **out, struct error *error) {
  struct scrape *scrape = calloc(1, sizeof *scrape);
  if (!scrape) return status_memory(error);
  *scrape = (struct scrape){.settings = settings, .done = done, .context = context};
  struct xfer_pool_options transfers = {
      .connect_timeout_ns = SCRAPE_TIMEOUT_NS,
      .kept_connections = 1,
      .http_version = 1,
      .ca_file = settings->ca_file,
      .insecure = settings->insecure,
  };
  enum status status = xfer_pool_open(loop, &transfers, &scrape->transfers, error);
  if (status) {
    free(scrape);
    return status;
  }
  *out = scrape;
  return STATUS_OK;
}

void scrape_close(struct scrape *scrape) {
  if (!scrape) return;
  scrape->closing = true;
  xfer_pool_close(scrape->transfers);
  buf_free(&scrape->url);
  free(scrape);
}

enum status scrape_start(struct scrape *scrape, uint16_t port, struct counters *counters,
                         struct error *error) {
  static const char *const headers[] = {"Accept: text/plain; version=0.0.4", NULL};
  const struct server_settings *settings = scrape->settings;
  buf_clear(&scrape->url);
  const char *path = settings->metrics_path;
  endpoint_print(path ? settings->endpoint : settings->metrics, port, path ? path : "", &scrape->url);
  struct xfer_request request = {
      .method = "GET",
      .url = buf_text(&scrape->url),
      .headers = headers,
      .timeout_ns = SCRAPE_TIMEOUT_NS,
  };
  scrape->http_status = 0;
  scrape->counters = counters;
  scrape->status = STATUS_OK;
  counters_begin(counters);
  return xfer_start(scrape->transfers, &request, &callbacks, scrape, &scrape->transfer, error);
}

void scrape_cancel(struct scrape *scrape) {
  if (scrape->transfer) xfer_cancel(scrape->transfer);
}
