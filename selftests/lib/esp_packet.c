// SPDX-License-Identifier: GPL-2.0-only
/* ESP packets out of OpenSSL's ciphers, and the IP and UDP around and in it. */
#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "esp_packet.h"

#define AEAD_TAG		16
#define AEAD_NONCE	12

static bool is_aead(const struct esp_sa *sa)
{
	return awtun_suite_is_aead(sa->suite);
}

size_t esp_iv_len(const struct esp_sa *sa)
{
	return awtun_iv_len(sa->suite);
}

size_t esp_block(const struct esp_sa *sa)
{
	return awtun_block(sa->suite);
}

size_t esp_trailer_pad(__u8 *plain, size_t len, unsigned int pad,
		       __u8 next_header)
{
	unsigned int i;

	for (i = 1; i <= pad; i++)
		plain[len++] = i;
	plain[len++] = pad;
	plain[len++] = next_header;
	return len;
}

size_t esp_trailer(const struct esp_sa *sa, __u8 *plain, size_t len,
		   __u8 next_header)
{
	size_t over = (len + 2) % esp_block(sa);

	return esp_trailer_pad(plain, len, over ? esp_block(sa) - over : 0,
			       next_header);
}

static const EVP_CIPHER *cipher(const struct esp_sa *sa)
{
	if (sa->suite->cipher == AWTUN_CIPHER_CHACHA20_POLY1305)
		return EVP_chacha20_poly1305();
	switch (sa->suite->key_len) {
	case 16:
		return is_aead(sa) ? EVP_aes_128_gcm() : EVP_aes_128_cbc();
	case 24:
		return is_aead(sa) ? EVP_aes_192_gcm() : EVP_aes_192_cbc();
	default:
		return is_aead(sa) ? EVP_aes_256_gcm() : EVP_aes_256_cbc();
	}
}

static const EVP_MD *digest(const struct esp_sa *sa)
{
	switch (sa->suite->auth) {
	case AWTUN_AUTH_HMAC_SHA1_96:
		return EVP_sha1();
	case AWTUN_AUTH_HMAC_SHA256_128:
		return EVP_sha256();
	default:
		return EVP_sha512();
	}
}

/* Of the packet, and the upper half of an extended sequence number. */
static void hmac(const struct esp_sa *sa, __u32 high, const __u8 *esp,
		 size_t len, __u8 *icv)
{
	__u8 full[EVP_MAX_MD_SIZE], data[ESP_MAX + 4];

	memcpy(data, esp, len);
	if (sa->esn) {
		high = htonl(high);
		memcpy(data + len, &high, 4);
		len += 4;
	}
	if (!HMAC(digest(sa), sa->keymat + sa->suite->key_len,
		  sa->suite->auth_key_len, data, len, full, NULL))
		abort();
	memcpy(icv, full, sa->suite->icv_len);
}

/* RFC 4106 section 5: SPI and sequence number, all of it. */
static void put_aad(EVP_CIPHER_CTX *ctx, const struct esp_sa *sa, __u32 high,
		    const __u8 *esp)
{
	__u8 aad[ESP_HDR + 4];
	size_t len = ESP_HDR;
	int n;

	memcpy(aad, esp, ESP_HDR);
	if (sa->esn) {
		high = htonl(high);
		memcpy(aad + 4, &high, 4);
		memcpy(aad + 8, esp + 4, 4);
		len += 4;
	}
	if (!EVP_CipherUpdate(ctx, NULL, &n, aad, len))
		abort();
}

/* A context with key and IV, and for an AEAD with the AAD. */
static EVP_CIPHER_CTX *begin(const struct esp_sa *sa, __u32 high,
			     const __u8 *esp, bool encrypt)
{
	const __u8 *iv = esp + ESP_HDR;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	__u8 nonce[AEAD_NONCE];

	if (is_aead(sa)) {
		memcpy(nonce, sa->keymat + sa->suite->key_len, AWTUN_SALT_LEN);
		memcpy(nonce + AWTUN_SALT_LEN, iv, AEAD_NONCE - AWTUN_SALT_LEN);
		iv = nonce;
	}
	if (!ctx || !EVP_CipherInit_ex(ctx, cipher(sa), NULL, sa->keymat, iv,
				       encrypt))
		abort();
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	if (is_aead(sa))
		put_aad(ctx, sa, high, esp);
	return ctx;
}

