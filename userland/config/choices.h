// SPDX-License-Identifier: Apache-2.0
// Choices whose words come from a table: pattern, help and index are made of the same words, while compiling.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "userland/config/model.h"
#include "userland/crypto/suites.h"

namespace awtun::config {

/// The words of a choice, each once, in the order of the table that they come from.
class Choices {
 public:
  constexpr void add(const crypto::Word& word) {
    if (!word.text.empty() && index_of(word.text) == size_) words_[size_++] = word;
  }
  [[nodiscard]] constexpr std::string_view word(std::size_t index) const { return words_[index].text; }
  /// size(): it is none of them.
  [[nodiscard]] constexpr std::uint32_t index_of(std::string_view text) const {
    std::uint32_t index = 0;
    while (index < size_ && words_[index].text != text) ++index;
    return index;
  }
  [[nodiscard]] constexpr std::uint32_t size() const { return size_; }
  [[nodiscard]] constexpr const crypto::Word* begin() const { return words_.data(); }
  [[nodiscard]] constexpr const crypto::Word* end() const { return words_.data() + size_; }

 private:
  std::array<crypto::Word, 24> words_{};
  std::uint32_t size_ = 0;
};

/// A value and its word.
template <class T>
struct Worded {
  T value;
  crypto::Word word;
};

/// The words of a type that has one for each value, in the order in which the command line lists them.
template <class T>
inline constexpr auto kWordsOf = nullptr;
template <>
inline constexpr std::array kWordsOf<DontFragment>{
    Worded<DontFragment>{DontFragment::Set, {"set", "Set it"}},
    Worded<DontFragment>{DontFragment::Clear, {"clear", "Clear it"}},
    Worded<DontFragment>{DontFragment::Copy, {"copy", "Copy it from the inner packet (default)"}},
};
template <>
inline constexpr std::array kWordsOf<AuthMethod>{
    Worded<AuthMethod>{AuthMethod::PreShare, {to_string(AuthMethod::PreShare), "Pre-shared key"}},
    Worded<AuthMethod>{AuthMethod::Certificate, {to_string(AuthMethod::Certificate), "Certificate"}},
};

constexpr Choices choices_of(const auto& table) {
  Choices made;
  for (const auto& row : table) made.add(row.word);
  return made;
}

/// The index of a value's row, which is that of its word among the choices.
template <class T>
constexpr std::uint32_t choice_of(const auto& table, const T& value) {
  std::uint32_t index = 0;
  while (table.at(index).value != value) ++index;
  return index;
}

/// A text put together while compiling, for a row's pattern or help. One that is too long does not compile.
class FixedText {
 public:
  constexpr FixedText& operator<<(std::string_view text) {
    for (const char c : text) characters_.at(size_++) = c;
    return *this;
  }
  constexpr FixedText& operator<<(std::integral auto number) {
    if (number >= 10) *this << number / 10;
    characters_.at(size_++) = static_cast<char>('0' + number % 10);
    return *this;
  }
  /// "{sha512|sha256}", for a pattern.
  constexpr FixedText& operator<<(const Choices& choices) {
    char before = '{';
    for (const auto& word : choices) {
      *this << std::string_view(&before, 1) << word.text;
      before = '|';
    }
    return *this << "}";
  }
  constexpr FixedText& line(std::string_view text) { return *this << text << "\n"; }
  /// A line for each word, for a help text.
  constexpr FixedText& help(const Choices& choices) {
    for (const auto& word : choices) line(word.help);
    return *this;
  }
  [[nodiscard]] constexpr std::string_view view() const { return {characters_.data(), size_}; }

 private:
  std::array<char, 1024> characters_{};
  std::size_t size_ = 0;
};

}  // namespace awtun::config
