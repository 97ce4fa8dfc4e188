// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/ike_cipher.h"

#include <algorithm>
#include <array>

#include "userland/crypto/openssl.h"

namespace awtun::crypto {

namespace {

constexpr std::size_t kNonceSize = 12;  // of an AEAD: salt and IV
constexpr std::size_t kMaxHash = 64;
constexpr std::size_t kMaxBlock = 16;

/// EVP counts in int; no message comes near that.
int to_int(std::size_t size) { return static_cast<int>(size); }

std::array<std::uint8_t, kNonceSize> nonce_of(ByteView salt, ByteView iv) {
  std::array<std::uint8_t, kNonceSize> nonce{};
  std::copy(iv.begin(), iv.end(), std::copy(salt.begin(), salt.end(), nonce.begin()));
  return nonce;
}

/// Takes the padding off (RFC 7296 3.14): the last octet counts the ones before it.
Result<Bytes, CryptoError> strip_padding(Bytes plaintext) {
  const std::size_t padding = plaintext.empty() ? 0 : std::size_t{plaintext.back()} + 1;
  if (padding == 0 || padding > plaintext.size()) return Error{CryptoError::BadPadding};
  plaintext.erase(plaintext.end() - static_cast<std::ptrdiff_t>(padding), plaintext.end());
  return plaintext;
}

}  // namespace

Result<IkeCipher, CryptoError> IkeCipher::create(const IkeSuite& suite, ByteView encryption_key,
                                                 ByteView integrity_key) {
  const auto sizes = key_sizes(suite.encr, suite.key_bits, suite.integ);
  if (!sizes) return Error{CryptoError::Unsupported};
  if (encryption_key.size() != sizes->encryption + sizes->salt || integrity_key.size() != sizes->integrity)
    return Error{CryptoError::BadLength};
  const EncryptionRow& encryption = *find_encryption(suite.encr, suite.key_bits);
  if (!openssl::cipher(encryption)) return Error{CryptoError::Library};
  return IkeCipher(encryption, find_hash(suite.integ), encryption_key, integrity_key);
}

IkeCipher::IkeCipher(const EncryptionRow& encryption, const HashRow* hash, ByteView encryption_key,
                     ByteView integrity_key)
    : encryption_(&encryption),
      hash_(hash),
      key_(encryption_key.first(encryption.key_size())),
      salt_(encryption_key.last(encryption.salt)),
      integrity_key_(integrity_key) {}

std::size_t IkeCipher::sealed_size(std::size_t plaintext_size) const {
  const std::size_t blocks = plaintext_size / block_size() + 1;  // the pad length octet needs room too
  return iv_size() + blocks * block_size() + icv_size();
}

Result<void, CryptoError> IkeCipher::seal(ByteView iv, ByteView prefix, ByteView plaintext,
                                          MutableByteView body) const {
  if (plaintext.size() > wire::kMaxMessageSize || prefix.size() > wire::kMaxMessageSize ||
      iv.size() != iv_size() || body.size() != sealed_size(plaintext.size()))
    return Error{CryptoError::BadLength};
  std::copy(iv.begin(), iv.end(), body.begin());
  const MutableByteView text = body.subspan(iv_size(), body.size() - iv_size() - icv_size());
  std::copy(plaintext.begin(), plaintext.end(), text.begin());
  const std::size_t padding = text.size() - plaintext.size() - 1;
  std::fill_n(text.subspan(plaintext.size()).begin(), padding, std::uint8_t{0});
  text.back() = static_cast<std::uint8_t>(padding);

  if (aead() ? seal_aead(prefix, body) : seal_cbc(prefix, body)) return {};
  // Nothing readable may be left in what was to become a message.
  std::fill(body.begin(), body.end(), std::uint8_t{0});
  return Error{CryptoError::Library};
}

Result<Bytes, CryptoError> IkeCipher::open(ByteView prefix, ByteView body) const {
  if (body.size() < iv_size() + block_size() + icv_size() || body.size() > wire::kMaxMessageSize ||
      prefix.size() > wire::kMaxMessageSize || (body.size() - iv_size() - icv_size()) % block_size() != 0)
    return Error{CryptoError::BadLength};
  const openssl::ErrorScope errors;
  return aead() ? open_aead(prefix, body) : open_cbc(prefix, body);
}

bool IkeCipher::integrity(ByteView prefix, ByteView covered, MutableByteView icv) const {
  std::array<std::uint8_t, kMaxHash> full{};
  const auto mac = MutableByteView(full).first(hash_->size);
  if (!openssl::hmac(*hash_, integrity_key_.view(), {prefix, covered}, mac)) return false;
  std::copy_n(mac.begin(), icv.size(), icv.begin());
  return true;
}

// In all four, body is IV | text | ICV, and seal finds the padded plaintext in the text's place.

bool IkeCipher::seal_cbc(ByteView prefix, MutableByteView body) const {
  const MutableByteView text = body.subspan(iv_size(), body.size() - iv_size() - icv_size());
  const openssl::CipherContext context(EVP_CIPHER_CTX_new());
  int size = 0;
  return context &&
         EVP_EncryptInit_ex2(context.get(), openssl::cipher(*encryption_), key_.view().data(), body.data(),
                             nullptr) == 1 &&
         EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1 &&
         EVP_EncryptUpdate(context.get(), text.data(), &size, text.data(), to_int(text.size())) == 1 &&
         size == to_int(text.size()) &&
         integrity(prefix, body.first(body.size() - icv_size()), body.last(icv_size()));
}

Result<Bytes, CryptoError> IkeCipher::open_cbc(ByteView prefix, ByteView body) const {
  std::array<std::uint8_t, kMaxHash> icv{};
  const auto expected = MutableByteView(icv).first(icv_size());
  if (!integrity(prefix, body.first(body.size() - icv_size()), expected)) return Error{CryptoError::Library};
  if (!constant_time_equal(expected, body.last(icv_size()))) return Error{CryptoError::BadIcv};

  const ByteView text = body.subspan(iv_size(), body.size() - iv_size() - icv_size());
  Bytes plaintext(text.size());
  const openssl::CipherContext context(EVP_CIPHER_CTX_new());
  int size = 0;
  if (!context ||
      EVP_DecryptInit_ex2(context.get(), openssl::cipher(*encryption_), key_.view().data(), body.data(),
                          nullptr) != 1 ||
      EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1 ||
      EVP_DecryptUpdate(context.get(), plaintext.data(), &size, text.data(), to_int(text.size())) != 1 ||
      size != to_int(text.size()))
    return Error{CryptoError::Library};
  return strip_padding(std::move(plaintext));
}

bool IkeCipher::seal_aead(ByteView prefix, MutableByteView body) const {
  const MutableByteView text = body.subspan(iv_size(), body.size() - iv_size() - icv_size());
  const auto nonce = nonce_of(salt_.view(), body.first(iv_size()));
  const openssl::CipherContext context(EVP_CIPHER_CTX_new());
  int size = 0;
  return context &&
         EVP_EncryptInit_ex2(context.get(), openssl::cipher(*encryption_), key_.view().data(), nonce.data(),
                             nullptr) == 1 &&
         EVP_EncryptUpdate(context.get(), nullptr, &size, prefix.data(), to_int(prefix.size())) == 1 &&
         EVP_EncryptUpdate(context.get(), text.data(), &size, text.data(), to_int(text.size())) == 1 &&
         size == to_int(text.size()) &&
         EVP_EncryptFinal_ex(context.get(), body.last(icv_size()).data(), &size) == 1 &&
         EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, to_int(icv_size()),
                             body.last(icv_size()).data()) == 1;
}

