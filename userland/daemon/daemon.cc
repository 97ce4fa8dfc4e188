// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/daemon.h"

#include <openssl/rand.h>
#include <spdlog/spdlog.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "userland/daemon/certificate_views.h"
#include "userland/daemon/certify.h"
#include "userland/daemon/config_views.h"
#include "userland/daemon/endpoints.h"
#include "userland/daemon/jobs.h"
#include "userland/daemon/kept_secret.h"
#include "userland/daemon/link_local.h"
#include "userland/daemon/log_limit.h"
#include "userland/daemon/missed_events.h"
#include "userland/daemon/operate.h"
#include "userland/daemon/peer_views.h"
#include "userland/daemon/startup_file.h"
#include "userland/daemon/tech_support.h"

namespace awtun::daemon {
namespace {

/// The kernel's, which never gives a cloned virtual machine what its twin gets. Without random numbers there
/// is no security to be had: the one thing that ends the process.
void fill_random(MutableByteView octets) {
  while (!octets.empty()) {
    const auto got = ::getrandom(octets.data(), octets.size(), 0);
    if (got < 0 && errno != EINTR) std::abort();
    if (got > 0) octets = octets.subspan(static_cast<std::size_t>(got));
  }
}

std::string hostname() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "awtun";
  return name.data();
}

}  // namespace

Result<Daemon::Ports, std::string> Daemon::open_ports(const Options& options) {
  auto routing = kernel::Routing::open();
  if (!routing) return Error{routing.error().to_string()};
  auto data_plane = kernel::DataPlane::open();
  if (!data_plane) return Error{data_plane.error().to_string()};
  Ports ports{std::move(*routing), std::move(*data_plane), std::nullopt,
              kept_secret(options.state_dir / "link-local-secret"),
              kept_secret(options.state_dir / "quick-crash-secret")};
  if (options.keylog_dir) {
    auto key_log = KeyLog::open(*options.keylog_dir);
    if (!key_log) return Error{key_log.error()};
    spdlog::warn("KEY LOGGING IS ON: {} gets the keys of every SA", options.keylog_dir->string());
    ports.key_log = std::move(*key_log);
  }
  return ports;
}

Result<std::unique_ptr<Daemon>, std::string> Daemon::start(const Options& options) {
  auto claim = SocketClaim::take(options.socket);
  if (!claim) return Error{claim.error()};
  auto ports = open_ports(options);
  if (!ports) return Error{ports.error()};
  std::unique_ptr<Daemon> daemon(new Daemon(options, std::move(*ports)));
  if (auto opened = daemon->open_transport(); !opened) return Error{opened.error()};
  daemon->reload_credentials();
  if (auto removed = daemon->applier_.remove_leftovers(); !removed) return Error{removed.error()};
  daemon->apply_startup();
  auto control = ControlServer::listen(daemon->loop_, std::move(*claim), daemon->commands_, options.readers);
  if (!control) {
    daemon->stop();
    return Error{control.error()};
  }
  daemon->control_ = std::move(*control);
  return daemon;
}

Daemon::Daemon(const Options& options, Ports ports)
    : options_(options),
      logs_messages_(spdlog::should_log(spdlog::level::debug)),
      ports_(std::move(ports)),
      credentials_(TrustpointStore(options.pki_dir)),
      workers_(
          loop_, [this](const ike::Job& job) { return run_job(job, *credentials_.current()); },
          [this](ike::JobDone done) { engine_.handle(std::move(done)); }),
      engine_(loop_, ike::Engine(fill_random, {ports_.quick_crash_secret.copy()}),
              [this](ike::Action action) {
                if (const auto* sent = std::get_if<ike::Send>(&action))
                  trace(Way::Out, sent->remote, sent->bytes);
                return (*executor_)(std::move(action));
              }),
      applier_(
          loop_, ports_.routing, ports_.data_plane, engine_, tunnels_,
          [this](ike::TunnelId tunnel) {
            return link_local_address(ports_.link_local_secret, config::tunnel_name(tunnel),
                                      options_.socket.string());
          },
          [this](const std::string& trustpoint) { return authorities(trustpoint); }),
      startup_(options_.config),
      delayed_reload_(loop_, [this] { reload_now(); }),
      commands_{
          hostname(),
          [this]() -> const config::Config& { return applier_.running(); },
          [this](config::Config candidate) { return apply(std::move(candidate)); },
          [this](const Enclosed& enclosed) { return startup_.save(applier_.running(), enclosed); },
          [this](const config::Show& wanted) { return show(wanted); },
          [this](const config::Operate& wanted) { return operate(wanted); },
          [this](const config::Certify& step, const Enclosed& enclosed) { return certify(step, enclosed); },
          [this](const config::Replace& wanted, const Enclosed& enclosed) {
            return replace_by_file(wanted, enclosed);
          },
          [this](const config::Reload& wanted, const Enclosed& enclosed) {
            return reload(wanted, enclosed);
          }},
      log_watch_([this](int level, std::string_view text) {
        if (control_) control_->log(level, text);
      }),
      kernel_events_(loop_, ports_.data_plane.event_fd(), [this] { serve_kernel_events(); }),
      terminate_(loop_, SIGTERM, [this] { loop_.stop(); }),
      interrupt_(loop_, SIGINT, [this] { loop_.stop(); }),
      hang_up_(loop_, SIGHUP, [this] {
        spdlog::info("SIGHUP: the trustpoints are read anew; the configuration changes by awcli");
        renew_credentials();
      }) {}

