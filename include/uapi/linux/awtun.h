/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * awtun: IPsec tunnel interfaces, generic netlink interface.
 *
 * The same in YAML: Documentation/netlink/specs/awtun.yaml. Numbers are in
 * host byte order but for SPIs and addresses, which are in network order.
 * Every command needs CAP_NET_ADMIN in the user namespace that owns the
 * network namespace. No command returns key material.
 */
#ifndef _UAPI_LINUX_AWTUN_H
#define _UAPI_LINUX_AWTUN_H

#define AWTUN_GENL_NAME		"awtun"
#define AWTUN_GENL_VERSION	1
#define AWTUN_GENL_MCGRP_EVENTS	"events"

/* Lengths in octets. */
#define AWTUN_SALT_LEN		4	/* of an AEAD, RFC 4106 section 4 */
#define AWTUN_KEY_LEN_MAX	64

/* Packets. */
#define AWTUN_REPLAY_WINDOW_MIN	64
#define AWTUN_REPLAY_WINDOW_MAX	4096

/* Traffic selectors of one SA and side. */
#define AWTUN_TS_MAX		16

/* Active SAs of one tunnel. */
#define AWTUN_ACTIVE_MAX	80

/* The DSCP of the inner packet, instead of a number. */
#define AWTUN_DSCP_COPY		0xff

/* The MSS that the tunnel's own MTU allows, instead of a number. */
#define AWTUN_MSS_PMTU		0xffff

enum awtun_cmd {
	AWTUN_CMD_UNSPEC,
	AWTUN_CMD_TUNNEL_GET,	/* do: one; dump: all of the namespace */
	AWTUN_CMD_TUNNEL_SET,	/* the whole configuration: what is left out gets
				 * its default; refused while SAs exist when it
				 * would change mode, local or remote
				 */
	AWTUN_CMD_SA_ADD,	/* an outbound SA stays unused until activated */
	AWTUN_CMD_SA_ACTIVATE,	/* send by this outbound SA what it covers: it is
				 * asked before the other active ones, and takes
				 * the place of one with the same TS_LOCAL and
				 * TS_REMOTE
				 */
	AWTUN_CMD_SA_DEL,	/* one that is only expected, too */
	AWTUN_CMD_SA_GET,	/* do: one; dump: all, or those of one tunnel */
	AWTUN_CMD_SA_FLUSH,	/* delete every SA of one tunnel, expected ones too */
	AWTUN_CMD_EVENT,	/* notification to the group "events" */
	AWTUN_CMD_TRANSPORT_ADD, /* take ESP out of a UDP socket, RFC 3948 */
	AWTUN_CMD_TRANSPORT_DEL, /* no more; closing the socket does it too */
	AWTUN_CMD_TRANSPORT_GET, /* dump: all sockets of the namespace */
	AWTUN_CMD_SA_SET,	/* change where an outbound SA sends, by REMOTE
				 * and ENCAP_*_PORT: what is left out is as in
				 * SA_ADD, not as it was
				 */
	AWTUN_CMD_SA_EXPECT,	/* hold what comes by this inbound SPI: SA_ADD
				 * receives it, SA_DEL or 200 s drop it
				 */

	__AWTUN_CMD_MAX,
	AWTUN_CMD_MAX = __AWTUN_CMD_MAX - 1
};

/* Top level attributes of every message. */
enum awtun_attr {
	AWTUN_A_UNSPEC,
	AWTUN_A_TUNNEL,		/* nest, enum awtun_tunnel_attr */
	AWTUN_A_SA,		/* nest, enum awtun_sa_attr */
	AWTUN_A_EVENT,		/* u32, enum awtun_event */
	AWTUN_A_TRANSPORT,	/* nest, enum awtun_transport_attr */
	AWTUN_A_DETAIL,		/* nest, enum awtun_detail_attr: of an event */

	__AWTUN_A_MAX,
	AWTUN_A_MAX = __AWTUN_A_MAX - 1
};

enum awtun_mode {
	AWTUN_MODE_UNSPEC,	/* not configured: carries nothing */
	AWTUN_MODE_IPSEC_IPV4,
	AWTUN_MODE_IPSEC_IPV6,
};

/* The DF bit of an IPv4 outer header, RFC 4301 section 8.1. */
enum awtun_df {
	AWTUN_DF_COPY,		/* that of an inner IPv4 packet; set for IPv6 */
	AWTUN_DF_SET,		/* inner IPv4 packets are fragmented if need be */
	AWTUN_DF_CLEAR,		/* outer packets are fragmented if need be */
};

