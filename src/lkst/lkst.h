/* SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only */
/*
 * The parts of the module: buffers (lkst_buffers.c), what writes to them (lkst_hooks.c), and the files below
 * /sys/kernel/debug/lkst (lkst_files.c). Layouts are those of lkst.def.
 */
#ifndef LKST_H
#define LKST_H

#include <linux/bitmap.h>
#include <linux/build_bug.h>
#include <linux/mutex.h>
#include <linux/stddef.h>
#include <linux/types.h>

#include "lkst.def"

struct lkst_record {
	u32 event_type;
	s32 pid;
	u64 time;
	u64 arg1, arg2, arg3, arg4;
	u64 serial;
	s32 other_pid;
	u16 cpu;
	u16 mark;
};

struct lkst_ring {
	u64 records;		/* struct lkst_record * */
	u64 capacity;
	u64 position;
};

struct lkst_buffer {
	u64 next;		/* struct lkst_buffer * */
	u32 id;
	u32 clock;
	u32 cpus;
	u32 rest;
	u64 rings[];		/* struct lkst_ring * */
};

struct lkst_anchor {
	u64 magic;
	u32 version;
	u32 record_bytes;
	u64 first;		/* struct lkst_buffer * */
	u64 active;		/* struct lkst_buffer * */
};

#define LKST_MEMBER(structure, member, place, bytes)                                    \
	static_assert(offsetof(struct lkst_##structure, member) == (place));            \
	static_assert(sizeof_field(struct lkst_##structure, member) == (bytes));
#include "lkst.def"
static_assert(sizeof(struct lkst_record) == 64);
static_assert(sizeof(struct lkst_buffer) == 24);

#define LKST_EVENTS 0x100

static inline void *lkst_pointer(u64 address)
{
	return (void *)(unsigned long)address;
}

static inline u64 lkst_address(const void *pointer)
{
	return (unsigned long)pointer;
}

extern struct lkst_anchor lkst_anchor;
extern struct mutex lkst_lock;			/* making and choosing buffers */
extern DECLARE_BITMAP(lkst_mask, LKST_EVENTS);	/* events that are recorded */

struct lkst_buffer *lkst_find(u32 id);
/* Where the CPU's oldest record that is still there stands in the order of all it ever had. */
u64 lkst_oldest(const struct lkst_ring *ring);
int lkst_create(size_t bytes, u32 clock);
int lkst_jump(int id);				/* -1 ends recording */
void lkst_free_all(void);
void lkst_record(u32 event_type, s32 other_pid, u64 arg1, u64 arg2, u64 arg3, u64 arg4);

int lkst_hooks_init(void);
void lkst_hooks_exit(void);
void lkst_files_init(void);
void lkst_files_exit(void);
int lkst_files_add(const struct lkst_buffer *buffer);

#endif
