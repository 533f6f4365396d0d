// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/proxy/refusal.h"

#include <microhttpd.h>
#include <sys/socket.h>

#include "lib/json/json_write.h"

#define READ_AWAY_MAX ((size_t)1024 * 1024)

static const char *type_of(int status) {
  switch (status) {
  case 400: return "bad_request";
  case 408: return "request_timeout";
  case 429: return "too_many_connections";
  case 431: return "header_too_large";
  case 504: return "upstream_timeout";
  default: return "bad_gateway";
  }
}

void refusal_print(int status, const char *message, struct buf *out) {
  struct json_writer w = JSON_WRITER(out);
  json_write_object(&w);
  json_write_key(&w, "error");
  json_write_object(&w);
  json_member_string(&w, "message", message);
  json_member_string(&w, "type", type_of(status));
  json_member_int(&w, "code", status);
  json_write_object_end(&w);
  json_write_object_end(&w);
}

static void read_away(int fd) {
  char some[16384];
  ssize_t len = 1;
  for (size_t total = 0; len > 0 && total < READ_AWAY_MAX; total += (size_t)len)
    len = recv(fd, some, sizeof some, MSG_DONTWAIT);
}

void refusal_send(int fd, int status, const char *message) {
  struct buf body = {0}, answer = {0};
  refusal_print(status, message, &body);
  buf_printf(
      &answer,
      "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
      "\r\n%s",
      status, MHD_get_reason_phrase_for((unsigned)status), body.len, buf_text(&body));
  read_away(fd);
  if (!body.status && !answer.status) (void)send(fd, answer.data, answer.len, MSG_NOSIGNAL | MSG_DONTWAIT);
  shutdown(fd, SHUT_RDWR);
  buf_free(&body);
  buf_free(&answer);
}
