// SPDX-License-Identifier: GPL-2.0-only
#include <linux/netlink.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/awtun.h>

#include "active.h"
#include "sa.h"
#include "selector.h"

static bool same_selectors(const struct awtun_sa *a, const struct awtun_sa *b)
{
	return awtun_selectors_same(a->ts_local, b->ts_local) &&
	       awtun_selectors_same(a->ts_remote, b->ts_remote);
}

/**
 * awtun_active_add() - make an SA the first active one
 * @sa: outbound SA of a tunnel, active or not
 * @extack: says why not
 *
 * It takes the place of one with the same selectors.
 *
 * Return: 0, or an error and nothing has changed.
 */
int awtun_active_add(struct awtun_sa *sa, struct netlink_ext_ack *extack)
{
	struct awtun_tunnel *tun = sa->tun;
	struct awtun_active *old, *new;
	struct awtun_sa *other;
	unsigned int i = 0;

	lockdep_assert_held(&tun->lock);

	old = awtun_active(tun);
	new = kmalloc(struct_size(new, sas, old ? old->n + 1 : 1),
		      GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;

	new->n = 0;
	new->sas[new->n++] = sa;
	while ((other = awtun_active_next(old, &i)))
		if (!same_selectors(other, sa))
			new->sas[new->n++] = other;
	if (new->n > AWTUN_ACTIVE_MAX) {
		kfree(new);
		NL_SET_ERR_MSG_MOD(extack, "too many active SAs in this tunnel");
		return -ENOSPC;
	}

	rcu_assign_pointer(tun->active, new);
	kfree_rcu(old, rcu);

	return 0;
}

/**
 * awtun_active_del() - let a tunnel no longer send by an SA
 * @sa: SA of a tunnel, active or not
 */
void awtun_active_del(const struct awtun_sa *sa)
{
	struct awtun_tunnel *tun = sa->tun;
	struct awtun_active *active;
	unsigned int i;

	lockdep_assert_held(&tun->lock);

	active = awtun_active(tun);
	for (i = 0; active && i < active->n; i++)
		if (active->sas[i] == sa)
			WRITE_ONCE(active->sas[i], NULL);

	i = 0;
	if (!awtun_active_next(active, &i)) {
		RCU_INIT_POINTER(tun->active, NULL);
		kfree_rcu(active, rcu);
	}
}

/**
 * awtun_active_has() - does a tunnel send by an SA?
 * @sa: SA of a tunnel
 *
 * Context: RCU, or &struct awtun_tunnel.lock.
 * Return: true when it is active.
 */
bool awtun_active_has(const struct awtun_sa *sa)
{
	const struct awtun_active *active = awtun_active(sa->tun);
	const struct awtun_sa *other;
	unsigned int i = 0;

	while ((other = awtun_active_next(active, &i)))
		if (other == sa)
			return true;

	return false;
}
