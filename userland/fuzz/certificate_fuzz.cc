// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: whatever may come as a certificate, from a peer or from the terminal, judged by a
// trustpoint. `certificate_fuzz -max_total_time=60 corpus/certificate_fuzz`. The first octet says what the
// rest is: see LLVMFuzzerTestOneInput.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "userland/pki/enrollment.h"
#include "userland/pki/trustpoint.h"

namespace {

using namespace awtun;

constexpr std::string_view kAuthority =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBsjCCAVigAwIBAgIUdNC+gsVQETaYVNfUk+bK5TNtKjkwCgYIKoZIzj0EAwIw\n"
    "NjELMAkGA1UEBhMCSlAxEDAOBgNVBAoMB0VYQU1QTEUxFTATBgNVBAMMDFNhbXBs\n"
    "ZVJvb3RDQTAgFw0yNjExMjUyMzI1MDhaGA8yMTI2MTEwMTIzMjUwOFowNjELMAkG\n"
    "A1UEBhMCSlAxEDAOBgNVBAoMB0VYQU1QTEUxFTATBgNVBAMMDFNhbXBsZVJvb3RD\n"
    "QTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGPbJLk/J2/KG2F/jnzlyUttP2Ga\n"
    "3Ani9GfVDKrOsMbv9QDQWnzAkdyvmYG9uBEo3xi6x73teH/2zSXiH4uA5qqjQjBA\n"
    "MA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgEGMB0GA1UdDgQWBBQFiT/0\n"
    "ZM7ZcW/pYMyjt+khQy5gXjAKBggqhkjOPQQDAgNIADBFAiEAsFaS7Xm2avq+FhpE\n"
    "fy/9x6XoXsarH+zQFl6vDhNKBy8CIFD84/ZUihWC7BAh+PYS6vsneMO7v8i3rbEb\n"
    "Ma/tE34q\n"
    "-----END CERTIFICATE-----\n";

const pki::WallClock kNow = std::chrono::sys_days{std::chrono::year{2026} / 6 / 1};

const pki::Trustpoint& trustpoint() {
  static const auto loaded = pki::Trustpoint::load({std::string(kAuthority), {}, {}, {}});
  if (!loaded) std::abort();
  return **loaded;
}

/// Takes the input apart.
class Input {
 public:
  explicit Input(ByteView rest) : rest_(rest) {}
  [[nodiscard]] bool empty() const { return rest_.empty(); }
  std::uint8_t octet() { return empty() ? std::uint8_t{0} : take(1)[0]; }
  /// A length in two octets, then as much.
  ByteView field() {
    const std::size_t high = octet();
    return take(high << 8U | octet());
  }
  ByteView take(std::size_t count) {
    const ByteView taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  ByteView rest() { return take(rest_.size()); }

 private:
  ByteView rest_;
};

std::string_view text_of(ByteView octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

/// What every reader of a certificate asks.
void look_at(const pki::Certificate& certificate) {
  static_cast<void>(pki::to_text(certificate.describe()));
  static_cast<void>(certificate.public_key());
  static_cast<void>(pki::has_address_as_name(certificate));
  static_cast<void>(pki::usage_objection(certificate));
  // What was read is written and read again.
  const auto again = pki::Certificate::from_der(certificate.der());
  if (!again || again->der() != certificate.der()) std::abort();
}

/// ID, CERT and AUTH payloads: identity, signature, then certificates.
void judge_peer(Input input) {
  const auto type = static_cast<wire::IdType>(input.octet());
  const auto method = static_cast<wire::AuthMethodId>(input.octet());
  const ByteView identity = input.field();
  const ByteView signature = input.field();
  std::vector<Bytes> certificates;
  while (!input.empty() && certificates.size() <= pki::kMaxCertificates) {
    const ByteView der = input.field();
    certificates.emplace_back(der.begin(), der.end());
  }
  const std::uint8_t octets[] = {'o', 'c', 't', 'e', 't', 's'};
  pki::Claim claim{{type, identity}, certificates, method, signature, octets};
  // As certificates, beside lists, in bundles.
  for (const auto& attached : {pki::Attachments{}, {certificates, {}}, {{}, certificates}}) {
    claim.attached = attached;
    static_cast<void>(trustpoint().objection(claim, kNow));
  }
  // Beyond the signature of the CA, which no mutation passes.
  for (const Bytes& der : certificates)
    if (const auto certificate = pki::Certificate::from_der(der)) {
      look_at(*certificate);
      static_cast<void>(pki::name_objection(*certificate, claim.identity));
      if (const auto key = certificate->public_key())
        static_cast<void>(key->verify(method, signature, octets));
    }
}

/// A file, or what was pasted.
void read_pem(ByteView text) {
  static_cast<void>(pki::pasted_authority(text_of(text), kNow));
  static_cast<void>(pki::RevocationList::from_pem(text));
  if (const auto certificates = pki::Certificate::from_pem(text))
    for (const pki::Certificate& certificate : *certificates) look_at(certificate);
  const std::string lists(text_of(text));
  if (const auto judge = pki::Trustpoint::load({std::string(kAuthority), {}, {}, lists})) {
    const std::vector<Bytes> sent{(*judge)->authorities()[0].der()};
    static_cast<void>((*judge)->objection(
        {{wire::IdType::Fqdn, {}}, sent, wire::AuthMethodId::DigitalSignature, {}, {}}, kNow));
  }
}

void read_names(ByteView text) {
  static_cast<void>(pki::subject_objection(text_of(text)));
  static_cast<void>(pki::alternative_name_objection(text_of(text)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input({data, size});
  switch (input.octet() % 4) {
    case 0:
      judge_peer(input);
      break;
    case 1:
      read_pem(input.rest());
      break;
    case 2:
      read_names(input.rest());
      break;
    default:
      static_cast<void>(crypto::Signer::from_pem(input.rest()));
      break;
  }
  return 0;
}
