// SPDX-License-Identifier: GPL-2.0-only
#include <crypto/aead.h>
#include <crypto/aes.h>
#include <crypto/authenc.h>
#include <crypto/chacha.h>
#include <crypto/poly1305.h>
#include <crypto/sha1.h>
#include <crypto/sha2.h>
#include <linux/netlink.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/rtnetlink.h>
#include <linux/scatterlist.h>
#include <linux/skbuff.h>

#include "compat.h"
#include "crypto.h"
#include "sa.h"
#include "skb.h"

/**
 * struct awtun_op - the transformation of one packet
 * @sa: its SA; by reference when the tfm is asynchronous
 * @skb: the packet
 * @done: goes on with it
 * @sg: from the SPI to the end of the ICV, without the IV of an AEAD
 * @header: SPI and 64-bit sequence number as authenticated with ESN
 * @iv: what the algorithm gets as its IV
 * @req: the request; the driver's context follows it
 */
struct awtun_op {
	struct awtun_sa *sa;
	struct sk_buff *skb;
	awtun_crypto_done done;
	struct scatterlist sg[2];
	__be32 header[3];
	u8 iv[AWTUN_ESP_IV_MAX];
	struct aead_request req; /* last */
};

#define AES_KEY_LENS	(BIT_ULL(AES_KEYSIZE_128) | BIT_ULL(AES_KEYSIZE_192) | \
			 BIT_ULL(AES_KEYSIZE_256))

/* AES-CBC (RFC 3602) with an HMAC (RFC 2404, RFC 4868) */
#define CBC_SUITE(_auth, _key_len, _icv_len, _name, _esn_name) {	\
	.cipher = AWTUN_CIPHER_AES_CBC,					\
	.auth = _auth,							\
	.name = _name,							\
	.esn_name = _esn_name,						\
	.key_lens = AES_KEY_LENS,					\
	.icv_lens = BIT_ULL(_icv_len),					\
	.auth_key_len = _key_len,					\
	.iv_len = AES_BLOCK_SIZE,					\
	.align = AES_BLOCK_SIZE,					\
}

static const struct awtun_suite suites[] = {
	CBC_SUITE(AWTUN_AUTH_HMAC_SHA1_96, SHA1_DIGEST_SIZE, 12,
		  "authenc(hmac(sha1),cbc(aes))",
		  "authencesn(hmac(sha1),cbc(aes))"),
	CBC_SUITE(AWTUN_AUTH_HMAC_SHA256_128, SHA256_DIGEST_SIZE, 16,
		  "authenc(hmac(sha256),cbc(aes))",
		  "authencesn(hmac(sha256),cbc(aes))"),
	CBC_SUITE(AWTUN_AUTH_HMAC_SHA512_256, SHA512_DIGEST_SIZE, 32,
		  "authenc(hmac(sha512),cbc(aes))",
		  "authencesn(hmac(sha512),cbc(aes))"),
	{
		/* RFC 4106 */
		.cipher = AWTUN_CIPHER_AES_GCM,
		.name = "gcm(aes)",
		.esn_name = "gcm(aes)",
		.key_lens = AES_KEY_LENS,
		.icv_lens = BIT_ULL(8) | BIT_ULL(12) | BIT_ULL(16),
		.salt_len = AWTUN_SALT_LEN,
		.iv_len = 8,
		.align = 4,
	},
	{
		/* RFC 7634 */
		.cipher = AWTUN_CIPHER_CHACHA20_POLY1305,
		.name = "rfc7539(chacha20,poly1305)",
		.esn_name = "rfc7539(chacha20,poly1305)",
		.key_lens = BIT_ULL(CHACHA_KEY_SIZE),
		.icv_lens = BIT_ULL(POLY1305_DIGEST_SIZE),
		.salt_len = AWTUN_SALT_LEN,
		.iv_len = 8,
		.align = 4,
	},
};

/**
 * awtun_suite_find() - the row of a suite
 * @cipher: enum awtun_cipher
 * @auth: enum awtun_auth
 *
 * Return: NULL when these do not go together.
 */
