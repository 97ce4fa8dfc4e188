// SPDX-License-Identifier: GPL-2.0-only
/* Traffic selectors in requests and answers. */
#include <linux/slab.h>

#include "genl.h"
#include "refuse.h"
#include "selector.h"

static const struct nla_policy selector_policy[AWTUN_TS_A_MAX + 1] = {
	[AWTUN_TS_A_START] = NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
	[AWTUN_TS_A_END] = NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
	[AWTUN_TS_A_PROTOCOL] = { .type = NLA_U8 },
	[AWTUN_TS_A_PORT_MIN] = { .type = NLA_U16 },
	[AWTUN_TS_A_PORT_MAX] = { .type = NLA_U16 },
};

static const struct nla_policy list_policy[AWTUN_TS_LIST_A_MAX + 1] = {
	[AWTUN_TS_LIST_A_SELECTOR] = { .type = NLA_NESTED },
	[AWTUN_TS_LIST_A_ANY] = { .type = NLA_FLAG },
};

static int parse_range(struct nlattr * const tb[], const struct nlattr *nest,
		       struct awtun_selector *selector,
		       struct netlink_ext_ack *extack)
{
	const struct nlattr *start = tb[AWTUN_TS_A_START];
	const struct nlattr *end = tb[AWTUN_TS_A_END];
	int len;

	if (!start || !end)
		return AWTUN_REFUSE_ATTR(extack, nest, -EINVAL,
					 "START and END are required");
	len = nla_len(start);
	if (len != 4 && len != 16)
		return AWTUN_REFUSE_ATTR(extack, start, -EINVAL,
					 "START must have 4 or 16 octets");
	if (nla_len(end) != len)
		return AWTUN_REFUSE_ATTR(extack, end, -EINVAL,
					 "END must be as long as START");

	memcpy(selector->start, nla_data(start), len);
	memcpy(selector->end, nla_data(end), len);
	selector->addr_len = len;
	if (memcmp(selector->start, selector->end, len) > 0)
		return AWTUN_REFUSE_ATTR(extack, end, -EINVAL,
					 "END must not be below START");

	return 0;
}

static int parse_selector(const struct nlattr *nest,
			  struct awtun_selector *selector,
			  struct netlink_ext_ack *extack)
{
	struct nlattr *tb[AWTUN_TS_A_MAX + 1];
	int err;

	err = nla_parse_nested(tb, AWTUN_TS_A_MAX, nest, selector_policy,
			       extack);
	if (!err)
		err = parse_range(tb, nest, selector, extack);
	if (err)
		return err;

	selector->port_max = U16_MAX;
	if (tb[AWTUN_TS_A_PROTOCOL])
		selector->protocol = nla_get_u8(tb[AWTUN_TS_A_PROTOCOL]);
	if (tb[AWTUN_TS_A_PORT_MIN])
		selector->port_min = nla_get_u16(tb[AWTUN_TS_A_PORT_MIN]);
	if (tb[AWTUN_TS_A_PORT_MAX])
		selector->port_max = nla_get_u16(tb[AWTUN_TS_A_PORT_MAX]);
	if (selector->port_min > selector->port_max)
		return AWTUN_REFUSE_ATTR(extack, tb[AWTUN_TS_A_PORT_MAX] ?:
						 tb[AWTUN_TS_A_PORT_MIN],
					 -EINVAL,
					 "PORT_MAX must not be below PORT_MIN");

	return 0;
}

/* How many selectors are in a list, 0 when it is for everything, or an error. */
static int count(const struct nlattr *list, struct netlink_ext_ack *extack)
{
	const struct nlattr *attr, *any = NULL;
	int n = 0, rem, err;

	err = nla_validate_nested(list, AWTUN_TS_LIST_A_MAX, list_policy,
				  extack);
	if (err)
		return err;

	nla_for_each_nested(attr, list, rem) {
		if (++n > AWTUN_TS_MAX)
			return AWTUN_REFUSE_ATTR(extack, attr, -EINVAL,
						 "too many SELECTORs in the list");
		if (nla_type(attr) == AWTUN_TS_LIST_A_ANY)
			any = attr;
	}
	if (any && n > 1)
		return AWTUN_REFUSE_ATTR(extack, any, -EINVAL,
					 "ANY must be the only entry of the selector list");
	if (any)
		return 0;
	if (!n)
		return AWTUN_REFUSE_ATTR(extack, list, -EINVAL,
					 "SELECTOR or ANY is required");

	return n;
}

/**
 * awtun_parse_selectors() - read one side's selectors
 * @list: the attribute
 * @extack: says what is wrong
 *
 * Return: the selectors, to be freed by kfree(); NULL when the list says that
 * everything is covered; or an error pointer.
 */
struct awtun_selectors *awtun_parse_selectors(const struct nlattr *list,
					      struct netlink_ext_ack *extack)
{
	struct awtun_selectors *selectors;
	const struct nlattr *attr;
	int n, rem, err;

	n = count(list, extack);
	if (n <= 0)
		return ERR_PTR(n);

	selectors = kzalloc(struct_size(selectors, list, n),
			    GFP_KERNEL_ACCOUNT);
	if (!selectors)
		return ERR_PTR(-ENOMEM);

	nla_for_each_nested(attr, list, rem) {
		err = parse_selector(attr, &selectors->list[selectors->n],
				     extack);
		if (err) {
			kfree(selectors);
			return ERR_PTR(err);
		}
		selectors->n++;
	}

	return selectors;
}

static int put_selector(struct sk_buff *skb,
			const struct awtun_selector *selector)
{
	struct nlattr *nest = nla_nest_start(skb, AWTUN_TS_LIST_A_SELECTOR);

	if (!nest ||
	    nla_put(skb, AWTUN_TS_A_START, selector->addr_len,
		    selector->start) ||
	    nla_put(skb, AWTUN_TS_A_END, selector->addr_len, selector->end) ||
	    nla_put_u8(skb, AWTUN_TS_A_PROTOCOL, selector->protocol) ||
	    nla_put_u16(skb, AWTUN_TS_A_PORT_MIN, selector->port_min) ||
	    nla_put_u16(skb, AWTUN_TS_A_PORT_MAX, selector->port_max))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);

	return 0;
}

/**
 * awtun_put_selectors() - write one side's selectors
 * @skb: gets the attribute
 * @type: the attribute
 * @selectors: NULL for everything
 *
 * Return: 0 or -EMSGSIZE.
 */
int awtun_put_selectors(struct sk_buff *skb, int type,
			const struct awtun_selectors *selectors)
{
	struct nlattr *nest;
	unsigned int i;

	nest = nla_nest_start(skb, type);
	if (!nest)
		return -EMSGSIZE;
	if (!selectors && nla_put_flag(skb, AWTUN_TS_LIST_A_ANY))
		return -EMSGSIZE;
	for (i = 0; selectors && i < selectors->n; i++)
		if (put_selector(skb, &selectors->list[i]))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);

	return 0;
}
