// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/faults/fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

const char *const fault_names[FAULT_CALLS] = {"memory", "read", "write", "fsync", "rename", "truncate"};

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifdef SANITIZED

const bool fault_is_possible = false;

void fault_arm(enum fault_call call, long n) {
  (void)call, (void)n;
}

void fault_spare(const char *library) {
  (void)library;
}

bool fault_disarm(void) {
  return false;
}

const char *fault_callers(void) {
  return "";
}

long fault_live(void) {
  return 0;
}

#else

const bool fault_is_possible = true;

// NOLINTBEGIN(bugprone-reserved-identifier)
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void __libc_free(void *block);
// NOLINTEND(bugprone-reserved-identifier)

static atomic_int armed; // the kind + 1; 0: none
static atomic_long until;
static atomic_bool hit;
static atomic_long live;
static const char *hit_path;
enum { CALLERS = 16 };
static void *callers[CALLERS];
static int caller_count;

void fault_arm(enum fault_call call, long n) {
  atomic_store(&hit, false);
  atomic_store(&until, n);
  atomic_store(&armed, (int)call + 1);
}

const char *fault_callers(void) {
  static char text[4096];
  size_t len = 0;
  text[0] = '\0';
  for (int i = 2; i < caller_count && len + 256 < sizeof text; i++) {
    Dl_info info = {0};
    dladdr(callers[i], &info);
    const char *file = info.dli_fname ? strrchr(info.dli_fname, '/') : NULL;
    len += (size_t)snprintf(text + len, sizeof text - len, "  %s(+0x%zx) %s\n", file ? file + 1 : "?",
                            (size_t)((char *)callers[i] - (char *)info.dli_fbase),
                            info.dli_sname ? info.dli_sname : "");
  }
  return text;
}

bool fault_disarm(void) {
  atomic_store(&armed, 0);
  return atomic_load(&hit);
}

long fault_live(void) {
  return atomic_load(&live);
}

// Where the code of libraries lies that are spared: these go on with the NULL that they got.
struct range {
  const char *name;
  uintptr_t from, to;
};
enum { LIBRARIES = 3 };
static struct range spared[LIBRARIES] = {{NULL, 0, 0}, {"libpopt", 0, 0}, {"libcrypto", 0, 0}};

static int note_library(struct dl_phdr_info *info, size_t size, void *context) {
  (void)size;
  struct range *range = context;
  if (!range->name || !strstr(info->dlpi_name, range->name)) return 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &info->dlpi_phdr[i];
    if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
    range->from = info->dlpi_addr + part->p_vaddr;
    range->to = range->from + part->p_memsz;
  }
  return 0;
}

void fault_spare(const char *library) {
  spared[0] = (struct range){library, 0, 0};
  dl_iterate_phdr(note_library, &spared[0]);
}

static bool is_spared(const void *caller) {
  for (int i = 0; i < LIBRARIES; i++) {
    if ((uintptr_t)caller >= spared[i].from && (uintptr_t)caller < spared[i].to) return true;
  }
  return false;
}

__attribute__((constructor)) static void arm_by_environment(void) {
  const char *name = getenv("FAULT_CALL"), *at = getenv("FAULT_AT");
  hit_path = getenv("FAULT_HIT");
  unsetenv("LD_PRELOAD");
  backtrace(callers, CALLERS); // the first one allocates
  for (int i = 1; i < LIBRARIES; i++)
    dl_iterate_phdr(note_library, &spared[i]);
  for (int i = 0; name && at && i < FAULT_CALLS; i++) {
    if (strcmp(name, fault_names[i]) == 0) fault_arm((enum fault_call)i, strtol(at, NULL, 10));
  }
}

static bool fails_for(enum fault_call call, const void *caller) {
  if (atomic_load(&armed) != (int)call + 1 || is_spared(caller) || atomic_fetch_sub(&until, 1) != 1)
    return false;
  atomic_store(&hit, true);
  atomic_store(&armed, 0);
  caller_count = backtrace(callers, CALLERS);
  if (hit_path) {
    long fd = syscall(SYS_openat, AT_FDCWD, hit_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    backtrace_symbols_fd(callers, caller_count, (int)fd);
    syscall(SYS_close, fd);
  }
  errno = call == FAULT_MEMORY ? ENOMEM : call == FAULT_WRITE ? ENOSPC : EIO;
  return true;
}

#define fails(call) fails_for((call), __builtin_return_address(0))

static void *count(void *block) {
  if (block) atomic_fetch_add(&live, 1);
  return block;
}

void *malloc(size_t size) {
  return fails(FAULT_MEMORY) ? NULL : count(__libc_malloc(size));
}

void *calloc(size_t elements, size_t size) {
  return fails(FAULT_MEMORY) ? NULL : count(__libc_calloc(elements, size));
}

void *realloc(void *old, size_t size) {
  if (fails(FAULT_MEMORY)) return NULL;
  void *block = __libc_realloc(old, size);
  return old ? block : count(block);
}

void free(void *block) {
  if (block) atomic_fetch_sub(&live, 1);
  __libc_free(block);
}

ssize_t read(int fd, void *into, size_t size) {
  return fails(FAULT_READ) ? -1 : syscall(SYS_read, fd, into, size);
}

ssize_t write(int fd, const void *data, size_t size) {
  return fails(FAULT_WRITE) ? -1 : syscall(SYS_write, fd, data, size);
}

int fsync(int fd) {
  return fails(FAULT_FSYNC) ? -1 : (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to) {
  return fails(FAULT_RENAME) ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
  return fails(FAULT_RENAME) ? -1 : (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
}

int link(const char *from, const char *to) {
  return fails(FAULT_RENAME) ? -1 : (int)syscall(SYS_link, from, to);
}

int ftruncate(int fd, off_t length) {
  return fails(FAULT_TRUNCATE) ? -1 : (int)syscall(SYS_ftruncate, fd, length);
}

#endif
