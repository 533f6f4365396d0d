// SPDX-License-Identifier: GPL-3.0-or-later
//
// A command of the user's that runs beside us: through `sh -c`, in a process group of its own, its output in
// a file.
//
// Children that their parent left behind come to us (process_adopt_orphans) and are reaped with their group.
// A guard, itself a small shell in a session of its own, sends KILL to the group when we are gone without
// having ended it: also after a KILL of ours nothing of the group is left.
#ifndef REPLAY_PROCESS_H
#define REPLAY_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/buf.h"
#include "lib/base/status.h"

struct process {
  pid_t group;     // also the shell's process id; 0: none
  bool shell_runs; // it has not been reaped yet
  pid_t guard;     // 0: none
  int leash;       // the guard acts when this is closed
};

// A word in braces and what it stands for.
struct process_word {
  const char *name; // "{workers}"
  int64_t value;    // -1: it stays as it is
};

// Appends the command with its words replaced.
void process_print_command(const char *command, const struct process_word *words, size_t count,
                           struct buf *out);

// Makes this process the parent of every orphan among its descendants. STATUS_IO.
enum status process_adopt_orphans(struct error *error) MUST_USE;

// Runs the command, its standard input empty, its output appended to the file (made with mode 0600).
// STATUS_IO; *out is written on success only.
enum status process_start(const char *command, const char *output_path, struct process *out,
                          struct error *error) MUST_USE;

// Signals the whole group; nothing when there is none.
void process_signal(const struct process *process, int number);

// Reaps what has ended of the group, which is forgotten when nothing is left of it. True once: when the shell
// has ended; *wait_status is as from waitpid.
bool process_reap(struct process *process, int *wait_status);

// True when nothing of the group is left, not even a zombie.
bool process_gone(const struct process *process);

// KILL to the group, and waits for the shell. Takes an all-zero process.
void process_end(struct process *process);

// Lets go of a group without waiting: nothing is left of it, or it does not die. Takes an all-zero process.
void process_forget(struct process *process);

// KILL to every child of ours that is left: orphans that had left their group for a session of their own, as
// daemons do. Reaps those that are dead. How many there still are; 0 also where the kernel has no list.
// Only while no process is running.
int process_end_strays(void);

#endif
