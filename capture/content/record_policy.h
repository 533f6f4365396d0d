// SPDX-License-Identifier: GPL-3.0-or-later
//
// What of a request is kept in a record, the same for live traffic and for imports: which headers,
// and its body without secrets.
#ifndef CAPTURE_RECORD_POLICY_H
#define CAPTURE_RECORD_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/names.h"
#include "lib/record/trace.h"

// True for a header that is recorded: one of the usual ones or of `more`, and none that carries secrets.
bool record_policy_header(const struct names *more, const char *name, size_t len);

// True for the Content-Type of a form (application/x-www-form-urlencoded).
bool record_policy_is_form(const char *content_type, size_t len);

// The recorded form of a kept header's value: all of it, or a mark when it has the form of a credential.
struct json_slice record_policy_value(struct json_slice value);

// Appends a client's own session id; one with the form of a credential as "x" and 16 digits of its digest.
void record_policy_session(struct json_slice id, struct buf *out);

// Appends the body as a record has it, secrets taken out (`redact`: more of their names), and says how it is
// written. JSON that is too deep to be read as a member of a record is text. TRACE_BODY_NONE: it is empty, or
// in UTF-16 or UTF-32, where secrets are not looked for, and must not be recorded. `taken` (NULL allowed)
// lists the secrets as redact_json does. Failure sticks in out->status.
enum trace_body record_policy_body(const struct names *redact, struct json_slice body, bool is_form,
                                   struct buf *out, struct buf *taken);

#endif
