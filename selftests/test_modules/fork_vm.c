// SPDX-License-Identifier: GPL-2.0-only
/* When it is loaded the kernel is told that this virtual machine is a clone, as
 * the VMGENID device tells it. There is no other way to make that happen from
 * inside, and the function is not exported where the driver is built in.
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/random.h>

static int __init fork_vm_init(void)
{
	struct kprobe probe = { .symbol_name = "add_vmfork_randomness" };
	void (*add)(const void *unique_vm_id, size_t len);
	u8 id[16];
	int err;

	err = register_kprobe(&probe);
	if (err)
		return err;
	add = (void *)probe.addr;
	unregister_kprobe(&probe);

	get_random_bytes(id, sizeof(id));
	add(id, sizeof(id));

	return 0;
}

static void __exit fork_vm_exit(void)
{
}

module_init(fork_vm_init);
module_exit(fork_vm_exit);

MODULE_DESCRIPTION("Tells the kernel that its virtual machine is a clone");
MODULE_LICENSE("GPL");