size_t esp_seal(const struct esp_sa *sa, __u64 seq, const __u8 *plain,
		size_t len, __u8 *esp)
{
	__u32 spi = htonl(sa->spi), number = htonl(seq);
	size_t head = ESP_HDR + esp_iv_len(sa);
	__u8 tag[AEAD_TAG];
	EVP_CIPHER_CTX *ctx;
	int n;

	memcpy(esp, &spi, 4);
	memcpy(esp + 4, &number, 4);
	if (RAND_bytes(esp + ESP_HDR, esp_iv_len(sa)) != 1)
		abort();
	ctx = begin(sa, seq >> 32, esp, true);
	if (!EVP_CipherUpdate(ctx, esp + head, &n, plain, len))
		abort();
	if (is_aead(sa)) {
		if (!EVP_CipherFinal_ex(ctx, tag, &n) ||
		    !EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG,
					 tag))
			abort();
		memcpy(esp + head + len, tag, sa->suite->icv_len);
	} else {
		hmac(sa, seq >> 32, esp, head + len, esp + head + len);
	}
	EVP_CIPHER_CTX_free(ctx);
	return head + len + sa->suite->icv_len;
}

ssize_t esp_open(const struct esp_sa *sa, __u32 high, const __u8 *esp,
		 size_t len, __u32 *low, __u8 *plain)
{
	size_t head = ESP_HDR + esp_iv_len(sa), body;
	__u8 icv[EVP_MAX_MD_SIZE];
	EVP_CIPHER_CTX *ctx;
	bool good;
	int n;

	if (len < head + sa->suite->icv_len)
		return -1;
	body = len - head - sa->suite->icv_len;
	memcpy(low, esp + 4, 4);
	*low = ntohl(*low);
	ctx = begin(sa, high, esp, false);
	good = EVP_CipherUpdate(ctx, plain, &n, esp + head, body);
	if (is_aead(sa)) {
		memcpy(icv, esp + head + body, sa->suite->icv_len);
		good = good &&
		       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG,
					   sa->suite->icv_len, icv) &&
		       EVP_CipherFinal_ex(ctx, plain + body, &n) > 0;
	} else {
		hmac(sa, high, esp, head + body, icv);
		good = good && !CRYPTO_memcmp(icv, esp + head + body,
					      sa->suite->icv_len);
	}
	EVP_CIPHER_CTX_free(ctx);
	return good ? (ssize_t)body : -1;
}

struct ip_end ip_end(const char *address)
{
	struct ip_end end = { .family = AF_INET6 };

	if (!strchr(address, ':'))
		end.family = AF_INET;
	if (inet_pton(end.family, address, end.addr) != 1)
		abort();
	return end;
}

size_t ip_hdr_len(const struct ip_end *end)
{
	return end->family == AF_INET ? IPV4_HDR : IPV6_HDR;
}

/* The internet checksum's sum, not folded; @len odd: as if a 0 followed. */
static __u32 sum16(__u32 sum, const __u8 *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		sum += i % 2 ? data[i] : data[i] << 8;
	return sum;
}

static void put_checksum(__u8 *at, __u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	at[0] = sum >> 8;
	at[1] = sum;
}

void ipv4_checksum(__u8 *packet)
{
	packet[10] = 0;
	packet[11] = 0;
	put_checksum(packet + 10, sum16(0, packet, (packet[0] & 15) * 4));
}

static void ipv4_header(const struct ip_end *src, const struct ip_end *dst,
			__u8 tos, __u8 protocol, size_t len,
			__u8 *out)
{
	static __u16 id;

	memset(out, 0, IPV4_HDR);
	out[0] = 0x45;
	out[1] = tos;
	out[2] = (IPV4_HDR + len) >> 8;
	out[3] = IPV4_HDR + len;
	out[4] = ++id >> 8;
	out[5] = id;
	out[8] = 64;
	out[9] = protocol;
	memcpy(out + 12, src->addr, 4);
	memcpy(out + 16, dst->addr, 4);
	ipv4_checksum(out);
}

