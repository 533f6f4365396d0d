// SPDX-License-Identifier: GPL-3.0-or-later
//
// Traffic that is made up from a line of numbers, for who has none yet: requests=N,input=MEAN[~SD],
// output=MEAN[~SD],prefix=TOKENS[xCOUNT],turns=LEAST[-MOST],rate=R,seed=S.
//
//   input    tokens that each turn adds, normal with this mean and standard deviation, at least 1
//   output   tokens of each answer, likewise; an API that answers without text has none
//   prefix   so many different prefixes of so many tokens; each conversation begins with one of them
//   turns    of a conversation, uniform; a later turn's prompt has all that was said before in front
//   rate     requests a second, exponential intervals (a Poisson process); without it all stand at 0
//
// Requests are known by their size: replay makes text of that length. What is shared are blocks of
// BLOCK_TOKENS, so the shared tokens are a whole number of blocks: a prefix is rounded to it, and of what a
// conversation has said the last part of a block is not shared.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/convert/import_parts.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/json/json_write.h"

enum { BLOCK_TOKENS = 16, TURNS_MAX = 1000, PREFIXES_MAX = 1000000 };
#define REQUESTS_MAX 10000000
#define TOKENS_MAX 1000000
#define KEYS "requests, input, output, prefix, turns, rate and seed"

struct amount {
  double mean, sd;
};

struct spec {
  double requests, seed, rate; // rate 0: none
  struct amount input, output;
  double prefix_tokens, prefix_count;
  double turns_least, turns_most;
};

// splitmix64 (Steele, Lea, Flood 2014): the same numbers on every machine.
static uint64_t next_bits(uint64_t *state) {
  uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return z ^ (z >> 31);
}

// Uniform in (0, 1).
static double uniform(uint64_t *state) {
  return ((double)(next_bits(state) >> 11) + 0.5) / 9007199254740992.0;
}

static int64_t below(uint64_t *state, int64_t n) {
  return (int64_t)(uniform(state) * (double)n);
}

// Normal by Box and Muller (1958), at least 1.
static int64_t draw(uint64_t *state, struct amount amount) {
  double size = sqrt(-2 * log(uniform(state))), angle = 2 * M_PI * uniform(state);
  double value = amount.mean + amount.sd * size * cos(angle);
  return value < 1 ? 1 : value > TOKENS_MAX ? TOKENS_MAX : llround(value);
}

// Reading the line.

// A number in decimal at the start of `text`; `end` is what follows it. No sign, and none of strtod's
// hexadecimals.
static bool read_number(const char *text, bool whole, double *out, const char **end) {
  char *after;
  if (*text < '0' || *text > '9') return false;
  *out = strtod(text, &after);
  *end = after;
  return isfinite(*out) && (!whole || *out == floor(*out)) && !memchr(text, 'x', (size_t)(after - text)) &&
         !memchr(text, 'X', (size_t)(after - text));
}

// "512" or, with a second number, "512~128": `mark` is between them.
static bool read_numbers(const char *text, char mark, bool whole, double *first, double *second) {
  const char *end;
  if (!read_number(text, whole, first, &end)) return false;
  if (mark && *end == mark && !read_number(end + 1, whole, second, &end)) return false;
  return *end == '\0';
}

