// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/admission.h"

#include <algorithm>

namespace awtun::ike {

IpPrefix network_of(const IpAddress& address, std::uint8_t length) {
  Bytes raw(address.bytes().begin(), address.bytes().end());
  for (std::size_t at = 0; at < raw.size(); ++at) {
    const std::size_t kept = std::clamp<std::size_t>(length, at * 8, at * 8 + 8) - at * 8;
    raw[at] = static_cast<std::uint8_t>(raw[at] & (0xff00U >> kept));
  }
  return {IpAddress::from_bytes(raw).value_or(IpAddress()), length};
}

IpPrefix neighbourhood(const IpAddress& address) { return network_of(address, address.is_v4() ? 24 : 56); }

bool Load::high(Time now, std::size_t half_open, Duration wait) {
  const bool high = until_ && now < *until_;
  const bool strained =
      high ? half_open > kFewHalfOpen || wait > kShortWait : half_open >= kManyHalfOpen || wait >= kLongWait;
  if (strained) until_ = now + kCalm;
  return strained || high;
}

bool TokenBucket::has_one(Time now) {
  used_ = std::max(Duration::zero(), used_ - (now - seen_));
  seen_ = now;
  return used_ + refill_ <= refill_ * burst_;
}

bool PrefixLimiter::admits(Time now, const IpAddress& remote) {
  Bucket& bucket = buckets_.at(neighbourhood(remote));
  if (!bucket.has_one(now)) return false;
  bucket.take();
  return true;
}

AnswerBudget::Account& AnswerBudget::account(Time now, const IpPrefix& prefix) {
  Account& found = accounts_.at(prefix);
  if (found.term && now - *found.term >= kTerm) {
    found.balance = std::max<std::int64_t>(found.balance, 0);
    found.lent = 0;
    found.term.reset();
  }
  return found;
}

void AnswerBudget::received(Time now, const IpPrefix& from, std::size_t octets) {
  Account& payer = account(now, from);
  payer.balance = std::min(payer.balance + static_cast<std::int64_t>(octets), kMost);
}

bool AnswerBudget::affords(Time now, const IpPrefix& to, const Exchange& exchange) {
  const Account& payer = account(now, to);
  const std::int64_t missing = payer.missing(exchange);
  return missing <= 0 || missing <= kLoan - payer.lent;
}

AnswerBudget::Payment AnswerBudget::charge(Time now, const IpPrefix& to, const Exchange& exchange) {
  Account& payer = account(now, to);
  const std::int64_t lent = std::max<std::int64_t>(payer.missing(exchange), 0);
  const auto answer = static_cast<std::int64_t>(exchange.answer);
  payer.balance -= answer;
  payer.lent += lent;
  if (lent > 0 && !payer.term) payer.term = now;
  return {to, answer, lent, payer.term};
}

void AnswerBudget::give_back(Time now, const Payment& payment) {
  Account& payer = account(now, payment.by);
  if (payer.term != payment.term) return;
  payer.balance = std::min(payer.balance + payment.answer, kMost);
  payer.lent = std::max<std::int64_t>(payer.lent - payment.lent, 0);
}

}  // namespace awtun::ike
