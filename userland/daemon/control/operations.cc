// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/control/operations.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "userland/daemon/control/operate.h"
#include "userland/daemon/io/path_probe.h"
#include "userland/daemon/pki/certify.h"
#include "userland/daemon/show/certificate_views.h"
#include "userland/daemon/show/config_views.h"
#include "userland/daemon/show/cut_off.h"
#include "userland/daemon/show/route_view.h"
#include "userland/daemon/show/sa_views.h"
#include "userland/daemon/show/tech_support.h"

namespace awtun::daemon {
namespace {

std::string name_of_host() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "awtun";
  return name.data();
}

}  // namespace

DaemonOperations::DaemonOperations(const Parts& parts, std::filesystem::path startup_config)
    : parts_(parts),
      hostname_(name_of_host()),
      startup_(std::move(startup_config)),
      delayed_reload_(parts.loop, [this] { reload_now(); }) {}

void DaemonOperations::begin() {
  auto startup = startup_.load();
  log_errors(startup_.path(), startup.errors);
  parts_.applier.begin(std::move(startup.config));
}

void DaemonOperations::renew_credentials() {
  reload_logging_errors(parts_.credentials);
  parts_.applier.renew_policies();
}

Result<control::Turn, std::string> DaemonOperations::save_startup(const control::Enclosed& enclosed) {
  return startup_.save(running(), enclosed);
}

// ---------------------------------------------------------------- operate

Result<void, std::string> DaemonOperations::operate(const config::Operate& wanted) {
  const auto status = parts_.engine.status();
  if (wanted.what == config::Operate::What::ClearIsakmpCounters)
    cleared_counters_ = {status.counters, parts_.transport.counters()};
  auto inputs = inputs_for(wanted, running(), status);
  if (!inputs) return Error{std::move(inputs.error())};
  for (auto& input : *inputs) parts_.engine.handle(std::move(input));
  return {};
}

/// A trustpoint that is no longer configured takes along what is stored for it.
Result<void, std::string> DaemonOperations::apply(config::Config candidate) {
  const auto before = running().trustpoints;
  if (auto applied = parts_.applier.apply(std::move(candidate)); !applied) return applied;
  for (const auto& [name, unused] : before)
    if (!running().trustpoints.contains(name))
      if (const auto removed = parts_.credentials.store().remove(name); !removed)
        spdlog::error("trustpoint {}: {}", name, removed.error());
  if (before.size() > running().trustpoints.size()) renew_credentials();
  return {};
}

Result<control::Turn, std::string> DaemonOperations::certify(const config::Certify& step,
                                                             const control::Enclosed& enclosed) {
  auto answer = daemon::certify(step, running().trustpoints.at(step.trustpoint), enclosed,
                                parts_.credentials.store(), parts_.keys, std::chrono::system_clock::now());
  if (answer && answer->ask == control::Ask::Nothing) renew_credentials();
  return answer;
}

// ---------------------------------------------------------------- whole configurations

Result<control::Turn, std::string> DaemonOperations::replace(const config::Replace& wanted,
                                                             const control::Enclosed& enclosed) {
  if (!enclosed.text) return control::Turn{control::Ask::File, "", wanted.file};
  auto loaded = load_text(*enclosed.text, wanted.file);
  if (!loaded) return Error{std::move(loaded.error())};
  return daemon::replace(running(), *std::move(loaded), enclosed,
                         [this](config::Config candidate) { return apply(std::move(candidate)); });
}

Result<control::Turn, std::string> DaemonOperations::reload(const config::Reload& wanted,
                                                            const control::Enclosed& enclosed) {
  const auto startup = startup_.load();
  if (!startup.readable && wanted.what != config::Reload::What::Cancel)
    return Error{startup.errors.front().reason};
  switch (wanted.what) {
    case config::Reload::What::Now: {
      auto turn = daemon::replace(running(), startup.config, enclosed,
                                  [&](const config::Config&) { return apply_loaded(startup); });
      if (turn) turn->text.insert(0, left_out(startup.errors));
      return turn;
    }
    case config::Reload::What::In:
      delayed_reload_.start(std::chrono::minutes(wanted.minutes));
      return control::Turn{control::Ask::Nothing, left_out(startup.errors)};
    case config::Reload::What::Cancel:
      break;
  }
  if (!delayed_reload_.cancel()) return Error{std::string("no reload is scheduled")};
  return control::Turn{control::Ask::Nothing, ""};
}

void DaemonOperations::reload_now() {
  spdlog::warn("reload: replacing the running configuration with the startup configuration");
  const auto startup = startup_.load();
  log_errors(startup_.path(), startup.errors);
  if (!startup.readable) return;
  if (const auto done = apply_loaded(startup); !done) spdlog::error("reload: {}", done.error());
}

