// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Writes into the trace with trace_printk() when it is loaded: with arguments (whose format only is kept, by its
 * address), without (a string's address), and a text that is kept as it is. It stays loaded, so that what the addresses
 * point at is in the dump.
 */
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/module.h>

static char text[] = "not a constant";

/* Stays when the module's start is done with, so that its name does. */
void alicia_trace_place(void);
noinline void alicia_trace_place(void)
{
	barrier();
}

static int __init alicia_trace_init(void)
{
	int turn;

	alicia_trace_place();

	for (turn = 0; turn < 3; ++turn)
		trace_printk("turn %d of %s, %#lx, from %ps on CPU %u\n", turn, text, 0xa11c1aUL, alicia_trace_place,
			     raw_smp_processor_id());
	trace_printk("chars %c%c, 64 bits %lld, wide %08x|%-6d|\n", 'o', 'k', -5000000000LL, 0xbeef, 42);
	trace_printk("%pS, %s, %5.1s|, %.*s|, %hhd %hu %%\n", alicia_trace_place, "a string", "cut", 3, "off it", -1,
		     65535);
	trace_printk("a constant\n");
	trace_puts(text);
	trace_puts("\n");
	return 0;
}

static void __exit alicia_trace_exit(void)
{
}

module_init(alicia_trace_init);
module_exit(alicia_trace_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("trace_printk for the tests of Alicia");
