// SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
/*
 * The buffers: each is a ring of records for every possible CPU, and one of them is recorded to. None is freed before
 * the module goes, so that whoever writes to one needs no lock.
 */
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>
#include <linux/timex.h>
#include <linux/vmalloc.h>

#include "lkst.h"

/* By this name Alicia finds everything. */
struct lkst_anchor lkst_anchor = {
	.magic = LKST_MAGIC,
	.version = LKST_VERSION,
	.record_bytes = sizeof(struct lkst_record),
};

DEFINE_MUTEX(lkst_lock);
DECLARE_BITMAP(lkst_mask, LKST_EVENTS);

static atomic64_t lkst_serial;

struct lkst_buffer *lkst_find(u32 id)
{
	struct lkst_buffer *buffer;

	for (buffer = lkst_pointer(lkst_anchor.first); buffer; buffer = lkst_pointer(buffer->next))
		if (buffer->id == id)
			return buffer;
	return NULL;
}

u64 lkst_oldest(const struct lkst_ring *ring)
{
	u64 position = READ_ONCE(ring->position);

	return position > ring->capacity ? position - ring->capacity : 0;
}

static void lkst_free(struct lkst_buffer *buffer)
{
	u32 cpu;

	for (cpu = 0; cpu < buffer->cpus; cpu++) {
		struct lkst_ring *ring = lkst_pointer(buffer->rings[cpu]);

		if (ring)
			vfree(lkst_pointer(ring->records));
		kfree(ring);
	}
	kfree(buffer);
}

static struct lkst_ring *lkst_make_ring(u64 capacity)
{
	struct lkst_ring *ring = kzalloc(sizeof(*ring), GFP_KERNEL);
	void *records = vzalloc(capacity * sizeof(struct lkst_record));

	if (!ring || !records) {
		kfree(ring);
		vfree(records);
		return NULL;
	}
	ring->records = lkst_address(records);
	ring->capacity = capacity;
	return ring;
}

/* Makes a buffer of so many bytes (rounded down to a power of two) a CPU, behind the others. Under lkst_lock. */
int lkst_create(size_t bytes, u32 clock)
{
	u64 *link = &lkst_anchor.first;
	struct lkst_buffer *buffer;
	u32 id = 0, cpu;

	if (bytes < 4096 || bytes > 256UL << 20)
		return -EINVAL;
	for (; *link; link = &((struct lkst_buffer *)lkst_pointer(*link))->next)
		id++;
	buffer = kzalloc(struct_size(buffer, rings, nr_cpu_ids), GFP_KERNEL);
	if (!buffer)
		return -ENOMEM;
	buffer->id = id;
	buffer->clock = clock;
	buffer->cpus = nr_cpu_ids;
	for_each_possible_cpu(cpu) {
		struct lkst_ring *ring = lkst_make_ring(rounddown_pow_of_two(bytes) / sizeof(struct lkst_record));

		if (!ring) {
			lkst_free(buffer);
			return -ENOMEM;
		}
		buffer->rings[cpu] = lkst_address(ring);
	}
	smp_wmb();
	WRITE_ONCE(*link, lkst_address(buffer));
	return id;
}

int lkst_jump(int id)
{
	struct lkst_buffer *buffer = id < 0 ? NULL : lkst_find(id);

	if (id >= 0 && !buffer)
		return -ENOENT;
	WRITE_ONCE(lkst_anchor.active, lkst_address(buffer));
	return 0;
}

void lkst_free_all(void)
{
	while (lkst_anchor.first) {
		struct lkst_buffer *buffer = lkst_pointer(lkst_anchor.first);

		lkst_anchor.first = buffer->next;
		lkst_free(buffer);
	}
}

static u64 notrace lkst_now(u32 clock)
{
	return clock == LKST_CLOCK_TSC ? get_cycles() : local_clock();
}

/* Interrupts are off in here, so that a CPU's records are in order of time, but for what an NMI adds between. */
void notrace lkst_record(u32 event_type, s32 other_pid, u64 arg1, u64 arg2, u64 arg3, u64 arg4)
{
	struct lkst_buffer *buffer = lkst_pointer(READ_ONCE(lkst_anchor.active));
	struct lkst_record *record;
	struct lkst_ring *ring;
	unsigned long flags;
	u64 place;

	if (!buffer || !test_bit(event_type, lkst_mask))
		return;
	local_irq_save(flags);
	ring = lkst_pointer(buffer->rings[raw_smp_processor_id()]);
	place = atomic64_fetch_inc((atomic64_t *)&ring->position);
	record = (struct lkst_record *)lkst_pointer(ring->records) + (place & (ring->capacity - 1));
	WRITE_ONCE(record->mark, 0);
	barrier();
	record->event_type = event_type;
	record->pid = current->pid;
	record->time = lkst_now(buffer->clock);
	record->arg1 = arg1;
	record->arg2 = arg2;
	record->arg3 = arg3;
	record->arg4 = arg4;
	record->serial = atomic64_inc_return(&lkst_serial);
	record->other_pid = other_pid;
	record->cpu = raw_smp_processor_id();
	barrier();
	WRITE_ONCE(record->mark, LKST_MARK);
	local_irq_restore(flags);
}

static int __init lkst_init(void)
{
	int status;

#define LKST_ETYPE_DEF(number, class, name, ...) lkst_set_##class(number);
#define lkst_set_NORMAL(number) __set_bit(number, lkst_mask)
#define lkst_set_DETAIL(number)
#include "lkst.def"
	mutex_lock(&lkst_lock);
	status = lkst_create(64 << 10, LKST_CLOCK_LOCAL);
	mutex_unlock(&lkst_lock);
	if (status < 0)
		return status;
	status = lkst_hooks_init();
	if (status) {
		lkst_free_all();
		return status;
	}
	lkst_files_init();
	return lkst_jump(0);
}

static void __exit lkst_exit(void)
{
	lkst_files_exit();
	lkst_jump(-1);
	lkst_hooks_exit();
	lkst_free_all();
}

module_init(lkst_init);
module_exit(lkst_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Records kernel events into memory, for Alicia to find in a crash dump");
