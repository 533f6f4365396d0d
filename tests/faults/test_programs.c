// SPDX-License-Identifier: GPL-3.0-or-later
//
// Whole programs, one call of which fails: each ends with exit 1 and one line, or does without what failed
// and gives the very same answer. None crashes, none leaves half an answer.
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/buf.h"
#include "tests/faults/fault.h"

extern char **environ;

static char folder[] = "/tmp/tidemark-faults-XXXXXX";
static char programs[4096]; // where they are, absolute

struct outcome {
  int status; // of waitpid
  bool hit;
  struct buf words, answer,
      callers; // standard error; standard output and what stands in out; of the call that failed
};

static void outcome_free(struct outcome *outcome) {
  buf_free(&outcome->words);
  buf_free(&outcome->answer);
  buf_free(&outcome->callers);
}

static int compare_names(const void *left, const void *right) {
  return strcmp(*(char *const *)left, *(char *const *)right);
}

// Appends each file of `path`, by name, and removes it.
static void drain_folder(const char *path, struct buf *into) {
  DIR *dir = opendir(path);
  struct dirent *entry;
  char *names[64];
  size_t count = 0;
  if (!dir) return;
  while ((entry = readdir(dir)) && count < 64) {
    if (entry->d_name[0] != '.') names[count++] = strdup(entry->d_name);
  }
  closedir(dir);
  qsort(names, count, sizeof *names, compare_names);
  for (size_t i = 0; i < count; i++) {
    char *file = NULL;
    struct stat info;
    assert_true(asprintf(&file, "%s/%s", path, names[i]) > 0);
    buf_printf(into, "\n== %s\n", names[i]);
    if (stat(file, &info) == 0 && S_ISDIR(info.st_mode)) {
      drain_folder(file, into);
    } else {
      (void)!buf_read_file(into, file, NULL);
      unlink(file);
    }
    free(file);
    free(names[i]);
  }
  rmdir(path);
}

static void run(char *const *arguments, enum fault_call call, long n, struct outcome *out) {
  char *program = NULL, settings[5][4200];
  char *environment[8] = {settings[0], settings[1], settings[2], settings[3], settings[4], NULL};
  posix_spawn_file_actions_t actions;
  pid_t pid;
  *out = (struct outcome){0};
  snprintf(settings[0], sizeof settings[0], "LD_PRELOAD=%s/../faults/fault.so", programs);
  snprintf(settings[1], sizeof settings[1], "FAULT_CALL=%s", fault_names[call]);
  snprintf(settings[2], sizeof settings[2], "FAULT_AT=%ld", n);
  snprintf(settings[3], sizeof settings[3], "FAULT_HIT=hit");
  snprintf(settings[4], sizeof settings[4], "PATH=%s", getenv("PATH"));
  assert_true(asprintf(&program, "%s/%s", programs, arguments[0]) > 0);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "stdout", O_CREAT | O_TRUNC | O_WRONLY, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, "stderr", O_CREAT | O_TRUNC | O_WRONLY, 0600);
  assert_int_equal(posix_spawn(&pid, program, &actions, NULL, arguments, environment), 0);
  posix_spawn_file_actions_destroy(&actions);
  free(program);
  assert_int_equal(waitpid(pid, &out->status, 0), pid);
  (void)!buf_read_file(&out->callers, "hit", NULL);
  out->hit = unlink("hit") == 0;
  assert_int_equal(buf_read_file(&out->words, "stderr", NULL), STATUS_OK);
  assert_int_equal(buf_read_file(&out->answer, "stdout", NULL), STATUS_OK);
  drain_folder("out", &out->answer);
}

static size_t lines_of(struct buf *text) {
  size_t lines = 0;
  for (size_t i = 0; i < text->len; i++)
    lines += text->data[i] == '\n';
  return lines;
}

