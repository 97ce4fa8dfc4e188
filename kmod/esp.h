/* SPDX-License-Identifier: GPL-2.0-only */
/* The ESP packet format of RFC 4303 as arithmetic on lengths and on its
 * trailer. Pure: also built in userland by its unit test.
 *
 *	SPI 4 | sequence 4 | IV | inner packet | pad | pad length 1 |
 *	next header 1 | ICV
 */
#ifndef _AWTUN_ESP_H
#define _AWTUN_ESP_H

#include <linux/types.h>

#define AWTUN_ESP_HDR_LEN	8	/* SPI and sequence number */
#define AWTUN_ESP_IV_MAX	16
#define AWTUN_ESP_ALIGN_MAX	16
#define AWTUN_ESP_ICV_MAX	32
#define AWTUN_ESP_PAD_HDR_LEN	2	/* pad length and next header */

/* What ESP adds at most, before and behind the inner packet. */
#define AWTUN_ESP_HEAD_MAX	(AWTUN_ESP_HDR_LEN + AWTUN_ESP_IV_MAX)
#define AWTUN_ESP_TAIL_MAX	(AWTUN_ESP_ALIGN_MAX - 1 + \
				 AWTUN_ESP_PAD_HDR_LEN + AWTUN_ESP_ICV_MAX)

/**
 * struct awtun_esp - the lengths of a suite, in octets
 * @iv_len: initialisation vector on the wire
 * @icv_len: integrity check value on the wire
 * @align: what the encrypted part is a multiple of; a power of two, 4 or more
 */
struct awtun_esp {
	u8 iv_len;
	u8 icv_len;
	u8 align;
};

unsigned int awtun_esp_trailer_len(const struct awtun_esp *esp,
				   unsigned int inner_len);
void awtun_esp_fill_trailer(u8 *trailer, unsigned int len, u8 next_header);
bool awtun_esp_parse_trailer(const u8 *plain, unsigned int len,
			     unsigned int *inner_len, u8 *next_header);
bool awtun_esp_len_valid(const struct awtun_esp *esp, unsigned int len);
unsigned int awtun_esp_mtu(const struct awtun_esp *esp, unsigned int path_mtu,
			   unsigned int outer_len);

#endif /* _AWTUN_ESP_H */
