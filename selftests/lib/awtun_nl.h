/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic netlink family "awtun" for the tests, on a bare socket.
 *
 * A request is a command and the attributes of its one nest, held as a list,
 * so that a test can leave out, resize, repeat or add any of them before it is
 * sent.
 */
#ifndef AWTUN_NL_H
#define AWTUN_NL_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/awtun.h>
#include <linux/netlink.h>
#include <linux/types.h>

#define AWTUN_REQ_ATTRS		64
#define AWTUN_REQ_DATA		4096	/* octets of all attributes */
#define AWTUN_KEYMAT_MAX	(2 * AWTUN_KEY_LEN_MAX + AWTUN_SALT_LEN)
#define AWTUN_MSG_MAX \
	(AWTUN_REQ_DATA + AWTUN_REQ_ATTRS * (NLA_HDRLEN + NLA_ALIGNTO) + 64)

struct awtun_req {
	__u8 cmd;
	__u16 flags;		/* NLM_F_DUMP, or 0 */
	__u16 nest;		/* AWTUN_A_TUNNEL and so on, or 0: none */
	unsigned int n;
	unsigned int used;	/* of data */
	struct {
		__u16 type;
		__u16 len;
		__u16 at;	/* in data */
	} attr[AWTUN_REQ_ATTRS];
	__u8 data[AWTUN_REQ_DATA];
};

/* A request as it goes to the socket: its length is in its header. */
union awtun_msg {
	struct nlmsghdr nlh;
	__u8 octets[AWTUN_MSG_MAX];
};

/* Sees every octet the kernel sends on a socket. */
typedef void (*awtun_tap)(const void *data, size_t len, void *arg);

struct awtun_nl {
	int fd;
	__u16 family;
	__u32 events;	/* multicast group number of "events" */
	__u32 seq;
	char extack[256];	/* of the last call; empty when there was none */
	__u16 bad_attr;		/* type of the attribute it names; 0: none */
	__u16 missing_attr;	/* the same, of one that is not there */
	const union awtun_msg *request;	/* while it is being answered */
	awtun_tap tap;
	void *tap_arg;
};

/* An address of either family, in network order; none: len is 0. */
struct awtun_addr {
	unsigned int len;	/* 0, 4 or 16 */
	__u8 octets[16];
};

struct awtun_tunnel {
	__u32 ifindex;
	__u32 mode;
	__u8 local[16];
	__u8 remote[16];
	unsigned int addr_len;	/* 0, 4 or 16 */
	unsigned int remote_len;	/* the same, 0: not known */
	char ifname[16];
	__u32 fwmark;
	__u32 link;
	__u8 ttl;
	int dscp;		/* -1: that of the inner packet */
	__u8 df;
	__u16 mss_ipv4;
	__u16 mss_ipv6;
	__u32 path_mtu;
	__u64 stat[AWTUN_TUNNEL_STAT_MAX + 1];
};

/* One traffic selector. */
struct awtun_ts {
	struct awtun_addr start;
	struct awtun_addr end;
	__u8 protocol;
	__u16 port_min;
	__u16 port_max;
};

/* What one side of an SA covers: @any, or what one of @n selectors does. */
struct awtun_ts_list {
	bool any;
	unsigned int n;
	struct awtun_ts ts[AWTUN_TS_MAX];
};

/* Soft and hard lifetimes; 0: none. */
struct awtun_lifetime {
	__u64 seconds;
	__u64 bytes;
	__u64 packets;
};

struct awtun_sa {
	__u32 ifindex;
	__u32 dir;
	__u32 spi;		/* host order */
	__u32 cipher;
	__u32 cipher_key_len;
	__u32 icv_len;
	__u32 auth;
	__u32 window;
	bool active;
	bool esn;
	bool follow;
	bool expired;
	__u16 encap_local_port;	/* host order; 0: not in UDP */
	__u16 encap_remote_port;
	struct awtun_addr remote;
	struct awtun_lifetime soft;
	struct awtun_lifetime hard;
	__u64 age;		/* seconds */
	bool was_heard;
	__u64 heard;		/* milliseconds ago */
	__u64 seq;
	__u64 packets;
	__u64 bytes;
	__u64 stat[AWTUN_TUNNEL_STAT_MAX + 1];
	char driver[128];
	struct awtun_ts_list ts_local;
	struct awtun_ts_list ts_remote;
};

struct awtun_transport {
	__u16 port;		/* host order */
	struct awtun_addr local;
};

/* A notification. Of @sa, @tunnel and @transport that is set which it is of. */
struct awtun_notice {
	__u32 event;
	bool of_sa;
	bool of_tunnel;
	bool of_transport;
	struct awtun_sa sa;
	struct awtun_tunnel tunnel;
	struct awtun_transport transport;
	__u64 count;
	__u32 cause;
	__u32 spi;		/* host order */
	struct awtun_addr src;
	struct awtun_addr dst;
	__u16 src_port;		/* host order; 0: not in UDP */
	__u8 protocol;
};

/* What the cipher, its key length, and the integrity of an SA are. */
struct awtun_suite {
	const char *name;
	__u32 cipher;
	unsigned int key_len;
	unsigned int icv_len;
	__u32 auth;
	unsigned int auth_key_len;
};

extern const struct awtun_suite awtun_suites[];
extern const unsigned int awtun_n_suites;

const struct awtun_suite *awtun_suite(const char *name);
/* One that needs a salt and no integrity algorithm beside it. */
static inline bool awtun_suite_is_aead(const struct awtun_suite *suite)
{
	return suite->auth == AWTUN_AUTH_NONE;
}

