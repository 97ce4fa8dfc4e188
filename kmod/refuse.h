/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _AWTUN_REFUSE_H
#define _AWTUN_REFUSE_H

#include <linux/netlink.h>

/* Refuse an attribute, with the reason: a literal. The value is @err. The
 * variable must not have the name of that in NL_SET_ERR_MSG().
 */
#define AWTUN_REFUSE_ATTR(extack, attr, err, msg) ({		\
	struct netlink_ext_ack *__ack = (extack);		\
								\
	NL_SET_ERR_MSG_MOD(__ack, msg);				\
	NL_SET_BAD_ATTR(__ack, attr);				\
	err;							\
})

#endif /* _AWTUN_REFUSE_H */