/* Also in IFLA_INFO_DATA of links of kind "tunnel". */
enum awtun_tunnel_attr {
	AWTUN_TUNNEL_A_UNSPEC,
	AWTUN_TUNNEL_A_PAD,
	AWTUN_TUNNEL_A_IFINDEX,	/* u32 */
	AWTUN_TUNNEL_A_MODE,	/* u32, enum awtun_mode */
	AWTUN_TUNNEL_A_LOCAL,	/* 4 or 16 octets, as the mode says */
	AWTUN_TUNNEL_A_REMOTE,	/* 4 or 16 octets, as the mode says; default: not
				 * known, then outbound SAs need REMOTE
				 */
	AWTUN_TUNNEL_A_IFNAME,	/* string, reply only */
	AWTUN_TUNNEL_A_STATS,	/* nest, enum awtun_tunnel_stat, reply only */
	AWTUN_TUNNEL_A_FWMARK,	/* u32, mark of outer packets; default 0 */
	AWTUN_TUNNEL_A_LINK,	/* u32, interface (or VRF) of the underlay that
				 * outer packets are routed by; default 0, any
				 */
	AWTUN_TUNNEL_A_TTL,	/* u8, outer; default 0: that of the route */
	AWTUN_TUNNEL_A_DSCP,	/* u8, outer, 0 to 63; default AWTUN_DSCP_COPY;
				 * not in a reply when it is that
				 */
	AWTUN_TUNNEL_A_DF,	/* u8, enum awtun_df; default AWTUN_DF_COPY */
	AWTUN_TUNNEL_A_MSS_IPV4, /* u16, at most this in TCP SYNs both ways, or
				  * AWTUN_MSS_PMTU; default 0: as it is
				  */
	AWTUN_TUNNEL_A_MSS_IPV6, /* u16, the same for IPv6 */
	AWTUN_TUNNEL_A_PATH_MTU, /* u32 octets, reply only: inner packets that
				  * cross the underlay whole by any active SA
				  */

	__AWTUN_TUNNEL_A_MAX,
	AWTUN_TUNNEL_A_MAX = __AWTUN_TUNNEL_A_MAX - 1
};

/* All u64, packets dropped since the device or the SA was made, by cause. */
enum awtun_tunnel_stat {
	AWTUN_TUNNEL_STAT_UNSPEC,
	AWTUN_TUNNEL_STAT_PAD,
	AWTUN_TUNNEL_STAT_TX_NO_SA,		/* no active outbound SA */
	AWTUN_TUNNEL_STAT_TX_NO_ROUTE,		/* no route to the peer, or a loop */
	AWTUN_TUNNEL_STAT_TX_TOO_BIG,		/* reported to the sender (ICMP) */
	AWTUN_TUNNEL_STAT_TX_SEQ_EXHAUSTED,	/* sequence numbers used up */
	AWTUN_TUNNEL_STAT_TX_ERROR,		/* memory, crypto, malformed inner,
						 * or refused by the IP output
						 */
	AWTUN_TUNNEL_STAT_RX_UNKNOWN_SPI,	/* from our peer, no such SA; or for
						 * an expected one: too many, or
						 * it did not come
						 */
	AWTUN_TUNNEL_STAT_RX_TRUNCATED,		/* too short or not a whole block */
	AWTUN_TUNNEL_STAT_RX_REPLAY,		/* old, repeated, or sequence 0 */
	AWTUN_TUNNEL_STAT_RX_AUTH_FAILED,	/* wrong ICV */
	AWTUN_TUNNEL_STAT_RX_BAD_PAD,		/* pad longer than the packet, or not 1,2,3... */
	AWTUN_TUNNEL_STAT_RX_BAD_NEXT_HEADER,	/* neither 4, 41 nor 59 */
	AWTUN_TUNNEL_STAT_RX_BAD_INNER,		/* malformed inner IP header */
	AWTUN_TUNNEL_STAT_RX_ECN,		/* CE on a not-ECT packet, RFC 6040 */
	AWTUN_TUNNEL_STAT_RX_ERROR,		/* memory or crypto */
	AWTUN_TUNNEL_STAT_TX_EXPIRED,		/* the SA's lifetime is over */
	AWTUN_TUNNEL_STAT_TX_SELECTOR,		/* not covered by any active SA */
	AWTUN_TUNNEL_STAT_RX_EXPIRED,		/* the SA's lifetime is over */
	AWTUN_TUNNEL_STAT_RX_SELECTOR,		/* not covered, RFC 4301 5.2 */

	__AWTUN_TUNNEL_STAT_MAX,
	AWTUN_TUNNEL_STAT_MAX = __AWTUN_TUNNEL_STAT_MAX - 1
};

