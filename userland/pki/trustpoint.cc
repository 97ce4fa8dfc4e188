// SPDX-License-Identifier: Apache-2.0
#include "userland/pki/trustpoint.h"

#include <algorithm>

namespace awtun::pki {

namespace {

ByteView view_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Result<std::vector<Certificate>, std::string> authorities_of(const std::string& text) {
  if (text.empty()) return std::vector<Certificate>();
  auto read = Certificate::from_pem(view_of(text));
  if (!read) return read;
  for (const Certificate& authority : *read)
    if (!authority.is_ca()) return Error{authority.subject() + " is not a CA"};
  return read;
}

Result<std::vector<Certificate>, std::string> certificates_of(const std::string& text) {
  if (text.empty()) return std::vector<Certificate>();
  return Certificate::from_pem(view_of(text));
}

Result<std::vector<RevocationList>, std::string> revocation_lists_of(const std::string& text) {
  if (text.empty()) return std::vector<RevocationList>();
  return RevocationList::from_pem(view_of(text));
}

/// Empty when the key is the certificate's.
std::string key_objection(const crypto::Signer& signer, std::span<const Certificate> certificates) {
  if (certificates.empty()) return {};
  const auto key = certificates[0].public_key();
  if (!key) return key.error();
  return key->equals(signer.public_key()) ? "" : "the private key does not match it";
}

struct Chain {
  Certificate own;
  std::vector<Certificate> others;
};

Result<Chain, Refusal> parse(std::span<const Bytes> certificates) {
  if (certificates.empty())
    return Error{Refusal{RefusalCause::NoCertificate, "the peer sent no certificate", {}}};
  if (certificates.size() > kMaxCertificates)
    return Error{
        Refusal{RefusalCause::Other, "the peer sent too many certificates",
                std::to_string(certificates.size()) + ", at most " + std::to_string(kMaxCertificates)}};
  std::vector<Certificate> parsed;
  for (const Bytes& der : certificates) {
    auto one = Certificate::from_der(der);
    if (!one)
      return Error{Refusal{RefusalCause::Other, one.error(),
                           "certificate " + std::to_string(parsed.size() + 1) + " of the peer"}};
    parsed.push_back(*std::move(one));
  }
  Chain chain{parsed[0], {}};
  chain.others.assign(parsed.begin() + 1, parsed.end());
  return chain;
}

Refusal signature_refusal(crypto::CryptoError error, const Certificate& certificate,
                          const crypto::PublicKey& key) {
  return {RefusalCause::PeerSignature,
          std::string(error == crypto::CryptoError::Unsupported ? "the signature's algorithm is not supported"
                                                                : crypto::to_string(error)),
          "certificate " + certificate.subject() + ", key " + key.to_string()};
}

}  // namespace

Result<std::shared_ptr<const Trustpoint>, std::string> Trustpoint::load(const PemTexts& texts) {
  auto authorities = authorities_of(texts.authorities);
  if (!authorities) return Error{"CA certificate: " + authorities.error()};
  auto certificates = certificates_of(texts.certificates);
  if (!certificates) return Error{"certificate: " + certificates.error()};
  auto lists = revocation_lists_of(texts.revocation_lists);
  if (!lists) return Error{"certificate revocation list: " + lists.error()};
  Trustpoint trustpoint;
  trustpoint.authorities_ = *std::move(authorities);
  trustpoint.certificates_ = *std::move(certificates);
  trustpoint.revocation_lists_ = *std::move(lists);
  if (!texts.key.empty()) {
    auto signer = crypto::Signer::from_pem(texts.key.view());
    if (!signer) return Error{"private key: " + signer.error()};
    if (const auto objection = key_objection(*signer, trustpoint.certificates_); !objection.empty())
      return Error{"certificate: " + objection};
    trustpoint.signer_ = *std::move(signer);
  }
  return std::make_shared<const Trustpoint>(std::move(trustpoint));
}

std::vector<Bytes> Trustpoint::authority_hashes() const {
  std::vector<Bytes> hashes;
  for (const Certificate& authority : authorities_) hashes.push_back(authority.key_hash());
  return hashes;
}

Result<Signed, Refusal> Trustpoint::sign(std::span<const std::uint16_t> peer_hashes, ByteView octets) const {
  if (!signer_) return Error{Refusal{RefusalCause::Trustpoint, "the trustpoint has no private key", {}}};
  if (certificates_.empty())
    return Error{Refusal{RefusalCause::Trustpoint, "the trustpoint has no certificate of its own", {}}};
  auto signature = signer_->sign(peer_hashes, octets);
  if (!signature)
    return Error{Refusal{RefusalCause::Trustpoint, std::string(crypto::to_string(signature.error())),
                         "while signing"}};
  Signed made{*std::move(signature), {}};
  for (const Certificate& certificate : certificates_)
    if (made.chain.empty() || !certificate.is_self_issued()) made.chain.push_back(certificate.der());
  return made;
}

std::optional<Refusal> Trustpoint::objection(const Claim& claim, WallClock now) const {
  if (authorities_.empty())
    return Refusal{RefusalCause::Trustpoint, "the trustpoint has no CA certificate", {}};
  const auto chain = parse(claim.certificates);
  if (!chain) return chain.error();
  const Certificate& own = chain->own;
  const auto key = own.public_key();
  if (!key)
    return Refusal{RefusalCause::WeakKey, "the certificate's key is not acceptable",
                   key.error() + ", subject " + own.subject()};
  if (auto refusal = path_objection(own, chain->others, {authorities_, revocation_lists_}, now))
    return refusal;
  if (auto refusal = usage_objection(own)) return refusal;
  if (auto refusal = name_objection(own, claim.identity)) return refusal;
  const auto verified = key->verify(claim.method, claim.signature, claim.octets);
  if (!verified) return signature_refusal(verified.error(), own, *key);
  return std::nullopt;
}

}  // namespace awtun::pki
