/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef AWTUN_SHIM_LIMITS_H
#define AWTUN_SHIM_LIMITS_H

#include_next <linux/limits.h>

#define U16_MAX ((u16)~0U)

#endif
