// SPDX-License-Identifier: GPL-3.0-or-later
//
// The result of every function of Tidemark that can fail: one status, and a message for a person if any.
#ifndef LIB_BASE_STATUS_H
#define LIB_BASE_STATUS_H

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

enum status {
  STATUS_OK = 0,
  STATUS_END,       // nothing more to read; not an error
  STATUS_USAGE,     // asked for something that is not allowed
  STATUS_NOT_FOUND, // no such file, key or member
  STATUS_EXISTS,    // something is there that must not be replaced
  STATUS_FORMAT,    // input is not what it should be
  STATUS_LIMIT,     // a cap was reached
  STATUS_IO,        // the operating system refused to read, write or start something
  STATUS_NETWORK,   // a peer could not be reached or did not answer
  STATUS_NUMERIC,   // the data cannot decide, or a method did not converge
  STATUS_CANCELLED, // stopped on purpose
  STATUS_MEMORY,    // no memory
};

// One line for a person: what, where, what is allowed. No trailing newline.
struct error {
  char text[512];
};

// Writes the line into `error` (NULL: nowhere); a longer text is cut.
void status_write(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);

// Puts "prefix: " before the text that is there, as a caller does that has the place of the failure.
void status_write_prefix(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);

// status_fail(error, code, format, ...): writes the line and is `code`, so that a failing function can end
// with `return status_fail(error, STATUS_IO, "...", ...)`. status_prefix is the same with
// status_write_prefix. Macros, so that compilers and checkers see which status it is.
#define status_fail(error, code, ...) (status_write((error), __VA_ARGS__), status_itself(code))
#define status_prefix(error, code, ...) (status_write_prefix((error), __VA_ARGS__), status_itself(code))

static inline enum status status_itself(enum status status) {
  return status;
}

// The same with the status's own name for a text: STATUS_MEMORY, or any that has nothing to add.
#define status_memory(error) status_plain((error), STATUS_MEMORY)
#define status_plain(error, code) status_fail((error), (code), "%s", status_name(code))

// The name of the status for a message ("not found", ...), never NULL.
const char *status_name(enum status status);

#endif
