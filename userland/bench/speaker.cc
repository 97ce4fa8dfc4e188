// SPDX-License-Identifier: Apache-2.0
#include "userland/bench/speaker.h"

#include <openssl/rand.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "userland/base/overloaded.h"
#include "userland/daemon/drive/jobs.h"

namespace awtun::bench {
namespace {

void fill_random(MutableByteView octets) {
  if (RAND_priv_bytes(octets.data(), static_cast<int>(octets.size())) != 1) std::abort();
}

}  // namespace

Speaker::Speaker(pki::Credentials credentials, std::function<void()> tunnel_up)
    : credentials_(std::move(credentials)),
      tunnel_up_(std::move(tunnel_up)),
      workers_(
          loop_, [this](const ike::Job& job) { return daemon::run_job(job, credentials_); },
          [this](ike::JobDone done) { engine_.handle(std::move(done)); }),
      engine_(loop_, ike::Engine(fill_random),
              [this](ike::Action action) { return perform(std::move(action)); }),
      terminate_(loop_, SIGTERM, [this] { loop_.stop(); }) {
  auto opened = daemon::UdpTransport::open(
      loop_, {}, [this](ike::Datagram datagram) { engine_.handle(std::move(datagram)); },
      [this](ike::NotSent refused) { engine_.handle(std::move(refused)); });
  if (!opened) throw std::runtime_error(opened.error());
  transport_ = std::move(*opened);
}

void Speaker::set_tunnel(ike::TunnelPolicy policy) { engine_.handle(ike::SetTunnel{std::move(policy)}); }

void Speaker::run(std::chrono::seconds limit) {
  daemon::Timer end(loop_, [this] { loop_.stop(); });
  end.start(limit);
  loop_.run();
}

Result<void, std::string> Speaker::perform(ike::Action action) {
  return std::visit(Overloaded{
                        [this](ike::Send& send) -> Result<void, std::string> {
                          transport_->send(std::move(send));
                          return {};
                        },
                        [this](ike::SendKeepalive& keepalive) -> Result<void, std::string> {
                          transport_->send(keepalive);
                          return {};
                        },
                        [this](ike::StartJob& job) { return workers_.start(std::move(job)); },
                        [this](ike::CancelJob& job) -> Result<void, std::string> {
                          workers_.cancel(job.token);
                          return {};
                        },
                        [this](ike::ActivateSa&) -> Result<void, std::string> {
                          tunnel_up_();
                          return {};
                        },
                        [](ike::Notice& notice) -> Result<void, std::string> {
                          if (notice.level == ike::Notice::Level::Warning)
                            std::fprintf(stderr, "%s\n", notice.text.c_str());
                          return {};
                        },
                        [](auto&) -> Result<void, std::string> { return {}; },
                    },
                    action);
}

}  // namespace awtun::bench
