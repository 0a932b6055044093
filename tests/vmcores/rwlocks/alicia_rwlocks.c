// SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
/*
 * An rwlock that a reader on one CPU never gives back, that a second CPU wants
 * to write and that a third wants to read behind it. The watchdog, which does
 * not find the first, ends it.
 */

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/nmi.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

static DEFINE_RWLOCK(rwlocks_shared);
static bool rwlocks_never;

/* Keeps its CPU to itself, and the lock's address at hand. */
static noinline void rwlocks_hold(rwlock_t *lock)
{
	read_lock(lock);
	while (!READ_ONCE(rwlocks_never)) {
		touch_softlockup_watchdog();
		cpu_relax();
	}
	read_unlock(lock);
}

static noinline void rwlocks_want(rwlock_t *lock, bool write)
{
	if (write) {
		write_lock(lock);
		write_unlock(lock);
	} else {
		read_lock(lock);
		read_unlock(lock);
	}
}

static noinline int rwlocks_holder(void *unused)
{
	rwlocks_hold(&rwlocks_shared);
	return 0;
}

static noinline int rwlocks_writer(void *unused)
{
	rwlocks_want(&rwlocks_shared, true);
	return 0;
}

static noinline int rwlocks_reader(void *unused)
{
	rwlocks_want(&rwlocks_shared, false);
	return 0;
}

static void rwlocks_start(int (*code)(void *), const char *name, int cpu)
{
	struct task_struct *task = kthread_create(code, NULL, "%s", name);

	if (IS_ERR(task))
		return;
	kthread_bind(task, cpu);
	wake_up_process(task);
}

static int __init rwlocks_init(void)
{
	rwlocks_start(rwlocks_holder, "rwlocks_holder", 1);
	msleep(300);
	rwlocks_start(rwlocks_writer, "rwlocks_writer", 2);
	msleep(300);
	rwlocks_start(rwlocks_reader, "rwlocks_reader", 3);
	return 0;
}
module_init(rwlocks_init);

MODULE_DESCRIPTION("Holds an rwlock, for dumps of a known state");
MODULE_LICENSE("GPL");
