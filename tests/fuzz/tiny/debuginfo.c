// SPDX-License-Identifier: GPL-3.0-or-later
// Made into the seeds of the fuzzers of debug information: one of each kind of entry that a kernel's has.
typedef unsigned char small;
typedef long number;
enum colour { RED, DARK = -1 };
struct later;
struct list {
  struct list *next, *prev;
};
union outer {
  number word;
  small half[2][3];
};
struct task {
  char comm[4];
  unsigned low : 3, high : 7;
  union outer both;
  enum colour colour;
  struct later *later;
  const volatile small *bytes;
  int (*call)(struct task *, ...);
  struct list list;
};
extern struct task init;
struct task init;
static struct {
  int count;
} shown;
number run(struct task *task, int count) { return task->low + count + shown.count; }
