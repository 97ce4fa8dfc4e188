// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/drive/jobs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "userland/daemon/drive/worker_pool.h"

namespace awtun::daemon {
namespace {

ike::StartJob exchange(std::uint64_t token, wire::GroupId group,
                       std::shared_ptr<const crypto::KeyExchange> ours, std::optional<Bytes> peer) {
  ike::KeyExchangeJob job{group, {}, std::move(ours), std::move(peer)};
  if (!job.ours)
    job.random = Secret(Bytes(crypto::KeyExchange::random_size(group), static_cast<std::uint8_t>(token + 1)));
  return {token, std::move(job)};
}

Bytes public_value(const ike::JobDone& done) {
  const auto view = std::get<ike::KeyExchangeDone>(done.result).ours->public_value();
  return {view.begin(), view.end()};
}

// Both ends of each exchange, four at a time: what is shared of OpenSSL must bear it.
TEST(Jobs, KeyExchangesSideBySideAgree) {
  constexpr std::uint64_t ends = 8;
  EventLoop loop;
  const pki::Credentials none;
  std::vector<ike::JobDone> done;
  WorkerPool pool(
      loop, [&](const ike::Job& job) { return run_job(job, none); },
      [&](ike::JobDone each) { done.push_back(std::move(each)); }, {4, 4096});
  const auto finish = [&] {
    while (done.size() < ends) ASSERT_EQ(event_base_loop(loop.base(), EVLOOP_ONCE), 0);
    std::ranges::sort(done, {}, &ike::JobDone::token);
  };
  for (const auto group : {wire::GroupId::Ecp256, wire::GroupId::X25519, wire::GroupId::Modp2048}) {
    done.clear();
    for (std::uint64_t end = 0; end < ends; ++end) ASSERT_TRUE(pool.start(exchange(end, group, nullptr, {})));
    finish();
    const auto made = std::exchange(done, {});
    for (std::uint64_t end = 0; end < ends; ++end)
      ASSERT_TRUE(pool.start(exchange(end, group, std::get<ike::KeyExchangeDone>(made[end].result).ours,
                                      public_value(made[end ^ 1]))));
    finish();
    for (std::uint64_t end = 0; end < ends; end += 2) {
      const auto& one = std::get<ike::KeyExchangeDone>(done[end].result).shared;
      const auto& other = std::get<ike::KeyExchangeDone>(done[end + 1].result).shared;
      ASSERT_TRUE(one && other);
      EXPECT_TRUE(*one == *other);
    }
  }
}

TEST(Jobs, WithoutItsTrustpointAJobFailsByThatReason) {
  const pki::Credentials none;
  const auto signed_by = run_job(ike::SignJob{"vpn_trust", {}, {1}}, none);
  const auto verified_by = run_job(ike::VerifyJob{.trustpoint = "vpn_trust",
                                                  .identity = ike::Identity::fqdn("r2.example.com"),
                                                  .certificates = {},
                                                  .method = {},
                                                  .signature = {},
                                                  .octets = {1}},
                                   none);
  EXPECT_EQ(std::get<ike::JobFailed>(signed_by).reason, "no such trustpoint");
  EXPECT_EQ(std::get<ike::JobFailed>(verified_by).reason, "no such trustpoint");
}

}  // namespace
}  // namespace awtun::daemon
