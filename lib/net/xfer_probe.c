// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/net/xfer_probe.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <string.h>

#include "lib/base/buf.h"

#define WAIT_MS 2000L

static size_t ignore(char *data, size_t size, size_t count, void *context) {
  (void)data;
  (void)context;
  return size * count;
}

// Over TLS a handshake is enough, whoever the server is; without it any answer of HTTP.
static bool answers(const char *scheme, const char *rest) {
  struct buf url = {0};
  CURL *easy = curl_easy_init();
  bool is_tls = strcmp(scheme, "https") == 0;
  buf_printf(&url, "%s://%s", scheme, rest);
  CURLcode code = CURLE_OUT_OF_MEMORY;
  if (easy && !url.status) {
    curl_easy_setopt(easy, CURLOPT_URL, buf_text(&url));
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, WAIT_MS);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, is_tls ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore);
    code = curl_easy_perform(easy);
  }
  curl_easy_cleanup(easy);
  buf_free(&url);
  return code == CURLE_OK;
}

enum xfer_scheme xfer_probe(const char *url) {
  const char *rest = strstr(url, "://");
  if (!rest) return XFER_SCHEME_UNKNOWN;
  if (answers("https", rest + 3)) return XFER_SCHEME_HTTPS;
  return answers("http", rest + 3) ? XFER_SCHEME_HTTP : XFER_SCHEME_UNKNOWN;
}