const struct awtun_suite *awtun_suite_find(u32 cipher, u32 auth)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(suites); i++)
		if (suites[i].cipher == cipher && suites[i].auth == auth)
			return &suites[i];

	return NULL;
}

static struct crypto_aead *alloc_aead(const char *name,
				      struct netlink_ext_ack *extack)
{
	struct crypto_aead *tfm = crypto_alloc_aead(name, 0, 0);

	if (IS_ERR(tfm))
		NL_SET_ERR_MSG_MOD(extack,
				   "this kernel does not provide the algorithm");

	return tfm;
}

/* Both keys in the one blob that authenc takes. */
static int set_authenc_key(struct crypto_aead *tfm,
			   const struct awtun_crypto_params *params)
{
	unsigned int len = RTA_SPACE(sizeof(struct crypto_authenc_key_param)) +
			   params->suite->auth_key_len + params->key_len;
	struct crypto_authenc_key_param *param;
	struct rtattr *rta;
	u8 *blob, *p;
	int err;

	blob = kzalloc(len, GFP_KERNEL);
	if (!blob)
		return -ENOMEM;

	rta = (struct rtattr *)blob;
	rta->rta_type = CRYPTO_AUTHENC_KEYA_PARAM;
	rta->rta_len = RTA_LENGTH(sizeof(*param));
	param = RTA_DATA(rta);
	param->enckeylen = cpu_to_be32(params->key_len);

	p = blob + RTA_SPACE(sizeof(*param));
	memcpy(p, params->auth_key, params->suite->auth_key_len);
	memcpy(p + params->suite->auth_key_len, params->key, params->key_len);

	err = crypto_aead_setkey(tfm, blob, len);
	kfree_sensitive(blob);

	return err;
}

static int set_key(struct crypto_aead *tfm,
		   const struct awtun_crypto_params *params)
{
	if (params->suite->auth_key_len)
		return set_authenc_key(tfm, params);

	return crypto_aead_setkey(tfm, params->key, params->key_len);
}

/* An IV without salt is authenticated beside the header. */
static void set_layout(struct awtun_crypto *crypto,
		       const struct awtun_crypto_params *params)
{
	const struct awtun_suite *suite = params->suite;

	crypto->suite = suite;
	crypto->key_len = params->key_len;
	crypto->esn = params->esn;
	crypto->esp.iv_len = suite->iv_len;
	crypto->esp.icv_len = params->icv_len;
	crypto->esp.align = suite->align;
	crypto->aad_len = AWTUN_ESP_HDR_LEN;
	if (params->esn)
		crypto->aad_len += sizeof(__be32);
	if (!suite->salt_len)
		crypto->aad_len += suite->iv_len;

	crypto->salt_len = suite->salt_len;
	if (suite->salt_len)
		memcpy(crypto->salt, params->salt, suite->salt_len);
}

static size_t op_size(const struct awtun_crypto *crypto)
{
	return sizeof(struct awtun_op) + crypto_aead_reqsize(crypto->tfm);
}

static void free_ops(struct awtun_crypto *crypto)
{
	int cpu;

	if (!crypto->ops)
		return;

	for_each_possible_cpu(cpu)
		kfree_sensitive(*per_cpu_ptr(crypto->ops, cpu));
	free_percpu(crypto->ops);
}

/* A synchronous request lives no longer than the call, so one a CPU serves all
 * packets. It is not per CPU memory itself: algorithms put parts of their
 * context into scatterlists, which needs a direct mapping.
 */
static int alloc_ops(struct awtun_crypto *crypto)
{
	int cpu;

	crypto->ops = alloc_percpu_gfp(struct awtun_op *, GFP_KERNEL_ACCOUNT);
	if (!crypto->ops)
		return -ENOMEM;

	for_each_possible_cpu(cpu) {
		struct awtun_op *op;

		op = kzalloc_node(op_size(crypto), GFP_KERNEL_ACCOUNT,
				  cpu_to_node(cpu));
		if (!op)
			return -ENOMEM; /* awtun_crypto_destroy() frees */
		*per_cpu_ptr(crypto->ops, cpu) = op;
	}

	return 0;
}

