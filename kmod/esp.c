// SPDX-License-Identifier: GPL-2.0-only
#include <linux/align.h>

#include "esp.h"

/**
 * awtun_esp_trailer_len() - pad, pad length and next header of a packet
 * @esp: lengths of the suite
 * @inner_len: octets of the inner packet
 *
 * Return: octets, so that the encrypted part is a multiple of the alignment.
 */
unsigned int awtun_esp_trailer_len(const struct awtun_esp *esp,
				   unsigned int inner_len)
{
	return ALIGN(inner_len + AWTUN_ESP_PAD_HDR_LEN, esp->align) - inner_len;
}

/**
 * awtun_esp_fill_trailer() - write pad, pad length and next header
 * @trailer: first octet behind the inner packet
 * @len: awtun_esp_trailer_len()
 * @next_header: protocol of the inner packet
 *
 * The pad is 1, 2, 3 and so on, RFC 4303 section 2.4.
 */
void awtun_esp_fill_trailer(u8 *trailer, unsigned int len, u8 next_header)
{
	unsigned int pad = len - AWTUN_ESP_PAD_HDR_LEN;
	unsigned int i;

	for (i = 0; i < pad; i++)
		trailer[i] = i + 1;
	trailer[pad] = pad;
	trailer[pad + 1] = next_header;
}

/**
 * awtun_esp_parse_trailer() - take the trailer off an authenticated packet
 * @plain: decrypted part, without IV and ICV
 * @len: octets of @plain, awtun_esp_len_valid() holds
 * @inner_len: gets the octets in front of the pad
 * @next_header: gets the protocol of the inner packet
 *
 * Return: false when the pad is longer than the packet or not 1, 2, 3 and so on;
 * the results are then undefined.
 */
bool awtun_esp_parse_trailer(const u8 *plain, unsigned int len,
			     unsigned int *inner_len, u8 *next_header)
{
	unsigned int pad = plain[len - 2];
	unsigned int i;

	if (pad > len - AWTUN_ESP_PAD_HDR_LEN)
		return false;

	*next_header = plain[len - 1];
	*inner_len = len - AWTUN_ESP_PAD_HDR_LEN - pad;
	for (i = 0; i < pad; i++)
		if (plain[*inner_len + i] != i + 1)
			return false;

	return true;
}

/**
 * awtun_esp_len_valid() - may a packet of this length be decrypted at all?
 * @esp: lengths of the suite
 * @len: octets from the SPI to the end of the ICV
 *
 * Return: true when the encrypted part is one or more whole blocks.
 */
bool awtun_esp_len_valid(const struct awtun_esp *esp, unsigned int len)
{
	unsigned int overhead = AWTUN_ESP_HDR_LEN + esp->iv_len + esp->icv_len;

	return len >= overhead + esp->align &&
	       IS_ALIGNED(len - overhead, esp->align);
}

/**
 * awtun_esp_mtu() - longest inner packet that crosses a path in one piece
 * @esp: lengths of the suite
 * @path_mtu: octets that the path carries, outer IP header included
 * @outer_len: octets of the outer IP header
 *
 * Return: octets, 0 when nothing fits.
 */
unsigned int awtun_esp_mtu(const struct awtun_esp *esp, unsigned int path_mtu,
			   unsigned int outer_len)
{
	unsigned int overhead = outer_len + AWTUN_ESP_HDR_LEN + esp->iv_len +
				esp->icv_len;

	if (path_mtu < overhead + esp->align)
		return 0;

	return ALIGN_DOWN(path_mtu - overhead, esp->align) -
	       AWTUN_ESP_PAD_HDR_LEN;
}
