// SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
/*
 * Files below /sys/kernel/debug/lkst:
 *
 *   lkstbuf    written: `create -s SIZE [-c local|tsc]`, `jump -b ID`, `stop`; read: a line for each buffer
 *   lkstmask   written: `0x030 on`, `0x030 off`; read: a line for each event
 *   ID         a buffer's records, one a line, the CPUs one after the other, each from its oldest: CPU, address,
 *              serial, time, event, pid, other pid, four arguments. Ends where the buffer ended when it was opened.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "lkst.h"

static struct dentry *lkst_folder;

/* A reading of a buffer: where each CPU's ring ended when it began. */
struct lkst_reading {
	struct lkst_buffer *buffer;
	u32 cpu;
	u64 place;
	struct lkst_record record;
	u64 address;
	u64 ends[];
};

/* Goes on to a record that is still there; what has been overwritten meanwhile is left out. */
static void *lkst_advance(struct lkst_reading *reading)
{
	for (; reading->cpu < reading->buffer->cpus; reading->cpu++, reading->place = 0) {
		const struct lkst_ring *ring = lkst_pointer(reading->buffer->rings[reading->cpu]);

		while (ring) {
			const struct lkst_record *record;

			reading->place = max(reading->place, lkst_oldest(ring));
			if (reading->place >= reading->ends[reading->cpu])
				break;
			record = (const struct lkst_record *)lkst_pointer(ring->records) +
				 (reading->place & (ring->capacity - 1));
			reading->record = *record;
			reading->address = lkst_address(record);
			smp_rmb();
			if (reading->place >= lkst_oldest(ring) && reading->record.mark == LKST_MARK)
				return reading;
			reading->place++;
		}
	}
	return NULL;
}

static void *lkst_seq_start(struct seq_file *file, loff_t *at)
{
	return lkst_advance(file->private);
}

static void *lkst_seq_next(struct seq_file *file, void *unused, loff_t *at)
{
	struct lkst_reading *reading = file->private;

	++*at;
	reading->place++;
	return lkst_advance(reading);
}

static void lkst_seq_stop(struct seq_file *file, void *unused)
{
}

static int lkst_seq_show(struct seq_file *file, void *unused)
{
	const struct lkst_reading *reading = file->private;
	const struct lkst_record *record = &reading->record;

	seq_printf(file, "%u 0x%016llx %llu %llu 0x%03x %d %d 0x%llx 0x%llx 0x%llx 0x%llx\n", reading->cpu,
		   reading->address, record->serial, record->time, record->event_type, record->pid, record->other_pid,
		   record->arg1, record->arg2, record->arg3, record->arg4);
	return 0;
}

static const struct seq_operations lkst_seq_operations = {
	.start = lkst_seq_start,
	.next = lkst_seq_next,
	.stop = lkst_seq_stop,
	.show = lkst_seq_show,
};

static int lkst_records_open(struct inode *inode, struct file *file)
{
	struct lkst_buffer *buffer = inode->i_private;
	struct lkst_reading *reading =
		__seq_open_private(file, &lkst_seq_operations, struct_size(reading, ends, buffer->cpus));
	u32 cpu;

	if (!reading)
		return -ENOMEM;
	reading->buffer = buffer;
	for (cpu = 0; cpu < buffer->cpus; cpu++) {
		const struct lkst_ring *ring = lkst_pointer(buffer->rings[cpu]);

		reading->ends[cpu] = ring ? READ_ONCE(ring->position) : 0;
	}
	return 0;
}

/* Read from its beginning to its end, and no other way. */
static const struct file_operations lkst_records_operations = {
	.owner = THIS_MODULE,
	.open = lkst_records_open,
	.read = seq_read,
	.release = seq_release_private,
};

int lkst_files_add(const struct lkst_buffer *buffer)
{
	char name[16];

	snprintf(name, sizeof(name), "%u", buffer->id);
	debugfs_create_file(name, 0400, lkst_folder, (void *)buffer, &lkst_records_operations);
	return buffer->id;
}

