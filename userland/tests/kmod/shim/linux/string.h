/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef AWTUN_SHIM_STRING_H
#define AWTUN_SHIM_STRING_H

#include <string.h>

#endif
