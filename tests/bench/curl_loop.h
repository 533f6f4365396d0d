// SPDX-License-Identifier: GPL-3.0-or-later
//
// libcurl's multi handle on an epoll of one's own, and nothing more.
#ifndef TESTS_BENCH_CURL_LOOP_H
#define TESTS_BENCH_CURL_LOOP_H

#include <curl/curl.h>

struct curl_loop {
  CURLM *multi;
  int epoll;
  long timeout_ms; // of libcurl's timer; -1: none
  void (*ended)(void *context, CURL *easy, CURLcode result);
  void *context;
};

// Opens both, with room for `connections`; ends the program where it cannot. `ended` is called for each
// transfer, which is out of the multi handle by then.
void curl_loop_open(struct curl_loop *loop, long connections,
                    void (*ended)(void *context, CURL *easy, CURLcode result), void *context);
void curl_loop_add(struct curl_loop *loop, CURL *easy);
// A socket of libcurl's is ready (epoll's events), or with number -1 its timer is due.
void curl_loop_act(struct curl_loop *loop, int number, unsigned events);
void curl_loop_close(struct curl_loop *loop);

#endif