/// Whatever is wrong with it, there is a command line to mend it by.
void Daemon::apply_startup() {
  auto startup = startup_.load();
  log_errors(options_.config, startup.errors);
  applier_.begin(std::move(startup.config));
}

Result<void, std::string> Daemon::open_transport() {
  auto opened = UdpTransport::open(
      loop_, IkePorts{},
      [this](ike::Datagram datagram) {
        trace(Way::In, datagram.remote, datagram.bytes);
        engine_.handle(std::move(datagram));
      },
      [this](ike::NotSent refused) { engine_.handle(std::move(refused)); });
  if (!opened) return Error{opened.error()};
  transport_ = std::move(*opened);
  executor_.emplace(*transport_, ports_.data_plane, workers_, tunnels_,
                    ports_.key_log ? &*ports_.key_log : nullptr);
  return hand_over_transports();
}

void Daemon::trace(Way way, const Endpoint& peer, ByteView message) const {
  if (logs_messages_ || (control_ && control_->debugs()))
    spdlog::debug("{}", describe_message(way, peer, message));
}

Result<void, std::string> Daemon::hand_over_transports() {
  for (const int socket : transport_->natt_sockets()) {
    const auto added = ports_.data_plane.add_transport(socket);
    if (!added && added.error().code != EBUSY) return Error{added.error().to_string()};
  }
  return {};
}

void Daemon::reload_credentials() {
  for (const auto& error : credentials_.reload()) spdlog::warn("trustpoint left out: {}", error);
}

/// What is stored for the trustpoints has changed.
void Daemon::renew_credentials() {
  reload_credentials();
  applier_.renew_policies();
}

// One that the configuration has just named may have been put there since.
std::vector<Bytes> Daemon::authorities(const std::string& trustpoint) {
  if (!credentials_.current()->contains(trustpoint)) reload_credentials();
  return credentials_.authorities(trustpoint);
}

void Daemon::run() {
  spdlog::info("awiked serves {}", options_.socket.string());
  {
    const LogLimit limit(loop_);
    loop_.run();
  }
  spdlog::info("awiked ends");
  stop();
}

void Daemon::stop() {
  control_.reset();
  engine_.handle(ike::Shutdown{});
  if (const auto removed = applier_.apply({}); !removed) spdlog::error("{}", removed.error());
  transport_->flush();
}

// ---------------------------------------------------------------- kernel events

void Daemon::serve_kernel_events() {
  const auto waiting = ports_.data_plane.drain_events();
  for (const auto& event : waiting.events) std::visit([this](const auto& what) { serve(what); }, event);
  if (waiting.lost) check_every_sa();
}

void Daemon::serve(const kernel::SaLimitReached& event) {
  const auto direction =
      event.sa.direction == kernel::SaDirection::In ? ike::Direction::In : ike::Direction::Out;
  if (const auto tunnel = tunnels_.tunnel_of(event.sa.ifindex))
    engine_.handle(ike::SaExpired{*tunnel, direction, event.sa.spi, event.hard});
}

void Daemon::serve(const kernel::PacketsWaiting& event) {
  if (const auto tunnel = tunnels_.tunnel_of(event.ifindex)) engine_.handle(ike::Acquire{*tunnel});
}

