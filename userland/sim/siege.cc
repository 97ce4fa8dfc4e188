// SPDX-License-Identifier: Apache-2.0
#include "userland/sim/siege.h"

#include <malloc.h>

#include <ctime>
#include <random>

#include "userland/crypto/suites.h"
#include "userland/ike/rules/payloads.h"

namespace awtun::sim {
namespace {

/// Of status and heap.
constexpr Duration kSampleInterval{100};

ike::RandomSource seeded_source(std::uint32_t seed) {
  return [random = std::make_shared<std::mt19937>(seed)](MutableByteView out) {
    for (std::uint8_t& octet : out) octet = static_cast<std::uint8_t>((*random)() >> 8);
  };
}

/// What a NAT makes of the ports of who is seen at `outside`, on port 500.
constexpr std::uint16_t kShift = 20000;
std::uint16_t outer_port(const Endpoint& outside, std::uint16_t inner) {
  if (outside.port == ike::kIkePort) return inner;
  return static_cast<std::uint16_t>(inner == ike::kIkePort ? outside.port : outside.port + kShift);
}

double thread_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

ike::TunnelPolicy siege_policy(ike::TunnelId tunnel, const crypto::IkeSuite& suite) {
  ike::TunnelPolicy policy;
  policy.tunnel = tunnel;
  policy.preshared_key = Secret(ByteView(Bytes{'k', 'e', 'y'}));
  policy.isakmp.transforms = {{1, suite}};
  policy.isakmp.dpd_interval = std::chrono::hours(24);
  return policy;
}

}  // namespace

// ---------------------------------------------------------------- the worker

bool Worker::push(ike::StartJob job) {
#if __has_include("userland/ike/job_queue.h")
  return static_cast<bool>(waiting_.push(std::move(job)));
#else
  constexpr std::size_t most = 4096;
  if (waiting_.size() >= most) return false;
  waiting_.push_back(std::move(job));
  return true;
#endif
}

void Worker::cancel(std::uint64_t token) {
#if __has_include("userland/ike/job_queue.h")
  waiting_.cancel(token);
#else
  std::erase_if(waiting_, [&](const ike::StartJob& job) { return job.token == token; });
#endif
}

std::optional<Time> Worker::begin(Time now) {
  if (running_) return std::nullopt;
#if __has_include("userland/ike/job_queue.h")
  running_ = waiting_.pop();
  if (!running_) return std::nullopt;
#else
  if (waiting_.empty()) return std::nullopt;
  running_ = std::move(waiting_.front());
  waiting_.pop_front();
#endif
  const auto* exchange = std::get_if<ike::KeyExchangeJob>(&running_->job);
  const bool half = exchange != nullptr && (exchange->ours || !exchange->peer);
  free_ = std::max<decltype(free_)>(free_, now) + (half ? cost_ / 2 : cost_);
  return std::chrono::ceil<Duration>(free_);
}

ike::StartJob Worker::end() {
  ike::StartJob ended = *std::move(running_);
  running_.reset();
  return ended;
}

// ---------------------------------------------------------------- requests

RequestForm::RequestForm(const crypto::IkeSuite& suite, wire::GroupId ke_group)
    : transforms_(crypto::wire_transforms(suite)), group_(ke_group) {
  const auto made = crypto::KeyExchange::generate(ke_group, seeded_source(7));
  public_value_.assign(made->public_value().begin(), made->public_value().end());
}

Bytes RequestForm::write(std::uint64_t initiator_spi, ByteView cookie) const {
  wire::PayloadWriter payloads;
  if (!cookie.empty()) payloads.notify(wire::NotifyType::Cookie, cookie);
  payloads.sa(wire::Proposal{1, wire::ProtocolId::Ike, {}, transforms_});
  payloads.ke(group_, public_value_);
  payloads.nonce(Bytes(32, 0x11));
  wire::Header header;
  header.initiator_spi = initiator_spi;
  header.from_initiator = true;
  return *wire::write_message(header, payloads);
}

// ---------------------------------------------------------------- the hub

Siege::Siege(const SiegeSettings& settings)
    : settings_(settings),
      form_(settings.suite, settings.suite.group),
      hub_(seeded_source(settings.seed), {Secret(Bytes(32, 9))}),
      worker_(settings.key_exchange),
      engines_(settings.seed),
      heap_before_(::mallinfo2().uordblks) {
  at(now_, [this] { sample(); });
}

void Siege::expect(ike::TunnelId tunnel, std::optional<IpAddress> remote, const ike::Identity& peer,
                   std::vector<Bytes> authorities) {
  ike::TunnelPolicy policy = siege_policy(tunnel, settings_.suite);
  policy.local = hub_address_;
  policy.local_id = ike::Identity::of(hub_address_);
  policy.remote = remote;
  policy.remote_id = peer;
  if (!authorities.empty()) {
    policy.certificate = ike::CertificatePolicy{"trust", std::move(authorities)};
    policy.isakmp.remote_authentication = AuthMethod::Certificate;
  }
  step_hub(ike::SetTunnel{std::move(policy)});
}

std::vector<Bytes> Siege::ask(const Endpoint& from, Bytes bytes) {
  std::vector<Bytes> answers;
  overheard_ = &answers;
  to_hub(from, std::move(bytes));
  overheard_ = nullptr;
  return answers;
}

void Siege::to_hub(const Endpoint& from, Bytes bytes, std::uint16_t port) {
  costs_.octets_in += bytes.size();
  step_hub(ike::Datagram{{hub_address_, port}, from, std::move(bytes)});
}

void Siege::step_hub(ike::Input input) {
  const double before = thread_ms();
  ike::Actions actions = hub_.step(now_, std::move(input));
  costs_.longest_step_ms = std::max(costs_.longest_step_ms, thread_ms() - before);
  for (ike::Action& action : actions) perform(std::move(action));
  begin_job();
  arm_hub();
}

void Siege::arm_hub() {
  const auto due = hub_.next_deadline();
  if (!due || (armed_ && *armed_ <= *due)) return;
  armed_ = std::max(*due, now_);
  at(*armed_, [this] {
    armed_.reset();
    step_hub(ike::TimerDue{});
  });
}

void Siege::begin_job() {
  const auto ends = worker_.begin(now_);
  if (!ends) return;
  at(*ends, [this] {
    ike::StartJob job = worker_.end();
    const auto* exchange = std::get_if<ike::KeyExchangeJob>(&job.job);
    ike::JobResult result =
        exchange != nullptr ? compute(*exchange) : ike::JobResult(ike::JobFailed{"no such trustpoint", ""});
    step_hub(ike::JobDone{job.token, std::move(result)});
  });
}

/// What all forged requests have in common is computed once.
ike::JobResult Siege::compute(const ike::KeyExchangeJob& job) {
  if (job.peer != form_.public_value()) return ike::run(job);
  if (!forged_result_) {
    ike::JobResult result = ike::run(job);
    forged_result_.emplace(std::get<ike::KeyExchangeDone>(std::move(result)));
  }
  const Secret& shared = *forged_result_->shared;
  return ike::KeyExchangeDone{forged_result_->ours, Secret(shared.view())};
}

void Siege::perform(ike::Action action) {
  if (auto* job = std::get_if<ike::StartJob>(&action)) {
    const std::uint64_t token = job->token;
    if (!worker_.push(std::move(*job)))
      at(now_ + Duration(1), [this, token] {
        step_hub(ike::JobDone{token, ike::JobFailed{"too many jobs", ""}});
      });
  }
#if __has_include("userland/ike/job_queue.h")
  if (const auto* cancelled = std::get_if<ike::CancelJob>(&action)) worker_.cancel(cancelled->token);
#endif
  if (const auto* sent = std::get_if<ike::Send>(&action)) deliver(*sent);
}

/// The peers cannot be called: they alone begin.
void Siege::deliver(const ike::Send& sent) {
  const auto header = wire::parse_header(sent.bytes);
  if (!header || (!header->response && header->exchange == wire::ExchangeType::IkeSaInit)) return;
  costs_.octets_out += sent.bytes.size();
  if (overheard_ != nullptr) overheard_->push_back(sent.bytes);
  for (const std::uint16_t inner : {ike::kIkePort, ike::kNattPort}) {
    const std::uint16_t seen = sent.remote.port;
    const Endpoint outside{sent.remote.address,
                           seen == inner
                               ? ike::kIkePort
                               : static_cast<std::uint16_t>(inner == ike::kIkePort ? seen : seen - kShift)};
    if (!peers_.contains(outside) || outer_port(outside, inner) != seen) continue;
    at(now_ + settings_.round_trip / 2, [this, outside, inner, sent] {
      const Endpoint inside{outside.address, inner};
      step_peer(outside, ike::Datagram{inside, sent.local, sent.bytes});
    });
    return;
  }
  if (answering_.contains(sent.remote.address))
    at(now_ + settings_.round_trip, [this, sent] { return_cookie(sent.remote, sent.bytes); });
}

// ---------------------------------------------------------------- around it

void Siege::call(const Endpoint& from, const ike::Identity& name) {
  peers_.insert_or_assign(from, Peer{ike::Engine(seeded_source(++engines_)), {}});
  up_.erase(from);
  ike::TunnelPolicy policy = siege_policy(0, settings_.suite);
  policy.local = from.address;
  policy.remote = hub_address_;
  policy.local_id = name;
  policy.remote_id = ike::Identity::of(hub_address_);
  step_peer(from, ike::SetTunnel{std::move(policy)});
}

void Siege::step_peer(const Endpoint& outside, ike::Input input) {
  std::vector<ike::Input> inputs;
  inputs.push_back(std::move(input));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    for (ike::Action& action : peers_.at(outside).engine.step(now_, std::move(inputs[i]))) {
      if (const auto* job = std::get_if<ike::StartJob>(&action))
        inputs.emplace_back(ike::JobDone{job->token, ike::run(std::get<ike::KeyExchangeJob>(job->job))});
      if (std::holds_alternative<ike::ActivateSa>(action)) up_.insert(outside);
      const auto* sent = std::get_if<ike::Send>(&action);
      if (sent == nullptr) continue;
      const Endpoint from{outside.address, outer_port(outside, sent->local.port)};
      at(now_ + settings_.round_trip / 2,
         [this, from, port = sent->remote.port, bytes = sent->bytes] { to_hub(from, bytes, port); });
    }
  arm_peer(outside);
}

void Siege::arm_peer(const Endpoint& outside) {
  Peer& peer = peers_.at(outside);
  const auto due = peer.engine.next_deadline();
  if (!due || (peer.armed && *peer.armed <= *due)) return;
  peer.armed = std::max(*due, now_);
  at(*peer.armed, [this, outside, when = *peer.armed] {
    std::optional<Time>& armed = peers_.at(outside).armed;
    if (armed != when) return;
    armed.reset();
    step_peer(outside, ike::TimerDue{});
  });
}

void Siege::flood(unsigned rate, std::function<IpAddress()> source, bool answers) {
  send_flood(rate, std::make_shared<std::function<IpAddress()>>(std::move(source)), answers, 0, now_);
}

/// Those that are due by now, at once.
void Siege::send_flood(unsigned rate, const std::shared_ptr<std::function<IpAddress()>>& source, bool answers,
                       std::uint64_t sent, Time began) {
  const auto due = static_cast<std::uint64_t>((now_ - began).count()) * rate / 1000;
  for (; sent < due; ++sent) {
    const IpAddress from = (*source)();
    if (answers) answering_.insert(from);
    to_hub({from, ike::kIkePort}, form_.write(++last_spi_));
  }
  const auto next = (sent + 1) * 1000 / rate + ((sent + 1) * 1000 % rate != 0 ? 1 : 0);
  at(began + Duration(static_cast<Duration::rep>(next)),
     [this, rate, source, answers, sent, began] { send_flood(rate, source, answers, sent, began); });
}

void Siege::return_cookie(const Endpoint& from, const Bytes& reply) {
  const auto message = wire::parse_message(reply);
  const auto cookie = message ? ike::find_notify(message->payloads, wire::NotifyType::Cookie) : std::nullopt;
  if (cookie) to_hub(from, form_.write(message->header.initiator_spi, cookie->data));
}

// ---------------------------------------------------------------- time

void Siege::at(Time when, std::function<void()> what) {
  events_.emplace(std::pair(when, ++scheduled_), std::move(what));
}

void Siege::run_for(Duration duration) {
  static_cast<void>(run_until([] { return false; }, duration));
}

bool Siege::run_until(const std::function<bool()>& condition, Duration limit) {
  const Time until = now_ + limit;
  while (!condition()) {
    if (events_.empty() || events_.begin()->first.first > until) {
      now_ = until;
      return condition();
    }
    auto event = events_.extract(events_.begin());
    now_ = std::max(now_, event.key().first);
    event.mapped()();
  }
  return true;
}

void Siege::sample() {
  costs_.most_ike_sas = std::max(costs_.most_ike_sas, hub_.status().ike_sas.size());
  const std::size_t heap = ::mallinfo2().uordblks;
  costs_.most_heap = std::max(costs_.most_heap, heap > heap_before_ ? heap - heap_before_ : 0);
  at(now_ + kSampleInterval, [this] { sample(); });
}

}  // namespace awtun::sim
