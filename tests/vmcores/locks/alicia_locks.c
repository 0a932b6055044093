// SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
/*
 * Locks that are held and waited for: an rw_semaphore by readers, with a writer
 * and a reader behind them, then two spinlocks that two CPUs take in different
 * orders while a third queues for the first. The watchdog ends it.
 */

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

static DECLARE_RWSEM(locks_rwsem);
static DEFINE_SPINLOCK(locks_first);
static DEFINE_SPINLOCK(locks_second);
static DECLARE_COMPLETION(locks_never);
static DECLARE_COMPLETION(locks_read);
static atomic_t locks_taken = ATOMIC_INIT(0);

static noinline int locks_reader(void *unused)
{
	down_read(&locks_rwsem);
	complete(&locks_read);
	wait_for_completion(&locks_never);
	up_read(&locks_rwsem);
	return 0;
}

static noinline int locks_writer(void *unused)
{
	down_write(&locks_rwsem);
	up_write(&locks_rwsem);
	return 0;
}

static noinline int locks_late_reader(void *unused)
{
	down_read(&locks_rwsem);
	up_read(&locks_rwsem);
	return 0;
}

/* Each has its first lock before either asks for its second. */
static noinline void locks_cross(spinlock_t *mine, spinlock_t *other)
{
	spin_lock(mine);
	atomic_inc(&locks_taken);
	while (atomic_read(&locks_taken) < 2)
		cpu_relax();
	spin_lock(other);
	spin_unlock(other);
	spin_unlock(mine);
}

static noinline int locks_ab(void *unused)
{
	locks_cross(&locks_first, &locks_second);
	return 0;
}

static noinline int locks_ba(void *unused)
{
	locks_cross(&locks_second, &locks_first);
	return 0;
}

/* Queues behind the one that waits for the first lock already. */
static noinline int locks_queued(void *unused)
{
	while (atomic_read(&locks_taken) < 2)
		msleep(20);
	msleep(3000); /* the watchdog names one of the two */
	spin_lock(&locks_first);
	spin_unlock(&locks_first);
	return 0;
}

static int locks_start(int (*code)(void *), const char *name, int cpu)
{
	struct task_struct *task = kthread_create(code, NULL, "%s", name);

	if (IS_ERR(task))
		return PTR_ERR(task);
	if (cpu >= 0)
		kthread_bind(task, cpu);
	wake_up_process(task);
	return 0;
}

static int __init locks_init(void)
{
	locks_start(locks_reader, "locks_reader", -1);
	wait_for_completion(&locks_read);
	locks_start(locks_writer, "locks_writer", -1);
	msleep(300);
	locks_start(locks_late_reader, "locks_late", -1);
	msleep(300);
	locks_start(locks_queued, "locks_queued", 3);
	locks_start(locks_ab, "locks_ab", 1);
	locks_start(locks_ba, "locks_ba", 2);
	return 0;
}
module_init(locks_init);

MODULE_DESCRIPTION("Holds locks, for dumps of a known state");
MODULE_LICENSE("GPL");