/// The certificates of a trustpoint go with it, but not when its line may be one that was left out.
Result<void, std::string> DaemonOperations::apply_loaded(const Startup& startup) {
  return startup.errors.empty() ? apply(startup.config) : parts_.applier.apply(startup.config);
}

// ---------------------------------------------------------------- show

ike::Status DaemonOperations::status() const {
  auto now_and_here = parts_.engine.status();
  mark_cut_off(now_and_here, probe_path);
  return now_and_here;
}

Result<Json, std::string> DaemonOperations::show(const config::Show& wanted) {
  switch (wanted.what) {
    case config::View::IsakmpSa:
      return isakmp_sa_view(status(), now(), wanted.tunnel);
    case config::View::IpsecSa:
      return show_ipsec_sas(wanted.tunnel);
    case config::View::IsakmpSaBrief:
      return isakmp_sa_brief_view(parts_.applier.effective(), status(), now());
    case config::View::IpsecSaBrief:
      return ipsec_sa_brief_view(parts_.applier.effective(), status(), now());
    case config::View::IsakmpPeer:
      return isakmp_peer_view(parts_.applier.effective(), status(), now());
    case config::View::IsakmpCounters:
      return isakmp_counters_view({parts_.engine.status().counters, parts_.transport.counters()},
                                  cleared_counters_);
    case config::View::IsakmpKey:
      return isakmp_key_view(running());
    case config::View::IsakmpProfile:
      return isakmp_profile_view(running(), wanted.name);
    case config::View::IpsecPeer:
      return ipsec_peer_view(parts_.applier.effective(), status(), now());
    case config::View::IpsecCounters:
      return show_ipsec_counters();
    case config::View::IpsecPolicy:
      return ipsec_policy_view(parts_.applier.effective(), wanted.tunnel);
    case config::View::IpsecProfile:
      return ipsec_profile_view(running(), wanted.name);
    case config::View::PkiTrustpoints:
      return pki_trustpoints_view(running());
    case config::View::PkiCertificates:
      return pki_certificates_view(running(), *parts_.credentials.current(), wanted.name,
                                   std::chrono::system_clock::now());
    case config::View::PkiCertificatesPem:
      return pki_certificates_pem_view(running(), *parts_.credentials.current(), wanted.name);
    case config::View::Interface:
      return show_interfaces(wanted.tunnel);
    case config::View::Routes:
      return routes_view(parts_.applier.routes());
    case config::View::RunningConfig:
      return text_view(wanted.tunnel ? config::emit_interface(running(), *wanted.tunnel)
                                     : config::emit(running(), config::Secrets::Hidden));
    case config::View::TechSupport:
      return tech_support([this](const config::Show& part) { return show(part); });
    case config::View::Reload:
      return delayed_reload_.view();
    case config::View::StartupConfig:
      return show_startup();
    case config::View::StartupConfigErrors:
      return startup_.errors_view();
  }
  return Error{std::string("unknown view")};
}

Result<Json, std::string> DaemonOperations::show_ipsec_sas(Only only) {
  const auto sas = parts_.data_plane.sas();
  if (!sas) return Error{sas.error().to_string()};
  return ipsec_sa_view(status(), now(), *sas, parts_.tunnels, only);
}

Result<Json, std::string> DaemonOperations::show_interfaces(Only only) {
  if (only && !running().tunnels.contains(*only))
    return Error{config::tunnel_name(*only) + " does not exist"};
  auto facts = interface_facts();
  if (!facts) return Error{std::move(facts.error())};
  return interface_view(parts_.applier.effective(), parts_.engine.status(), *facts, only);
}

Result<Json, std::string> DaemonOperations::show_ipsec_counters() {
  auto facts = interface_facts();
  if (!facts) return Error{std::move(facts.error())};
  return ipsec_counters_view(parts_.applier.effective(), parts_.engine.status(), *facts);
}

Result<InterfaceFacts, std::string> DaemonOperations::interface_facts() {
  auto links = parts_.routing.links();
  if (!links) return Error{links.error().to_string()};
  auto addresses = parts_.routing.addresses();
  if (!addresses) return Error{addresses.error().to_string()};
  auto states = parts_.data_plane.tunnels();
  if (!states) return Error{states.error().to_string()};
  return InterfaceFacts{std::move(*links), std::move(*addresses), std::move(*states),
                        parts_.applier.waiting()};
}

Result<Json, std::string> DaemonOperations::show_startup() {
  const auto& stored = startup_.shown();
  if (!stored.readable) return Error{stored.errors.front().reason};
  const auto note = stored.errors.empty() ? "" : "! " + left_out(stored.errors);
  return text_view(note + stored.text);
}

}  // namespace awtun::daemon