static bool is_async(const struct awtun_crypto *crypto)
{
	return crypto_aead_alg(crypto->tfm)->base.cra_flags & CRYPTO_ALG_ASYNC;
}

/**
 * awtun_crypto_init() - key a suite
 * @crypto: zeroed
 * @params: suite and keys, checked
 * @extack: says what is missing
 *
 * Context: process, may load modules.
 * Return: 0 or an error; awtun_crypto_destroy() is due only after 0.
 */
int awtun_crypto_init(struct awtun_crypto *crypto,
		      const struct awtun_crypto_params *params,
		      struct netlink_ext_ack *extack)
{
	const struct awtun_suite *suite = params->suite;
	int err;

	set_layout(crypto, params);
	crypto->tfm = alloc_aead(params->esn ? suite->esn_name : suite->name,
				 extack);
	err = PTR_ERR_OR_ZERO(crypto->tfm);
	if (!err)
		err = set_key(crypto->tfm, params);
	if (!err)
		err = crypto_aead_setauthsize(crypto->tfm, crypto->esp.icv_len);
	if (!err && !is_async(crypto))
		err = alloc_ops(crypto);
	if (err)
		awtun_crypto_destroy(crypto);

	return err;
}

/**
 * awtun_crypto_destroy() - forget the keys
 * @crypto: no packet uses it any longer
 *
 * Context: process.
 */
void awtun_crypto_destroy(struct awtun_crypto *crypto)
{
	free_ops(crypto);
	crypto_free_aead(crypto->tfm); /* takes an error pointer too */
	memzero_explicit(crypto, sizeof(*crypto));
}

/**
 * awtun_crypto_driver() - which implementation the kernel chose
 * @crypto: a keyed suite
 *
 * Return: name of the driver.
 */
const char *awtun_crypto_driver(const struct awtun_crypto *crypto)
{
	return crypto_tfm_alg_driver_name(crypto_aead_tfm(crypto->tfm));
}

/**
 * awtun_crypto_set_iv() - write the IV of an outbound packet
 * @crypto: suite of its SA
 * @iv: where it goes, &struct awtun_esp.iv_len octets
 * @seq: sequence number of the packet, used once under this key
 *
 * An AEAD needs an IV that never repeats (RFC 4106 section 3.1): the sequence
 * number. AES-CBC needs an unpredictable one (RFC 3602 section 3).
 */
void awtun_crypto_set_iv(const struct awtun_crypto *crypto, u8 *iv, u64 seq)
{
	if (crypto->salt_len)
		put_unaligned_be64(seq, iv);
	else
		get_random_bytes(iv, crypto->esp.iv_len);
}

static struct awtun_op *get_op(struct awtun_sa *sa)
{
	struct awtun_crypto *crypto = &sa->crypto;
	struct awtun_op *op;

	if (crypto->ops)
		return *this_cpu_ptr(crypto->ops);

	op = kmalloc(op_size(crypto), GFP_ATOMIC);
	if (!op)
		return NULL;

	/* The packet found its SA under RCU, and the tunnel's reference is not
	 * dropped before a grace period has passed: this does not fail for a
	 * packet that found its SA in time.
	 */
	if (!percpu_ref_tryget(&sa->ref)) {
		kfree(op);
		return NULL;
	}

	return op;
}

static void put_op(struct awtun_op *op)
{
	struct awtun_sa *sa = op->sa;

	if (sa->crypto.ops)
		return;

	kfree_sensitive(op);
	percpu_ref_put(&sa->ref);
}

static void op_complete(AWTUN_CRYPTO_ARG *arg, int err)
{
	struct awtun_op *op = awtun_crypto_data(arg);

	/* Only word that a backlogged request has started. */
	if (err == -EINPROGRESS)
		return;

	/* The API promises it, but per CPU state depends on it. */
	local_bh_disable();
	op->done(op->sa, op->skb, err);
	put_op(op);
	local_bh_enable();
}