void Daemon::serve(const kernel::PeerMoved& event) {
  if (const auto tunnel = tunnels_.tunnel_of(event.sa.ifindex))
    engine_.handle(ike::PeerMoved{*tunnel, event.sa.spi, event.remote});
}

// Packets with a wrong ICV are anybody's: they are counted, and nothing follows from them.
void Daemon::serve(const kernel::PacketsRefused& event) {
  const auto tunnel = tunnels_.tunnel_of(event.ifindex);
  if (!tunnel) return;
  const bool unknown = event.why == kernel::PacketsRefused::Why::UnknownSpi;
  spdlog::debug("{}: {} packets with {}, the last from {} for SPI 0x{:08x}", config::tunnel_name(*tunnel),
                event.count, unknown ? "an unknown SPI" : "a wrong ICV", event.source.to_string(), event.spi);
  if (unknown) engine_.handle(ike::UnknownSpi{*tunnel, event.spi});
}

// It may be another program's: those that the kernel has already are refused as busy.
void Daemon::serve(const kernel::TransportLost&) {
  if (const auto done = hand_over_transports(); !done) spdlog::error("{}", done.error());
}

// The kernel's generator knows of it, OpenSSL's does not.
void Daemon::serve(const kernel::VmForked&) {
  spdlog::warn(
      "this virtual machine was cloned or brought back to an earlier state: every tunnel is negotiated "
      "again");
  if (RAND_poll() != 1) std::abort();
  engine_.handle(ike::VmForked{});
}

void Daemon::check_every_sa() {
  const auto sas = ports_.data_plane.sas();
  if (!sas) return spdlog::warn("{}", sas.error().to_string());
  for (const auto& event : missed_events(*sas, engine_.status(), tunnels_))
    std::visit([this](const auto& what) { serve(what); }, event);
}

// ---------------------------------------------------------------- operate

Result<void, std::string> Daemon::operate(const config::Operate& wanted) {
  const auto status = engine_.status();
  if (wanted.what == config::Operate::What::ClearIsakmpCounters)
    cleared_counters_ = {status.counters, transport_->counters()};
  auto inputs = inputs_for(wanted, applier_.running(), status);
  if (!inputs) return Error{std::move(inputs.error())};
  for (auto& input : *inputs) engine_.handle(std::move(input));
  return {};
}

/// A trustpoint that is no longer configured takes along what is stored for it.
Result<void, std::string> Daemon::apply(config::Config candidate) {
  const auto before = applier_.running().trustpoints;
  if (auto applied = applier_.apply(std::move(candidate)); !applied) return applied;
  for (const auto& [name, unused] : before)
    if (!applier_.running().trustpoints.contains(name))
      if (const auto removed = credentials_.store().remove(name); !removed)
        spdlog::error("trustpoint {}: {}", name, removed.error());
  if (before.size() > applier_.running().trustpoints.size()) renew_credentials();
  return {};
}

Result<Turn, std::string> Daemon::certify(const config::Certify& step, const Enclosed& enclosed) {
  auto answer = awtun::daemon::certify(step, applier_.running().trustpoints.at(step.trustpoint), enclosed,
                                       credentials_.store(), keys_, std::chrono::system_clock::now());
  if (answer && answer->ask == Turn::Ask::Nothing) renew_credentials();
  return answer;
}

// ---------------------------------------------------------------- whole configurations

Result<Turn, std::string> Daemon::replace_by_file(const config::Replace& wanted, const Enclosed& enclosed) {
  if (!enclosed.text) return Turn{Turn::Ask::File, "", wanted.file};
  auto loaded = load_text(*enclosed.text, wanted.file);
  if (!loaded) return Error{std::move(loaded.error())};
  return replace(applier_.running(), *std::move(loaded), enclosed,
                 [this](config::Config candidate) { return apply(std::move(candidate)); });
}

Result<Turn, std::string> Daemon::reload(const config::Reload& wanted, const Enclosed& enclosed) {
  const auto startup = startup_.load();
  if (!startup.readable && wanted.what != config::Reload::What::Cancel)
    return Error{startup.errors.front().reason};
  switch (wanted.what) {
    case config::Reload::What::Now: {
      auto turn = replace(applier_.running(), startup.config, enclosed,
                          [&](config::Config) { return apply_loaded(startup); });
      if (turn) turn->text.insert(0, left_out(startup.errors));
      return turn;
    }
    case config::Reload::What::In:
      delayed_reload_.start(std::chrono::minutes(wanted.minutes));
      return Turn{Turn::Ask::Nothing, left_out(startup.errors)};
    case config::Reload::What::Cancel:
      break;
  }
  if (!delayed_reload_.cancel()) return Error{std::string("no reload waits")};
  return Turn{Turn::Ask::Nothing, ""};
}

