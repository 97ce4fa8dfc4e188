/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _AWTUN_REFUSE_H
#define _AWTUN_REFUSE_H

#include <linux/netlink.h>

/* Refuse an attribute, with the reason: a literal. The value is @err. */
#define AWTUN_REFUSE_ATTR(extack, attr, err, msg) ({		\
	struct netlink_ext_ack *__extack = (extack);		\
								\
	NL_SET_ERR_MSG_MOD(__extack, msg);			\
	NL_SET_BAD_ATTR(__extack, attr);			\
	err;							\
})

#endif /* _AWTUN_REFUSE_H */
