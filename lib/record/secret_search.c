// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/record/secret_search.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// A prefix of secrets. Node 0 is the empty one.
struct node {
  uint32_t fail;    // its longest proper suffix that is a prefix too
  uint32_t longest; // length of the longest secret that it ends with; 0: none
  uint32_t first_child, sibling;
  unsigned char byte; // its last
};

struct edge {
  uint32_t from, to; // `to` is never 0 in an edge that is there
  unsigned char byte;
};

struct automaton {
  struct node *nodes;
  uint32_t count;
  struct edge *edges; // a hash table, at most half full
  size_t mask;        // its size, a power of two, less one
};

static struct edge *find_edge(const struct automaton *automaton, uint32_t from, unsigned char byte) {
  uint64_t key = ((uint64_t)from << 8 | byte) * UINT64_C(0x9E3779B97F4A7C15);
  size_t at = (size_t)(key >> 32) & automaton->mask;
  while (automaton->edges[at].to && (automaton->edges[at].from != from || automaton->edges[at].byte != byte))
    at = (at + 1) & automaton->mask;
  return &automaton->edges[at];
}

static void insert(struct automaton *automaton, const char *secret, size_t len) {
  uint32_t at = 0;
  for (size_t i = 0; i < len; i++) {
    unsigned char byte = (unsigned char)secret[i];
    struct edge *edge = find_edge(automaton, at, byte);
    if (!edge->to) {
      uint32_t made = automaton->count++;
      *edge = (struct edge){.from = at, .to = made, .byte = byte};
      automaton->nodes[made] = (struct node){.sibling = automaton->nodes[at].first_child, .byte = byte};
      automaton->nodes[at].first_child = made;
    }
    at = edge->to;
  }
  automaton->nodes[at].longest = (uint32_t)len;
}

// The longest suffix of `at` and a byte that is a prefix of a secret.
static uint32_t follow(const struct automaton *automaton, uint32_t at, unsigned char byte) {
  for (;;) {
    uint32_t to = find_edge(automaton, at, byte)->to;
    if (to || at == 0) return to;
    at = automaton->nodes[at].fail;
  }
}

// From the shortest prefixes to the longest; `queue` has room for all nodes.
static void link_suffixes(struct automaton *automaton, uint32_t *queue) {
  struct node *nodes = automaton->nodes;
  size_t first = 0, last = 0;
  queue[last++] = 0;
  while (first < last) {
    uint32_t at = queue[first++];
    for (uint32_t child = nodes[at].first_child; child; child = nodes[child].sibling) {
      if (at != 0) nodes[child].fail = follow(automaton, nodes[at].fail, nodes[child].byte);
      if (!nodes[child].longest) nodes[child].longest = nodes[nodes[child].fail].longest;
      queue[last++] = child;
    }
  }
}

// What was covered last is not covered again: from `from` to before `to`.
static void cover(const struct automaton *automaton, char *bytes, size_t len) {
  uint32_t at = 0;
  size_t from = 0, to = 0;
  for (size_t i = 0; i < len; i++) {
    at = follow(automaton, at, (unsigned char)bytes[i]);
    if (!automaton->nodes[at].longest) continue;
    size_t start = i + 1 - automaton->nodes[at].longest;
    if (start > to) from = to = start;
    if (start < from) {
      memset(bytes + start, '*', from - start);
      from = start;
    }
    memset(bytes + to, '*', i + 1 - to);
    to = i + 1;
  }
}

bool secret_search_cover(const char *secrets, size_t secrets_len, size_t least, char *bytes, size_t len) {
  struct automaton automaton = {.count = 1};
  size_t room = 4;
  while (room < 2 * (secrets_len + 1))
    room *= 2;
  automaton.mask = room - 1;
  automaton.nodes = calloc(secrets_len + 1, sizeof *automaton.nodes);
  automaton.edges = calloc(room, sizeof *automaton.edges);
  uint32_t *queue = calloc(secrets_len + 1, sizeof *queue);
  bool has_memory = automaton.nodes && automaton.edges && queue && secrets_len < UINT32_MAX;
  if (has_memory) {
    const char *end = secrets + secrets_len;
    for (const char *secret = secrets; secret < end; secret += strlen(secret) + 1) {
      if (secret[0] && strlen(secret) >= least) insert(&automaton, secret, strlen(secret));
    }
    link_suffixes(&automaton, queue);
    cover(&automaton, bytes, len);
  }
  free(automaton.nodes);
  free(automaton.edges);
  free(queue);
  return has_memory;
}
