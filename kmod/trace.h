/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM awtun

#if !defined(_AWTUN_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _AWTUN_TRACE_H

#include <linux/ethtool.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "sa.h"
#include "tunnel.h"

DECLARE_EVENT_CLASS(awtun_packet,
	TP_PROTO(const struct awtun_sa *sa, u64 seq, unsigned int len),
	TP_ARGS(sa, seq, len),
	TP_STRUCT__entry(
		__array(char, dev, IFNAMSIZ)
		__field(u32, spi)
		__field(u64, seq)
		__field(unsigned int, len)
	),
	TP_fast_assign(
		strscpy(__entry->dev, sa->tun->dev->name, IFNAMSIZ);
		__entry->spi = ntohl(sa->key.spi);
		__entry->seq = seq;
		__entry->len = len;
	),
	TP_printk("dev=%s spi=0x%08x seq=%llu len=%u", __entry->dev,
		  __entry->spi, __entry->seq, __entry->len)
);

/* An inner packet of @len octets has been handed to the underlay. */
DEFINE_EVENT(awtun_packet, awtun_tx,
	TP_PROTO(const struct awtun_sa *sa, u64 seq, unsigned int len),
	TP_ARGS(sa, seq, len)
);

/* An inner packet of @len octets has been handed to the overlay. */
DEFINE_EVENT(awtun_packet, awtun_rx,
	TP_PROTO(const struct awtun_sa *sa, u64 seq, unsigned int len),
	TP_ARGS(sa, seq, len)
);

/* A packet has been dropped; @sa is NULL when none can be blamed. */
TRACE_EVENT(awtun_drop,
	TP_PROTO(const struct awtun_tunnel *tun, const struct awtun_sa *sa,
		 enum awtun_tunnel_stat stat),
	TP_ARGS(tun, sa, stat),
	TP_STRUCT__entry(
		__array(char, dev, IFNAMSIZ)
		__array(char, reason, ETH_GSTRING_LEN)
		__field(u32, spi)
	),
	TP_fast_assign(
		strscpy(__entry->dev, tun->dev->name, IFNAMSIZ);
		strscpy(__entry->reason, awtun_stat_names[stat],
			ETH_GSTRING_LEN);
		__entry->spi = sa ? ntohl(sa->key.spi) : 0;
	),
	TP_printk("dev=%s spi=0x%08x reason=%s", __entry->dev, __entry->spi,
		  __entry->reason)
);

DECLARE_EVENT_CLASS(awtun_sa,
	TP_PROTO(const struct awtun_sa *sa),
	TP_ARGS(sa),
	TP_STRUCT__entry(
		__array(char, dev, IFNAMSIZ)
		__field(u32, spi)
		__field(u32, dir)
	),
	TP_fast_assign(
		strscpy(__entry->dev, sa->tun->dev->name, IFNAMSIZ);
		__entry->spi = ntohl(sa->key.spi);
		__entry->dir = sa->dir;
	),
	TP_printk("dev=%s dir=%s spi=0x%08x", __entry->dev,
		  __entry->dir == AWTUN_DIR_IN ? "in" : "out", __entry->spi)
);

DEFINE_EVENT(awtun_sa, awtun_sa_add,
	TP_PROTO(const struct awtun_sa *sa),
	TP_ARGS(sa)
);

DEFINE_EVENT(awtun_sa, awtun_sa_activate,
	TP_PROTO(const struct awtun_sa *sa),
	TP_ARGS(sa)
);

DEFINE_EVENT(awtun_sa, awtun_sa_del,
	TP_PROTO(const struct awtun_sa *sa),
	TP_ARGS(sa)
);

DEFINE_EVENT(awtun_sa, awtun_sa_expire,
	TP_PROTO(const struct awtun_sa *sa),
	TP_ARGS(sa)
);

#endif /* _AWTUN_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