/* Octets before what is encrypted, and what its length is a multiple of. */
static inline unsigned int awtun_iv_len(const struct awtun_suite *suite)
{
	return awtun_suite_is_aead(suite) ? 8 : 16;
}

static inline unsigned int awtun_block(const struct awtun_suite *suite)
{
	return awtun_suite_is_aead(suite) ? 4 : 16;
}

/* Octets of cipher key, salt (AEAD) and integrity key, in this order. */
size_t awtun_keymat_len(const struct awtun_suite *suite);

extern const char * const awtun_stat_names[AWTUN_TUNNEL_STAT_MAX + 1];

/*
 * Enters the network namespace @netns, a name or path. Returns what
 * awtun_netns_leave() wants, or -errno.
 */
int awtun_netns_enter(const char *netns);
int awtun_netns_leave(int home);

/* 0, or -errno: -ENOENT when the family does not exist (no module). */
int awtun_nl_open(struct awtun_nl *nl);
/* The same for requests to another family, whose attributes are in no nest. */
int awtun_nl_open_family(struct awtun_nl *nl, const char *name);
void awtun_nl_close(struct awtun_nl *nl);
int awtun_nl_subscribe(struct awtun_nl *nl);

void awtun_req_init(struct awtun_req *req, __u8 cmd, __u16 nest);
/* awtun_add appends, awtun_put replaces an attribute of the same type. */
void awtun_add(struct awtun_req *req, __u16 type, const void *data,
	       size_t len);
void awtun_put(struct awtun_req *req, __u16 type, const void *data,
	       size_t len);
void awtun_put_flag(struct awtun_req *req, __u16 type);
void awtun_put_u8(struct awtun_req *req, __u16 type, __u8 value);
void awtun_put_u16(struct awtun_req *req, __u16 type, __u16 value);
void awtun_put_be16(struct awtun_req *req, __u16 type, __u16 value);
void awtun_put_u32(struct awtun_req *req, __u16 type, __u32 value);
void awtun_put_u64(struct awtun_req *req, __u16 type, __u64 value);
void awtun_put_spi(struct awtun_req *req, __u32 spi);
void awtun_put_encap(struct awtun_req *req, __u16 local, __u16 remote);
/* The list @type, AWTUN_SA_A_TS_LOCAL or _REMOTE, is for everything. */
void awtun_put_ts_any(struct awtun_req *req, __u16 type);
/* Appends a selector to the list @type; takes the place of everything. */
void awtun_put_ts(struct awtun_req *req, __u16 type, const struct awtun_ts *ts);
void awtun_drop(struct awtun_req *req, __u16 type);

void awtun_req_write(const struct awtun_nl *nl, const struct awtun_req *req,
		     union awtun_msg *msg);

/*
 * Sends a request and reads its replies up to the status or the end of the
 * dump. @cb gets the attributes of the top level of each reply. Returns 0 or
 * -errno, and sets nl->extack.
 */
typedef void (*awtun_reply)(__u8 cmd, const void *attrs, size_t len, void *arg);
int awtun_call(struct awtun_nl *nl, const struct awtun_req *req,
	       awtun_reply cb, void *arg);
int awtun_call_raw(struct awtun_nl *nl, union awtun_msg *msg, awtun_reply cb,
		   void *arg);
/* The next notification; -EAGAIN when none arrives in @timeout_ms. */
int awtun_next_event(struct awtun_nl *nl, int timeout_ms,
		     struct awtun_notice *notice);

bool awtun_parse_tunnel(const void *attrs, size_t len,
			struct awtun_tunnel *tunnel);
bool awtun_parse_sa(const void *attrs, size_t len, struct awtun_sa *sa);
bool awtun_parse_transport(const void *attrs, size_t len,
			   struct awtun_transport *transport);
bool awtun_parse_notice(const void *attrs, size_t len,
			struct awtun_notice *notice);

/* Whole requests, to be changed or sent. Addresses: 4 or 16 octets. */
void awtun_req_tunnel_set(struct awtun_req *req, __u32 ifindex,
			  __u32 mode, const void *local,
			  const void *remote);
void awtun_req_sa_add(struct awtun_req *req, __u32 ifindex, __u32 dir,
		      __u32 spi, const struct awtun_suite *suite,
		      const __u8 *keymat, __u32 window);
/* For AWTUN_CMD_SA_GET, _SA_DEL, _SA_ACTIVATE and _SA_SET. */
void awtun_req_sa(struct awtun_req *req, __u8 cmd, __u32 ifindex,
		  __u32 dir, __u32 spi);

int awtun_sa_do(struct awtun_nl *nl, __u8 cmd, __u32 ifindex,
		__u32 dir, __u32 spi);
int awtun_sa_flush(struct awtun_nl *nl, __u32 ifindex);
int awtun_sa_get(struct awtun_nl *nl, __u32 ifindex, __u32 dir,
		 __u32 spi, struct awtun_sa *sa);
int awtun_tunnel_get(struct awtun_nl *nl, __u32 ifindex,
		     struct awtun_tunnel *tunnel);
/* The tunnel of this name, by a dump; -ENODEV. */
int awtun_tunnel_find(struct awtun_nl *nl, const char *ifname,
		      struct awtun_tunnel *tunnel);
/* @ifindex 0: of all tunnels. Returns the count of SAs, or -errno. */
int awtun_sa_dump(struct awtun_nl *nl, __u32 ifindex, struct awtun_sa *sas,
		  unsigned int max);

/* AWTUN_CMD_TRANSPORT_ADD and _DEL; the count of transports, or -errno. */
int awtun_transport_do(struct awtun_nl *nl, __u8 cmd, int fd);
int awtun_transport_dump(struct awtun_nl *nl,
			 struct awtun_transport *transports, unsigned int max);

#endif /* AWTUN_NL_H */
