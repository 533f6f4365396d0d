// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the bare peers of the benchmarks share: loopback sockets, the text of the streams that they send and
// count, and percentiles. Peers are programs of their own: they print what went wrong and exit.
#ifndef TESTS_BENCH_WIRE_H
#define TESTS_BENCH_WIRE_H

#include <stddef.h>
#include <stdint.h>

// In every event that carries text there is exactly one of these, and nowhere else in a response's body.
#define WIRE_MARK '|'

// Prints "PROGRAM: WORDS: errno's text" and exits with 1.
_Noreturn void wire_die(const char *words);

// A listening socket on 127.0.0.1 with a port that was free; says "listening on http://..." on stderr.
int wire_listen(void);

// The port of "http://127.0.0.1:PORT[/...]"; anything else ends the program.
uint16_t wire_port(const char *url);

// Connects to 127.0.0.1 (waiting for it), TCP_NODELAY, then non-blocking; -1 when nobody listens.
int wire_connect(uint16_t port);

// Sets O_NONBLOCK and TCP_NODELAY.
void wire_set_up(int fd);

// Allows as many descriptors as the system does.
void wire_many_files(void);

// Whole numbers and decimals from the command line, within [least, most]; anything else ends the program.
double wire_number(const char *text, double least, double most);

// Sorts the values and returns the smallest one that at least `share` of them do not exceed; 0 of none.
int64_t wire_quantile(int64_t *values, size_t count, double share);

#endif