enum awtun_dir {
	AWTUN_DIR_UNSPEC,
	AWTUN_DIR_IN,
	AWTUN_DIR_OUT,
};

enum awtun_cipher {
	AWTUN_CIPHER_UNSPEC,
	AWTUN_CIPHER_AES_CBC,	/* RFC 3602 */
	AWTUN_CIPHER_AES_GCM,	/* RFC 4106; needs SALT and ICV_LEN, no AUTH */
	AWTUN_CIPHER_CHACHA20_POLY1305,	/* RFC 7634; the same */

	__AWTUN_CIPHER_MAX,
	AWTUN_CIPHER_MAX = __AWTUN_CIPHER_MAX - 1
};

enum awtun_auth {
	AWTUN_AUTH_NONE,
	AWTUN_AUTH_HMAC_SHA1_96,	/* RFC 2404, key of 20 octets */
	AWTUN_AUTH_HMAC_SHA256_128,	/* RFC 4868, key of 32 octets */
	AWTUN_AUTH_HMAC_SHA512_256,	/* RFC 4868, key of 64 octets */
};

enum awtun_sa_attr {
	AWTUN_SA_A_UNSPEC,
	AWTUN_SA_A_PAD,
	AWTUN_SA_A_IFINDEX,		/* u32, the tunnel */
	AWTUN_SA_A_DIR,			/* u32, enum awtun_dir */
	AWTUN_SA_A_SPI,			/* be32, above 255 */
	AWTUN_SA_A_CIPHER,		/* u32, enum awtun_cipher */
	AWTUN_SA_A_CIPHER_KEY,		/* AES: 16, 24 or 32 octets; ChaCha20: 32; request only */
	AWTUN_SA_A_SALT,		/* AWTUN_SALT_LEN octets; request only */
	AWTUN_SA_A_ICV_LEN,		/* u32, AEADs only; AES-GCM: 8, 12 or 16; else 16 */
	AWTUN_SA_A_AUTH,		/* u32, enum awtun_auth */
	AWTUN_SA_A_AUTH_KEY,		/* request only */
	AWTUN_SA_A_REPLAY_WINDOW,	/* u32 packets, inbound; default 64 */
	AWTUN_SA_A_ACTIVE,		/* flag, reply only: outbound SA in use */
	AWTUN_SA_A_SEQ,			/* u64, last sent, or window top; request,
					 * outbound only: numbers that are used up
					 */
	AWTUN_SA_A_PACKETS,		/* u64, reply only */
	AWTUN_SA_A_BYTES,		/* u64, reply only: inner octets */
	AWTUN_SA_A_STATS,		/* nest, enum awtun_tunnel_stat, reply only */
	AWTUN_SA_A_DRIVER,		/* string, reply only: crypto driver bound */
	AWTUN_SA_A_CIPHER_KEY_LEN,	/* u32 octets, reply only */
	AWTUN_SA_A_ESN,			/* flag: 64-bit sequence numbers */
	AWTUN_SA_A_ENCAP_LOCAL_PORT,	/* be16, outbound: send in UDP from here */
	AWTUN_SA_A_ENCAP_REMOTE_PORT,	/* be16, outbound: and to here */
	AWTUN_SA_A_REMOTE,		/* 4 or 16 octets, outbound: the peer's
					 * address; default: that of the tunnel. In
					 * a reply, as last seen
					 */
	AWTUN_SA_A_FOLLOW,		/* flag, inbound: an authenticated newest
					 * packet in UDP moves the outbound SAs to
					 * where it came from, RFC 7296 2.23
					 */
	AWTUN_SA_A_SOFT_SECONDS,	/* u64, since it was added; default none */
	AWTUN_SA_A_HARD_SECONDS,	/* u64 */
	AWTUN_SA_A_SOFT_BYTES,		/* u64 inner octets */
	AWTUN_SA_A_HARD_BYTES,		/* u64 */
	AWTUN_SA_A_SOFT_PACKETS,	/* u64 */
	AWTUN_SA_A_HARD_PACKETS,	/* u64 */
	AWTUN_SA_A_AGE,			/* u64 seconds, reply only */
	AWTUN_SA_A_EXPIRED,		/* flag, reply only: carries nothing more */
	AWTUN_SA_A_TS_LOCAL,		/* nest, enum awtun_ts_list_attr */
	AWTUN_SA_A_TS_REMOTE,		/* the same, for the peer's side */
	AWTUN_SA_A_HEARD,		/* u64 milliseconds since the last
					 * authentic packet, inbound, reply
					 * only; absent: there was none
					 */