static enum status parse_part(struct spec *spec, char *part, struct error *error) {
  char *value = strchr(part, '=');
  double none = 0;
  if (!value)
    return status_fail(error, STATUS_USAGE, "'%s' has no =: KEY=VALUE,... with the keys " KEYS, part);
  *value++ = '\0';
  struct {
    const char *key, *form; // the bounds of the first number follow
    char mark;
    bool whole;
    double *first, *second, least, most;
    double alone; // the second, where only the first is given; below 0: as many as the first
  } keys[] = {
      {"requests", "a whole number", 0, true, &spec->requests, &none, 1, REQUESTS_MAX, 0},
      {"input", "MEAN[~SD], MEAN", '~', false, &spec->input.mean, &spec->input.sd, 1, TOKENS_MAX, 0},
      {"output", "MEAN[~SD], MEAN", '~', false, &spec->output.mean, &spec->output.sd, 1, TOKENS_MAX, 0},
      {"prefix", "TOKENS[xCOUNT] in whole numbers, TOKENS", 'x', true, &spec->prefix_tokens,
       &spec->prefix_count, BLOCK_TOKENS, TOKENS_MAX, 1},
      {"turns", "LEAST[-MOST], whole numbers", '-', true, &spec->turns_least, &spec->turns_most, 1, TURNS_MAX,
       -1},
      {"rate", "a number", 0, false, &spec->rate, &none, 1e-6, 1e6, 0},
      {"seed", "a whole number", 0, true, &spec->seed, &none, 0, 4294967295.0, 0},
  };
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    if (strcmp(part, keys[i].key) != 0) continue;
    *keys[i].second = keys[i].alone;
    if (!read_numbers(value, keys[i].mark, keys[i].whole, keys[i].first, keys[i].second) ||
        *keys[i].first < keys[i].least || *keys[i].first > keys[i].most)
      return status_fail(error, STATUS_USAGE, "%s='%s' is not %s from %.10g to %.10g", part, value,
                         keys[i].form, keys[i].least, keys[i].most);
    if (*keys[i].second < 0) *keys[i].second = *keys[i].first;
    return STATUS_OK;
  }
  return status_fail(error, STATUS_USAGE, "'%s' is none of " KEYS, part);
}

static enum status read_spec(const char *text, struct spec *spec, struct error *error) {
  char *copy = strdup(text), *rest = copy, *part;
  enum status status = copy ? STATUS_OK : STATUS_MEMORY;
  *spec = (struct spec){.requests = 100,
                        .seed = 1,
                        .input = {512, 128},
                        .output = {128, 32},
                        .prefix_count = 1,
                        .turns_least = 1,
                        .turns_most = 1};
  while (status == STATUS_OK && (part = strsep(&rest, ",")))
    status = parse_part(spec, part, error);
  free(copy);
  if (status) return status;
  if (spec->turns_most < spec->turns_least || spec->turns_most > TURNS_MAX)
    return status_fail(error, STATUS_USAGE, "turns=%.10g-%.10g: the second is the larger one, at most %d",
                       spec->turns_least, spec->turns_most, TURNS_MAX);
  if (spec->prefix_count < 1 || spec->prefix_count > PREFIXES_MAX)
    return status_fail(error, STATUS_USAGE, "prefix=...x%.10g: there are 1 to %d prefixes",
                       spec->prefix_count, PREFIXES_MAX);
  return STATUS_OK;
}

// Making.

struct conversation {
  int64_t number, turns_left;
  int64_t prefix; // its number
  int64_t said;   // tokens so far, the prefix included
};

struct maker {
  struct spec spec;
  uint64_t random;
  int64_t now_ns, conversations, unmade; // turns of conversations that have not begun
  struct conversation *open;
  size_t open_count, open_room;
  struct buf blocks;
};

static int64_t prefix_blocks(const struct spec *spec) {
  return llround(spec->prefix_tokens / BLOCK_TOKENS);
}

// The number of an open one, -1 for no memory. A conversation begins when none is open, or as often as makes
// the turns come out mixed.
static int64_t choose(struct maker *maker) {
  const struct spec *spec = &maker->spec;
  double mean_turns = (spec->turns_least + spec->turns_most) / 2;
  bool begins = maker->open_count == 0 || (maker->unmade > 0 && uniform(&maker->random) < 1 / mean_turns);
  if (!begins) return below(&maker->random, (int64_t)maker->open_count);
  if (array_grow(&maker->open, &maker->open_room, maker->open_count, sizeof *maker->open, REQUESTS_MAX))
    return -1;
  int64_t turns = (int64_t)spec->turns_least +
                  below(&maker->random, (int64_t)spec->turns_most - (int64_t)spec->turns_least + 1);
  if (turns > maker->unmade) turns = maker->unmade; // the last one
  maker->unmade -= turns;
  maker->open[maker->open_count] =
      (struct conversation){.number = maker->conversations++,
                            .turns_left = turns,
                            .prefix = below(&maker->random, (int64_t)spec->prefix_count),
                            .said = prefix_blocks(spec) * BLOCK_TOKENS};
  return (int64_t)maker->open_count++;
}