void Daemon::reload_now() {
  spdlog::warn("reload: the startup configuration takes the place of the running one");
  const auto startup = startup_.load();
  log_errors(options_.config, startup.errors);
  if (!startup.readable) return;
  if (const auto done = apply_loaded(startup); !done) spdlog::error("reload: {}", done.error());
}

/// The certificates of a trustpoint go with it, but not when its line may be one that was left out.
Result<void, std::string> Daemon::apply_loaded(const Startup& startup) {
  return startup.errors.empty() ? apply(startup.config) : applier_.apply(startup.config);
}

// ---------------------------------------------------------------- show

Result<Json, std::string> Daemon::show(const config::Show& wanted) {
  switch (wanted.what) {
    case config::View::IsakmpSa:
      return isakmp_sa_view(engine_.status(), now(), wanted.tunnel);
    case config::View::IpsecSa:
      return show_ipsec_sas(wanted.tunnel);
    case config::View::IsakmpPeer:
      return isakmp_peer_view(applier_.effective(), engine_.status(), now());
    case config::View::IsakmpCounters:
      return isakmp_counters_view({engine_.status().counters, transport_->counters()}, cleared_counters_);
    case config::View::IsakmpKey:
      return isakmp_key_view(applier_.running());
    case config::View::IsakmpProfile:
      return isakmp_profile_view(applier_.running(), wanted.name);
    case config::View::IpsecPeer:
      return ipsec_peer_view(applier_.effective(), engine_.status(), now());
    case config::View::IpsecCounters:
      return show_ipsec_counters();
    case config::View::IpsecPolicy:
      return ipsec_policy_view(applier_.effective(), wanted.tunnel);
    case config::View::IpsecProfile:
      return ipsec_profile_view(applier_.running(), wanted.name);
    case config::View::PkiTrustpoints:
      return pki_trustpoints_view(applier_.running());
    case config::View::PkiCertificates:
      return pki_certificates_view(applier_.running(), *credentials_.current(), wanted.name,
                                   std::chrono::system_clock::now());
    case config::View::PkiCertificatesPem:
      return pki_certificates_pem_view(applier_.running(), *credentials_.current(), wanted.name);
    case config::View::Interface:
      return show_interfaces(wanted.tunnel);
    case config::View::RunningConfig:
      return text_view(wanted.tunnel ? config::emit_interface(applier_.running(), *wanted.tunnel)
                                     : config::emit(applier_.running(), config::Secrets::Hidden));
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

Result<Json, std::string> Daemon::show_ipsec_sas(Only only) {
  const auto sas = ports_.data_plane.sas();
  if (!sas) return Error{sas.error().to_string()};
  return ipsec_sa_view(engine_.status(), now(), *sas, tunnels_, only);
}

Result<Json, std::string> Daemon::show_interfaces(Only only) {
  if (only && !applier_.running().tunnels.contains(*only))
    return Error{config::tunnel_name(*only) + " does not exist"};
  auto facts = interface_facts();
  if (!facts) return Error{std::move(facts.error())};
  return interface_view(applier_.effective(), engine_.status(), *facts, only);
}

Result<Json, std::string> Daemon::show_ipsec_counters() {
  auto facts = interface_facts();
  if (!facts) return Error{std::move(facts.error())};
  return ipsec_counters_view(applier_.effective(), engine_.status(), *facts);
}

Result<InterfaceFacts, std::string> Daemon::interface_facts() {
  auto links = ports_.routing.links();
  if (!links) return Error{links.error().to_string()};
  auto addresses = ports_.routing.addresses();
  if (!addresses) return Error{addresses.error().to_string()};
  auto states = ports_.data_plane.tunnels();
  if (!states) return Error{states.error().to_string()};
  return InterfaceFacts{std::move(*links), std::move(*addresses), std::move(*states), applier_.waiting()};
}

Result<Json, std::string> Daemon::show_startup() {
  const auto& stored = startup_.shown();
  if (!stored.readable) return Error{stored.errors.front().reason};
  const auto note = stored.errors.empty() ? "" : "! " + left_out(stored.errors);
  return text_view(note + stored.text);
}

}  // namespace awtun::daemon
