// SPDX-License-Identifier: Apache-2.0
// Work that is done outside of a step. An IKE SA that waits for a job holds its token, and the token
// leads back to it: a job that ends after its IKE SA, or after the IKE SA stopped waiting, is not found.
#include "userland/ike/engine/engine_impl.h"

namespace awtun::ike {

/// Whether it is for something that we ask under an established IKE SA.
static bool is_own(const Continuation& what) {
  return std::holds_alternative<PrepareRequest>(what) || std::holds_alternative<ConcludeRequest>(what);
}

/// The /24 or /48 that an address is in, as a number.
static std::uint64_t network_number(const IpAddress& address) {
  std::uint64_t number = address.is_v4() ? 4 : 6;
  for (const std::uint8_t octet : address.bytes().first(address.is_v4() ? 3 : 6))
    number = number << 8 | octet;
  return number;
}

/// A handshake that the peer began is anybody's until IKE_AUTH has been answered.
static JobOwner owner_of(const IkeSa& sa) {
  using Standing = JobOwner::Standing;
  if (sa.initiator || sa.established) return {Standing::Trusted, sa.tunnel};
  if (sa.half_open && sa.half_open->stranger) return {Standing::Stranger, network_number(sa.remote.address)};
  return {Standing::Expected, sa.tunnel};
}

void Engine::Impl::start_job(IkeSa& sa, Job job, Continuation what) {
  auto& slot = is_own(what) ? sa.own_job : sa.job;
  cancel_job(slot);
  const std::uint64_t token = ++last_token_;
  jobs_.emplace(token, JobStart{sa.local_spi, now_});
  slot = std::make_unique<PendingJob>(PendingJob{token, now_ + kJobPatience, std::move(what)});
  actions_.emplace_back(StartJob{token, std::move(job), owner_of(sa)});
}

void Engine::Impl::cancel_job(std::unique_ptr<PendingJob>& slot) {
  if (!slot) return;
  ++counters_.jobs_cancelled;
  actions_.emplace_back(CancelJob{slot->token});
  jobs_.erase(slot->token);
  slot.reset();
}

void Engine::Impl::cancel_jobs(IkeSa& sa) {
  cancel_job(sa.job);
  cancel_job(sa.own_job);
}

void Engine::Impl::on(JobDone&& input) {
  if (refill_ == input.token) {
    refill_.reset();
    if (auto* made = std::get_if<KeyExchangeDone>(&input.result); made != nullptr && made->ours)
      pool_.put(std::move(made->ours));
    return;
  }
  const auto found = jobs_.find(input.token);
  IkeSa* sa = found != jobs_.end() ? find_ike_sa(found->second.ike_sa) : nullptr;
  if (sa == nullptr) return;
  if (const auto* failed = std::get_if<JobFailed>(&input.result); failed != nullptr && failed->undone)
    ++counters_.jobs_refused;
  auto& slot = sa->job && sa->job->token == input.token ? sa->job : sa->own_job;
  finish_job(*sa, slot, std::move(input.result));
}

/// How long the job that has waited longest has done so: tokens grow.
Duration Engine::Impl::oldest_wait() const {
  return jobs_.empty() ? Duration::zero() : now_ - jobs_.begin()->second.when;
}

void Engine::Impl::finish_job(IkeSa& sa, std::unique_ptr<PendingJob>& slot, JobResult&& result) {
  jobs_.erase(slot->token);
  Continuation what = std::move(std::exchange(slot, nullptr)->what);
  std::visit([&](auto&& why) { done(sa, std::move(why), std::move(result)); }, std::move(what));
}

/// A timer that is so late shows that the process was stopped: the result may be there, not yet read.
constexpr Duration kStopped{1000};

void Engine::Impl::give_up_overdue_jobs(IkeSa& sa) {
  for (auto* slot : {&sa.job, &sa.own_job}) {
    if (!*slot || (*slot)->until > now_) continue;
    if (now_ - (*slot)->until > kStopped) {
      (*slot)->until = now_ + kJobPatience;
      continue;
    }
    actions_.emplace_back(CancelJob{(*slot)->token});
    finish_job(sa, *slot, JobFailed{"a crypto job timed out", "", true});
  }
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

/// For a request of ours. nullptr: it is being made, and `task` begins again when it is there.
KeyPool::Key Engine::Impl::key_for(IkeSa& sa, wire::GroupId group, const Task& task) {
  KeyPool::Key prepared = std::exchange(sa.prepared, nullptr);
  if (prepared && prepared->group() == group) return prepared;
  KeyExchangeJob job = key_exchange_job(group, std::nullopt);
  if (job.ours) return std::move(job.ours);
  start_job(sa, std::move(job), PrepareRequest{task});
  return nullptr;
}

/// One key at a time, and only while nobody waits for a job: the peers' handshakes go first.
void Engine::Impl::refill_pool() {
  if (refill_ || !jobs_.empty() || shut_down_) return;
  const auto group = pool_.lacking(now_);
  if (!group) return;
  refill_ = ++last_token_;
  KeyExchangeJob job{*group, Secret(crypto::KeyExchange::random_size(*group)), {}, {}};
  dice_.source()(job.random.bytes());
  actions_.emplace_back(StartJob{*refill_, std::move(job), JobOwner{}});
}

}  // namespace awtun::ike
