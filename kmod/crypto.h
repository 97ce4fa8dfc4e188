/* SPDX-License-Identifier: GPL-2.0-only */
/* One packet through the kernel's crypto API. */
#ifndef _AWTUN_CRYPTO_H
#define _AWTUN_CRYPTO_H

#include <linux/awtun.h>

#include "esp.h"

struct awtun_op;
struct awtun_sa;
struct crypto_aead;
struct netlink_ext_ack;
struct sk_buff;

/**
 * struct awtun_suite - a cipher, with the HMAC beside it unless it is an AEAD
 * @cipher: enum awtun_cipher
 * @auth: enum awtun_auth, AWTUN_AUTH_NONE with an AEAD
 * @name: the algorithm in the crypto API
 * @esn_name: the one that authenticates a 64-bit sequence number
 * @key_lens: a bit for each length in octets that the cipher's key may have
 * @icv_lens: the same of the ICV
 * @auth_key_len: octets, 0 with an AEAD
 * @salt_len: octets before the IV that make a nonce of it, 0 unless an AEAD
 * @iv_len: octets on the wire
 * @align: what is encrypted is padded to a multiple of so many octets
 */
struct awtun_suite {
	u32 cipher;
	u32 auth;
	const char *name;
	const char *esn_name;
	u64 key_lens;
	u64 icv_lens;
	u8 auth_key_len;
	u8 salt_len;
	u8 iv_len;
	u8 align;
};

/**
 * struct awtun_crypto_params - suite and keys of an SA, checked
 * @suite: the algorithms
 * @icv_len: octets, one of the suite's
 * @key_len: octets of @key
 * @esn: extended sequence numbers, RFC 4303 section 2.2.1
 * @key: of the cipher
 * @auth_key: of the HMAC; NULL with an AEAD
 * @salt: NULL unless an AEAD
 *
 * The keys are the caller's; nothing keeps a pointer to them.
 */
struct awtun_crypto_params {
	const struct awtun_suite *suite;
	u32 icv_len;
	unsigned int key_len;
	bool esn;
	const u8 *key;
	const u8 *auth_key;
	const u8 *salt;
};

/**
 * struct awtun_crypto - keyed suite of an SA
 * @tfm: the algorithm of @suite
 * @ops: a request for each CPU, NULL when @tfm may complete later
 * @suite: what it was made of
 * @key_len: octets of the cipher's key
 * @esp: lengths on the wire
 * @aad_len: octets authenticated but not encrypted, from the SPI on; the upper
 *	half of the sequence number included where there is one
 * @esn: extended sequence numbers
 * @salt_len: octets of @salt, 0 unless an AEAD
 * @salt: before the IV in the nonce
 */
struct awtun_crypto {
	struct crypto_aead *tfm;
	struct awtun_op * __percpu *ops;
	const struct awtun_suite *suite;
	u32 key_len;
	struct awtun_esp esp;
	u8 aad_len;
	bool esn;
	u8 salt_len;
	u8 salt[AWTUN_SALT_LEN];
};

/* What goes on with a packet after its transformation, which ended with @err.
 * Bottom halves are disabled; the packet is the function's.
 */
typedef void (*awtun_crypto_done)(struct awtun_sa *sa, struct sk_buff *skb,
				  int err);

const struct awtun_suite *awtun_suite_find(u32 cipher, u32 auth);

int awtun_crypto_init(struct awtun_crypto *crypto,
		      const struct awtun_crypto_params *params,
		      struct netlink_ext_ack *extack);
void awtun_crypto_destroy(struct awtun_crypto *crypto);
const char *awtun_crypto_driver(const struct awtun_crypto *crypto);

void awtun_crypto_set_iv(const struct awtun_crypto *crypto, u8 *iv, u64 seq);
void awtun_encrypt(struct awtun_sa *sa, struct sk_buff *skb,
		   awtun_crypto_done done);
void awtun_decrypt(struct awtun_sa *sa, struct sk_buff *skb,
		   awtun_crypto_done done);

#endif /* _AWTUN_CRYPTO_H */