Result<Bytes, CryptoError> IkeCipher::open_aead(ByteView prefix, ByteView body) const {
  const ByteView text = body.subspan(iv_size(), body.size() - iv_size() - icv_size());
  const auto nonce = nonce_of(salt_.view(), body.first(iv_size()));
  std::array<std::uint8_t, 16> icv{};  // OpenSSL wants it writable
  std::copy_n(body.last(icv_size()).begin(), icv_size(), icv.begin());
  Bytes plaintext(text.size());
  const openssl::CipherContext context(EVP_CIPHER_CTX_new());
  int size = 0;
  if (!context ||
      EVP_DecryptInit_ex2(context.get(), openssl::cipher(*encryption_), key_.view().data(), nonce.data(),
                          nullptr) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, to_int(icv_size()), icv.data()) != 1 ||
      EVP_DecryptUpdate(context.get(), nullptr, &size, prefix.data(), to_int(prefix.size())) != 1 ||
      EVP_DecryptUpdate(context.get(), plaintext.data(), &size, text.data(), to_int(text.size())) != 1 ||
      size != to_int(text.size()))
    return Error{CryptoError::Library};
  // Compares the tag in constant time; the plaintext is not looked at before.
  std::array<std::uint8_t, kMaxBlock> nothing{};
  if (EVP_DecryptFinal_ex(context.get(), nothing.data(), &size) != 1) return Error{CryptoError::BadIcv};
  return strip_padding(std::move(plaintext));
}

}  // namespace awtun::crypto
