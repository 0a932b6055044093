// SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
/*
 * What writes records: tracepoints, found by their names; kprobes at the beginning of panic() and printk(), where the
 * format's address still is the first argument (a panic notifier would see the finished text); the notifier of oopses.
 */
#include <linux/interrupt.h>
#include <linux/kdebug.h>
#include <linux/kprobes.h>
#include <linux/sched.h>
#include <linux/tracepoint.h>
#include <asm/syscall.h>

#include "lkst.h"

#define X86_PAGE_FAULT 14

static void on_switch(void *data, bool preempt, struct task_struct *prev, struct task_struct *next, unsigned int state)
{
	lkst_record(0x001, next->pid, lkst_address(prev), lkst_address(next), preempt ? 0 : state, 0);
}

static void on_wakeup(void *data, struct task_struct *task)
{
	lkst_record(0x002, task->pid, lkst_address(task), 0, task_cpu(task), 0);
}

static void on_wakeup_new(void *data, struct task_struct *task)
{
	lkst_record(0x002, task->pid, lkst_address(task), 1, task_cpu(task), 0);
}

static void on_migrate(void *data, struct task_struct *task, int cpu)
{
	lkst_record(0x003, task->pid, lkst_address(task), task_cpu(task), cpu, 0);
}

static void on_interrupt(void *data, int irq, struct irqaction *action)
{
	lkst_record(0x010, 0, irq, lkst_address(action), lkst_address(action->handler), 0);
}

static void on_interrupt_end(void *data, int irq, struct irqaction *action, int result)
{
	lkst_record(0x011, 0, irq, lkst_address(action), result, 0);
}

static void on_softirq(void *data, unsigned int vector)
{
	lkst_record(0x012, 0, vector, 0, 0, 0);
}

static void on_softirq_end(void *data, unsigned int vector)
{
	lkst_record(0x013, 0, vector, 0, 0, 0);
}

static void on_kernel_fault(void *data, unsigned long address, struct pt_regs *regs, unsigned long error)
{
	lkst_record(0x020, 0, X86_PAGE_FAULT, address, instruction_pointer(regs), error);
}

static void on_user_fault(void *data, unsigned long address, struct pt_regs *regs, unsigned long error)
{
	lkst_record(0x021, 0, X86_PAGE_FAULT, address, instruction_pointer(regs), error);
}

static void on_syscall(void *data, struct pt_regs *regs, long number)
{
	unsigned long arguments[6];

	syscall_get_arguments(current, regs, arguments);
	lkst_record(0x030, 0, number, arguments[0], arguments[1], arguments[2]);
}

static void on_syscall_end(void *data, struct pt_regs *regs, long result)
{
	lkst_record(0x031, 0, syscall_get_nr(current, regs), result, 0, 0);
}

static struct {
	const char *name;
	void *probe;
	struct tracepoint *tracepoint;
} lkst_tracepoints[] = {
	{ "sched_switch", on_switch },
	{ "sched_wakeup", on_wakeup },
	{ "sched_wakeup_new", on_wakeup_new },
	{ "sched_migrate_task", on_migrate },
	{ "irq_handler_entry", on_interrupt },
	{ "irq_handler_exit", on_interrupt_end },
	{ "softirq_entry", on_softirq },
	{ "softirq_exit", on_softirq_end },
	{ "page_fault_kernel", on_kernel_fault },
	{ "page_fault_user", on_user_fault },
	{ "sys_enter", on_syscall },
	{ "sys_exit", on_syscall_end },
};

static void lkst_match(struct tracepoint *tracepoint, void *unused)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(lkst_tracepoints); i++)
		if (!strcmp(tracepoint->name, lkst_tracepoints[i].name))
			lkst_tracepoints[i].tracepoint = tracepoint;
}

/* At a function's first instruction. */
static u64 caller_of(struct pt_regs *regs)
{
#ifdef CONFIG_X86
	return regs_get_kernel_stack_nth(regs, 0);
#else
	return procedure_link_pointer(regs);
#endif
}

static int on_panic(struct kprobe *probe, struct pt_regs *regs)
{
	lkst_record(0x092, 0, regs_get_kernel_argument(regs, 0), caller_of(regs), 0, 0);
	return 0;
}

static int on_printk(struct kprobe *probe, struct pt_regs *regs)
{
	lkst_record(0x093, 0, regs_get_kernel_argument(regs, 0), caller_of(regs), 0, 0);
	return 0;
}

/* The arguments in their order: registers, error code, address. */
static int on_oops_fault(struct kprobe *probe, struct pt_regs *regs)
{
	struct pt_regs *fault = (struct pt_regs *)regs_get_kernel_argument(regs, 0);

	lkst_record(0x090, 0, regs_get_kernel_argument(regs, 2), instruction_pointer(fault),
		    regs_get_kernel_argument(regs, 1), 0);
	return 0;
}

static struct {
	struct kprobe probe;
	bool needed, there;
} lkst_probes[] = {
	{ { .symbol_name = "panic", .pre_handler = on_panic }, true },
	{ { .symbol_name = "_printk", .pre_handler = on_printk }, true },
	{ { .symbol_name = "page_fault_oops", .pre_handler = on_oops_fault }, false },
};

static int on_die(struct notifier_block *block, unsigned long reason, void *data)
{
	struct die_args *args = data;

	if (reason == DIE_OOPS)
		lkst_record(0x091, 0, lkst_address(args->str), args->regs ? instruction_pointer(args->regs) : 0,
			    args->err, args->trapnr);
	return NOTIFY_DONE;
}

static struct notifier_block lkst_die = { .notifier_call = on_die };

/* A hook that the kernel lacks is said and done without; but not panic() and printk(). */
int lkst_hooks_init(void)
{
	int i, status;

	for_each_kernel_tracepoint(lkst_match, NULL);
	for (i = 0; i < ARRAY_SIZE(lkst_tracepoints); i++) {
		status = -ENOENT;
		if (lkst_tracepoints[i].tracepoint)
			status = tracepoint_probe_register(lkst_tracepoints[i].tracepoint, lkst_tracepoints[i].probe,
							   NULL);
		if (!status)
			continue;
		pr_warn("lkst: no tracepoint %s (%d)\n", lkst_tracepoints[i].name, status);
		lkst_tracepoints[i].tracepoint = NULL;
	}
	for (i = 0; i < ARRAY_SIZE(lkst_probes); i++) {
		status = register_kprobe(&lkst_probes[i].probe);
		lkst_probes[i].there = !status;
		if (!status)
			continue;
		pr_warn("lkst: no kprobe at %s (%d)\n", lkst_probes[i].probe.symbol_name, status);
		if (lkst_probes[i].needed) {
			lkst_hooks_exit();
			return status;
		}
	}
	register_die_notifier(&lkst_die);
	return 0;
}

void lkst_hooks_exit(void)
{
	int i;

	unregister_die_notifier(&lkst_die);
	for (i = 0; i < ARRAY_SIZE(lkst_probes); i++)
		if (lkst_probes[i].there)
			unregister_kprobe(&lkst_probes[i].probe);
	for (i = 0; i < ARRAY_SIZE(lkst_tracepoints); i++)
		if (lkst_tracepoints[i].tracepoint)
			tracepoint_probe_unregister(lkst_tracepoints[i].tracepoint, lkst_tracepoints[i].probe, NULL);
	tracepoint_synchronize_unregister();
}