// The ids of a prompt's whole blocks: those of the prefix, then the conversation's own. Texts, since numbers
// are small.
static void print_blocks(struct maker *maker, const struct conversation *conversation, int64_t tokens) {
  struct json_writer w = JSON_WRITER(&maker->blocks);
  int64_t shared = prefix_blocks(&maker->spec);
  char id[64];
  buf_clear(&maker->blocks);
  json_write_array(&w);
  for (int64_t i = 0; i < tokens / BLOCK_TOKENS; i++) {
    if (i < shared) {
      snprintf(id, sizeof id, "p%lld.%lld", (long long)conversation->prefix, (long long)i);
    } else {
      snprintf(id, sizeof id, "c%lld.%lld", (long long)conversation->number, (long long)i);
    }
    json_write_string(&w, id);
  }
  json_write_array_end(&w);
}

static enum status make_request(struct import *import, struct maker *maker, struct error *error) {
  const struct import_options *options = import_options_of(import);
  enum api api = options->api ? options->api : API_OPENAI_CHAT;
  const struct api_dialect *dialect = api_dialect(api);
  int64_t chosen = choose(maker);
  char session[32];
  if (chosen < 0) return STATUS_MEMORY;
  struct conversation *conversation = &maker->open[chosen];
  if (maker->spec.rate > 0)
    maker->now_ns += clock_from_seconds(-log(uniform(&maker->random)) / maker->spec.rate);
  int64_t input = conversation->said + draw(&maker->random, maker->spec.input);
  int64_t output = dialect->generates_text ? draw(&maker->random, maker->spec.output) : -1;
  snprintf(session, sizeof session, "c%lld", (long long)conversation->number);
  struct trace_request request = import_sized_request();
  request.t_ns = maker->now_ns;
  request.path = (struct json_slice){dialect->paths[0], strlen(dialect->paths[0])};
  request.api = (struct json_slice){dialect->name, strlen(dialect->name)};
  request.stream = dialect->generates_text;
  if (options->model) request.model = (struct json_slice){options->model, strlen(options->model)};
  if (maker->spec.turns_most > 1) request.session = (struct json_slice){session, strlen(session)};
  request.input_tokens = input;
  request.output_tokens = output;
  if (maker->spec.turns_most > 1 || maker->spec.prefix_tokens > 0) {
    bool own = maker->spec.turns_most > 1;
    print_blocks(maker, conversation, own ? input : prefix_blocks(&maker->spec) * BLOCK_TOKENS);
    if (maker->blocks.status) return STATUS_MEMORY;
    request.prefix_blocks = (struct json_slice){maker->blocks.data, maker->blocks.len};
    request.block_tokens = BLOCK_TOKENS;
  }
  enum status status = import_add(import, &request, NULL, error);
  conversation->said = input + (output > 0 ? output : 0);
  if (--conversation->turns_left == 0) *conversation = maker->open[--maker->open_count];
  return status;
}

enum status import_made(struct import *import, struct error *error) {
  struct maker maker = {0};
  enum status status = read_spec(import_options_of(import)->path, &maker.spec, error);
  maker.random = (uint64_t)maker.spec.seed;
  maker.unmade = (int64_t)maker.spec.requests;
  for (int64_t i = 0; status == STATUS_OK && i < (int64_t)maker.spec.requests; i++)
    status = make_request(import, &maker, error);
  free(maker.open);
  buf_free(&maker.blocks);
  return status;
}
