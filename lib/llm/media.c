// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/llm/media.h"

#include <string.h>

#define DEPTH_MAX 8 // a message, its content, a tool's result, its content

// RFC 4648, 4: four characters stand for three bytes, less the padding.
static int64_t base64_bytes(const char *text, size_t len) {
  while (len && text[len - 1] == '=')
    len--;
  return (int64_t)(len / 4 * 3 + len % 4 * 3 / 4);
}

// Of a data URL (RFC 2397), of plain base64; of another link 0.
static int64_t bytes_of_text(struct json_slice text, bool is_data) {
  static const char scheme[] = "data:", coding[] = ";base64";
  size_t head = sizeof scheme - 1, mark = sizeof coding - 1;
  if (text.len < head || memcmp(text.data, scheme, head) != 0)
    return is_data ? base64_bytes(text.data, text.len) : 0;
  const char *comma = memchr(text.data, ',', text.len);
  if (!comma) return 0;
  const char *start = comma + 1, *end = text.data + text.len;
  bool is_coded = (size_t)(comma - text.data) >= mark && memcmp(comma - mark, coding, mark) == 0;
  return is_coded ? base64_bytes(start, (size_t)(end - start)) : end - start;
}

static int64_t bytes_of_part(struct json_slice part, int depth) {
  struct json_scan scan = json_scan_start(part);
  struct json_slice key, value;
  int64_t bytes = 0;
  while (depth < DEPTH_MAX && json_scan_kind(part) == JSON_OBJECT && json_scan_member(&scan, &key, &value)) {
    bool is_data = json_slice_is(key, "data") || json_slice_is(key, "file_data");
    bytes += json_scan_kind(value) == JSON_STRING ? bytes_of_text(json_scan_raw_string(value), is_data)
                                                  : bytes_of_part(value, depth + 1);
  }
  return bytes;
}

static bool is_medium(struct json_slice object) {
  static const char *const types[] = {"image_url",  "image",    "input_image", "input_audio",
                                      "audio_url",  "audio",    "video_url",   "video",
                                      "input_file", "document", "file"};
  struct json_slice type = json_scan_raw_string(json_scan_get(object, "type"));
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    if (!json_slice_is(type, types[i])) continue;
    return !json_slice_is(json_scan_get(json_scan_get(object, "source"), "type"), "\"text\"");
  }
  return false;
}

static void add_images(struct json_slice images, struct media *media) {
  struct json_scan scan = json_scan_start(images);
  struct json_slice image;
  while (json_scan_kind(images) == JSON_ARRAY && json_scan_element(&scan, &image)) {
    if (!json_scan_has_text(image)) continue;
    media->parts++;
    media->bytes += bytes_of_text(json_scan_raw_string(image), true);
  }
}

static void walk(struct json_slice value, int depth, struct media *media) {
  struct json_scan scan = json_scan_start(value);
  struct json_slice key, inner;
  if (depth >= DEPTH_MAX) return;
  if (json_scan_kind(value) == JSON_ARRAY) {
    while (json_scan_element(&scan, &inner))
      walk(inner, depth + 1, media);
  } else if (json_scan_kind(value) == JSON_OBJECT && is_medium(value)) {
    media->parts++;
    media->bytes += bytes_of_part(value, depth);
  } else if (json_scan_kind(value) == JSON_OBJECT) {
    while (json_scan_member(&scan, &key, &inner)) {
      if (json_slice_is(key, "images")) add_images(inner, media);
      if (json_slice_is(key, "content") || json_slice_is(key, "output")) walk(inner, depth + 1, media);
    }
  }
}

struct media media_count(struct json_slice body) {
  struct media media = {0};
  struct json_scan scan = json_scan_start(body);
  struct json_slice key, value;
  while (json_scan_kind(body) == JSON_OBJECT && json_scan_member(&scan, &key, &value)) {
    if (json_slice_is(key, "messages") || json_slice_is(key, "input")) walk(value, 0, &media);
    if (json_slice_is(key, "images")) add_images(value, &media);
  }
  return media;
}
