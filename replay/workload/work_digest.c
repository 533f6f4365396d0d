// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/workload/work_digest.h"

#include <endian.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

static bool digest_number(EVP_MD_CTX *context, uint64_t number) {
  number = htole64(number);
  return EVP_DigestUpdate(context, &number, sizeof number);
}

// Of a synthetic prompt what it is made of: its text waits for the calibration.
static bool digest_prompt(EVP_MD_CTX *context, const struct synth_prompt *prompt) {
  bool good = digest_number(context, (uint64_t)prompt->tokens) &&
              digest_number(context, (uint64_t)prompt->block_tokens) && digest_number(context, prompt->own);
  for (size_t i = 0; good && i < prompt->block_count; i++)
    good = digest_number(context, prompt->blocks[i]);
  return good;
}

static bool digest_request(EVP_MD_CTX *context, const struct work_request *request) {
  return EVP_DigestUpdate(context, request->method, strlen(request->method) + 1) &&
         EVP_DigestUpdate(context, request->path, strlen(request->path) + 1) &&
         (request->body_len == 0 || EVP_DigestUpdate(context, request->body, request->body_len)) &&
         (!request->synthetic || digest_prompt(context, request->synthetic)) &&
         (request->cancel_ns == 0 || digest_number(context, (uint64_t)request->cancel_ns)) &&
         EVP_DigestUpdate(context, "", 1);
}

enum status work_digest(const struct work *work, int64_t trace, char into[WORK_DIGEST_BYTES],
                        struct error *error) {
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned len = 0;
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  bool good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL);
  for (size_t i = 0; good && i < work->count; i++) {
    const struct work_request *request = work->requests[i];
    if (trace < 0 || request->trace == trace) good = digest_request(context, request);
  }
  good = good && EVP_DigestFinal_ex(context, sum, &len);
  EVP_MD_CTX_free(context);
  if (!good) return status_fail(error, STATUS_MEMORY, "no SHA-256 of the trace");
  int used = snprintf(into, WORK_DIGEST_BYTES, "sha256:");
  for (unsigned i = 0; i < len && i < 32; i++)
    used += snprintf(into + used, WORK_DIGEST_BYTES - (size_t)used, "%02x", sum[i]);
  return STATUS_OK;
}