// What is wrong with it; NULL: nothing.
static const char *judge(struct outcome *outcome, struct outcome *clean) {
  if (!WIFEXITED(outcome->status)) return "a signal ended it";
  if (WEXITSTATUS(outcome->status) == 1)
    return lines_of(&outcome->words) != 1             ? "not one line"
           : strstr(buf_text(&outcome->answer), "==") ? "half an answer"
                                                      : NULL;
  if (outcome->status != clean->status) return "another exit code";
  if (strcmp(buf_text(&outcome->answer), buf_text(&clean->answer)) != 0) return "another answer";
  return NULL;
}

static void loop(char *const *arguments, enum fault_call call) {
  struct outcome clean, outcome = {0};
  long wrong = 0, n = 0, failed = 0;
  if (!fault_is_possible) skip();
  run(arguments, call, 0, &clean);
  do {
    outcome_free(&outcome);
    run(arguments, call, ++n, &outcome);
    const char *why = judge(&outcome, &clean);
    failed += outcome.status != clean.status;
    if (why) printf("%s, %s %ld: %s: %s", arguments[0], fault_names[call], n, why, buf_text(&outcome.words));
    if (why) printf(" (status %x)\n%s", (unsigned)outcome.status, buf_text(&outcome.callers));
    wrong += why != NULL;
  } while (outcome.hit);
  printf("%s: %ld calls (%s) failed one by one, %ld ended it; then none hit\n", arguments[0], n - 1,
         fault_names[call], failed);
  outcome_free(&outcome);
  outcome_free(&clean);
  assert_int_equal(wrong, 0);
}

static void write_file(const char *name, const char *text) {
  FILE *file = fopen(name, "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

static void test_analyze(void **state) {
  (void)state;
  write_file("one.csv", "workers,batch,total_s,tokens,requests,failed\n1,4,4,400,4,0\n1,4,4,404,4,0\n");
  char *arguments[] = {"analyze", "-q", "--no-plots", "--title", "A title", "-o", "out", "one.csv", NULL};
  for (int call = 0; call < FAULT_CALLS; call++)
    loop(arguments, (enum fault_call)call);
}

// A table of calls is turned into a trace, and back.
static void test_capture_import(void **state) {
  (void)state;
  write_file("mooncake.jsonl",
             "{\"timestamp\":0,\"input_length\":600,\"output_length\":5,\"hash_ids\":[1,2]}\n"
             "{\"timestamp\":500,\"input_length\":700,\"output_length\":6,\"hash_ids\":[1,3]}\n");
  char *arguments[] = {"capture", "-q", "--import", "mooncake", "mooncake.jsonl", "-o", "-", NULL};
  for (int call = 0; call < FAULT_CALLS; call++)
    loop(arguments, (enum fault_call)call);
}

static void test_replay_dry_run(void **state) {
  (void)state;
  write_file(
      "trace.jsonl",
      "{\"type\":\"trace\",\"version\":1,\"start_unix_s\":1}\n"
      "{\"type\":\"request\",\"seq\":0,\"t_s\":0,\"method\":\"POST\",\"path\":\"/v1/chat/completions\","
      "\"api\":\"openai.chat\",\"body\":{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]"
      "}}\n"
      "{\"type\":\"end\",\"requests\":1,\"responses\":0,\"dropped\":0}\n");
  char *arguments[] = {"replay", "-q",  "-u",        "http://127.0.0.1:9", "-W", "1,2",
                       "-B",     "2,4", "--dry-run", "trace.jsonl",        NULL};
  for (int call = 0; call < FAULT_CALLS; call++)
    loop(arguments, (enum fault_call)call);
}

static int setup(void **state) {
  (void)state;
  const char *build = getenv("BUILD");
  char *absolute = realpath(build ? build : "build", NULL);
  if (!absolute || !mkdtemp(folder)) return -1;
  snprintf(programs, sizeof programs, "%s/bin", absolute);
  free(absolute);
  return chdir(folder);
}

static int teardown(void **state) {
  (void)state;
  struct buf rest = {0};
  drain_folder(folder, &rest);
  buf_free(&rest);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_analyze),
      cmocka_unit_test(test_capture_import),
      cmocka_unit_test(test_replay_dry_run),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