static void ipv6_header(const struct ip_end *src, const struct ip_end *dst,
			__u8 tos, __u8 protocol, size_t len,
			__u8 *out)
{
	memset(out, 0, IPV6_HDR);
	out[0] = 0x60 | tos >> 4;
	out[1] = tos << 4;
	out[4] = len >> 8;
	out[5] = len;
	out[6] = protocol;
	out[7] = 64;
	memcpy(out + 8, src->addr, 16);
	memcpy(out + 24, dst->addr, 16);
}

size_t ip_packet(const struct ip_end *src, const struct ip_end *dst,
		 __u8 tos, __u8 protocol, const __u8 *data, size_t len,
		 __u8 *out)
{
	size_t head = ip_hdr_len(dst);

	memmove(out + head, data, len);
	if (dst->family == AF_INET)
		ipv4_header(src, dst, tos, protocol, len, out);
	else
		ipv6_header(src, dst, tos, protocol, len, out);
	return head + len;
}

/* Of a protocol's header and what it carries, with the pseudo header. */
static __u32 pseudo_sum(__u8 protocol, const __u8 *src, const __u8 *dst,
			size_t addr_len, const __u8 *data, size_t len)
{
	__u32 sum = protocol + len;

	sum = sum16(sum, src, addr_len);
	sum = sum16(sum, dst, addr_len);
	return sum16(sum, data, len);
}

static __u32 udp_sum(const __u8 *src, const __u8 *dst, size_t addr_len,
		     const __u8 *udp, size_t len)
{
	return pseudo_sum(IPPROTO_UDP, src, dst, addr_len, udp, len);
}

size_t udp_packet(const struct ip_end *src, const struct ip_end *dst,
		  __u8 tos, struct udp_ports ports, const __u8 *data,
		  size_t len, __u8 *out)
{
	size_t addr_len = dst->family == AF_INET ? 4 : 16, total = UDP_HDR + len;
	__u8 udp[ESP_MAX + UDP_HDR] = { 0 };

	udp[0] = ports.src >> 8;
	udp[1] = ports.src;
	udp[2] = ports.dst >> 8;
	udp[3] = ports.dst;
	udp[4] = total >> 8;
	udp[5] = total;
	memcpy(udp + UDP_HDR, data, len);
	put_checksum(udp + 6, udp_sum(src->addr, dst->addr, addr_len, udp,
				      total));
	/* 0 says that there is none, which is not allowed over IPv6 (RFC 768). */
	if (!udp[6] && !udp[7])
		memset(udp + 6, 0xff, 2);
	return ip_packet(src, dst, tos, IPPROTO_UDP, udp, total, out);
}

size_t too_big_packet(const struct ip_end *src, const struct ip_end *dst,
		      __u16 mtu, const __u8 *about, size_t len, __u8 *out)
{
	bool v4 = dst->family == AF_INET;
	__u8 icmp[ICMP_HDR + ICMP_QUOTE] = { v4 ? 3 : 2, v4 ? 4 : 0 };

	if (len > ICMP_QUOTE)
		len = ICMP_QUOTE;
	icmp[6] = mtu >> 8;
	icmp[7] = mtu;
	memcpy(icmp + ICMP_HDR, about, len);
	len += ICMP_HDR;
	put_checksum(icmp + 2, v4 ? sum16(0, icmp, len) :
		     pseudo_sum(IPPROTO_ICMPV6, src->addr, dst->addr, 16, icmp,
				len));
	return ip_packet(src, dst, 0, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, icmp,
			 len, out);
}

bool udp_header_is_right(const __u8 *packet, size_t len)
{
	bool v4 = packet[0] >> 4 == 4;
	size_t head = v4 ? IPV4_HDR : IPV6_HDR, addr_len = v4 ? 4 : 16;
	const __u8 *udp = packet + head, *src = packet + (v4 ? 12 : 8);
	__u8 checksum[2];

	if (len < head + UDP_HDR || (udp[4] << 8 | udp[5]) != (int)(len - head))
		return false;
	/* None is allowed over IPv4 alone. */
	if (!udp[6] && !udp[7])
		return v4;
	put_checksum(checksum, udp_sum(src, src + addr_len, addr_len, udp,
				       len - head));
	return !checksum[0] && !checksum[1];
}
