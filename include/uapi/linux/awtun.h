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
#define AWTUN_SALT_LEN		4	/* AES-GCM salt, RFC 4106 section 4 */
#define AWTUN_KEY_LEN_MAX	64

/* Packets. */
#define AWTUN_REPLAY_WINDOW_MIN	64
#define AWTUN_REPLAY_WINDOW_MAX	4096

enum awtun_cmd {
	AWTUN_CMD_UNSPEC,
	AWTUN_CMD_TUNNEL_GET,	/* do: one; dump: all of the namespace */
	AWTUN_CMD_TUNNEL_SET,	/* mode, local, remote; refused while SAs exist
				 * when it would change an endpoint
				 */
	AWTUN_CMD_SA_ADD,	/* an outbound SA stays unused until activated */
	AWTUN_CMD_SA_ACTIVATE,	/* switch transmission to this outbound SA */
	AWTUN_CMD_SA_DEL,
	AWTUN_CMD_SA_GET,	/* do: one; dump: all, or those of one tunnel */
	AWTUN_CMD_SA_FLUSH,	/* delete every SA of one tunnel */
	AWTUN_CMD_EVENT,	/* notification to the group "events" */

	__AWTUN_CMD_MAX,
	AWTUN_CMD_MAX = __AWTUN_CMD_MAX - 1
};

/* Top level attributes of every message. */
enum awtun_attr {
	AWTUN_A_UNSPEC,
	AWTUN_A_TUNNEL,		/* nest, enum awtun_tunnel_attr */
	AWTUN_A_SA,		/* nest, enum awtun_sa_attr */
	AWTUN_A_EVENT,		/* u32, enum awtun_event */

	__AWTUN_A_MAX,
	AWTUN_A_MAX = __AWTUN_A_MAX - 1
};

enum awtun_mode {
	AWTUN_MODE_UNSPEC,	/* not configured: carries nothing */
	AWTUN_MODE_IPSEC_IPV4,
	AWTUN_MODE_IPSEC_IPV6,
};

enum awtun_tunnel_attr {
	AWTUN_TUNNEL_A_UNSPEC,
	AWTUN_TUNNEL_A_PAD,
	AWTUN_TUNNEL_A_IFINDEX,	/* u32 */
	AWTUN_TUNNEL_A_MODE,	/* u32, enum awtun_mode */
	AWTUN_TUNNEL_A_LOCAL,	/* 4 or 16 octets, as the mode says */
	AWTUN_TUNNEL_A_REMOTE,	/* 4 or 16 octets, as the mode says */
	AWTUN_TUNNEL_A_IFNAME,	/* string, reply only */
	AWTUN_TUNNEL_A_STATS,	/* nest, enum awtun_tunnel_stat, reply only */

	__AWTUN_TUNNEL_A_MAX,
	AWTUN_TUNNEL_A_MAX = __AWTUN_TUNNEL_A_MAX - 1
};

/* All u64, packets dropped since the device was made, by cause. */
enum awtun_tunnel_stat {
	AWTUN_TUNNEL_STAT_UNSPEC,
	AWTUN_TUNNEL_STAT_PAD,
	AWTUN_TUNNEL_STAT_TX_NO_SA,		/* no active outbound SA */
	AWTUN_TUNNEL_STAT_TX_NO_ROUTE,		/* no route to the peer, or a loop */
	AWTUN_TUNNEL_STAT_TX_TOO_BIG,		/* told the sender (ICMP) */
	AWTUN_TUNNEL_STAT_TX_SEQ_EXHAUSTED,	/* sequence numbers used up */
	AWTUN_TUNNEL_STAT_TX_ERROR,		/* memory, crypto, malformed inner,
						 * or refused by the IP output
						 */
	AWTUN_TUNNEL_STAT_RX_UNKNOWN_SPI,	/* from our peer, no such SA */
	AWTUN_TUNNEL_STAT_RX_TRUNCATED,		/* too short or not a whole block */
	AWTUN_TUNNEL_STAT_RX_REPLAY,		/* old, repeated, or sequence 0 */
	AWTUN_TUNNEL_STAT_RX_AUTH_FAILED,	/* wrong ICV */
	AWTUN_TUNNEL_STAT_RX_BAD_PAD,		/* pad longer than the packet, or not 1,2,3... */
	AWTUN_TUNNEL_STAT_RX_BAD_NEXT_HEADER,	/* neither 4, 41 nor 59 */
	AWTUN_TUNNEL_STAT_RX_BAD_INNER,		/* malformed inner IP header */
	AWTUN_TUNNEL_STAT_RX_ECN,		/* CE on a not-ECT packet, RFC 6040 */
	AWTUN_TUNNEL_STAT_RX_ERROR,		/* memory or crypto */

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
	AWTUN_SA_A_CIPHER_KEY,		/* 16, 24 or 32 octets; request only */
	AWTUN_SA_A_SALT,		/* AWTUN_SALT_LEN octets; request only */
	AWTUN_SA_A_ICV_LEN,		/* u32: 8, 12 or 16, AES-GCM only */
	AWTUN_SA_A_AUTH,		/* u32, enum awtun_auth */
	AWTUN_SA_A_AUTH_KEY,		/* request only */
	AWTUN_SA_A_REPLAY_WINDOW,	/* u32 packets, inbound; default 64 */
	AWTUN_SA_A_ACTIVE,		/* flag, reply only: outbound SA in use */
	AWTUN_SA_A_SEQ,			/* u64, last sent, or window top; request,
					 * outbound only: numbers that are used up
					 */
	AWTUN_SA_A_PACKETS,		/* u64, reply only */
	AWTUN_SA_A_BYTES,		/* u64, reply only: inner octets */
	AWTUN_SA_A_DROP_REPLAY,		/* u64, reply only */
	AWTUN_SA_A_DROP_AUTH,		/* u64, reply only */
	AWTUN_SA_A_DROP_MALFORMED,	/* u64, reply only: pad, next header, inner */
	AWTUN_SA_A_DRIVER,		/* string, reply only: crypto driver bound */
	AWTUN_SA_A_CIPHER_KEY_LEN,	/* u32 octets, reply only */

	__AWTUN_SA_A_MAX,
	AWTUN_SA_A_MAX = __AWTUN_SA_A_MAX - 1
};

enum awtun_event {
	AWTUN_EVENT_UNSPEC,
	AWTUN_EVENT_SA_SOFT,	/* outbound SA nears 2^32-1 packets: rekey */
	AWTUN_EVENT_SA_HARD,	/* outbound SA has stopped: no number left */
};

#endif /* _UAPI_LINUX_AWTUN_H */
