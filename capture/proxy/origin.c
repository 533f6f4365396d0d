// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/proxy/origin.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/units.h"

static bool is_plain(const char *text) {
  for (; *text; text++) {
    if ((unsigned char)*text <= 0x20 || *text == 0x7F || strchr("\"<>\\^`{|}", *text)) return false;
  }
  return true;
}

// "host", "host:port", "[::1]:port"
static bool is_authority(const char *text, size_t len) {
  char copy[512], host[256];
  uint16_t port;
  if (len == 0 || len >= sizeof copy - 4) return false;
  memcpy(copy, text, len);
  copy[len] = '\0';
  const char *bracket = strchr(copy, ']');
  const char *colon = strchr(bracket ? bracket : copy, ':');
  if (colon == copy) return false;
  if (!colon) memcpy(copy + len, ":80", sizeof ":80");
  return units_host_port(copy, host, sizeof host, &port, NULL) == STATUS_OK && host[0] != '\0' &&
         (!colon || port != 0);
}

enum status origin_parse(const char *url, struct origin *out, struct error *error) {
  static const char allowed[] = "must be http://HOST[:PORT][/BASE] or https://..., without query or fragment";
  size_t scheme = 0;
  if (strncasecmp(url, "http://", 7) == 0) scheme = 7;
  if (strncasecmp(url, "https://", 8) == 0) scheme = 8;
  const char *rest = url + scheme;
  size_t authority = strcspn(rest, "/?#");
  const char *at = memrchr(rest, '@', authority);
  size_t userinfo = at ? (size_t)(at - rest) + 1 : 0;
  if (scheme == 0 || strpbrk(url, "?#") || !is_plain(url) ||
      !is_authority(rest + userinfo, authority - userinfo)) {
    return userinfo || strchr(url, '@') ? status_fail(error, STATUS_USAGE, "the URL (not shown) %s", allowed)
                                        : status_fail(error, STATUS_USAGE, "'%s' %s", url, allowed);
  }
  size_t len = strlen(url);
  while (len > scheme && url[len - 1] == '/')
    len--;
  struct origin origin = {.url = strndup(url, len), .shown = strndup(url, len)};
  if (!origin.url || !origin.shown) {
    origin_free(&origin);
    return status_fail(error, STATUS_MEMORY, "%s", status_name(STATUS_MEMORY));
  }
  memmove(origin.shown + scheme, origin.shown + scheme + userinfo, len - scheme - userinfo + 1);
  *out = origin;
  return STATUS_OK;
}

void origin_target_url(const struct origin *origin, const char *target, struct buf *out) {
  buf_append_text(out, origin->url);
  buf_append_text(out, target);
}

bool origin_is_secure(const struct origin *origin) {
  return strncasecmp(origin->url, "https:", 6) == 0;
}

void origin_free(struct origin *origin) {
  free(origin->url);
  free(origin->shown);
  *origin = (struct origin){0};
}
