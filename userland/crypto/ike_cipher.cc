// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/ike_cipher.h"

#include <algorithm>
#include <array>
#include <optional>

#include "userland/crypto/openssl.h"

namespace awtun::crypto {

namespace {

constexpr std::size_t kCbcBlock = 16;
constexpr std::size_t kCbcIv = 16;
constexpr std::size_t kGcmIv = 8;
constexpr std::size_t kGcmNonce = 12;  // salt and IV
constexpr std::size_t kMaxIcv = 64;

std::optional<openssl::Hash> hash_of(IntegId integ) {
  switch (integ) {
    case IntegId::HmacSha1_96:
      return openssl::Hash::Sha1;
    case IntegId::HmacSha256_128:
      return openssl::Hash::Sha256;
    case IntegId::HmacSha384_192:
      return openssl::Hash::Sha384;
    case IntegId::HmacSha512_256:
      return openssl::Hash::Sha512;
    case IntegId::None:
      break;
  }
  return std::nullopt;
}

/// EVP counts in int; no message comes near that.
int to_int(std::size_t size) { return static_cast<int>(size); }

std::array<std::uint8_t, kGcmNonce> gcm_nonce(ByteView salt, ByteView iv) {
  std::array<std::uint8_t, kGcmNonce> nonce{};
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
  const std::size_t key_size = encryption_key_size(suite.encr, suite.key_bits);
  const bool aead = wire::is_aead(suite.encr);
  if (key_size == 0 || aead == hash_of(suite.integ).has_value()) return Error{CryptoError::Unsupported};
  if (encryption_key.size() != key_size + salt_size(suite.encr) ||
      integrity_key.size() != integrity_key_size(suite.integ))
    return Error{CryptoError::BadLength};
  if (!openssl::cipher(suite.encr, key_size)) return Error{CryptoError::Library};
  return IkeCipher(suite, encryption_key, integrity_key);
}

IkeCipher::IkeCipher(const IkeSuite& suite, ByteView encryption_key, ByteView integrity_key)
    : encr_(suite.encr),
      integ_(suite.integ),
      iv_size_(wire::is_aead(suite.encr) ? kGcmIv : kCbcIv),
      icv_size_(crypto::icv_size(suite.encr, suite.integ)),
      block_size_(wire::is_aead(suite.encr) ? 1 : kCbcBlock),
      key_(encryption_key.first(encryption_key.size() - salt_size(suite.encr))),
      salt_(encryption_key.last(salt_size(suite.encr))),
      integrity_key_(integrity_key) {}

std::size_t IkeCipher::sealed_size(std::size_t plaintext_size) const {
  const std::size_t blocks = plaintext_size / block_size_ + 1;  // the pad length octet needs room too
  return iv_size_ + blocks * block_size_ + icv_size_;
}

Result<void, CryptoError> IkeCipher::seal(ByteView iv, ByteView prefix, ByteView plaintext,
                                          MutableByteView body) const {
  if (plaintext.size() > wire::kMaxMessageSize || prefix.size() > wire::kMaxMessageSize ||
      iv.size() != iv_size_ || body.size() != sealed_size(plaintext.size()))
    return Error{CryptoError::BadLength};
  std::copy(iv.begin(), iv.end(), body.begin());
  const MutableByteView text = body.subspan(iv_size_, body.size() - iv_size_ - icv_size_);
  std::copy(plaintext.begin(), plaintext.end(), text.begin());
  const std::size_t padding = text.size() - plaintext.size() - 1;
  std::fill_n(text.subspan(plaintext.size()).begin(), padding, std::uint8_t{0});
  text.back() = static_cast<std::uint8_t>(padding);

  if (wire::is_aead(encr_) ? seal_gcm(prefix, body) : seal_cbc(prefix, body)) return {};
  // Nothing readable may be left in what was to become a message.
  std::fill(body.begin(), body.end(), std::uint8_t{0});
  return Error{CryptoError::Library};
}

Result<Bytes, CryptoError> IkeCipher::open(ByteView prefix, ByteView body) const {
  if (body.size() < iv_size_ + block_size_ + icv_size_ || body.size() > wire::kMaxMessageSize ||
      prefix.size() > wire::kMaxMessageSize || (body.size() - iv_size_ - icv_size_) % block_size_ != 0)
    return Error{CryptoError::BadLength};
  const openssl::ErrorScope errors;
  return wire::is_aead(encr_) ? open_gcm(prefix, body) : open_cbc(prefix, body);
}

bool IkeCipher::integrity(ByteView prefix, ByteView covered, MutableByteView icv) const {
  const auto hash = hash_of(integ_);
  if (!hash) return false;
  std::array<std::uint8_t, kMaxIcv> full{};
  const auto mac = MutableByteView(full).first(openssl::hash_size(*hash));
  if (!openssl::hmac(*hash, integrity_key_.view(), {prefix, covered}, mac)) return false;
  std::copy_n(mac.begin(), icv.size(), icv.begin());
  return true;
}

// In all four, body is IV | text | ICV, and seal finds the padded plaintext in the text's place.

bool IkeCipher::seal_cbc(ByteView prefix, MutableByteView body) const {
  const MutableByteView text = body.subspan(iv_size_, body.size() - iv_size_ - icv_size_);
  const openssl::CipherContext context(EVP_CIPHER_CTX_new());
  int size = 0;
  return context &&
         EVP_EncryptInit_ex2(context.get(), openssl::cipher(encr_, key_.size()), key_.view().data(),
                             body.data(), nullptr) == 1 &&
         EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1 &&
         EVP_EncryptUpdate(context.get(), text.data(), &size, text.data(), to_int(text.size())) == 1 &&
         size == to_int(text.size()) &&
         integrity(prefix, body.first(body.size() - icv_size_), body.last(icv_size_));
}

Result<Bytes, CryptoError> IkeCipher::open_cbc(ByteView prefix, ByteView body) const {
  std::array<std::uint8_t, kMaxIcv> icv{};
  const auto expected = MutableByteView(icv).first(icv_size_);
  if (!integrity(prefix, body.first(body.size() - icv_size_), expected)) return Error{CryptoError::Library};
  if (!constant_time_equal(expected, body.last(icv_size_))) return Error{CryptoError::BadIcv};

  const ByteView text = body.subspan(iv_size_, body.size() - iv_size_ - icv_size_);
  Bytes plaintext(text.size());
  const openssl::CipherContext context(EVP_CIPHER_CTX_new());
  int size = 0;
  if (!context ||
      EVP_DecryptInit_ex2(context.get(), openssl::cipher(encr_, key_.size()), key_.view().data(), body.data(),
                          nullptr) != 1 ||
      EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1 ||
      EVP_DecryptUpdate(context.get(), plaintext.data(), &size, text.data(), to_int(text.size())) != 1 ||
      size != to_int(text.size()))
    return Error{CryptoError::Library};
  return strip_padding(std::move(plaintext));
}

bool IkeCipher::seal_gcm(ByteView prefix, MutableByteView body) const {
  const MutableByteView text = body.subspan(iv_size_, body.size() - iv_size_ - icv_size_);
  const auto nonce = gcm_nonce(salt_.view(), body.first(iv_size_));
  const openssl::CipherContext context(EVP_CIPHER_CTX_new());
  int size = 0;
  return context &&
         EVP_EncryptInit_ex2(context.get(), openssl::cipher(encr_, key_.size()), key_.view().data(),
                             nonce.data(), nullptr) == 1 &&
         EVP_EncryptUpdate(context.get(), nullptr, &size, prefix.data(), to_int(prefix.size())) == 1 &&
         EVP_EncryptUpdate(context.get(), text.data(), &size, text.data(), to_int(text.size())) == 1 &&
         size == to_int(text.size()) &&
         EVP_EncryptFinal_ex(context.get(), body.last(icv_size_).data(), &size) == 1 &&
         EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, to_int(icv_size_),
                             body.last(icv_size_).data()) == 1;
}

Result<Bytes, CryptoError> IkeCipher::open_gcm(ByteView prefix, ByteView body) const {
  const ByteView text = body.subspan(iv_size_, body.size() - iv_size_ - icv_size_);
  const auto nonce = gcm_nonce(salt_.view(), body.first(iv_size_));
  std::array<std::uint8_t, 16> icv{};  // OpenSSL wants it writable
  std::copy_n(body.last(icv_size_).begin(), icv_size_, icv.begin());
  Bytes plaintext(text.size());
  const openssl::CipherContext context(EVP_CIPHER_CTX_new());
  int size = 0;
  if (!context ||
      EVP_DecryptInit_ex2(context.get(), openssl::cipher(encr_, key_.size()), key_.view().data(),
                          nonce.data(), nullptr) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, to_int(icv_size_), icv.data()) != 1 ||
      EVP_DecryptUpdate(context.get(), nullptr, &size, prefix.data(), to_int(prefix.size())) != 1 ||
      EVP_DecryptUpdate(context.get(), plaintext.data(), &size, text.data(), to_int(text.size())) != 1 ||
      size != to_int(text.size()))
    return Error{CryptoError::Library};
  // Compares the tag in constant time; the plaintext is not looked at before.
  std::array<std::uint8_t, kCbcBlock> nothing{};
  if (EVP_DecryptFinal_ex(context.get(), nothing.data(), &size) != 1) return Error{CryptoError::BadIcv};
  return strip_padding(std::move(plaintext));
}

}  // namespace awtun::crypto
