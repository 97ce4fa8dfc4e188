// SPDX-License-Identifier: GPL-2.0-only
#include <linux/limits.h>
#include <linux/string.h>

#include "selector.h"

static bool any_port(const struct awtun_selector *selector)
{
	return !selector->port_min && selector->port_max == U16_MAX;
}

static bool match(const struct awtun_selector *selector,
		  const struct awtun_flow *flow,
		  const struct awtun_flow_side *side)
{
	if (selector->addr_len != flow->addr_len ||
	    memcmp(side->addr, selector->start, flow->addr_len) < 0 ||
	    memcmp(side->addr, selector->end, flow->addr_len) > 0)
		return false;
	if (selector->protocol && selector->protocol != flow->protocol)
		return false;
	if (any_port(selector))
		return true;

	return !flow->opaque && side->port >= selector->port_min &&
	       side->port <= selector->port_max;
}

/**
 * awtun_selectors_same() - are two lists the same, one by one?
 * @a: a list; NULL covers everything
 * @b: another
 *
 * Return: false for lists of another order, too, which cover the same.
 */
bool awtun_selectors_same(const struct awtun_selectors *a,
			  const struct awtun_selectors *b)
{
	if (!a || !b)
		return a == b;

	/* There is no padding, and what an address leaves is 0. */
	return a->n == b->n && !memcmp(a->list, b->list, a->n * sizeof(*a->list));
}

/**
 * awtun_selectors_match() - do selectors cover one side of a packet?
 * @selectors: those of this side; NULL covers everything
 * @flow: the packet
 * @side: one side of it
 *
 * Return: true when any of them does. Ports that are not known are covered by
 * all ports only, RFC 4301 section 7.
 */
bool awtun_selectors_match(const struct awtun_selectors *selectors,
			   const struct awtun_flow *flow,
			   const struct awtun_flow_side *side)
{
	unsigned int i;

	if (!selectors)
		return true;
	for (i = 0; i < selectors->n; i++)
		if (match(&selectors->list[i], flow, side))
			return true;

	return false;
}
