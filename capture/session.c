// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/session.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS ((size_t)2 * SESSION_MOST)
#define NOWHERE (-1)

// A conversation that may be continued: the digest of its last request's messages. Entries stand in the chain
// of their bucket and in the order of their last use.
struct entry {
  uint64_t digest;
  int64_t session;
  int32_t before, after; // in its bucket
  int32_t older, newer;
};

// Thousands of conversations may begin with the same words and stand in one chain: entries join at its end
// and leave from anywhere without a walk.
struct chain {
  int32_t first, last;
};

struct session_table {
  int64_t last;
  int32_t used, oldest, newest;
  struct chain buckets[BUCKETS];
  struct entry entries[SESSION_MOST];
};

enum status session_open(int64_t last, struct session_table **out) {
  struct session_table *table = calloc(1, sizeof *table);
  if (!table) return STATUS_MEMORY;
  table->last = last;
  table->oldest = table->newest = NOWHERE;
  for (size_t i = 0; i < BUCKETS; i++)
    table->buckets[i] = (struct chain){NOWHERE, NOWHERE};
  *out = table;
  return STATUS_OK;
}

void session_close(struct session_table *table) {
  free(table);
}

static uint64_t digest_more(uint64_t digest, const char *text, size_t len) {
  for (size_t i = 0; i < len; i++)
    digest = (digest ^ (unsigned char)text[i]) * UINT64_C(0x100000001B3);
  return digest;
}

#define DIGEST_START UINT64_C(0xCBF29CE484222325)

// The finaliser of MurmurHash3: FNV-1a alone leaves the high bits of short texts alike.
static uint64_t mix(uint64_t digest) {
  digest = (digest ^ (digest >> 33)) * UINT64_C(0xFF51AFD7ED558CCD);
  digest = (digest ^ (digest >> 33)) * UINT64_C(0xC4CEB9FE1A85EC53);
  return digest ^ (digest >> 33);
}

uint64_t session_digest(const char *text, size_t len) {
  return mix(digest_more(DIGEST_START, text, len));
}

// Several conversations may stand at the same messages (all that began with the same words); the one that
// has waited longest is found first, so that each is continued once.
static int32_t find(const struct session_table *table, uint64_t digest) {
  int32_t at = table->buckets[digest % BUCKETS].first;
  while (at != NOWHERE && table->entries[at].digest != digest)
    at = table->entries[at].after;
  return at;
}

static void take_out(struct session_table *table, int32_t which) {
  struct entry *entry = &table->entries[which];
  struct chain *chain = &table->buckets[entry->digest % BUCKETS];
  *(entry->before == NOWHERE ? &chain->first : &table->entries[entry->before].after) = entry->after;
  *(entry->after == NOWHERE ? &chain->last : &table->entries[entry->after].before) = entry->before;
  if (entry->older != NOWHERE) table->entries[entry->older].newer = entry->newer;
  if (entry->newer != NOWHERE) table->entries[entry->newer].older = entry->older;
  if (table->oldest == which) table->oldest = entry->newer;
  if (table->newest == which) table->newest = entry->older;
}

static void put_in(struct session_table *table, int32_t which, uint64_t digest, int64_t session) {
  struct chain *chain = &table->buckets[digest % BUCKETS];
  table->entries[which] = (struct entry){.digest = digest,
                                         .session = session,
                                         .before = chain->last,
                                         .after = NOWHERE,
                                         .older = table->newest,
                                         .newer = NOWHERE};
  *(chain->last == NOWHERE ? &chain->first : &table->entries[chain->last].after) = which;
  chain->last = which;
  if (table->newest != NOWHERE) table->entries[table->newest].newer = which;
  table->newest = which;
  if (table->oldest == NOWHERE) table->oldest = which;
}

// A place for a new conversation; the one that has been silent longest gives way.
static int32_t make_room(struct session_table *table) {
  if (table->used < SESSION_MOST) return table->used++;
  int32_t which = table->oldest;
  take_out(table, which);
  return which;
}

static bool is_answer(struct json_slice message) {
  return json_slice_is(json_scan_raw_string(json_scan_get(message, "role")), "assistant");
}

int64_t session_of(struct session_table *table, struct json_slice messages) {
  if (json_scan_kind(messages) != JSON_ARRAY) return 0;
  struct json_scan scan = json_scan_start(messages);
  struct json_slice message;
  uint64_t running = DIGEST_START;
  int32_t continued = NOWHERE;
  bool any = false, answered = false;
  while (json_scan_element(&scan, &message)) {
    if (any && is_answer(message)) {
      int32_t found = find(table, mix(running));
      if (found != NOWHERE) continued = found;
      answered = true;
    }
    running = digest_more(running, message.data, message.len);
    running = digest_more(running, "", 1); // the border between two messages counts
    any = true;
  }
  if (!any) return 0;
  uint64_t digest = mix(running);
  // The same history again, answers and all, is the same conversation asking once more.
  int32_t again = answered ? find(table, digest) : NOWHERE;
  if (again != NOWHERE) continued = again;
  int64_t session = continued == NOWHERE ? ++table->last : table->entries[continued].session;
  int32_t place = continued;
  if (place == NOWHERE) {
    place = make_room(table);
  } else {
    take_out(table, place);
  }
  put_in(table, place, digest, session);
  return session;
}
