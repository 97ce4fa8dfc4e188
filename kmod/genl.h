/* SPDX-License-Identifier: GPL-2.0-only */
/* Generic netlink family "awtun", see the uapi header: what the commands for
 * tunnels and those for SAs share.
 *
 * The contents of a nest are parsed by the commands and not by the core, each
 * by its own policy: so an attribute that a command does not know is refused,
 * and a request with keys always gets as far as to have them wiped.
 */
#ifndef _AWTUN_GENL_H
#define _AWTUN_GENL_H

#include <linux/netlink.h>
#include <net/genetlink.h>
#include <linux/awtun.h>

#include "note.h"
#include "refuse.h"

struct awtun_sa;
struct awtun_selectors;
struct awtun_transport;
struct awtun_tunnel;

/* The registered family, for those who write messages of it. */
extern const struct genl_family *awtun_genl_family;

/**
 * struct awtun_req - a request while it is served
 * @nest: the one nest of the command
 * @tb: its contents; the largest of the nests fits
 * @extack: for the answer
 */
struct awtun_req {
	struct nlattr *nest;
	struct nlattr *tb[AWTUN_SA_A_MAX + 1];
	struct netlink_ext_ack *extack;
};

static inline int awtun_refuse(const struct awtun_req *req, int type, int err)
{
	NL_SET_BAD_ATTR(req->extack, req->tb[type]);

	return err;
}

/* Refuse an attribute, with the reason: a literal. */
#define AWTUN_REFUSE(req, type, err, msg) ({			\
	const struct awtun_req *__req = (req);			\
								\
	AWTUN_REFUSE_ATTR(__req->extack, __req->tb[type], err, msg);	\
})

/* Refuse a request that lacks an attribute; the message is a literal. */
#define AWTUN_MISSING(req, type, msg) ({			\
	const struct awtun_req *__req = (req);			\
								\
	NL_SET_ERR_ATTR_MISS(__req->extack, __req->nest, type);	\
	NL_SET_ERR_MSG_MOD(__req->extack, msg);			\
	-EINVAL;						\
})

int awtun_req_parse(struct awtun_req *req, struct genl_info *info, int type,
		    int maxtype, const struct nla_policy *policy);
int awtun_req_check_dev(const struct awtun_req *req, struct net *net, int type);
struct awtun_tunnel *awtun_req_lock(const struct awtun_req *req,
				    struct genl_info *info, int type);
void awtun_req_unlock(struct awtun_tunnel *tun);
int awtun_req_check_underlay(const struct awtun_req *req, int type,
			     const struct awtun_tunnel *tun);
void awtun_req_changed(struct genl_info *info);

/**
 * struct awtun_dump - where a dump goes on, in &struct netlink_callback.ctx
 * @ifindex: the only tunnel wanted, 0 for all
 * @dev: devices of the namespace that are done
 * @sa: SAs with lower identifiers of the next device are done
 * @begun: not the first call; that one checks the request, because the start
 *	operation of 6.1 has no extack to say what is wrong
 */
struct awtun_dump {
	u32 ifindex;
	u32 dev;
	u32 sa;
	bool begun;
};

struct awtun_dump *awtun_dump_of(struct netlink_callback *cb);
int awtun_dump_tunnels(struct sk_buff *skb, struct netlink_callback *cb,
		       int (*dump_one)(struct sk_buff *skb,
				       struct netlink_callback *cb,
				       const struct awtun_tunnel *tun));
void *awtun_dump_put(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd);

int awtun_put_stats(struct sk_buff *skb, int type,
		    const u64 drops[AWTUN_TUNNEL_STAT_MAX + 1]);

int awtun_tunnel_get_doit(struct sk_buff *skb, struct genl_info *info);
int awtun_tunnel_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int awtun_tunnel_set_doit(struct sk_buff *skb, struct genl_info *info);

int awtun_sa_add_doit(struct sk_buff *skb, struct genl_info *info);
int awtun_sa_expect_doit(struct sk_buff *skb, struct genl_info *info);
int awtun_sa_set_doit(struct sk_buff *skb, struct genl_info *info);
int awtun_sa_activate_doit(struct sk_buff *skb, struct genl_info *info);
int awtun_sa_del_doit(struct sk_buff *skb, struct genl_info *info);
int awtun_sa_get_doit(struct sk_buff *skb, struct genl_info *info);
int awtun_sa_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int awtun_sa_flush_doit(struct sk_buff *skb, struct genl_info *info);

int awtun_transport_add_doit(struct sk_buff *skb, struct genl_info *info);
int awtun_transport_del_doit(struct sk_buff *skb, struct genl_info *info);
int awtun_transport_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);

int awtun_put_sa_id(struct sk_buff *skb, const struct awtun_sa *sa);
int awtun_put_transport(struct sk_buff *skb,
			const struct awtun_transport *transport);
struct awtun_selectors *awtun_parse_selectors(const struct nlattr *list,
					      struct netlink_ext_ack *extack);
int awtun_put_selectors(struct sk_buff *skb, int type,
			const struct awtun_selectors *selectors);

void awtun_notify_sa(struct awtun_sa *sa, enum awtun_event event,
		     enum awtun_expiry cause);
void awtun_notify_note(const struct awtun_tunnel *tun, enum awtun_note_kind kind,
		       const struct awtun_note *note);
void awtun_notify_transport(const struct awtun_transport *transport);
void awtun_notify_vm_forked(struct net *net);

int awtun_genl_init(void);
void awtun_genl_exit(void);

#endif /* _AWTUN_GENL_H */
