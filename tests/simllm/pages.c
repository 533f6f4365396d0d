// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/simllm/pages.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/json/json_write.h"

static void health(const struct pages *pages, struct buf *out) {
  (void)pages;
  buf_append_text(out, "{\"status\":\"ok\"}");
}

static void root(const struct pages *pages, struct buf *out) {
  (void)pages;
  buf_append_text(out, "simllm is running");
}

static void version(const struct pages *pages, struct buf *out) {
  (void)pages;
  buf_append_text(out, "{\"version\":\"" TIDEMARK_VERSION "\"}");
}

static void models(const struct pages *pages, struct buf *out) {
  struct json_writer w = JSON_WRITER(out);
  json_write_object(&w);
  json_member_string(&w, "object", "list");
  json_write_key(&w, "data");
  json_write_array(&w);
  json_write_object(&w);
  json_member_string(&w, "id", pages->opts->model);
  json_member_string(&w, "object", "model");
  json_member_int(&w, "created", 0);
  json_member_string(&w, "owned_by", "simllm");
  json_write_object_end(&w);
  json_write_array_end(&w);
  json_write_object_end(&w);
}

static void tags(const struct pages *pages, struct buf *out) {
  struct json_writer w = JSON_WRITER(out);
  json_write_object(&w);
  json_write_key(&w, "models");
  json_write_array(&w);
  json_write_object(&w);
  json_member_string(&w, "name", pages->opts->model);
  json_member_string(&w, "model", pages->opts->model);
  json_member_int(&w, "size", 0);
  json_write_object_end(&w);
  json_write_array_end(&w);
  json_write_object_end(&w);
}

static void stats(const struct pages *pages, struct buf *out) {
  bool with_log = pages->query_log && strcmp(pages->query_log, "0") != 0;
  stats_json(pages->stats, &pages->opts->engine, engine_count(pages->engine), with_log, clock_now_ns(), out);
}

static void metrics(const struct pages *pages, struct buf *out) {
  stats_prometheus(pages->stats, engine_count(pages->engine), out);
}

static const struct {
  const char *path;
  const char *content_type; // NULL: JSON
  void (*write)(const struct pages *pages, struct buf *out);
} table[] = {
    {"/health", NULL, health},       {"/v1/models", NULL, models},
    {"/api/version", NULL, version}, {"/api/tags", NULL, tags},
    {"/stats", NULL, stats},         {"/metrics", "text/plain; version=0.0.4", metrics},
    {"/", "text/plain", root},
};

unsigned pages_write(const struct pages *pages, const char *path, bool get, struct buf *out,
                     const char **content_type) {
  enum ask_api api;
  if (pages->starting && strcmp(path, "/health") == 0) {
    buf_append_text(out, "{\"error\":\"Loading model\"}");
    return 503;
  }
  if (pages->starting && strcmp(path, "/") == 0) {
    buf_append_text(out, "{\"error\":\"no such path\"}");
    return 404;
  }
  bool known = ask_api_of_path(path, &api);
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    if (strcmp(table[i].path, path) != 0) continue;
    known = true;
    if (!get) break;
    table[i].write(pages, out);
    if (table[i].content_type) *content_type = table[i].content_type;
    return 200;
  }
  buf_append_text(out, known ? "{\"error\":\"method not allowed\"}" : "{\"error\":\"no such path\"}");
  return known ? 405 : 404;
}
