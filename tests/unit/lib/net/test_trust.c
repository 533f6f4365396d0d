// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "lib/net/trust.h"

// RFC 7468, section 5.1: the textual encoding of an example certificate.
static const char certificate[] = "-----BEGIN CERTIFICATE-----\n"
                                  "MIICLDCCAdKgAwIBAgIBADAKBggqhkjOPQQDAjB9MQswCQYDVQQGEwJCRTEPMA0G\n"
                                  "A1UEChMGR251VExTMSUwIwYDVQQLExxHbnVUTFMgY2VydGlmaWNhdGUgYXV0aG9y\n"
                                  "aXR5MQ8wDQYDVQQIEwZMZXV2ZW4xJTAjBgNVBAMTHEdudVRMUyBjZXJ0aWZpY2F0\n"
                                  "ZSBhdXRob3JpdHkwHhcNMTEwNTIzMjAzODIxWhcNMTIxMjIyMDc0MTUxWjB9MQsw\n"
                                  "CQYDVQQGEwJCRTEPMA0GA1UEChMGR251VExTMSUwIwYDVQQLExxHbnVUTFMgY2Vy\n"
                                  "dGlmaWNhdGUgYXV0aG9yaXR5MQ8wDQYDVQQIEwZMZXV2ZW4xJTAjBgNVBAMTHEdu\n"
                                  "dVRMUyBjZXJ0aWZpY2F0ZSBhdXRob3JpdHkwWTATBgcqhkjOPQIBBggqhkjOPQMB\n"
                                  "BwNCAARS2I0jiuNn14Y2sSALCX3IybqiIJUvxUpj+oNfzngvj/Niyv2394BWnW4X\n"
                                  "uQ4RTEiywK87WRcWMGgJB5kX/t2no0MwQTAPBgNVHRMBAf8EBTADAQH/MA8GA1Ud\n"
                                  "DwEB/wQFAwMHBgAwHQYDVR0OBBYEFPC0gf6YEr+1KLlkQAPLzB9mTigDMAoGCCqG\n"
                                  "SM49BAMCA0gAMEUCIDGuwD1KPyG+hRf88MeyMQcqOFZD0TbVleF+UsAGQ4enAiEA\n"
                                  "l4wOuDwKQa+upc8GftXE2C//4mKANBC6It01gUaTIpo=\n"
                                  "-----END CERTIFICATE-----\n";

static enum status check_text(const char *text, struct error *error) {
  char path[] = "/tmp/test_trust.XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
  close(fd);
  enum status status = trust_check_file(path, error);
  unlink(path);
  return status;
}

static void test_trust_takes_one_certificate_or_several_with_words_between(void **state) {
  (void)state;
  char text[4 * sizeof certificate];
  struct error error = {""};
  assert_int_equal(check_text(certificate, &error), STATUS_OK);
  snprintf(text, sizeof text, "A bundle\n%s\nThe next\n%s end\n", certificate, certificate);
  assert_int_equal(check_text(text, &error), STATUS_OK);
}

static void test_trust_refuses_what_holds_none(void **state) {
  (void)state;
  struct error error = {""};
  assert_int_equal(check_text("", &error), STATUS_FORMAT);
  assert_int_equal(check_text("words\n", &error), STATUS_FORMAT);
  assert_non_null(strstr(error.text, "no certificate in it"));
  assert_int_equal(check_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", &error),
                   STATUS_FORMAT);
}

static void test_trust_refuses_a_broken_one_also_behind_a_good_one(void **state) {
  (void)state;
  char text[4 * sizeof certificate];
  struct error error = {""};
  snprintf(text, sizeof text, "%.300s", certificate); // cut
  assert_int_equal(check_text(text, &error), STATUS_FORMAT);
  snprintf(text, sizeof text, "%s%s", certificate, certificate);
  text[sizeof certificate + 60] = '!'; // no base64
  assert_int_equal(check_text(text, &error), STATUS_FORMAT);
  assert_non_null(strstr(error.text, "broken"));
}

static void test_trust_tells_a_file_that_cannot_be_read(void **state) {
  (void)state;
  struct error error = {""};
  assert_int_equal(trust_check_file("/no/such/file", &error), STATUS_IO);
  assert_string_equal(error.text, "/no/such/file: No such file or directory");
  assert_int_equal(trust_check_file("/tmp", &error), STATUS_IO);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_trust_takes_one_certificate_or_several_with_words_between),
      cmocka_unit_test(test_trust_refuses_what_holds_none),
      cmocka_unit_test(test_trust_refuses_a_broken_one_also_behind_a_good_one),
      cmocka_unit_test(test_trust_tells_a_file_that_cannot_be_read),
  };
  return cmocka_run_group_tests_name("trust", tests, NULL, NULL);
}
