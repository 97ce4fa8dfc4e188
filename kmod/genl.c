// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <net/genetlink.h>

#include "compat.h"
#include "genl.h"

static const struct nla_policy tunnel_cmd_policy[AWTUN_A_MAX + 1] = {
	[AWTUN_A_TUNNEL] = { .type = NLA_NESTED },
};

static const struct nla_policy sa_cmd_policy[AWTUN_A_MAX + 1] = {
	[AWTUN_A_SA] = { .type = NLA_NESTED },
};

static const struct nla_policy transport_cmd_policy[AWTUN_A_MAX + 1] = {
	[AWTUN_A_TRANSPORT] = { .type = NLA_NESTED },
};

/* What all commands of a nest have in common. */
#define CMD_OF(nest)				\
	.policy = nest ## _cmd_policy,		\
	.maxattr = AWTUN_A_MAX,			\
	.flags = GENL_UNS_ADMIN_PERM

static const struct genl_ops awtun_ops[] = {
	{
		.cmd = AWTUN_CMD_TUNNEL_GET,
		.doit = awtun_tunnel_get_doit,
		.dumpit = awtun_tunnel_get_dumpit,
		CMD_OF(tunnel),
	}, {
		.cmd = AWTUN_CMD_TUNNEL_SET,
		.doit = awtun_tunnel_set_doit,
		CMD_OF(tunnel),
	}, {
		.cmd = AWTUN_CMD_SA_ADD,
		.doit = awtun_sa_add_doit,
		CMD_OF(sa),
	}, {
		.cmd = AWTUN_CMD_SA_ACTIVATE,
		.doit = awtun_sa_activate_doit,
		CMD_OF(sa),
	}, {
		.cmd = AWTUN_CMD_SA_DEL,
		.doit = awtun_sa_del_doit,
		CMD_OF(sa),
	}, {
		.cmd = AWTUN_CMD_SA_GET,
		.doit = awtun_sa_get_doit,
		.dumpit = awtun_sa_get_dumpit,
		CMD_OF(sa),
	}, {
		.cmd = AWTUN_CMD_SA_FLUSH,
		.doit = awtun_sa_flush_doit,
		CMD_OF(sa),
	}, {
		.cmd = AWTUN_CMD_TRANSPORT_ADD,
		.doit = awtun_transport_add_doit,
		CMD_OF(transport),
	}, {
		.cmd = AWTUN_CMD_TRANSPORT_DEL,
		.doit = awtun_transport_del_doit,
		CMD_OF(transport),
	}, {
		.cmd = AWTUN_CMD_TRANSPORT_GET,
		.dumpit = awtun_transport_get_dumpit,
		CMD_OF(transport),
	}, {
		.cmd = AWTUN_CMD_SA_SET,
		.doit = awtun_sa_set_doit,
		CMD_OF(sa),
	}, {
		.cmd = AWTUN_CMD_SA_EXPECT,
		.doit = awtun_sa_expect_doit,
		CMD_OF(sa),
	},
};

static const struct genl_multicast_group awtun_mcgrps[] = {
	{ .name = AWTUN_GENL_MCGRP_EVENTS, .flags = AWTUN_MCAST_FLAGS },
};

/* Requests for different tunnels run side by side: each tunnel has a lock. */
static struct genl_family awtun_family __ro_after_init = {
	.name = AWTUN_GENL_NAME,
	.version = AWTUN_GENL_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = awtun_ops,
	.n_ops = ARRAY_SIZE(awtun_ops),
	.resv_start_op = AWTUN_CMD_TUNNEL_GET,
	.mcgrps = awtun_mcgrps,
	.n_mcgrps = ARRAY_SIZE(awtun_mcgrps),
};

int __init awtun_genl_init(void)
{
	awtun_genl_family = &awtun_family;

	return genl_register_family(&awtun_family);
}

void awtun_genl_exit(void)
{
	genl_unregister_family(&awtun_family);
}

MODULE_ALIAS_GENL_FAMILY(AWTUN_GENL_NAME);
