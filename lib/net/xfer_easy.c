// SPDX-License-Identifier: GPL-3.0-or-later
//
// One transfer and its libcurl easy handle: options before, callbacks during, the result after.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/clock.h"
#include "lib/net/xfer_pool.h"

// libcurl may send a request again on a fresh connection when a kept one proves dead; once is allowed.
enum { MOST_ATTEMPTS = 2 };

#define TRAILER_MAX 65536 // bytes; libcurl keeps every line of it

static int before_request(void *context, char *remote_ip, char *local_ip, int remote_port, int local_port) {
  (void)remote_ip;
  (void)local_ip;
  (void)remote_port;
  (void)local_port;
  struct xfer *xfer = context;
  if (xfer->result.attempts == MOST_ATTEMPTS) return CURL_PREREQFUNC_ABORT; // not sent: it does not count
  xfer->result.attempts++;
  // Left to itself libcurl sends again over another kept connection, which may be as dead.
  curl_easy_setopt(xfer->easy, CURLOPT_FRESH_CONNECT, 1L);
  return CURL_PREREQFUNC_OK;
}

static int status_of_line(const char *line, size_t len) {
  const char *space = memchr(line, ' ', len);
  if (!space || (size_t)(line + len - space) < 4) return 0;
  int status = 0;
  for (int i = 1; i <= 3; i++) {
    if (!isdigit((unsigned char)space[i])) return 0;
    status = status * 10 + (space[i] - '0');
  }
  return status;
}

static void on_field(struct xfer *xfer, const char *line, size_t len) {
  bool goes_on = line[0] == ' ' || line[0] == '\t';
  const char *colon = goes_on ? line : memchr(line, ':', len);
  if (!colon || (colon == line && !goes_on) || !xfer->callbacks->header) return;
  const char *value = colon + 1, *end = line + len;
  while (value < end && (*value == ' ' || *value == '\t'))
    value++;
  while (end > value && strchr(" \t\r\n", end[-1]))
    end--;
  xfer->callbacks->header(xfer->context, line, (size_t)(colon - line), value, (size_t)(end - value));
}

// Called with one whole header line at a time, for 1xx responses and trailers too.
static size_t on_header(char *line, size_t size, size_t count, void *context) {
  struct xfer *xfer = context;
  size_t len = size * count;
  if (xfer->result.first_byte_ns < 0) xfer->result.first_byte_ns = clock_now_ns();
  if (xfer->head_done) { // a trailer: dropped
    xfer->trailer_bytes += len;
    return xfer->trailer_bytes > TRAILER_MAX ? 0 : len;
  }
  if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
    int status = status_of_line(line, len);
    xfer->ignoring = status < 200 && status != 101;
    if (xfer->ignoring) return len;
    xfer->wrong_version = xfer->pool->options.http_version == 2 && line[5] == '1';
    xfer->result.status = status;
    if (xfer->callbacks->status) xfer->callbacks->status(xfer->context, status);
    return len;
  }
  if (xfer->ignoring) return len;
  if (line[0] != '\r' && line[0] != '\n') {
    on_field(xfer, line, len);
    return len;
  }
  xfer->head_done = true;
  if (xfer->wrong_version) return 0;
  if (xfer->callbacks->head && xfer->callbacks->head(xfer->context) == XFER_ABORT) {
    xfer->aborted = true;
    return 0;
  }
  return len;
}

static size_t on_body(char *data, size_t size, size_t count, void *context) {
  struct xfer *xfer = context;
  size_t len = size * count;
  if (xfer->wants_cancel) return 0;
  enum xfer_flow flow = XFER_GO;
  if (xfer->callbacks->body) flow = xfer->callbacks->body(xfer->context, data, len, clock_now_ns());
  if (flow == XFER_PAUSE) return CURL_WRITEFUNC_PAUSE;
  if (flow == XFER_ABORT) {
    xfer->aborted = true;
    return 0;
  }
  xfer->result.body_bytes += (int64_t)len;
  return len;
}

