// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/show/certificate_views.h"

#include <functional>

namespace awtun::daemon {
namespace {

/// In the order in which they are shown: the CAs, our own, those between.
void for_each(const pki::Trustpoint& trustpoint,
              const std::function<void(const char* kind, const pki::Certificate&)>& use) {
  for (const auto& authority : trustpoint.authorities()) use("CA", authority);
  const char* kind = "own";
  for (const auto& certificate : trustpoint.certificates()) {
    use(kind, certificate);
    kind = "intermediate";
  }
}

/// Of the trustpoints that are configured and have something stored.
void for_each(const config::Config& config, const pki::Credentials& credentials,
              const std::optional<std::string>& only,
              const std::function<void(const std::string& name, const pki::Trustpoint&)>& use) {
  for (const auto& [name, unused] : config.trustpoints) {
    const auto found = credentials.find(name);
    if ((only && *only != name) || found == credentials.end()) continue;
    use(name, *found->second);
  }
}

Json certificate_of(const std::string& name, const char* kind, const pki::Certificate& certificate,
                    pki::WallClock now) {
  const auto description = certificate.describe();
  Json object{{"trustpoint", name},
              {"kind", kind},
              {"subject", description.subject},
              {"issuer", description.issuer},
              {"valid_from", description.valid_from},
              {"valid_to", description.valid_to},
              {"fingerprint", description.fingerprint}};
  if (const auto key = certificate.public_key()) object["key"] = key->to_string();
  if (const auto problem = pki::date_objection(certificate, now)) object["problem"] = problem->reason;
  return object;
}

}  // namespace

Json pki_certificates_view(const config::Config& config, const pki::Credentials& credentials,
                           const std::optional<std::string>& only, pki::WallClock now) {
  auto certificates = Json::array();
  auto lists = Json::array();
  for_each(config, credentials, only, [&](const std::string& name, const pki::Trustpoint& trustpoint) {
    for_each(trustpoint, [&](const char* kind, const pki::Certificate& certificate) {
      certificates.push_back(certificate_of(name, kind, certificate, now));
    });
    for (const auto& list : trustpoint.revocation_lists())
      lists.push_back({{"trustpoint", name}, {"issuer", list.issuer()}});
  });
  return {{"schema", control::kSchema},
          {"certificates", std::move(certificates)},
          {"revocation_lists", std::move(lists)}};
}

Json pki_certificates_pem_view(const config::Config& config, const pki::Credentials& credentials,
                               const std::optional<std::string>& only) {
  std::string text;
  for_each(config, credentials, only, [&](const std::string& name, const pki::Trustpoint& trustpoint) {
    for_each(trustpoint, [&](const char* kind, const pki::Certificate& certificate) {
      text += "Trustpoint \"" + name + "\", " + kind + ":\n" + certificate.pem();
    });
  });
  return text_view(text);
}

}  // namespace awtun::daemon
