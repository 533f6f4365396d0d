// SPDX-License-Identifier: GPL-3.0-or-later
//
// HTTP/1.1 messages over blocking sockets, written and read piece by piece: RFC 9112, as much as a peer of a
// test needs. Nothing here waits longer than 60 s for a byte.
#ifndef TESTS_LONG_HTTP_PEER_H
#define TESTS_LONG_HTTP_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_PAUSE_MS 5

enum http_kind { HTTP_LENGTH, HTTP_CHUNKED, HTTP_UNTIL_CLOSE };

struct http_framing {
  enum http_kind kind;
  size_t piece_bytes; // the most in one send, and in one chunk
  uint64_t seed;      // of the sizes of pieces
  int pauses;         // so many times it waits HTTP_PAUSE_MS between pieces
};

struct http_message {
  char head[8192]; // start line and fields, NUL-terminated
  char *body;
  size_t body_len, body_room;
};

// A connection and what has been read ahead of the message.
struct http_reader {
  int fd;     // -1: closed
  int pauses; // so many times it waits HTTP_PAUSE_MS while it reads the next body
  size_t from, to;
  char ahead[65536];
};

// A blocking connection to 127.0.0.1; ends the program when nobody listens.
int http_connect(uint16_t port);
void http_set_patience(int fd);

// Sends `head` (start line and fields, each with its CRLF), the framing's own fields and the body. false: the
// other end is gone.
bool http_send(int fd, const char *head, const char *body, size_t len, const struct http_framing *framing);

// Reads one message; a body without a length ends with the connection when it is an answer. false: no whole
// message.
bool http_read(struct http_reader *reader, struct http_message *message, bool answer);

int http_status(const struct http_message *message); // of an answer; 0: none
bool http_keeps(const struct http_message *message); // the connection may be used again
void http_reader_close(struct http_reader *reader);  // and forgets what was read ahead
void http_message_free(struct http_message *message);

#endif
