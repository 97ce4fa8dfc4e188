/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between the kernels this module builds for, 6.1 to 6.12. No
 * other file of the module tests a version or a feature.
 */
#ifndef _AWTUN_COMPAT_H
#define _AWTUN_COMPAT_H

#include <linux/netdevice.h>
#include <linux/u64_stats_sync.h>
#include <linux/version.h>
#include <net/genetlink.h>

#define AWTUN_KERNEL_BEFORE(major, minor) \
	(KERNEL_VERSION(major, minor, 0) > LINUX_VERSION_CODE)

/* 6.12: the header moved. */
#if AWTUN_KERNEL_BEFORE(6, 12)
#include <asm/unaligned.h>
#else
#include <linux/unaligned.h>
#endif

/* 6.3: a crypto completion gets its data pointer instead of the request. */
#if AWTUN_KERNEL_BEFORE(6, 3)
#include <linux/crypto.h>

#define AWTUN_CRYPTO_ARG struct crypto_async_request

static inline void *awtun_crypto_data(struct crypto_async_request *arg)
{
	return arg->data;
}
#else
#define AWTUN_CRYPTO_ARG void

static inline void *awtun_crypto_data(void *arg)
{
	return arg;
}
#endif

/* 6.3: the variants for counters that are written in softirq are the only ones
 * left, under the short name.
 */
#if AWTUN_KERNEL_BEFORE(6, 3)
static inline unsigned int awtun_u64_begin(const struct u64_stats_sync *sync)
{
	return u64_stats_fetch_begin_irq(sync);
}

static inline bool awtun_u64_retry(const struct u64_stats_sync *sync,
				   unsigned int start)
{
	return u64_stats_fetch_retry_irq(sync, start);
}
#else
static inline unsigned int awtun_u64_begin(const struct u64_stats_sync *sync)
{
	return u64_stats_fetch_begin(sync);
}

static inline bool awtun_u64_retry(const struct u64_stats_sync *sync,
				   unsigned int start)
{
	return u64_stats_fetch_retry(sync, start);
}
#endif

/* 6.6: the attributes of a dump moved into a struct genl_info. */
static inline struct nlattr **awtun_dump_attrs(struct netlink_callback *cb)
{
#if AWTUN_KERNEL_BEFORE(6, 6)
	return genl_dumpit_info(cb)->attrs;
#else
	return genl_info_dump(cb)->attrs;
#endif
}

/* 6.9, and 6.1.y by backport: a multicast group for CAP_NET_ADMIN only. Kernels
 * in between know the same thing by the flag of an operation.
 */
#ifdef GENL_MCAST_CAP_NET_ADMIN
#define AWTUN_MCAST_FLAGS GENL_MCAST_CAP_NET_ADMIN
#else
#define AWTUN_MCAST_FLAGS GENL_UNS_ADMIN_PERM
#endif

/* 6.12: transmission without the queue lock is a bit of the device, no longer a
 * feature.
 */
static inline void awtun_dev_set_lltx(struct net_device *dev)
{
#if AWTUN_KERNEL_BEFORE(6, 12)
	dev->features |= NETIF_F_LLTX;
#else
	dev->lltx = true;
#endif
}

/* 6.10: a tracepoint's string is assigned by its name alone. */
#if AWTUN_KERNEL_BEFORE(6, 10)
#define AWTUN_ASSIGN_STR(dst, src) __assign_str(dst, src)
#else
#define AWTUN_ASSIGN_STR(dst, src) __assign_str(dst)
#endif

/* 6.5: segmentation has a header of its own. */
#if !AWTUN_KERNEL_BEFORE(6, 5)
#include <net/gso.h>
#endif

#endif /* _AWTUN_COMPAT_H */
