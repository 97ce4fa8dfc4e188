/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef AWTUN_SHIM_KERNEL_H
#define AWTUN_SHIM_KERNEL_H

#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))
#define min(a, b) ((a) < (b) ? (a) : (b))

#endif