static size_t on_upload(char *into, size_t size, size_t count, void *context) {
  struct xfer *xfer = context;
  if (xfer->wants_cancel) return CURL_READFUNC_ABORT;
  enum xfer_flow flow = XFER_GO;
  size_t len = xfer->callbacks->upload(xfer->context, into, size * count, &flow);
  if (len > 0 || flow == XFER_GO) return len;
  return flow == XFER_PAUSE ? CURL_READFUNC_PAUSE : CURL_READFUNC_ABORT;
}

// What is the same for all transfers of the pool.
static void set_lasting(struct xfer *xfer) {
  const struct xfer_pool_options *options = &xfer->pool->options;
  CURL *easy = xfer->easy;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, xfer);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, ""); // no proxy, whatever the environment has
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE,
                   16384L); // the least libcurl takes: memory per stream counts
  xfer_sockets_of_easy(xfer);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, xfer->words);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, xfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, xfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, xfer);
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_upload);
  curl_easy_setopt(easy, CURLOPT_READDATA, xfer);
  if (options->http_version != 2) curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  if (xfer->pool->ca_file) curl_easy_setopt(easy, CURLOPT_CAINFO, xfer->pool->ca_file);
  // Debian's default folder of certificates would switch libcurl's cache of the parsed bundle off: 20 ms of
  // the loop's time for each new connection.
  curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  if (options->insecure) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (xfer->pool->unix_socket) curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, xfer->pool->unix_socket);
}

enum status xfer_easy_open(struct xfer *xfer) {
  xfer->easy = curl_easy_init();
  if (!xfer->easy) return STATUS_MEMORY;
  set_lasting(xfer);
  return STATUS_OK;
}

bool xfer_shares_plain_http2(void) {
  unsigned version = curl_version_info(CURLVERSION_NOW)->version_num;
  return version < 0x075800 || version >= 0x080000;
}

static bool names_field(const char *line, const char *name) {
  size_t len = strlen(name);
  return strncasecmp(line, name, len) == 0 && (line[len] == ':' || line[len] == ';');
}

static bool has_field(const char *const *headers, const char *name) {
  for (; headers && *headers; headers++) {
    if (names_field(*headers, name)) return true;
  }
  return false;
}

// Copies the header lines, and after them "Name:" for each field that libcurl would add by itself.
static enum status set_headers(struct xfer *xfer, const struct xfer_request *request, size_t *offset) {
  static const struct {
    const char *name;
    bool of_body; // only where there is one
  } own[] = {{"Accept", false}, {"Content-Type", true}, {"Expect", true}};
  bool has_body = request->body || request->upload;
  size_t count = 0;
  *offset = xfer->text.len;
  for (const char *const *line = request->headers; line && *line; line++, count++) {
    buf_append(&xfer->text, *line, strlen(*line) + 1);
  }
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
    if ((own[i].of_body && !has_body) || has_field(request->headers, own[i].name)) continue;
    buf_append_text(&xfer->text, own[i].name);
    buf_append(&xfer->text, ":", 2);
    count++;
  }
  if (xfer->text.status) return STATUS_MEMORY;
  if (count > xfer->header_room) {
    struct curl_slist *list = realloc(xfer->headers, count * sizeof *list);
    if (!list) return STATUS_MEMORY;
    xfer->headers = list;
    xfer->header_room = count;
  }
  for (size_t i = 0; i < count; i++)
    xfer->headers[i].next = i + 1 < count ? &xfer->headers[i + 1] : NULL;
  return STATUS_OK;
}

// libcurl's list is made of nodes that only point: the lines stay in `text`.
static void link_headers(struct xfer *xfer, size_t offset) {
  char *line = xfer->text.data + offset;
  for (struct curl_slist *node = xfer->headers; node; node = node->next) {
    node->data = line;
    line += strlen(line) + 1;
  }
}

