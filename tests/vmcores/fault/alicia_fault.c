// SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
/*
 * Breaks the kernel it is loaded into, in the way whose name is written to
 * /sys/kernel/debug/alicia_fault. Each way has a function of its own, so that a
 * test can say which one a report has to name.
 */

#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/uaccess.h>

struct fault_object {
	struct list_head list;
	u64 serial;
	u64 value;			/* at 0x18, the address a null pointer gives */
	struct fault_object *peer;
	char name[32];
};

/* For text that a test wants to find again. */
static char *label = "planted";
module_param(label, charp, 0644);

static struct kmem_cache *fault_cache;
static LIST_HEAD(fault_objects);
static struct dentry *fault_file;

static noinline struct fault_object *fault_alloc(const char *name)
{
	struct fault_object *object = kmem_cache_zalloc(fault_cache, GFP_KERNEL);

	if (object) {
		strscpy(object->name, name, sizeof(object->name));
		object->peer = object;
		list_add_tail(&object->list, &fault_objects);
	}
	return object;
}

static noinline void fault_free(struct fault_object *object)
{
	kmem_cache_free(fault_cache, object);
}

static noinline struct fault_object *fault_find(const char *name)
{
	struct fault_object *object;

	list_for_each_entry(object, &fault_objects, list)
		if (!strcmp(object->name, name))
			return object;
	return NULL;
}

static noinline void fault_null(void)
{
	struct fault_object *object = fault_find("no such object");

	pr_info("value %llu\n", READ_ONCE(object->value));
}

/* The same, but on the interrupt stack. */
static void fault_timer_function(struct timer_list *unused)
{
	fault_null();
}

static DEFINE_TIMER(fault_timer, fault_timer_function);

static noinline void fault_irq(void)
{
	mod_timer(&fault_timer, jiffies + 1);
}

static noinline void fault_bug(void)
{
	struct fault_object *object = fault_alloc("bug");

	BUG_ON(object->peer == object);
}

static noinline void fault_list(void)
{
	struct fault_object *object = fault_alloc("list");

	list_del(&object->list);
	list_del(&object->list);
}

static noinline void fault_uaf(void)
{
	struct fault_object *object = fault_alloc("uaf");

	list_del(&object->list);
	fault_free(object);
	pr_info("value %llu\n", READ_ONCE(READ_ONCE(object->peer)->value));
}

static noinline void fault_doublefree(void)
{
	struct fault_object *object = fault_alloc("double free");

	list_del(&object->list);
	fault_free(object);
	fault_free(object);
}

static noinline int fault_recurse(int depth)
{
	volatile char frame[512];

	frame[depth % sizeof(frame)] = depth;
	if (depth < 0)
		return 0;
	return fault_recurse(depth + 1) + frame[depth % sizeof(frame)];
}

static noinline void fault_stack(void)
{
	pr_info("depth %d\n", fault_recurse(1));
}

/* Two threads take two mutexes, each the other's first one second. */
static DEFINE_MUTEX(fault_first);
static DEFINE_MUTEX(fault_second);
static DECLARE_COMPLETION(fault_first_taken);
static DECLARE_COMPLETION(fault_second_taken);

static int fault_deadlock_ab(void *unused)
{
	mutex_lock(&fault_first);
	complete(&fault_first_taken);
	wait_for_completion(&fault_second_taken);
	mutex_lock(&fault_second);
	return 0;
}

static int fault_deadlock_ba(void *unused)
{
	mutex_lock(&fault_second);
	complete(&fault_second_taken);
	wait_for_completion(&fault_first_taken);
	mutex_lock(&fault_first);
	return 0;
}

/* Never true. */
static bool fault_over;

static int fault_softlockup(void *unused)
{
	preempt_disable();
	while (!READ_ONCE(fault_over))
		cpu_relax();
	return 0;
}

/* No PMU here, so no NMI watchdog: the host sends the NMI, which only CPU 0 gets. */
static int fault_hardlockup(void *unused)
{
	local_irq_disable();
	pr_emerg("interrupts are off, waiting for an NMI\n");
	while (!READ_ONCE(fault_over))
		cpu_relax();
	return 0;
}

static int fault_rcu(void *unused)
{
	rcu_read_lock();
	while (!READ_ONCE(fault_over))
		cpu_relax();
	return 0;
}

static int fault_start(int (*function)(void *), const char *name, int cpu)
{
	struct task_struct *task = kthread_create(function, NULL, "%s", name);

	if (IS_ERR(task))
		return PTR_ERR(task);
	if (cpu >= 0)
		kthread_bind(task, cpu);
	wake_up_process(task);
	return 0;
}

static const struct {
	const char *name;
	void (*call)(void);		/* in the writer's context */
	int (*thread)(void *);		/* in a thread, */
	int cpu;			/* bound to this CPU, or -1 */
} faults[] = {
	{ "null", fault_null },
	{ "irq", fault_irq },
	{ "bug", fault_bug },
	{ "list", fault_list },
	{ "uaf", fault_uaf },
	{ "doublefree", fault_doublefree },
	{ "stack", fault_stack },
	{ "deadlock_ab", NULL, fault_deadlock_ab, -1 },
	{ "deadlock_ba", NULL, fault_deadlock_ba, -1 },
	{ "softlockup", NULL, fault_softlockup, 1 },
	{ "hardlockup", NULL, fault_hardlockup, 0 },
	{ "rcu", NULL, fault_rcu, 1 },
};

static ssize_t fault_write(struct file *file, const char __user *text, size_t size, loff_t *at)
{
	char name[32] = "";
	int i, status;

	if (size >= sizeof(name) || copy_from_user(name, text, size))
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		if (strcmp(strim(name), faults[i].name))
			continue;
		if (faults[i].call) {
			faults[i].call();
			return size;
		}
		status = fault_start(faults[i].thread, faults[i].name, faults[i].cpu);
		return status ? status : size;
	}
	return -EINVAL;
}

static const struct file_operations fault_operations = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = fault_write,
};

static int __init fault_init(void)
{
	fault_cache = kmem_cache_create("alicia_fault", sizeof(struct fault_object), 0, 0, NULL);
	if (!fault_cache)
		return -ENOMEM;
	fault_file = debugfs_create_file("alicia_fault", 0200, NULL, NULL, &fault_operations);
	return 0;
}

module_init(fault_init);

/* No way out: what it leaves behind isn't fit to be unloaded. */
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Breaks the kernel on purpose");
