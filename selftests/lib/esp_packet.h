/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ESP in tunnel mode (RFC 4303) out of OpenSSL's ciphers, and the IP and UDP
 * around and in it: written apart from the module, to check it.
 */
#ifndef ESP_PACKET_H
#define ESP_PACKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "awtun_nl.h"

#define ESP_HDR		8	/* SPI and sequence number */
#define ESP_MAX		2048	/* octets of any packet here */
#define IPV4_HDR	20
#define IPV6_HDR	40
#define UDP_HDR		8
#define ICMP_HDR	8
#define ICMP_QUOTE	512	/* octets of a packet in an error */

struct esp_sa {
	const struct awtun_suite *suite;
	__u32 spi;
	bool esn;
	__u8 keymat[AWTUN_KEYMAT_MAX];
};

/* Octets of the IV, and of what the payload has to be a multiple. */
size_t esp_iv_len(const struct esp_sa *sa);
size_t esp_block(const struct esp_sa *sa);

/*
 * Appends the shortest trailer: pad, pad length, next header. Returns the new
 * length.
 */
size_t esp_trailer(const struct esp_sa *sa, __u8 *plain, size_t len,
		   __u8 next_header);
/* The same with a pad of @pad octets, however long that makes it. */
size_t esp_trailer_pad(__u8 *plain, size_t len, unsigned int pad,
		       __u8 next_header);

/* Encrypts @plain, trailer and all, with a random IV. Returns the length. */
size_t esp_seal(const struct esp_sa *sa, __u64 seq, const __u8 *plain,
		size_t len, __u8 *esp);
/*
 * Verifies and decrypts. @high: upper half of the sequence number, which only
 * an ESN SA looks at; @low gets the lower one. Returns the length of @plain
 * with its trailer, -1 when it is not authentic.
 */
ssize_t esp_open(const struct esp_sa *sa, __u32 high, const __u8 *esp,
		 size_t len, __u32 *low, __u8 *plain);

/* An address of either family. */
struct ip_end {
	int family;
	__u8 addr[16];
};

struct ip_end ip_end(const char *address);
size_t ip_hdr_len(const struct ip_end *end);

/* Writes an IP header before @len octets of @protocol; returns all octets. */
size_t ip_packet(const struct ip_end *src, const struct ip_end *dst,
		 __u8 tos, __u8 protocol, const __u8 *data, size_t len,
		 __u8 *out);
struct udp_ports {
	__u16 src;
	__u16 dst;
};

size_t udp_packet(const struct ip_end *src, const struct ip_end *dst,
		  __u8 tos, struct udp_ports ports, const __u8 *data,
		  size_t len, __u8 *out);
/* An ICMP error: @about, of which it quotes the beginning, is above @mtu. */
size_t too_big_packet(const struct ip_end *src, const struct ip_end *dst,
		      __u16 mtu, const __u8 *about, size_t len, __u8 *out);
/* Whether a UDP header fits the IP header before it, checksum and all. */
bool udp_header_is_right(const __u8 *packet, size_t len);
/* After a change of an IPv4 header. */
void ipv4_checksum(__u8 *packet);

#endif /* ESP_PACKET_H */