static void set_body(struct xfer *xfer, const struct xfer_request *request) {
  CURL *easy = xfer->easy;
  if (request->upload) {
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->upload_len);
  } else if (request->body) {
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 0L);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
  } else {
    curl_easy_setopt(easy, CURLOPT_HTTPGET,
                     1L); // also takes back UPLOAD, POST and NOBODY of the transfer before
  }
  if (strcmp(request->method, "HEAD") == 0) curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
}

static long milliseconds(int64_t ns) {
  int64_t ms = (ns + CLOCK_NS_PER_MS - 1) / CLOCK_NS_PER_MS;
  return ms > INT32_MAX ? INT32_MAX : (long)ms;
}

// What goes into the request line must not end it: printable, no blank (RFC 9112, 3).
static bool fits_request_line(const char *text) {
  for (; *text; text++) {
    if ((unsigned char)*text <= 0x20 || *text == 0x7F) return false;
  }
  return true;
}

enum status xfer_easy_prepare(struct xfer *xfer, const struct xfer_request *request, struct error *error) {
  if (!fits_request_line(request->method) || !fits_request_line(request->url)) {
    return status_fail(error, STATUS_USAGE, "the method or URL has a blank or control character in it");
  }
  const char *host = strstr(request->url, "://");
  if (!host || host[3] == '\0' || host[3] == '/') {
    return status_fail(error, STATUS_USAGE, "'%s' is no http:// or https:// URL", request->url);
  }
  // The origin goes through libcurl's URL parser; the rest is sent as it stands.
  size_t origin_len = (size_t)(host + 3 - request->url) + strcspn(host + 3, "/?#");
  const char *target = request->url + origin_len;
  struct buf *text = &xfer->text;
  buf_clear(text);
  buf_append(text, request->url, origin_len);
  buf_append(text, "/", 2);
  size_t target_at = text->len, headers_at;
  if (*target != '/') buf_append_char(text, '/');
  buf_append(text, target, strlen(target) + 1);
  if (set_headers(xfer, request, &headers_at)) {
    return status_memory(error);
  }
  link_headers(xfer, headers_at);
  CURL *easy = xfer->easy;
  if (xfer->resent) {
    // libcurl counts what it sends again over a handle's life, and gives up the sixth time.
    curl_easy_reset(easy);
    set_lasting(xfer);
    xfer->resent = false;
  }
  set_body(xfer, request);
  bool alone = request->alone;
  if (xfer->pool->options.http_version == 2) {
    bool secure = strncasecmp(request->url, "https:", 6) == 0;
    alone = alone || (!secure && !xfer_shares_plain_http2());
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     secure ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
    // A transfer that finds a connection in the making waits whether it can share it.
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, alone ? 0L : 1L);
  }
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, alone ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, alone ? 1L : 0L); // takes back what before_request asked for
  CURLcode code = curl_easy_setopt(easy, CURLOPT_URL, text->data);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, text->data + target_at);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_HTTPHEADER, xfer->headers);
  int64_t connect_ns =
      request->connect_timeout_ns ? request->connect_timeout_ns : xfer->pool->options.connect_timeout_ns;
  if (!code) code = curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(connect_ns));
  if (!code) code = curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds(request->timeout_ns));
  if (code) return status_fail(error, STATUS_MEMORY, "%s: %s", request->url, curl_easy_strerror(code));
  return STATUS_OK;
}

// A head beyond what libcurl takes: a line over 100 KB is a lack of memory to it (since 8.6: too large), 300
// KB of lines are a receive error with these words.
static bool head_too_large(const struct xfer *xfer, CURLcode code) {
  if (xfer->head_done || xfer->result.attempts == 0) return false;
#if LIBCURL_VERSION_NUM >= 0x080600
  if (code == CURLE_TOO_LARGE) return true;
#endif
  return code == CURLE_OUT_OF_MEMORY || strstr(xfer->words, "Too large response headers");
}

