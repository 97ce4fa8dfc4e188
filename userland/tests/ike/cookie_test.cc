// SPDX-License-Identifier: Apache-2.0
// Cookies and admission: what a flood may cost.
#include "userland/ike/rules/cookie.h"

#include <gtest/gtest.h>

#include <random>

#include "userland/ike/rules/admission.h"

namespace awtun::ike {
namespace {

using namespace std::chrono_literals;

class Cookies : public testing::Test {
 protected:
  std::mt19937 random{7};
  Dice dice{[this](MutableByteView out) {
    for (std::uint8_t& octet : out) octet = static_cast<std::uint8_t>(random() >> 8);
  }};
  const Bytes nonce = Bytes(32, 0x11);
  const CookieClaim claim{nonce, *IpAddress::parse("192.0.2.1"), 77};
  CookieJar jar;
  Time now{1h};
};

TEST_F(Cookies, TheRightOneIsAcceptedAndFitsIntoANotify) {
  const Bytes cookie = jar.make(now, dice, claim);
  EXPECT_GT(cookie.size(), 16U);
  EXPECT_LE(cookie.size(), 64U);
  EXPECT_TRUE(jar.accepts(now, cookie, claim));
  EXPECT_EQ(jar.make(now + 1s, dice, claim), cookie);  // nothing but the secret is kept
}

TEST_F(Cookies, OneOfAnotherPeerIsNot) {
  const Bytes cookie = jar.make(now, dice, claim);
  const Bytes other_nonce(32, 0x12);
  EXPECT_FALSE(jar.accepts(now, cookie, {other_nonce, claim.remote, claim.initiator_spi}));
  EXPECT_FALSE(jar.accepts(now, cookie, {nonce, *IpAddress::parse("192.0.2.2"), claim.initiator_spi}));
  EXPECT_FALSE(jar.accepts(now, cookie, {nonce, claim.remote, 78}));
  for (std::size_t at = 0; at < cookie.size(); ++at) {
    Bytes wrong = cookie;
    wrong[at] ^= 1;
    EXPECT_FALSE(jar.accepts(now, wrong, claim)) << at;
  }
  EXPECT_FALSE(jar.accepts(now, ByteView(cookie).first(cookie.size() - 1), claim));
  EXPECT_FALSE(jar.accepts(now, {}, claim));
  EXPECT_FALSE(CookieJar().accepts(now, cookie, claim));
}

TEST_F(Cookies, TwoSecretsAreAliveAndTheThirdLastIsDead) {
  const Bytes first = jar.make(now, dice, claim);
  now += CookieJar::kSecretAge;
  const Bytes second = jar.make(now, dice, claim);
  EXPECT_NE(first[0], second[0]);
  EXPECT_TRUE(jar.accepts(now, first, claim));
  EXPECT_TRUE(jar.accepts(now, second, claim));
  now += CookieJar::kSecretAge - 1ms;
  EXPECT_TRUE(jar.accepts(now, first, claim));
  now += 1ms;
  EXPECT_FALSE(jar.accepts(now, first, claim));
  now += CookieJar::kSecretAge;
  EXPECT_FALSE(jar.accepts(now, second, claim));
}

// ---------------------------------------------------------------- strain

TEST(Admission, CookiesAreDemandedByNumberAndByDelay) {
  Load strain;
  Time now{1h};
  EXPECT_FALSE(strain.high(now, Load::kManyHalfOpen - 1, Load::kLongWait - 1ms));
  EXPECT_TRUE(strain.high(now, Load::kManyHalfOpen, 0ms));
  Load other;
  EXPECT_TRUE(other.high(now, 0, Load::kLongWait));
}

TEST(Admission, TheDemandDoesNotFlap) {
  Load strain;
  Time now{1h};
  ASSERT_TRUE(strain.high(now, Load::kManyHalfOpen, 0ms));
  int changes = 0;
  bool before = true;
  for (int i = 0; i < 100; ++i) {
    now += 100ms;
    const bool high = strain.high(now, i % 2 == 0 ? Load::kManyHalfOpen : Load::kManyHalfOpen - 5, 0ms);
    changes += high != before ? 1 : 0;
    before = high;
  }
  EXPECT_EQ(changes, 0);
  now += Load::kCalm - 1ms;
  EXPECT_TRUE(strain.high(now, 0, 0ms));
  now += 1ms;
  EXPECT_FALSE(strain.high(now, 0, 0ms));
  EXPECT_FALSE(strain.high(now, Load::kManyHalfOpen - 1, 0ms));
}

// ---------------------------------------------------------------- prefixes

TEST(Admission, OnePrefixSpendsItsOwnTokens) {
  PrefixLimiter limiter;
  Time now{1h};
  unsigned admitted = 0;
  for (unsigned i = 0; i < 200; ++i) {
    const auto address = IpAddress::parse("192.0.2." + std::to_string(i));
    admitted += limiter.admits(now, *address) ? 1U : 0U;
  }
  EXPECT_EQ(admitted, PrefixLimiter::kBurst);
  EXPECT_TRUE(limiter.admits(now, *IpAddress::parse("192.0.3.1")));
  now += PrefixLimiter::kRefill;
  EXPECT_TRUE(limiter.admits(now, *IpAddress::parse("192.0.2.1")));
  EXPECT_FALSE(limiter.admits(now, *IpAddress::parse("192.0.2.1")));
  now += PrefixLimiter::kRefill * PrefixLimiter::kBurst * 10;
  admitted = 0;
  for (unsigned i = 0; i < 200; ++i)
    admitted += limiter.admits(now, *IpAddress::parse("192.0.2.9")) ? 1U : 0U;
  EXPECT_EQ(admitted, PrefixLimiter::kBurst);
}

TEST(Admission, AnIpv6SiteCountsAsOne) {
  PrefixLimiter limiter;
  const Time now{1h};
  unsigned admitted = 0;
  for (unsigned i = 0; i < 200; ++i)
    admitted +=
        limiter.admits(now, *IpAddress::parse("2001:db8:0:" + std::to_string(i % 90) + "::1")) ? 1U : 0U;
  EXPECT_EQ(admitted, PrefixLimiter::kBurst);
  EXPECT_TRUE(limiter.admits(now, *IpAddress::parse("2001:db8:0:100::1")));
}

TEST(Admission, TheTableIsBounded) {
  PrefixLimiter limiter;
  Time now{1h};
  for (unsigned i = 0; i < 20000; ++i) {
    now += 1ms;
    const auto address =
        IpAddress::parse("10." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ".1");
    EXPECT_TRUE(limiter.admits(now, *address));
  }
  EXPECT_EQ(limiter.size(), kMaxNetworks);
}

// ---------------------------------------------------------------- what strangers are answered

class Budget : public testing::Test {
 protected:
  /// Whether an answer went.
  bool answer(std::size_t request, std::size_t octets, std::string_view network = "192.0.2.0/24") {
    const IpPrefix prefix = *IpPrefix::parse(network);
    budget.received(now, prefix, request);
    if (!budget.affords(now, prefix, {request, octets})) return false;
    budget.charge(now, prefix, {request, octets});
    return true;
  }
  AnswerBudget budget;
  Time now{1h};
};

TEST_F(Budget, WhatIsNoLargerThanItsRequestAlwaysGoes) {
  while (answer(100, 200)) {
  }
  for (int i = 0; i < 10000; ++i) EXPECT_TRUE(answer(100, 100));
  EXPECT_FALSE(answer(10, 100));
}

TEST_F(Budget, SomeIsLentAndPaidBack) {
  std::size_t in = 0;
  std::size_t out = 0;
  for (int i = 0; i < 1000; ++i) {
    in += 100;
    out += answer(100, 150) ? 150U : 0U;
    ASSERT_LE(out, in + AnswerBudget::kLoan);
    if (i > 30) {
      ASSERT_LE(out, in);
    }
  }
  EXPECT_GT(out, in - 150);
}

TEST_F(Budget, ALoanIsThereAgainAfterAWhile) {
  ASSERT_TRUE(answer(100, 612));
  EXPECT_FALSE(answer(100, 612));
  now += AnswerBudget::kTerm;
  EXPECT_TRUE(answer(100, 612));
}

TEST_F(Budget, WhatIsSavedIsBounded) {
  for (int i = 0; i < 1000; ++i) budget.received(now, *IpPrefix::parse("192.0.2.0/24"), 1000);
  std::size_t out = 0;
  while (answer(0, 100)) out += 100;
  EXPECT_LE(out, static_cast<std::size_t>(AnswerBudget::kMost + AnswerBudget::kLoan));
}

// Going through more networks than are remembered gains nothing.
TEST_F(Budget, ANetworkTakesOverWhatTheForgottenOneOwes) {
  std::size_t out = 0;
  for (unsigned i = 0; i < 40000; ++i) {
    const unsigned network = i % 10000;
    out +=
        answer(0, 100, "10." + std::to_string(network / 250) + "." + std::to_string(network % 250) + ".0/24")
            ? 100U
            : 0U;
  }
  EXPECT_LE(out, kMaxNetworks * AnswerBudget::kLoan);
  EXPECT_EQ(budget.size(), kMaxNetworks);
}

}  // namespace
}  // namespace awtun::ike
