// SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
/*
 * Follows a null pointer when it is loaded: a way to make a machine panic as section 4.3 of the report of 2005 shows it
 * (fault, oops, panic("Fatal exception")). The kernel has to have been started with oops=panic, and with
 * crash_kexec_post_notifiers, without which the crash kernel is started before panic() is called.
 */
#include <linux/module.h>

static int *lkst_nowhere;

static int __init lkst_crash_init(void)
{
	return READ_ONCE(*lkst_nowhere);
}

module_init(lkst_crash_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Panics the kernel");
