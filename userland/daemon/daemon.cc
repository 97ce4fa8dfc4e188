// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/daemon.h"

#include <openssl/rand.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <cstdlib>
#include <utility>

#include "userland/daemon/apply/endpoints.h"
#include "userland/daemon/apply/link_local.h"
#include "userland/daemon/apply/policy.h"
#include "userland/daemon/drive/jobs.h"
#include "userland/daemon/drive/missed_events.h"
#include "userland/daemon/io/kept_secret.h"
#include "userland/daemon/io/log_limit.h"
#include "userland/daemon/io/random.h"

namespace awtun::daemon {
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
    spdlog::warn("KEY LOGGING IS ON: the keys of every SA are written to {}", options.keylog_dir->string());
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
  reload_logging_errors(daemon->credentials_);
  if (auto removed = daemon->applier_.remove_leftovers(); !removed) return Error{removed.error()};
  daemon->operations_->begin();
  auto control =
      ControlServer::listen(daemon->loop_, std::move(*claim), *daemon->operations_, options.readers);
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
      engine_(loop_,
              ike::Engine(fill_random, {ports_.quick_crash_secret.copy(),
                                        [this](ike::TunnelId tunnel, std::uint32_t spi) {
                                          return esp_heard(tunnel, spi);
                                        }}),
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
          [this](ike::TunnelPolicy& policy) { add_credentials(policy); }),
      log_watch_([this](int level, std::string_view text) {
        if (control_) control_->log(level, text);
      }),
      kernel_events_(loop_, ports_.data_plane.event_fd(), [this] { serve_kernel_events(); }),
      terminate_(loop_, SIGTERM, [this] { loop_.stop(); }),
      interrupt_(loop_, SIGINT, [this] { loop_.stop(); }),
      hang_up_(loop_, SIGHUP, [this] {
        spdlog::info("SIGHUP: reloading trustpoints; use awcli to change the configuration");
        operations_->renew_credentials();
      }) {}

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
  operations_.emplace(DaemonOperations::Parts{loop_, ports_.routing, ports_.data_plane, tunnels_,
                                              credentials_, keys_, *transport_, engine_, applier_},
                      options_.config);
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

// One that the configuration has just named may have been put there since.
void Daemon::add_credentials(ike::TunnelPolicy& policy) {
  const std::string& trustpoint = policy.certificate->trustpoint;
  if (!credentials_.current()->contains(trustpoint)) reload_logging_errors(credentials_);
  policy.certificate->authorities = credentials_.authorities(trustpoint);
  say_as_certified(policy, credentials_.subject(trustpoint));
}

void Daemon::run() {
  spdlog::info("awiked listens on {}", options_.socket.string());
  {
    const LogLimit limit(loop_);
    loop_.run();
  }
  spdlog::info("awiked stops");
  stop();
}

void Daemon::stop() {
  control_.reset();
  engine_.handle(ike::Shutdown{});
  if (const auto removed = applier_.apply({}); !removed) spdlog::error("{}", removed.error());
  transport_->flush();
}

std::optional<ike::Duration> Daemon::esp_heard(ike::TunnelId tunnel, std::uint32_t spi) {
  const auto link = tunnels_.find(tunnel);
  if (!link) return std::nullopt;
  const auto sa = ports_.data_plane.sa({link->ifindex, Direction::In, spi});
  return sa ? sa->heard : std::nullopt;
}

// ---------------------------------------------------------------- kernel events

void Daemon::serve_kernel_events() {
  const auto waiting = ports_.data_plane.drain_events();
  for (const auto& event : waiting.events) std::visit([this](const auto& what) { serve(what); }, event);
  if (waiting.lost) check_every_sa();
}

void Daemon::serve(const kernel::SaLimitReached& event) {
  if (const auto tunnel = tunnels_.tunnel_of(event.sa.ifindex))
    engine_.handle(ike::SaExpired{*tunnel, event.sa.direction, event.sa.spi, event.hard});
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
      "this virtual machine was cloned or restored to an earlier state: every tunnel is negotiated "
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

}  // namespace awtun::daemon
