// SPDX-License-Identifier: Apache-2.0
// Work that is done outside of a step. An IKE SA that waits for a job holds its token, and the token
// leads back to it: a job that ends after its IKE SA, or after the IKE SA stopped waiting, is not found.
#include "userland/ike/engine_impl.h"

namespace awtun::ike {

void Engine::Impl::start_job(IkeSa& sa, Job job, Purport what) {
  cancel_job(sa);
  const std::uint64_t token = ++last_token_;
  jobs_.emplace(token, JobStart{sa.local_spi, now_});
  sa.job = std::make_unique<PendingJob>(PendingJob{token, now_ + kJobPatience, std::move(what)});
  actions_.emplace_back(StartJob{token, std::move(job)});
}

void Engine::Impl::cancel_job(IkeSa& sa) {
  if (!sa.job) return;
  jobs_.erase(sa.job->token);
  sa.job.reset();
}

void Engine::Impl::on(JobDone&& input) {
  if (refill_ == input.token) {
    refill_.reset();
    if (auto* made = std::get_if<KeyExchangeDone>(&input.result); made != nullptr && made->ours)
      pool_.put(std::move(made->ours));
    return;
  }
  const auto found = jobs_.find(input.token);
  if (found == jobs_.end()) return;
  if (IkeSa* sa = ike(found->second.ike_sa)) finish_job(*sa, std::move(input.result));
}

/// How long the job that has waited longest has done so: tokens grow.
Duration Engine::Impl::oldest_wait() const {
  return jobs_.empty() ? Duration::zero() : now_ - jobs_.begin()->second.when;
}

void Engine::Impl::finish_job(IkeSa& sa, JobResult&& result) {
  Purport what = std::move(sa.job->what);
  cancel_job(sa);
  std::visit([&](auto&& why) { done(sa, std::move(why), std::move(result)); }, std::move(what));
}

// ---------------------------------------------------------------- Diffie-Hellman

/// With a key from the pool if one is ready.
KeyExchangeJob Engine::Impl::key_exchange_job(wire::GroupId group, std::optional<Bytes> peer) {
  KeyExchangeJob job{group, {}, pool_.take(group, now_), std::move(peer)};
  if (!job.ours) {
    job.random = Secret(crypto::KeyExchange::random_size(group));
    dice_.source()(job.random.bytes());
  }
  return job;
}

/// One key at a time, and only while nobody waits for a job: the peers' handshakes go first.
void Engine::Impl::refill_pool() {
  if (refill_ || !jobs_.empty() || shut_down_) return;
  const auto group = pool_.lacking(now_);
  if (!group) return;
  refill_ = ++last_token_;
  KeyExchangeJob job{*group, Secret(crypto::KeyExchange::random_size(*group)), {}, {}};
  dice_.source()(job.random.bytes());
  actions_.emplace_back(StartJob{*refill_, std::move(job)});
}

}  // namespace awtun::ike