static enum xfer_outcome outcome_of(const struct xfer *xfer, CURLcode code) {
  if (xfer->wants_cancel || xfer->aborted) return XFER_CANCELLED;
  if (xfer->wrong_version || xfer->trailer_bytes > TRAILER_MAX) return XFER_PROTOCOL;
  switch (code) {
  case CURLE_OK: return xfer->head_done ? XFER_OK : XFER_RESET; // libcurl takes half a header for an answer
  case CURLE_COULDNT_RESOLVE_HOST:
  case CURLE_COULDNT_CONNECT: return XFER_CONNECT;
  case CURLE_OPERATION_TIMEDOUT: return xfer->result.attempts == 0 ? XFER_CONNECT : XFER_TIMEOUT;
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_ISSUER_ERROR: return XFER_TLS;
  case CURLE_PARTIAL_FILE: return XFER_TRUNCATED;
  case CURLE_WEIRD_SERVER_REPLY:
  case CURLE_UNSUPPORTED_PROTOCOL:
  case CURLE_HTTP2: return XFER_PROTOCOL;
  case CURLE_READ_ERROR:
  case CURLE_SEND_FAIL_REWIND: return XFER_UPLOAD;
  default: break;
  }
  if (head_too_large(xfer, code)) return XFER_PROTOCOL;
  // libcurl has no code of its own for a broken chunk: it is a receive error with these words.
  return strstr(xfer->words, "chunk") ? XFER_PROTOCOL : XFER_RESET;
}

// A server of HTTP/1.1 that gets HTTP/2 at once hangs up in one way or another: none of libcurl's
// words for that names the cause.
static void doubt_http2(struct xfer *xfer, CURLcode code) {
  const char *url = NULL;
  const struct xfer_result *result = &xfer->result;
  if (xfer->pool->options.http_version != 2 || result->outcome != XFER_RESET || result->status > 0) return;
  if (curl_easy_getinfo(xfer->easy, CURLINFO_EFFECTIVE_URL, &url) || !url ||
      strncasecmp(url, "http:", 5) != 0)
    return;
  if (xfer->words[0] == '\0') snprintf(xfer->words, sizeof xfer->words, "%s", curl_easy_strerror(code));
  size_t len = strlen(xfer->words);
  snprintf(xfer->words + len, sizeof xfer->words - len, " (does the server support HTTP/2 without TLS?)");
}

void xfer_easy_result(struct xfer *xfer, CURLcode code) {
  struct xfer_result *result = &xfer->result;
  result->done_ns = clock_now_ns();
  result->outcome = outcome_of(xfer, code);
  xfer->resent =
      result->attempts > 1 || result->outcome != XFER_OK; // also where the second connection failed
  doubt_http2(xfer, code);
  result->words = xfer->words[0] ? xfer->words : curl_easy_strerror(code);
  if (code == CURLE_OUT_OF_MEMORY && result->outcome == XFER_PROTOCOL)
    result->words = "a line of the response's head is over 100 KB";
  if (xfer->trailer_bytes > TRAILER_MAX) result->words = "the response's trailer is over 64 KiB";
  if (xfer->wrong_version && result->outcome == XFER_PROTOCOL)
    result->words = "the server uses HTTP/1.1, not 2";
  long connections = 0;
  curl_off_t connect_us = 0, tls_us = 0;
  curl_easy_getinfo(xfer->easy, CURLINFO_NUM_CONNECTS, &connections);
  curl_easy_getinfo(xfer->easy, CURLINFO_CONNECT_TIME_T, &connect_us);
  curl_easy_getinfo(xfer->easy, CURLINFO_APPCONNECT_TIME_T, &tls_us);
  if (connections == 0) {
    result->connect_ns = result->attempts > 0 ? 0 : -1;
  } else {
    result->connect_ns = (tls_us > connect_us ? tls_us : connect_us) * 1000;
  }
}
