// SPDX-License-Identifier: Apache-2.0
#include "userland/pki/trustpoint.h"

#include "userland/pki/bundle.h"

namespace awtun::pki {

namespace {

// Of what is not authenticated yet.
constexpr std::size_t kMaxOwn = 4;  ///< certificates with the peer's name that are judged
constexpr std::size_t kMaxSentLists = 16;
constexpr std::size_t kMaxSentListSize = 64 * 1024;

Result<std::vector<Certificate>, std::string> authorities_of(const std::string& text) {
  if (text.empty()) return std::vector<Certificate>();
  auto read = Certificate::from_pem(as_octets(text));
  if (!read) return read;
  for (const Certificate& authority : *read)
    if (!authority.is_ca()) return Error{authority.subject() + " is not a CA"};
  return read;
}

Result<std::vector<Certificate>, std::string> certificates_of(const std::string& text) {
  if (text.empty()) return std::vector<Certificate>();
  return Certificate::from_pem(as_octets(text));
}

Result<std::vector<RevocationList>, std::string> revocation_lists_of(const std::string& text) {
  if (text.empty()) return std::vector<RevocationList>();
  return RevocationList::from_either(as_octets(text));
}

/// Empty when the key is the certificate's.
std::string key_objection(const crypto::Signer& signer, std::span<const Certificate> certificates) {
  if (certificates.empty()) return {};
  const auto key = certificates[0].public_key();
  if (!key) return key.error();
  return key->equals(signer.public_key()) ? "" : "the private key does not match it";
}

/// What a peer has sent.
struct Sent {
  std::vector<Certificate> certificates;  ///< one at least
  std::vector<RevocationList> lists;
};

Refusal nothing_sent(const Attachments& attached) {
  if (attached.only_by_url)
    return {RefusalCause::CertificateByUrl, "the peer sent only the URL of its certificate", {}};
  return {RefusalCause::NoCertificate, "the peer sent no certificate", {}};
}

/// A list that cannot be read is none: nobody has to send one.
void take_list(const Bytes& octets, std::vector<RevocationList>& lists) {
  if (lists.size() >= kMaxSentLists || octets.size() > kMaxSentListSize) return;
  if (auto read = RevocationList::from_either(octets))
    for (RevocationList& list : *read)
      if (lists.size() < kMaxSentLists) lists.push_back(std::move(list));
}

Result<Sent, Refusal> parse(const Claim& claim) {
  Sent sent;
  std::vector<Bytes> certificates(claim.certificates.begin(), claim.certificates.end());
  std::vector<Bytes> lists = claim.attached.revocation_lists;
  for (const Bytes& octets : claim.attached.bundles)
    if (!take_bundle(octets, certificates, lists))
      return Error{Refusal{RefusalCause::Other, "not a PKCS #7 bundle of certificates", {}}};
  if (certificates.empty()) return Error{nothing_sent(claim.attached)};
  if (certificates.size() > kMaxCertificates)
    return Error{
        Refusal{RefusalCause::Other, "the peer sent too many certificates",
                std::to_string(certificates.size()) + ", at most " + std::to_string(kMaxCertificates)}};
  for (const Bytes& der : certificates) {
    auto one = Certificate::from_der(der);
    if (!one)
      return Error{Refusal{RefusalCause::Other, one.error(),
                           "certificate " + std::to_string(sent.certificates.size() + 1) + " of the peer"}};
    sent.certificates.push_back(*std::move(one));
  }
  for (const Bytes& octets : lists) take_list(octets, sent.lists);
  return sent;
}

/// Those that may be the peer's own: with its name, wherever they are, since not every peer sends its own
/// first. Without such a one it is the first (RFC 7296 3.6).
std::vector<Certificate> own_among(std::span<const Certificate> certificates, const Identity& identity) {
  std::vector<Certificate> found;
  for (const Certificate& one : certificates)
    if (found.size() < kMaxOwn && !name_objection(one, identity)) found.push_back(one);
  if (found.empty()) found.push_back(certificates.front());
  return found;
}

Refusal signature_refusal(crypto::CryptoError error, const Certificate& certificate,
                          const crypto::PublicKey& key) {
  return {RefusalCause::PeerSignature,
          std::string(error == crypto::CryptoError::Unsupported ? "the signature's algorithm is not supported"
                                                                : crypto::to_string(error)),
          "certificate " + certificate.subject() + ", key " + key.to_string()};
}

/// nullopt: this certificate is the peer's.
std::optional<Refusal> objection_to(const Certificate& own, std::span<const Certificate> sent,
                                    const Anchors& anchors, const Claim& claim, WallClock now) {
  const auto key = own.public_key();
  if (!key)
    return Refusal{RefusalCause::WeakKey, "the certificate's key is not acceptable",
                   key.error() + ", subject " + own.subject()};
  if (auto refusal = path_objection(own, sent, anchors, now)) return refusal;
  if (auto refusal = usage_objection(own)) return refusal;
  if (auto refusal = name_objection(own, claim.identity)) return refusal;
  const auto verified = key->verify(claim.method, claim.signature, claim.octets);
  if (!verified) return signature_refusal(verified.error(), own, *key);
  return std::nullopt;
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
  trustpoint.others_ = Certificate::any_in(as_octets(texts.revocation_lists));
  if (!trustpoint.certificates_.empty())
    trustpoint.others_.insert(trustpoint.others_.end(), trustpoint.certificates_.begin() + 1,
                              trustpoint.certificates_.end());
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
    if (made.chain.empty() || !certificate.is_self_signed()) made.chain.push_back(certificate.der());
  return made;
}

std::optional<Refusal> Trustpoint::objection(const Claim& claim, WallClock now) const {
  if (authorities_.empty())
    return Refusal{RefusalCause::Trustpoint, "the trustpoint has no CA certificate", {}};
  const auto sent = parse(claim);
  if (!sent) return sent.error();
  const Anchors anchors{authorities_, revocation_lists_, others_, sent->lists};
  std::optional<Refusal> first;
  for (const Certificate& own : own_among(sent->certificates, claim.identity)) {
    auto refusal = objection_to(own, sent->certificates, anchors, claim, now);
    if (!refusal) return std::nullopt;
    if (!first) first = std::move(refusal);
  }
  return first;
}

}  // namespace awtun::pki
