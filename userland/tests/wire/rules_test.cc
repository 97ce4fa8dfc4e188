// SPDX-License-Identifier: Apache-2.0
#include "userland/wire/rules.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "userland/tests/wire/samples.h"

namespace awtun::wire {
namespace {

/// A chain with `counts[i]` payloads of the type of `rules[i]`, for those that match `encrypted`.
PayloadWriter payloads_of(std::span<const PayloadRule> rules, const std::vector<int>& counts,
                          bool encrypted) {
  PayloadWriter writer;
  for (std::size_t i = 0; i < rules.size(); ++i)
    for (int n = 0; rules[i].encrypted == encrypted && n < counts[i]; ++n) writer.raw(rules[i].type, {});
  return writer;
}

std::string judge(ExchangeType exchange, bool response, bool encrypted, const PayloadWriter& payloads) {
  const Header header = header_of(exchange, response);
  if (!encrypted) {
    const Bytes octets = written(header, payloads);
    const auto message = parse_message(octets);
    if (!message) return message.error().to_string();
    const auto result = check_clear(*message);
    return result ? "" : result.error().to_string();
  }
  const auto chain = parse_chain(payloads.first(), payloads.octets());
  if (!chain) return chain.error().to_string();
  const auto result = check_encrypted(header, *chain);
  return result ? "" : result.error().to_string();
}

struct Case {
  ExchangeType exchange;
  bool response;
};
const std::vector<Case> kCases{{ExchangeType::IkeSaInit, false},     {ExchangeType::IkeSaInit, true},
                               {ExchangeType::IkeAuth, false},       {ExchangeType::IkeAuth, true},
                               {ExchangeType::CreateChildSa, false}, {ExchangeType::CreateChildSa, true},
                               {ExchangeType::Informational, false}, {ExchangeType::Informational, true}};

// Every row of every table: one payload fewer than the minimum and one more than the maximum.
TEST(Rules, EachRowIsEnforced) {
  for (const auto& [exchange, response] : kCases) {
    const auto rules = payload_rules(exchange, response);
    ASSERT_FALSE(rules.empty());
    std::vector<int> minimum;
    for (const PayloadRule& rule : rules) minimum.push_back(rule.min);
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const PayloadRule& rule = rules[i];
      const auto judged = [&](int count) {
        std::vector<int> counts = minimum;
        counts[i] = count;
        return judge(exchange, response, rule.encrypted, payloads_of(rules, counts, rule.encrypted));
      };
      const std::string name = to_string(rule.type);
      EXPECT_EQ(judged(rule.min).find(name + " occurs"), std::string::npos);
      if (rule.min > 0) {
        EXPECT_EQ(judged(rule.min - 1), name + " is missing");
      }
      if (rule.type == PayloadType::Sk) continue;  // two cannot even be a chain
      if (rule.max < 255) {
        EXPECT_EQ(judged(rule.max + 1), name + " occurs too often");
      }
    }
  }
}

TEST(Rules, KnownPayloadsWithoutARowAreRefusedInTheClearAndIgnoredInsideSk) {
  for (const auto& [exchange, response] : kCases)
    for (int number = 33; number <= 53; ++number) {
      const auto type = static_cast<PayloadType>(number);
      const auto rules = payload_rules(exchange, response);
      const bool free =
          type == PayloadType::Notify || type == PayloadType::VendorId || (number > 48 && number < 53);
      const auto has_row = [&](bool encrypted) {
        return std::any_of(rules.begin(), rules.end(), [&](const PayloadRule& rule) {
          const bool fragment = type == PayloadType::Skf && rule.type == PayloadType::Sk && !encrypted;
          return (rule.type == type || fragment) && rule.encrypted == encrypted;
        });
      };
      PayloadWriter writer;
      writer.raw(type, {});
      const std::string clear = judge(exchange, response, false, writer);
      EXPECT_EQ(clear.find("is not allowed") != std::string::npos, !free && !has_row(false))
          << to_string(exchange) << ' ' << number << ' ' << clear;
      EXPECT_EQ(is_ignored(header_of(exchange, response), type), !free && !has_row(true))
          << to_string(exchange) << ' ' << number;
      if (!has_row(true)) {
        EXPECT_EQ(judge(exchange, response, true, writer), judge(exchange, response, true, PayloadWriter()));
      }
    }
}

TEST(Rules, TheSamplesAreLegal) {
  EXPECT_EQ(judge(ExchangeType::IkeSaInit, false, false, init_payloads()), "");
  EXPECT_EQ(judge(ExchangeType::IkeSaInit, true, false, init_payloads()), "");
  EXPECT_EQ(judge(ExchangeType::IkeAuth, false, true, auth_payloads()), "");
  EXPECT_EQ(judge(ExchangeType::Informational, false, true, informational_payloads()), "");
  EXPECT_EQ(judge(ExchangeType::Informational, true, true, PayloadWriter()), "");
}

TEST(Rules, ARefusalNeedsNothingElse) {
  PayloadWriter refusal;
  refusal.notify(NotifyType::NoProposalChosen);
  EXPECT_EQ(judge(ExchangeType::IkeSaInit, true, false, refusal), "");
  EXPECT_EQ(judge(ExchangeType::IkeAuth, true, true, refusal), "");
  EXPECT_EQ(judge(ExchangeType::CreateChildSa, true, true, refusal), "");
  EXPECT_EQ(judge(ExchangeType::IkeSaInit, false, false, refusal), "SA is missing");
  EXPECT_EQ(judge(ExchangeType::CreateChildSa, false, true, refusal), "SA is missing");
  PayloadWriter cookie;
  cookie.notify(NotifyType::Cookie, counted(8));
  EXPECT_EQ(judge(ExchangeType::IkeSaInit, true, false, cookie), "");
}

TEST(Rules, EapNeedsNoAuth) {
  PayloadWriter asks;
  asks.raw(PayloadType::IdI, {});
  EXPECT_EQ(judge(ExchangeType::IkeAuth, false, true, asks), "");
  PayloadWriter answers;
  answers.raw(PayloadType::Eap, {});
  EXPECT_EQ(judge(ExchangeType::IkeAuth, true, true, answers), "");
  EXPECT_EQ(judge(ExchangeType::CreateChildSa, true, true, answers), "SA is missing");
}

TEST(Rules, ARefusalInTheClearDoesNotReplaceSk) {
  PayloadWriter refusal;
  refusal.notify(NotifyType::AuthenticationFailed);
  EXPECT_EQ(judge(ExchangeType::IkeAuth, true, false, refusal), "SK is missing");
}

TEST(Rules, AFragmentStandsForSkAndIsNothingInsideIt) {
  PayloadWriter fragment;
  fragment.raw(PayloadType::Skf, Bytes{0, 1, 0, 2});
  for (const auto& [exchange, response] : kCases) {
    const std::string clear = judge(exchange, response, false, fragment);
    EXPECT_EQ(clear,
              exchange == ExchangeType::IkeSaInit ? "SKF is not allowed in the clear in this exchange" : "");
    EXPECT_TRUE(is_ignored(header_of(exchange, response), PayloadType::Skf));
  }
}

TEST(Rules, SelectorsGoTogether) {
  PayloadWriter writer;
  writer.raw(PayloadType::Sa, {});
  writer.raw(PayloadType::Nonce, {});
  writer.raw(PayloadType::TsI, {});
  EXPECT_EQ(judge(ExchangeType::CreateChildSa, false, true, writer),
            "TSr is missing, but the other selectors are present");
  PayloadWriter auth;
  auth.raw(PayloadType::IdI, {});
  auth.raw(PayloadType::Auth, {});
  EXPECT_EQ(judge(ExchangeType::IkeAuth, false, true, auth), "");
  auth.raw(PayloadType::Sa, {});
  EXPECT_EQ(judge(ExchangeType::IkeAuth, false, true, auth), "TSi is missing: SA and selectors go together");
}

TEST(Rules, UnknownExchangesHaveNone) {
  EXPECT_EQ(judge(static_cast<ExchangeType>(43), false, false, PayloadWriter()),
            "message is of an unknown exchange");
  EXPECT_EQ(judge(static_cast<ExchangeType>(43), false, true, PayloadWriter()),
            "message is of an unknown exchange");
}

}  // namespace
}  // namespace awtun::wire
