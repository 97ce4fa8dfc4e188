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
 * struct awtun_crypto_params - suite and keys of an SA, checked
 * @cipher: enum awtun_cipher
 * @auth: enum awtun_auth
 * @icv_len: octets, AES-GCM only
 * @key_len: octets of @key
 * @auth_key_len: octets of @auth_key
 * @esn: extended sequence numbers, RFC 4303 section 2.2.1
 * @key: AES key
 * @auth_key: HMAC key; AES-CBC only
 * @salt: AWTUN_SALT_LEN octets; AES-GCM only
 *
 * The keys are the caller's; nothing keeps a pointer to them.
 */
struct awtun_crypto_params {
	u32 cipher;
	u32 auth;
	u32 icv_len;
	unsigned int key_len;
	unsigned int auth_key_len;
	bool esn;
	const u8 *key;
	const u8 *auth_key;
	const u8 *salt;
};

/**
 * struct awtun_crypto - keyed suite of an SA
 * @tfm: gcm(aes), authenc(hmac(..),cbc(aes)), or authencesn() of the same
 * @ops: a request for each CPU, NULL when @tfm may complete later
 * @esp: lengths on the wire
 * @aad_len: octets authenticated but not encrypted, from the SPI on; the upper
 *	half of the sequence number included where there is one
 * @esn: extended sequence numbers
 * @salt: AES-GCM only
 */
struct awtun_crypto {
	struct crypto_aead *tfm;
	struct awtun_op * __percpu *ops;
	struct awtun_esp esp;
	u8 aad_len;
	bool esn;
	u8 salt[AWTUN_SALT_LEN];
};

/* What goes on with a packet after its transformation, which ended with @err.
 * Bottom halves are disabled; the packet is the function's.
 */
typedef void (*awtun_crypto_done)(struct awtun_sa *sa, struct sk_buff *skb,
				  int err);

int awtun_auth_key_len(u32 auth);

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
