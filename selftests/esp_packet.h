/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ESP in tunnel mode (RFC 4303) out of OpenSSL's ciphers, and the IP and UDP
 * around and in it: written apart from the module, to check it.
 */
#ifndef ESP_PACKET_H
#define ESP_PACKET_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "awtun_nl.h"

#define ESP_HDR		8	/* SPI and sequence number */
#define ESP_MAX		2048	/* octets of any packet here */
#define IPV4_HDR	20
#define IPV6_HDR	40
#define UDP_HDR		8

struct esp_sa {
	const struct awtun_suite *suite;
	uint32_t spi;
	uint8_t keymat[AWTUN_KEYMAT_MAX];
};

/* Octets of the IV, and of what the payload has to be a multiple. */
size_t esp_iv_len(const struct esp_sa *sa);
size_t esp_block(const struct esp_sa *sa);

/*
 * Appends the shortest trailer: pad, pad length, next header. Returns the new
 * length.
 */
size_t esp_trailer(const struct esp_sa *sa, uint8_t *plain, size_t len,
		   uint8_t next_header);
/* The same with a pad of @pad octets, however long that makes it. */
size_t esp_trailer_pad(uint8_t *plain, size_t len, unsigned int pad,
		       uint8_t next_header);

/* Encrypts @plain, trailer and all, with a random IV. Returns the length. */
size_t esp_seal(const struct esp_sa *sa, uint32_t seq, const uint8_t *plain,
		size_t len, uint8_t *esp);
/*
 * Verifies and decrypts. Returns the length of @plain with its trailer, -1
 * when it is not authentic.
 */
ssize_t esp_open(const struct esp_sa *sa, const uint8_t *esp, size_t len,
		 uint32_t *seq, uint8_t *plain);

/* An address of either family. */
struct ip_end {
	int family;
	uint8_t addr[16];
};

struct ip_end ip_end(const char *address);
size_t ip_hdr_len(const struct ip_end *end);

/* Writes an IP header before @len octets of @protocol; returns all octets. */
size_t ip_packet(const struct ip_end *src, const struct ip_end *dst,
		 uint8_t tos, uint8_t protocol, const uint8_t *data, size_t len,
		 uint8_t *out);
size_t udp_packet(const struct ip_end *src, const struct ip_end *dst,
		  uint8_t tos, uint16_t port, const uint8_t *data, size_t len,
		  uint8_t *out);
/* After a change of an IPv4 header. */
void ipv4_checksum(uint8_t *packet);

#endif /* ESP_PACKET_H */