/* With ESN the number is authenticated whole, but only its lower half is in the
 * packet (RFC 4303 section 2.2.1): the header is then put together beside it.
 */
static void set_header(struct awtun_op *op, const u8 *esp, u64 seq)
{
	if (!op->sa->crypto.esn) {
		sg_set_buf(&op->sg[0], esp, AWTUN_ESP_HDR_LEN);
		return;
	}

	op->header[0] = op->sa->key.spi;
	op->header[1] = htonl(upper_32_bits(seq));
	op->header[2] = htonl(lower_32_bits(seq));
	sg_set_buf(&op->sg[0], op->header, sizeof(op->header));
}

static void prepare_op(struct awtun_op *op, struct awtun_sa *sa,
		       struct sk_buff *skb, awtun_crypto_done done)
{
	const struct awtun_crypto *crypto = &sa->crypto;
	u8 *esp = skb->data + awtun_cb(skb)->esp_offset;
	u8 *body = esp + AWTUN_ESP_HDR_LEN;
	u64 seq = awtun_cb(skb)->seq;

	op->sa = sa;
	op->skb = skb;
	op->done = done;

	if (crypto->salt_len) {
		memcpy(op->iv, crypto->salt, AWTUN_SALT_LEN);
		memcpy(op->iv + AWTUN_SALT_LEN, body, sizeof(u64));
		body += sizeof(u64);
	} else {
		memcpy(op->iv, body, crypto->esp.iv_len);
	}

	sg_init_table(op->sg, 2);
	set_header(op, esp, seq);
	sg_set_buf(&op->sg[1], body, skb_tail_pointer(skb) - body);

	aead_request_set_tfm(&op->req, crypto->tfm);
	aead_request_set_callback(&op->req, 0, op_complete, op);
	aead_request_set_ad(&op->req, crypto->aad_len);
}

/* @icv is not part of the text yet: its length on encryption, else 0. */
static __always_inline void transform(struct awtun_sa *sa, struct sk_buff *skb,
				      awtun_crypto_done done, unsigned int icv,
				      int (*run)(struct aead_request *req))
{
	const struct awtun_crypto *crypto = &sa->crypto;
	struct awtun_op *op = get_op(sa);
	unsigned int len;
	int err;

	if (!op) {
		done(sa, skb, -ENOMEM);
		return;
	}

	prepare_op(op, sa, skb, done);
	len = skb->len - awtun_cb(skb)->esp_offset - AWTUN_ESP_HDR_LEN -
	      crypto->esp.iv_len - icv;
	aead_request_set_crypt(&op->req, op->sg, op->sg, len, op->iv);

	err = run(&op->req);
	if (err == -EINPROGRESS)
		return;

	/* Without MAY_BACKLOG a full queue is an error like any other. */
	done(sa, skb, err);
	put_op(op);
}

/**
 * awtun_encrypt() - protect a packet
 * @sa: its SA
 * @skb: linear and private; its control block says where ESP begins and which
 *	sequence number it has, the last octets are room for the ICV
 * @done: goes on with it, now or later
 *
 * Context: bottom halves disabled, RCU.
 */
void awtun_encrypt(struct awtun_sa *sa, struct sk_buff *skb,
		   awtun_crypto_done done)
{
	transform(sa, skb, done, sa->crypto.esp.icv_len, crypto_aead_encrypt);
}

/**
 * awtun_decrypt() - check and decrypt a packet
 * @sa: its SA
 * @skb: linear and private, its length is valid for the suite; its control block
 *	says where ESP begins and which sequence number it has
 * @done: goes on with it, now or later; -EBADMSG says that the ICV is wrong
 *
 * Context: bottom halves disabled, RCU.
 */
void awtun_decrypt(struct awtun_sa *sa, struct sk_buff *skb,
		   awtun_crypto_done done)
{
	transform(sa, skb, done, 0, crypto_aead_decrypt);
}
