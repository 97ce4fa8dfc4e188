// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/pki/certify.h"

#include <algorithm>
#include <utility>

#include "userland/pki/enrollment.h"

namespace awtun::daemon {
namespace {

using control::Ask;
using Answer = Result<control::Turn, std::string>;

constexpr std::string_view kValidated = "The certificate has been validated successfully.\n";
constexpr std::string_view kRuler = "-----------------------------------------------------------------\n";

control::Turn ask_for(std::string_view what) {
  return {Ask::Text, "Paste the " + std::string(what) + " PEM file into the terminal.\n" +
                         "Type \"abort\" to cancel.\n"};
}

std::string to_text(const pki::Refusal& refusal) {
  return refusal.detail.empty() ? refusal.reason : refusal.reason + ": " + refusal.detail;
}

/// Of what the operator has pasted and not accepted yet.
Answer show(const pki::Pasted& pasted, std::string_view kind) {
  return control::Turn{Ask::Acceptance,
                       pki::to_text(pasted.description) + std::string(kind) + std::string(kValidated),
                       "Accept this certificate?"};
}

std::string key_label(const config::Trustpoint& settings) {
  return settings.key_pair.value_or(config::KeyPair{}).label;
}

// ---------------------------------------------------------------- authenticate

Answer authenticate(const std::string& name, const control::Enclosed& enclosed, const TrustpointStore& store,
                    pki::WallClock now) {
  if (!enclosed.text) return ask_for("certificate");
  const auto pasted = pki::pasted_authority(*enclosed.text, now);
  if (!pasted) return Error{to_text(pasted.error())};
  if (!enclosed.accepted)
    return show(*pasted, pasted->self_signed ? "This is a self-signed CA certificate.\n"
                                             : "This is a CA certificate.\n");
  if (auto saved = store.save_authority(name, pasted->certificates.front()); !saved)
    return Error{std::move(saved.error())};
  return control::Turn{Ask::Nothing, "Successfully authenticated trustpoint \"" + name + "\"."};
}

// ---------------------------------------------------------------- enroll

WantedKey wanted_key(const config::Trustpoint& settings) {
  const auto pair = settings.key_pair.value_or(config::KeyPair{});
  auto type = crypto::KeyType::Rsa;
  if (pair.kind == config::KeyPair::Kind::Ec)
    type = pair.size() == 256   ? crypto::KeyType::EcdsaP256
           : pair.size() == 384 ? crypto::KeyType::EcdsaP384
                                : crypto::KeyType::EcdsaP521;
  return {pair.label, type, pair.size()};
}

/// The key pair that the trustpoint names, made when there is none of that name; nullopt while it is made.
Result<std::optional<crypto::Signer>, std::string> key_for(const config::Trustpoint& settings,
                                                           const TrustpointStore& store, KeyMaker& keys) {
  const auto wanted = wanted_key(settings);
  auto stored = store.load_key(wanted.label);
  if (!stored) return Error{std::move(stored.error())};
  if (*stored) return *std::move(stored);
  auto made = keys.take(wanted);
  if (!made) return std::optional<crypto::Signer>();
  if (!*made) return Error{std::string("the key pair cannot be generated")};
  if (auto saved = store.save_key(wanted.label, **made); !saved) return Error{std::move(saved.error())};
  return std::optional(**std::move(made));
}

std::optional<std::string> enroll_objection(const config::Trustpoint& settings) {
  if (!settings.enrollment_terminal) return "`enrollment terminal` is missing in the trustpoint";
  if (!settings.subject_name) return "`subject-name` is missing in the trustpoint";
  if (!settings.subject_alt_name)
    return "`subject-alt-name` is missing in the trustpoint: peers look for the tunnel's local name there";
  return std::nullopt;
}

Answer enroll(const config::Trustpoint& settings, const TrustpointStore& store, KeyMaker& keys) {
  if (auto objection = enroll_objection(settings)) return Error{*std::move(objection)};
  const auto key = key_for(settings, store, keys);
  if (!key) return Error{key.error()};
  if (!*key) return control::Turn{Ask::Patience, ""};
  const auto request = pki::signing_request(**key, {*settings.subject_name, {*settings.subject_alt_name}});
  if (!request) return Error{request.error()};
  std::string text = "Using private key \"" + key_label(settings) + "\"...\n";
  text += "Cut and paste this request to the certificate authority:\n";
  text.append(kRuler).append(*request).append(kRuler);
  return control::Turn{Ask::Nothing, std::move(text)};
}

// ---------------------------------------------------------------- import

Result<crypto::Signer, std::string> enrolled_key(const std::string& name, const config::Trustpoint& settings,
                                                 const TrustpointStore& store) {
  const std::string label = key_label(settings);
  auto key = store.load_key(label);
  if (!key) return Error{std::move(key.error())};
  if (!*key) return Error{"there is no key pair \"" + label + "\" yet: crypto pki enroll " + name};
  return **std::move(key);
}

Answer import_own(const std::string& name, const config::Trustpoint& settings,
                  const control::Enclosed& enclosed, const TrustpointStore& store, pki::WallClock now) {
  const auto trustpoint = store.load(name);
  if (!trustpoint) return Error{trustpoint.error()};
  if ((*trustpoint)->authorities().empty())
    return Error{"trustpoint " + name + " has no CA yet: crypto pki authenticate " + name};
  const auto key = enrolled_key(name, settings, store);
  if (!key) return Error{key.error()};
  const auto pasted = pki::pasted_certificate(*enclosed.text, *key, (*trustpoint)->authorities(), now);
  if (!pasted) return Error{to_text(pasted.error())};
  if (!enclosed.accepted)
    return show(*pasted,
                "This is not a valid CA certificate. Attempting to import as a server certificate.\n");
  if (auto saved = store.save_own(name, *key, pasted->certificates); !saved)
    return Error{std::move(saved.error())};
  return control::Turn{Ask::Nothing, "The certificate was successfully imported."};
}

/// A CA's certificate may be imported too, and is then the trusted one.
Answer import_certificate(const std::string& name, const config::Trustpoint& settings,
                          const control::Enclosed& enclosed, const TrustpointStore& store,
                          pki::WallClock now) {
  if (!enclosed.text) return ask_for("certificate");
  const auto certificates = pki::Certificate::from_pem(as_octets(*enclosed.text));
  if (!certificates) return Error{certificates.error()};
  if (certificates->front().is_ca()) return authenticate(name, enclosed, store, now);
  return import_own(name, settings, enclosed, store, now);
}

Answer import_revocation_list(const std::string& name, const control::Enclosed& enclosed,
                              const TrustpointStore& store, pki::WallClock now) {
  if (!enclosed.text) return ask_for("revocation list");
  const auto lists = pki::RevocationList::from_pem(as_octets(*enclosed.text));
  if (!lists) return Error{lists.error()};
  const auto trustpoint = store.load(name);
  if (!trustpoint) return Error{trustpoint.error()};
  if (const auto issuer = pki::foreign_list(*lists, *enclosed.text, **trustpoint, now))
    return Error{"the revocation list of " + *issuer + " is not signed by a CA of trustpoint " + name};
  if (auto saved = store.add_revocation_lists(name, *enclosed.text); !saved)
    return Error{std::move(saved.error())};
  return control::Turn{Ask::Nothing, "The revocation list was successfully imported."};
}

}  // namespace

Answer certify(const config::Certify& step, const config::Trustpoint& settings,
               const control::Enclosed& enclosed, const TrustpointStore& store, KeyMaker& keys,
               pki::WallClock now) {
  switch (step.what) {
    case config::Certify::What::Authenticate:
      return authenticate(step.trustpoint, enclosed, store, now);
    case config::Certify::What::Enroll:
      return enroll(settings, store, keys);
    case config::Certify::What::ImportCertificate:
      return import_certificate(step.trustpoint, settings, enclosed, store, now);
    case config::Certify::What::ImportRevocationList:
      return import_revocation_list(step.trustpoint, enclosed, store, now);
  }
  return Error{std::string("unknown step")};
}

}  // namespace awtun::daemon
