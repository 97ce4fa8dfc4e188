/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _AWTUN_VMFORK_H
#define _AWTUN_VMFORK_H

int awtun_vmfork_init(void);
void awtun_vmfork_exit(void);

#endif /* _AWTUN_VMFORK_H */
