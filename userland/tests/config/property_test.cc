// SPDX-License-Identifier: Apache-2.0
// What holds for every row of the table, present and future: nothing here names a command.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "userland/config/match.h"
#include "userland/tests/config/samples.h"

namespace awtun::config::test {
namespace {

constexpr int kSamplesPerForm = 40;

/// Calls `check` with sample lines of every form.
template <class Check>
void for_all_lines(Check check) {
  Random random(2);
  for (const Form& form : forms()) {
    for (int i = 0; i < kSamplesPerForm; ++i) check(form, sample(form, random), random);
  }
}

/// The session, and the configuration under it, in which every row of `mode` may run.
Config base_config() {
  Config config;
  config.tunnels[7].ip_addresses.push_back(*IpPrefix::parse("192.168.254.1/30"));
  config.isakmp_profiles["prof0"] = {};
  config.ipsec_profiles["prof0"] = {};
  config.trustpoints["prof0"] = {};
  return config;
}

Session base_session(Mode mode) {
  switch (mode) {
    case Mode::Exec:
    case Mode::Config:
      return {mode};
    case Mode::Interface:
      return {mode, 7};
    case Mode::IsakmpProfile:
    case Mode::IpsecProfile:
    case Mode::Trustpoint:
      return {mode, std::nullopt, "prof0"};
  }
  return {};
}

TEST(Grammar, EveryFormIsFoundByItsOwnLines) {
  for_all_lines([](const Form& form, const SampleLine& line, Random&) {
    const auto found = find_command(form.row->mode, join(line));
    ASSERT_TRUE(found) << join(line) << "\n" << found.error().message;
    if (form.row->run) {
      EXPECT_EQ(found->form, &form) << join(line);
    }
  });
}

TEST(Grammar, NoTwoRowsTakeOneLine) {
  for_all_lines([](const Form& form, const SampleLine& line, Random&) {
    const std::string text = join(line);
    Matcher matcher(form.row->mode, false);
    for (const Word& word : split(text)) {
      ASSERT_TRUE(matcher.advance(word, text)) << text;
      if (matcher.took_rest()) break;
    }
    EXPECT_EQ(std::ranges::count_if(matcher.threads(), &Thread::complete), 1) << text;
  });
}

TEST(Grammar, KeywordsHaveNoCase) {
  for_all_lines([](const Form& form, SampleLine line, Random&) {
    for (SampleWord& word : line) {
      if (!word.token->keyword) continue;
      for (char& c : word.text) c = static_cast<char>(std::toupper(c));
    }
    EXPECT_TRUE(find_command(form.row->mode, join(line))) << join(line);
  });
}

/// Whether `text` is a keyword as it stands: "ip" is no abbreviation of "ipv6".
bool is_keyword(std::string_view text) {
  return std::ranges::any_of(forms(), [text](const Form& form) {
    return std::ranges::any_of(form.pattern.tokens,
                               [text](const Token& t) { return t.keyword && t.text == text; });
  });
}

TEST(Grammar, AbbreviationsAreTheSameCommandOrAmbiguous) {
  for_all_lines([](const Form& form, SampleLine line, Random& random) {
    for (SampleWord& word : line) {
      const std::string shorter =
          word.text.substr(0, 1 + pick(random, static_cast<std::uint32_t>(word.text.size())));
      if (word.token->keyword && !is_keyword(shorter)) word.text = shorter;
    }
    const auto found = find_command(form.row->mode, join(line));
    if (!found) {
      EXPECT_EQ(found.error().kind, SyntaxError::Kind::Ambiguous) << join(line);
    } else if (form.row->run) {
      EXPECT_EQ(found->form, &form) << join(line);
    }
  });
}

/// Whether some command takes the words of `text` up to `end`: damage that is itself an abbreviation
/// or a key is no fault yet.
bool still_fits(Mode mode, const std::string& text, std::size_t end) {
  Matcher matcher(mode, false);
  for (const Word& word : split(text)) {
    if (word.column < end && !matcher.advance(word, text)) return false;
  }
  return true;
}

void expect_fault_in_word(Mode mode, const std::string& text, std::size_t start, std::size_t end) {
  const auto found = find_command(mode, text);
  if (found || still_fits(mode, text, end)) return;
  EXPECT_GE(found.error().column, start) << text << "\n" << found.error().message;
  EXPECT_LE(found.error().column, end) << text << "\n" << found.error().message;
}

TEST(Grammar, TheCaretStandsAtTheDamagedWord) {
  for_all_lines([](const Form& form, const SampleLine& line, Random& random) {
    const std::string text = join(line);
    for (const Word& word : split(text)) {
      const std::size_t at = word.column + pick(random, static_cast<std::uint32_t>(word.text.size()));
      const std::size_t end = word.column + word.text.size();
      std::string changed = text;
      changed[at] = '~';
      expect_fault_in_word(form.row->mode, changed, word.column, end);
      std::string shorter = text;
      shorter.erase(at, 1);
      if (word.text.size() > 1) expect_fault_in_word(form.row->mode, shorter, word.column, end - 1);
      std::string longer = text;
      longer.insert(at, "~");
      expect_fault_in_word(form.row->mode, longer, word.column, end + 1);
    }
  });
}

TEST(Grammar, CompletionKnowsEveryNextWord) {
  for_all_lines([](const Form& form, const SampleLine& line, Random&) {
    if (form.row->another_spelling) return;
    std::string before;
    for (const SampleWord& word : line) {
      const Completion completion = complete(form.row->mode, before);
      EXPECT_EQ(completion.word_start, before.size());
      const bool offered = std::ranges::any_of(completion.candidates, [&word](const Candidate& candidate) {
        return !candidate.literal || candidate.text == word.text;
      });
      const bool behind_do = word.token->type == ParamType::Command && !word.token->keyword;
      EXPECT_TRUE(offered || behind_do) << before << "?";
      before += word.text + " ";
    }
    EXPECT_TRUE(complete(form.row->mode, join(line)).executable) << join(line);
  });
}

/// What `line` makes of `start`; nullopt when it changes nothing, be it that it is refused.
std::optional<Config> edited(const Config& start, Mode mode, const std::string& line) {
  Session session = base_session(mode);
  Outcome outcome = execute(start, session, line);
  EXPECT_FALSE(std::holds_alternative<SyntaxError>(outcome)) << line;
  auto* edit = std::get_if<Edit>(&outcome);
  return edit == nullptr ? std::nullopt : std::optional(std::move(edit->candidate));
}

TEST(Grammar, NoUndoesWhatTheLineDid) {
  std::map<const Row*, int> edits;
  for_all_lines([&edits](const Form& form, const SampleLine& line, Random&) {
    if (form.negated || !form.row->no || form.row->mode == Mode::Exec) return;
    const Form& negated = *(&form + 1);
    ASSERT_EQ(negated.row, form.row);
    Config start = base_config();
    if (join(line).starts_with("ip address") && !join(line).ends_with("secondary")) start.tunnels[7] = {};
    const auto set = edited(start, form.row->mode, join(line));
    edits[form.row] += set ? 1 : 0;
    if (!set) return;
    const auto unset = edited(*set, form.row->mode, join(restate(negated, line)));
    ASSERT_TRUE(unset) << join(restate(negated, line));
    EXPECT_TRUE(*unset == start) << join(line);
  });
  for (const auto& [row, count] : edits) EXPECT_GT(count, 0) << row->pattern;
}

TEST(Grammar, WhatIsWrittenReadsBackTheSame) {
  Random random(3);
  for (int i = 0; i < 300; ++i) {
    const Config config = sample_config(random);
    const std::string text = emit(config);
    const auto loaded = load(text);
    ASSERT_TRUE(loaded) << loaded.error().line << ": " << loaded.error().text << "\n"
                        << loaded.error().message;
    EXPECT_TRUE(*loaded == config) << text;
    EXPECT_EQ(emit(*loaded), text);
  }
}

TEST(Grammar, RandomEditsStayCanonical) {
  Random random(4);
  Config config;
  Session session = base_session(Mode::Config);
  for (int i = 0; i < 3000; ++i) {
    const Form& form = forms()[pick(random, static_cast<std::uint32_t>(forms().size()))];
    if (form.row->mode == Mode::Exec) continue;
    if (is_section(form.row->mode)) {
      config.tunnels.try_emplace(7);
      config.isakmp_profiles.try_emplace("prof0");
      config.ipsec_profiles.try_emplace("prof0");
      config.trustpoints.try_emplace("prof0");
      session = base_session(form.row->mode);
    }
    const Outcome outcome = execute(config, session, join(sample(form, random)));
    if (const auto* edit = std::get_if<Edit>(&outcome)) config = edit->candidate;
    if (session.mode == Mode::Exec) session = base_session(Mode::Config);
  }
  const auto loaded = load(emit(config));
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(*loaded == config);
}

TEST(Grammar, RandomOctetsAreRefusedAndChangeNothing) {
  Random random(5);
  for (int i = 0; i < 5000; ++i) {
    const Form& form = forms()[pick(random, static_cast<std::uint32_t>(forms().size()))];
    std::string text = join(sample(form, random));
    for (auto left = pick(random, 4); left > 0; --left) {
      text[pick(random, static_cast<std::uint32_t>(text.size()))] = static_cast<char>(pick(random, 256));
    }
    const Config config = base_config();
    Session session = base_session(form.row->mode);
    const Outcome outcome = execute(config, session, text);
    if (const auto* error = std::get_if<SyntaxError>(&outcome)) {
      EXPECT_LE(error->column, text.size());
      EXPECT_FALSE(error->message.empty());
      EXPECT_TRUE(session == base_session(form.row->mode) || session.refused) << text;
    }
    complete(form.row->mode, text);
    mask_secrets(text);
  }
}

}  // namespace
}  // namespace awtun::config::test
