// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/report/lang.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/report/document.h"
#include "analyze/report/number.h"

#define STRONG(words) DOCUMENT_STRONG words DOCUMENT_STRONG
#define CODE(words) DOCUMENT_CODE words DOCUMENT_CODE
#define TEXT(id, text) [id] = (text),
static const char *const texts[LANG_COUNT][LANG_ID_COUNT] = {
    [LANG_EN] =
        {
#include "analyze/report/lang_en.h"
        },
    [LANG_RU] =
        {
#include "analyze/report/lang_ru.h"
        },
};
#undef TEXT
static const char *const codes[LANG_COUNT] = {[LANG_EN] = "en", [LANG_RU] = "ru"};

const char *lang_text(enum lang lang, enum lang_id id) {
  const char *text = texts[lang][id];
  return text ? text : "";
}

// Which form the number takes: CLDR's cardinal rules; the forms are one, few, many (English: one, many).
static size_t plural_form(enum lang lang, const char *number) {
  if (lang == LANG_EN) return strcmp(number, "1") == 0 ? 0 : 1;
  if (strspn(number, "0123456789") != strlen(number) || !*number) return 1;
  size_t len = strlen(number);
  int last = number[len - 1] - '0', before = len > 1 ? number[len - 2] - '0' : 0;
  if (before == 1) return 2;
  if (last == 1) return 0;
  return last >= 2 && last <= 4 ? 1 : 2;
}

static void append_form(struct buf *out, const char *forms, size_t len, size_t wanted) {
  const char *end = forms + len;
  while (wanted > 0) {
    const char *bar = memchr(forms, '|', (size_t)(end - forms));
    if (!bar) break; // fewer forms than the language has: the last one
    forms = bar + 1;
    wanted--;
  }
  const char *bar = memchr(forms, '|', (size_t)(end - forms));
  buf_append(out, forms, (size_t)((bar ? bar : end) - forms));
}

// Within a template's code numbers stay as a command has them.
static void append_argument(struct buf *out, enum lang lang, bool code, const char *text) {
  struct buf plain = {0};
  if (text == buf_no_text) out->status = STATUS_MEMORY;
  for (const char *at = text; *at; at++) {
    if (*at != DOCUMENT_STRONG[0] && *at != DOCUMENT_CODE[0]) buf_append_char(&plain, *at);
  }
  if (plain.status) out->status = plain.status;
  if (lang_has_decimal_commas(lang) && !code)
    number_append_with_commas(out, buf_text(&plain));
  else
    buf_append_text(out, buf_text(&plain));
  buf_free(&plain);
}

// The words for "{unit}" and its like, which `len` bytes after the brace name; NULL: it is none of them.
static const char *unit_words(enum lang lang, enum lang_unit unit, const char *name, size_t len) {
  static const struct {
    const char *name;
    enum lang_id first;
  } forms[] = {{"unit", LANG_UNIT_OUTPUT_TOKENS},
               {"units", LANG_UNITS_OUTPUT_TOKENS},
               {"Units", LANG_HEADING_OUTPUT_TOKENS}};
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
    if (strlen(forms[i].name) == len && memcmp(forms[i].name, name, len) == 0)
      return lang_text(lang, (enum lang_id)((int)forms[i].first + (int)unit));
  }
  return NULL;
}

void lang_format_in(struct buf *out, enum lang lang, enum lang_unit unit, enum lang_id id,
                    const char *const *arguments, size_t count) {
  const char *at = lang_text(lang, id);
  bool code = false;
  while (*at) {
    size_t clean = strcspn(at, "{");
    for (size_t i = 0; i < clean; i++)
      code ^= at[i] == DOCUMENT_CODE[0];
    buf_append(out, at, clean);
    at += clean;
    if (!*at) break;
    const char *end = strchr(at, '}');
    const char *words = end ? unit_words(lang, unit, at + 1, (size_t)(end - at) - 1) : NULL;
    size_t index = (size_t)(at[1] - '0');
    if (words) {
      buf_append_text(out, words);
    } else if (!end || index > 9 || index >= count || !arguments[index]) {
      buf_append_char(out, *at++);
      continue;
    } else if (at[2] == ':') {
      append_form(out, at + 3, (size_t)(end - at) - 3, plural_form(lang, arguments[index]));
    } else {
      append_argument(out, lang, code, arguments[index]);
    }
    at = end + 1;
  }
}

void lang_format(struct buf *out, enum lang lang, enum lang_id id, const char *const *arguments,
                 size_t count) {
  lang_format_in(out, lang, LANG_OUTPUT_TOKENS, id, arguments, count);
}

enum status lang_parse(const char *text, enum lang *out, struct error *error) {
  for (int i = 0; i < LANG_COUNT; i++) {
    if (strcmp(text, codes[i]) == 0) {
      *out = (enum lang)i;
      return STATUS_OK;
    }
  }
  return status_fail(error, STATUS_USAGE, "'%s': the languages are en and ru", text);
}

bool lang_has_decimal_commas(enum lang lang) {
  return lang == LANG_RU;
}

const char *lang_code(enum lang lang) {
  return codes[lang];
}