static int lkst_buffers_show(struct seq_file *file, void *unused)
{
	const struct lkst_buffer *buffer;
	u32 cpu;

	seq_puts(file, "  id clock records/cpu written\n");
	mutex_lock(&lkst_lock);
	for (buffer = lkst_pointer(lkst_anchor.first); buffer; buffer = lkst_pointer(buffer->next)) {
		const struct lkst_ring *ring = lkst_pointer(buffer->rings[cpumask_first(cpu_possible_mask)]);

		seq_printf(file, "%c %2u %-5s %11llu", lkst_address(buffer) == lkst_anchor.active ? '*' : ' ',
			   buffer->id, buffer->clock == LKST_CLOCK_TSC ? "tsc" : "local", ring->capacity);
		for (cpu = 0; cpu < buffer->cpus; cpu++) {
			ring = lkst_pointer(buffer->rings[cpu]);
			seq_printf(file, " %llu", ring ? ring->position : 0);
		}
		seq_putc(file, '\n');
	}
	mutex_unlock(&lkst_lock);
	return 0;
}

static int lkst_buffers_open(struct inode *inode, struct file *file)
{
	return single_open(file, lkst_buffers_show, NULL);
}

static int lkst_create_command(int count, char **words)
{
	u32 clock = LKST_CLOCK_LOCAL;
	size_t size = 0;
	int i, status;

	for (i = 1; i + 1 < count; i += 2) {
		if (!strcmp(words[i], "-s"))
			size = memparse(words[i + 1], NULL);
		else if (!strcmp(words[i], "-c") && !strcmp(words[i + 1], "tsc"))
			clock = LKST_CLOCK_TSC;
		else if (strcmp(words[i], "-c") || strcmp(words[i + 1], "local"))
			return -EINVAL;
	}
	if (i != count)
		return -EINVAL;
	status = lkst_create(size, clock);
	return status < 0 ? status : lkst_files_add(lkst_find(status));
}

static int lkst_command(int count, char **words)
{
	int id;

	if (count >= 1 && !strcmp(words[0], "create"))
		return lkst_create_command(count, words);
	if (count == 3 && !strcmp(words[0], "jump") && !strcmp(words[1], "-b"))
		return kstrtoint(words[2], 10, &id) || id < 0 ? -EINVAL : lkst_jump(id);
	if (count == 1 && !strcmp(words[0], "stop"))
		return lkst_jump(-1);
	return -EINVAL;
}

/* Calls what understands the words of a line. */
static ssize_t lkst_write(const char __user *text, size_t size, int (*call)(int, char **))
{
	char line[64] = "";
	char **words;
	int count, status;

	if (size >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, text, size))
		return -EFAULT;
	words = argv_split(GFP_KERNEL, strim(line), &count);
	if (!words)
		return -ENOMEM;
	mutex_lock(&lkst_lock);
	status = call(count, words);
	mutex_unlock(&lkst_lock);
	argv_free(words);
	return status < 0 ? status : size;
}

static ssize_t lkst_buffers_write(struct file *file, const char __user *text, size_t size, loff_t *at)
{
	return lkst_write(text, size, lkst_command);
}

static const struct file_operations lkst_buffers_operations = {
	.owner = THIS_MODULE,
	.open = lkst_buffers_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.write = lkst_buffers_write,
	.release = single_release,
};

static int lkst_mask_show(struct seq_file *file, void *unused)
{
#define LKST_ETYPE_DEF(number, class, name, mnemonic, ...) \
	seq_printf(file, "0x%03x %-3s %s\n", number, test_bit(number, lkst_mask) ? "on" : "off", mnemonic);
#include "lkst.def"
	return 0;
}

static int lkst_mask_open(struct inode *inode, struct file *file)
{
	return single_open(file, lkst_mask_show, NULL);
}

static int lkst_mask_command(int count, char **words)
{
	unsigned int event;
	bool on;

	if (count != 2 || kstrtouint(words[0], 0, &event) || event >= LKST_EVENTS || kstrtobool(words[1], &on))
		return -EINVAL;
	assign_bit(event, lkst_mask, on);
	return 0;
}

static ssize_t lkst_mask_write(struct file *file, const char __user *text, size_t size, loff_t *at)
{
	return lkst_write(text, size, lkst_mask_command);
}

static const struct file_operations lkst_mask_operations = {
	.owner = THIS_MODULE,
	.open = lkst_mask_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.write = lkst_mask_write,
	.release = single_release,
};

void lkst_files_init(void)
{
	lkst_folder = debugfs_create_dir("lkst", NULL);
	debugfs_create_file("lkstbuf", 0600, lkst_folder, NULL, &lkst_buffers_operations);
	debugfs_create_file("lkstmask", 0600, lkst_folder, NULL, &lkst_mask_operations);
	lkst_files_add(lkst_find(0));
}

void lkst_files_exit(void)
{
	debugfs_remove(lkst_folder);
}
