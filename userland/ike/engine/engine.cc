// SPDX-License-Identifier: Apache-2.0
// One step: dispatch of inputs and timers, the tables, and the sweep at the end.
#include "userland/ike/engine.h"

#include "userland/ike/engine/engine_impl.h"

namespace awtun::ike {

Engine::Engine(RandomSource random, Settings settings)
    : impl_(std::make_unique<Impl>(std::move(random), std::move(settings))) {}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

Actions Engine::step(Time now, Input input) { return impl_->step(now, std::move(input)); }
std::optional<Time> Engine::next_deadline() const { return impl_->next_deadline(); }
Status Engine::status() const { return impl_->status(); }

Actions Engine::Impl::step(Time now, Input input) {
  now_ = now;
  if (!shut_down_) std::visit([this](auto&& value) { on(std::move(value)); }, std::move(input));
  refill_pool();
  sweep();
  return std::exchange(actions_, {});
}

/// Erases what was closed in this step and recomputes the deadlines of all that was looked at.
void Engine::Impl::sweep() {
  for (const Owner owner : std::exchange(touched_, {})) {
    std::optional<Time> deadline;
    switch (owner.kind) {
      case Owner::Kind::IkeSa:
        if (const auto found = ike_sas_.find(owner.id); found != ike_sas_.end()) {
          weigh_parts(found->second);
          if (found->second.state == IkeState::Closed || !found->second.handshake)
            forget_half_open(found->second);
          if (found->second.state == IkeState::Closed)
            ike_sas_.erase(found);
          else
            deadline = found->second.deadline();
        }
        break;
      case Owner::Kind::ChildSa:
        if (const auto found = children_.find(static_cast<std::uint32_t>(owner.id));
            found != children_.end()) {
          if (found->second.state == ChildState::Closed)
            children_.erase(found);
          else
            deadline = found->second.deadline();
        }
        break;
      case Owner::Kind::Tunnel:
        if (const auto found = tunnels_.find(static_cast<TunnelId>(owner.id)); found != tunnels_.end())
          deadline = found->second.deadline();
        break;
    }
    timers_.set(owner, deadline);
  }
}

// ---------------------------------------------------------------- tables

IkeSa* Engine::Impl::find_ike_sa(std::uint64_t local_spi) {
  const auto found = ike_sas_.find(local_spi);
  if (found == ike_sas_.end() || found->second.state == IkeState::Closed) return nullptr;
  touched_.insert({Owner::Kind::IkeSa, local_spi});
  return &found->second;
}

ChildSa* Engine::Impl::find_child(std::uint32_t inbound_spi) {
  const auto found = children_.find(inbound_spi);
  if (found == children_.end() || found->second.state == ChildState::Closed) return nullptr;
  touched_.insert({Owner::Kind::ChildSa, inbound_spi});
  return &found->second;
}

/// The one that the peer knows by that SPI, on which it receives.
ChildSa* Engine::Impl::find_child_by_outbound(Tunnel& tunnel, std::uint32_t outbound_spi) {
  const auto found = tunnel.by_outbound.find(outbound_spi);
  return found == tunnel.by_outbound.end() ? nullptr : find_child(found->second);
}

Tunnel* Engine::Impl::find_tunnel(TunnelId id) {
  const auto found = tunnels_.find(id);
  if (found == tunnels_.end()) return nullptr;
  touched_.insert({Owner::Kind::Tunnel, id});
  return &found->second;
}

std::uint64_t Engine::Impl::fresh_ike_spi() {
  std::uint64_t spi = 0;
  while (spi == 0 || ike_sas_.contains(spi)) spi = dice_.u64();
  return spi;
}

IkeSa& Engine::Impl::new_ike_sa(TunnelId id, std::uint64_t local_spi, bool initiator, IkeState state) {
  IkeSa& sa = ike_sas_[local_spi];
  sa.local_spi = local_spi;
  sa.initiator = initiator;
  sa.state = state;
  sa.tunnel = id;
  sa.origin.ours = initiator;
  sa.origin.started = now_;
  // Which tunnel a half-open one is for is open until IKE_AUTH: see refine_tunnel().
  Tunnel* tunnel = find_tunnel(id);
  if (tunnel != nullptr && state != IkeState::InitReceived) tunnel->ike_sas.insert(local_spi);
  touched_.insert({Owner::Kind::IkeSa, local_spi});
  return sa;
}

std::vector<IkeSa*> Engine::Impl::ike_sas(Tunnel& tunnel) {
  std::vector<IkeSa*> result;
  for (const std::uint64_t spi : tunnel.ike_sas)
    if (IkeSa* sa = find_ike_sa(spi)) result.push_back(sa);
  return result;
}

std::vector<ChildSa*> Engine::Impl::children(Tunnel& tunnel) {
  std::vector<ChildSa*> result;
  for (const std::uint32_t spi : tunnel.children)
    if (ChildSa* found = find_child(spi)) result.push_back(found);
  return result;
}

void Engine::Impl::notice(Notice::Level level, std::optional<TunnelId> about, std::string text) {
  actions_.emplace_back(Notice{level, about, std::move(text)});
}

// ---------------------------------------------------------------- inputs

void Engine::Impl::on(Datagram&& datagram) { receive(datagram); }

void Engine::Impl::on(TimerDue&&) {
  while (const auto owner = timers_.pop_due(now_)) {
    // What has been touched must be swept even when nothing is due any more: pop_due() disarmed it.
    switch (owner->kind) {
      case Owner::Kind::IkeSa:
        if (IkeSa* sa = find_ike_sa(owner->id)) timer(*sa);
        break;
      case Owner::Kind::ChildSa:
        if (ChildSa* found = find_child(static_cast<std::uint32_t>(owner->id))) timer(*found);
        break;
      case Owner::Kind::Tunnel:
        if (Tunnel* found = find_tunnel(static_cast<TunnelId>(owner->id))) timer(*found);
        break;
    }
  }
}

void Engine::Impl::timer(IkeSa& sa) {
  const auto due = [this](std::optional<Time>& when) {
    if (!when || *when > now_) return false;
    when.reset();
    return true;
  };
  forget_old_fragments(sa);
  if (sa.outstanding && sa.outstanding->deadline() <= now_) retransmit(sa);
  give_up_overdue_jobs(sa);
  if (sa.state == IkeState::Closed) return;
  if (due(sa.expires_at)) {
    if (Tunnel* tunnel = find_tunnel(sa.tunnel); tunnel != nullptr && sa.state == IkeState::Established) {
      notice(Notice::Level::Info, sa.tunnel,
             has_child(*tunnel) ? "the IKE SA has reached the end of its lifetime"
                                : "giving up an IKE SA without a Child SA");
      start_over(sa, Duration::zero());
    } else if (tunnel != nullptr && sa.state == IkeState::InitSent) {
      close(sa);
      back_off(*tunnel);
    } else {
      if (sa.state == IkeState::HalfOpen) half_open_expired(sa);
      close(sa);
    }
    return;
  }
  if (due(sa.give_way_at) && is_redundant(sa)) {
    delete_ike(sa);
    return;
  }
  if (sa.keepalive_at && *sa.keepalive_at <= now_) keep_alive(sa);
  if (due(sa.rekey_at)) sa.want({Task::What::RekeyIke});
  if (!sa.outstanding && due(sa.dpd_at)) ask_if_silent(sa);
  pump(sa);
}

void Engine::Impl::timer(ChildSa& found) {
  if (found.linger_until && *found.linger_until <= now_) {
    remove(found);
  } else if (found.expires_at && *found.expires_at <= now_) {
    expire(found);
  } else if (found.rekey_at && *found.rekey_at <= now_) {
    found.rekey_at.reset();
    if (IkeSa* sa = find_ike_sa(found.ike_sa)) {
      sa->want({Task::What::RekeyChild, found.inbound_spi});
      pump(*sa);
    }
  }
}

void Engine::Impl::timer(Tunnel& tunnel) {
  if (tunnel.narrow_at && *tunnel.narrow_at <= now_) narrow_children(tunnel);
  if (!tunnel.next_attempt || *tunnel.next_attempt > now_) return;
  tunnel.next_attempt.reset();
  if (!is_live(tunnel)) return start_attempt(tunnel);
  if (IkeSa* sa = established(tunnel)) ask_for_lacking(*sa);
}

void Engine::Impl::on(DataPlaneFailed&& input) {
  // The token of what is done with a Child SA is its inbound SPI.
  ChildSa* failed = find_child(static_cast<std::uint32_t>(input.token));
  if (failed == nullptr || failed->state == ChildState::Lingering || failed->state == ChildState::Revoked)
    return;
  Tunnel* tunnel = find_tunnel(failed->tunnel);
  IkeSa* sa = find_ike_sa(failed->ike_sa);
  if (tunnel == nullptr || sa == nullptr || sa->state == IkeState::Deleting) return;
  record(*tunnel, data_plane_failed(now_, input.reason));
  delete_ike(*sa);
  back_off(*tunnel);
}

void Engine::Impl::on(SaExpired&& input) {
  Tunnel* tunnel = find_tunnel(input.tunnel);
  if (tunnel == nullptr) return;
  ChildSa* found =
      input.direction == Direction::In ? find_child(input.spi) : find_child_by_outbound(*tunnel, input.spi);
  if (found == nullptr || found->tunnel != input.tunnel) return;
  const bool installed = found->state == ChildState::Installed;
  if (!found->is_usable()) return;
  if (input.hard) {
    expire(*found);
  } else if (IkeSa* sa = installed ? find_ike_sa(found->ike_sa) : nullptr) {
    sa->want({Task::What::RekeyChild, found->inbound_spi});
    pump(*sa);
  }
}

void Engine::Impl::on(Rekey&& input) {
  Tunnel* tunnel = find_tunnel(input.tunnel);
  if (tunnel == nullptr) return;
  tunnel->division.forgive();
  for (const std::uint32_t spi : std::vector(tunnel->active)) {
    const ChildSa* active = find_child(spi);
    if (active != nullptr && active->state == ChildState::Replaced) active = successor_of(*active);
    IkeSa* sa = active != nullptr ? find_ike_sa(active->ike_sa) : nullptr;
    if (sa == nullptr) continue;
    if (input.what == Rekey::What::ChildSa)
      sa->want({Task::What::RekeyChild, active->inbound_spi});
    else
      sa->want({Task::What::RekeyIke});
    pump(*sa);
    if (input.what == Rekey::What::IkeSa) return;
  }
}

}  // namespace awtun::ike
