// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/long/http_peer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/wire.h"

enum { PATIENCE_S = 60 };

void http_set_patience(int fd) {
  struct timeval patience = {.tv_sec = PATIENCE_S};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

int http_connect(uint16_t port) {
  int fd = wire_connect(port);
  if (fd < 0) wire_die("cannot connect");
  fcntl(fd, F_SETFL, 0);
  http_set_patience(fd);
  return fd;
}

static bool send_all(int fd, const char *data, size_t len) {
  for (size_t sent = 0; sent < len;) {
    ssize_t step = TEMP_FAILURE_RETRY(send(fd, data + sent, len - sent, MSG_NOSIGNAL));
    if (step <= 0) return false;
    sent += (size_t)step;
  }
  return true;
}

static void pause_now(void) {
  nanosleep(&(struct timespec){.tv_nsec = HTTP_PAUSE_MS * 1000000L}, NULL);
}

// A size from 1 to `most`; xorshift64 (Marsaglia 2003).
static size_t next_size(uint64_t *state, size_t most) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state % most + 1;
}

static bool send_piece(int fd, const char *data, size_t len, bool chunked) {
  char size[24];
  int size_len = snprintf(size, sizeof size, "%zx\r\n", len);
  if (!chunked) return send_all(fd, data, len);
  return send_all(fd, size, (size_t)size_len) && send_all(fd, data, len) && send_all(fd, "\r\n", 2);
}

bool http_send(int fd, const char *head, const char *body, size_t len, const struct http_framing *framing) {
  char text[1024], field[64] = "Connection: close\r\n";
  bool chunked = framing->kind == HTTP_CHUNKED;
  uint64_t state = framing->seed | 1;
  if (framing->kind == HTTP_LENGTH) snprintf(field, sizeof field, "Content-Length: %zu\r\n", len);
  if (chunked) snprintf(field, sizeof field, "Transfer-Encoding: chunked\r\n");
  int text_len = snprintf(text, sizeof text, "%s%s\r\n", head, field);
  if (!send_all(fd, text, (size_t)text_len)) return false;
  int pauses = framing->pauses;
  for (size_t sent = 0; sent < len;) {
    size_t piece = next_size(&state, framing->piece_bytes);
    if (piece > len - sent) piece = len - sent;
    if (!send_piece(fd, body + sent, piece, chunked)) return false;
    sent += piece;
    if (pauses-- > 0) pause_now();
  }
  return !chunked || send_all(fd, "0\r\n\r\n", 5);
}

static bool fill(struct http_reader *reader) {
  if (reader->from == reader->to) reader->from = reader->to = 0;
  if (reader->to == sizeof reader->ahead) return false;
  // With a time limit recv ends early where the process was stopped and goes on.
  ssize_t got =
      TEMP_FAILURE_RETRY(recv(reader->fd, reader->ahead + reader->to, sizeof reader->ahead - reader->to, 0));
  if (got <= 0) return false;
  reader->to += (size_t)got;
  return true;
}

// Up to and with LF, NUL-terminated; false at the end or when it is longer than `room`.
static bool read_line(struct http_reader *reader, char *line, size_t room) {
  size_t len = 0;
  while (len + 1 < room) {
    if (reader->from == reader->to && !fill(reader)) return false;
    line[len++] = reader->ahead[reader->from++];
    if (line[len - 1] == '\n') {
      line[len] = '\0';
      return true;
    }
  }
  return false;
}

static void append(struct http_message *message, const char *data, size_t len) {
  if (message->body_len + len > message->body_room) {
    message->body_room = (message->body_len + len) * 2;
    message->body = realloc(message->body, message->body_room);
    if (!message->body) wire_die("no memory");
  }
  memcpy(message->body + message->body_len, data, len);
  message->body_len += len;
}

static bool read_body(struct http_reader *reader, struct http_message *message, size_t len) {
  while (len > 0) {
    if (reader->from == reader->to && !fill(reader)) return false;
    size_t there = reader->to - reader->from < len ? reader->to - reader->from : len;
    append(message, reader->ahead + reader->from, there);
    reader->from += there;
    len -= there;
    if (reader->pauses-- > 0) pause_now();
  }
  return true;
}

static bool read_chunks(struct http_reader *reader, struct http_message *message) {
  char line[256], *end;
  while (read_line(reader, line, sizeof line)) {
    size_t len = strtoul(line, &end, 16);
    if (end == line) return false;
    if (len == 0) return read_line(reader, line, sizeof line) && strcmp(line, "\r\n") == 0;
    if (!read_body(reader, message, len) || !read_line(reader, line, sizeof line) ||
        strcmp(line, "\r\n") != 0)
      return false;
  }
  return false;
}

static const char *field(const struct http_message *message, const char *name) {
  const char *at = strcasestr(message->head, name);
  return at ? at + strlen(name) : NULL;
}

bool http_read(struct http_reader *reader, struct http_message *message, bool answer) {
  size_t len = 0;
  message->body_len = 0;
  do {
    if (!read_line(reader, message->head + len, sizeof message->head - len)) return false;
    len += strlen(message->head + len);
  } while (len < 4 || memcmp(message->head + len - 4, "\r\n\r\n", 4) != 0);
  if (answer && http_status(message) == 100) return http_read(reader, message, answer);
  if (field(message, "\r\nTransfer-Encoding: chunked")) return read_chunks(reader, message);
  const char *length = field(message, "\r\nContent-Length:");
  if (length) return read_body(reader, message, strtoul(length, NULL, 10));
  if (!answer) return true;
  while (reader->from < reader->to || fill(reader))
    read_body(reader, message, reader->to - reader->from);
  return true;
}

int http_status(const struct http_message *message) {
  int status = 0;
  return sscanf(message->head, "HTTP/1.1 %d", &status) == 1 ? status : 0;
}

bool http_keeps(const struct http_message *message) {
  return !field(message, "\r\nConnection: close") &&
         (field(message, "\r\nContent-Length:") || field(message, "\r\nTransfer-Encoding:"));
}

void http_reader_close(struct http_reader *reader) {
  if (reader->fd >= 0) close(reader->fd);
  reader->fd = -1;
  reader->from = reader->to = 0;
}

void http_message_free(struct http_message *message) {
  free(message->body);
  *message = (struct http_message){0};
}