	__AWTUN_SA_A_MAX,
	AWTUN_SA_A_MAX = __AWTUN_SA_A_MAX - 1
};

/* What an SA covers: what any of a list of selectors does, or everything. An SA
 * is always added with one for each side: what is left out, or empty, is not
 * everything.
 */
enum awtun_ts_list_attr {
	AWTUN_TS_LIST_A_UNSPEC,
	AWTUN_TS_LIST_A_SELECTOR,	/* nest, enum awtun_ts_attr; repeated */
	AWTUN_TS_LIST_A_ANY,		/* flag: everything; alone in its list */

	__AWTUN_TS_LIST_A_MAX,
	AWTUN_TS_LIST_A_MAX = __AWTUN_TS_LIST_A_MAX - 1
};

/* A traffic selector, RFC 7296 section 3.13.1. */
enum awtun_ts_attr {
	AWTUN_TS_A_UNSPEC,
	AWTUN_TS_A_START,	/* 4 or 16 octets, first address */
	AWTUN_TS_A_END,		/* 4 or 16 octets, last address */
	AWTUN_TS_A_PROTOCOL,	/* u8; default 0: any */
	AWTUN_TS_A_PORT_MIN,	/* u16; default 0. ICMP: type << 8 | code */
	AWTUN_TS_A_PORT_MAX,	/* u16; default 65535 */

	__AWTUN_TS_A_MAX,
	AWTUN_TS_A_MAX = __AWTUN_TS_A_MAX - 1
};

enum awtun_transport_attr {
	AWTUN_TRANSPORT_A_UNSPEC,
	AWTUN_TRANSPORT_A_FD,	/* u32, a bound UDP socket; request only */
	AWTUN_TRANSPORT_A_PORT,	/* be16, local; reply only */
	AWTUN_TRANSPORT_A_LOCAL, /* 4 or 16 octets; reply only */

	__AWTUN_TRANSPORT_A_MAX,
	AWTUN_TRANSPORT_A_MAX = __AWTUN_TRANSPORT_A_MAX - 1
};

/* One notification of a kind and a tunnel a second at most: what comes sooner
 * is counted and reported with the next. They may be lost when a reader is slow;
 * dumps show the same.
 */
enum awtun_event {
	AWTUN_EVENT_UNSPEC,
	AWTUN_EVENT_SA_SOFT,	/* SA: rekey; CAUSE */
	AWTUN_EVENT_SA_HARD,	/* SA: has stopped; CAUSE */
	AWTUN_EVENT_ACQUIRE,	/* TUNNEL: packets and no SA to send them by;
				 * COUNT, and SRC, DST, PROTOCOL of the last
				 */
	AWTUN_EVENT_PEER_MOVED,	/* SA, inbound: its peer now sends from SRC and
				 * SRC_PORT; the kernel has followed if allowed to
				 */
	AWTUN_EVENT_UNKNOWN_SPI, /* TUNNEL: COUNT, and SPI, SRC of the last */
	AWTUN_EVENT_AUTH_FAILED, /* TUNNEL: COUNT, and SPI, SRC of the last */
	AWTUN_EVENT_TRANSPORT_LOST, /* TRANSPORT: its socket was closed */
	AWTUN_EVENT_VM_FORKED,	/* this virtual machine was cloned or restored
				 * to an earlier state: every outbound SA is
				 * gone, for its numbers may be used already
				 */
};

enum awtun_expiry {
	AWTUN_EXPIRY_UNSPEC,
	AWTUN_EXPIRY_SECONDS,
	AWTUN_EXPIRY_BYTES,
	AWTUN_EXPIRY_PACKETS,
	AWTUN_EXPIRY_SEQUENCE,	/* numbers nearly or all used */
};

enum awtun_detail_attr {
	AWTUN_DETAIL_A_UNSPEC,
	AWTUN_DETAIL_A_PAD,
	AWTUN_DETAIL_A_COUNT,	/* u64, packets since the last notification */
	AWTUN_DETAIL_A_CAUSE,	/* u32, enum awtun_expiry */
	AWTUN_DETAIL_A_SPI,	/* be32 */
	AWTUN_DETAIL_A_SRC,	/* 4 or 16 octets */
	AWTUN_DETAIL_A_SRC_PORT, /* be16, when it came in UDP */
	AWTUN_DETAIL_A_DST,	/* 4 or 16 octets */
	AWTUN_DETAIL_A_PROTOCOL, /* u8, that of the inner IP header */

	__AWTUN_DETAIL_A_MAX,
	AWTUN_DETAIL_A_MAX = __AWTUN_DETAIL_A_MAX - 1
};

#endif /* _UAPI_LINUX_AWTUN_H */
