// SPDX-License-Identifier: Apache-2.0
// Command patterns: the little language in which the rows of the grammar table are written, parsed
// by the compiler.
//
//   word              a keyword; any case, any unambiguous abbreviation
//   <name:type>       a value; types are the words of kTypeNames, or a range of numbers: <mtu:68-1582>
//   {a|b}             one keyword of several, a value like any other; digits are not abbreviated
//   [ ... ]           may be left out
//   ![ ... ]          may be left out after `no`, and only there
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace awtun::config {

enum class ParamType : std::uint8_t {
  Choice,   ///< One of the words of Token::text, separated by '|'; its index.
  Number,   ///< Token::minimum to Token::maximum.
  Tunnel,   ///< "tunnel0"; the number.
  Address,  ///< A unicast address of either family.
  Network,  ///< A prefix of either family without host bits.
  Ipv4Network,
  Ipv6Network,
  Ipv4Interface,  ///< An interface's own address, with its prefix length.
  Ipv6Interface,
  Ipv4Nexthop,  ///< An address or the name of an interface.
  Ipv6Nexthop,
  Name,       ///< An IKE identity that needs no type before it, in one word.
  Identity,   ///< The rest of the line as an IKE identity: "b.example.com", "key-id site b".
  Label,      ///< The name of a part of the configuration: of a profile.
  Hostname,   ///< A DNS name; addresses are none.
  Interface,  ///< The name of a network device.
  Secret,
  Subject,  ///< The rest of the line as a distinguished name: "/O=Example/CN=test1.example.com".
  Line,     ///< The rest of the line as it stands.
  Command,  ///< The rest of the line as an Exec command.
};

struct TypeName {
  std::string_view word;
  ParamType type;
};
inline constexpr std::array kTypeNames = {
    TypeName{"tunnel", ParamType::Tunnel},
    TypeName{"address", ParamType::Address},
    TypeName{"network", ParamType::Network},
    TypeName{"ipv4-network", ParamType::Ipv4Network},
    TypeName{"ipv6-network", ParamType::Ipv6Network},
    TypeName{"ipv4-interface", ParamType::Ipv4Interface},
    TypeName{"ipv6-interface", ParamType::Ipv6Interface},
    TypeName{"ipv4-nexthop", ParamType::Ipv4Nexthop},
    TypeName{"ipv6-nexthop", ParamType::Ipv6Nexthop},
    TypeName{"name", ParamType::Name},
    TypeName{"identity", ParamType::Identity},
    TypeName{"label", ParamType::Label},
    TypeName{"hostname", ParamType::Hostname},
    TypeName{"interface", ParamType::Interface},
    TypeName{"subject", ParamType::Subject},
    TypeName{"secret", ParamType::Secret},
    TypeName{"line", ParamType::Line},
    TypeName{"command", ParamType::Command},
};

constexpr bool takes_rest_of_line(ParamType type) {
  return type == ParamType::Line || type == ParamType::Subject || type == ParamType::Identity ||
         type == ParamType::Command;
}

/// One element of a pattern.
struct Token {
  bool keyword = true;
  std::string_view text;  ///< The keyword, the words of a Choice, or the value's name.
  std::string_view help;  ///< One line; for a Choice one line a word.
  ParamType type = ParamType::Choice;
  std::uint32_t minimum = 0;
  std::uint32_t maximum = 0;
  std::uint8_t argument = 0;  ///< Its index among the pattern's values.
  std::uint8_t skip_to = 0;   ///< First of an omissible group: the index behind the group; else 0.
};

inline constexpr std::size_t kMaxTokens = 11;

struct Pattern {
  std::array<Token, kMaxTokens> tokens;
  std::uint8_t size = 0;
  std::uint8_t arguments = 0;
};

inline constexpr Token kNoToken{.text = "no", .help = "Remove a setting or restore its default"};

/// What may follow a row whose answer is text.
inline constexpr std::string_view kFilterPattern = "{include|exclude|begin|count} <pattern:line>";
inline constexpr std::string_view kFilterHelp =
    "Lines that match\nLines that do not match\nFrom the first line that matches\n"
    "Number of lines that match\nA regular expression\n";

inline constexpr std::string_view kFormatPattern = "{json}";
inline constexpr std::string_view kFormatHelp = "Print as JSON\n";

/// The `index`th of the parts of `text` that `separator` separates; empty behind the last.
constexpr std::string_view part(std::string_view text, char separator, std::size_t index) {
  for (; index > 0; --index) {
    const std::size_t at = text.find(separator);
    if (at == text.npos) return {};
    text.remove_prefix(at + 1);
  }
  return text.substr(0, text.find(separator));
}

constexpr std::size_t count_parts(std::string_view text, char separator) {
  std::size_t count = 1;
  for (const char c : text) count += c == separator ? 1 : 0;
  return count;
}

/// Parses a pattern while compiling: what is wrong with one is a compile error, because the call to
/// a function that is not constexpr ends the constant evaluation there.
class PatternParser {
 public:
  constexpr PatternParser(std::string_view text, std::string_view help, bool negated, bool filtered = false)
      : text_(text), help_(help), negated_(negated), filtered_(filtered) {}

  constexpr Pattern parse() {
    if (negated_) append(kNoToken);
    take_all();
    if (filtered_) {
      append_behind_bar(kFilterPattern, kFilterHelp);
      append_behind_bar(kFormatPattern, kFormatHelp);
    }
    return pattern_;
  }

 private:
  static void broken_pattern(const char* /*why*/) {}  // not constexpr: see above

  constexpr void take_all() {
    while (!text_.empty()) step();
    if (in_group_) broken_pattern("a group is not closed");
    if (!help_.empty()) broken_pattern("more lines of help than tokens");
  }

  constexpr void append_behind_bar(std::string_view pattern, std::string_view help) {
    const std::uint8_t bar = pattern_.size;
    append({.text = "|", .help = "Filter or reformat the output"});
    text_ = pattern;
    help_ = help;
    take_all();
    pattern_.tokens[bar].skip_to = pattern_.size;
  }

  constexpr void step() {
    if (text_.starts_with(' '))
      text_.remove_prefix(1);
    else if (text_.starts_with("!["))
      open(2, negated_);
    else if (text_.starts_with('['))
      open(1, true);
    else if (text_.starts_with(']'))
      close();
    else if (text_.starts_with('<'))
      append(value(bracketed('>')));
    else if (text_.starts_with('{'))
      append(choice(bracketed('}')));
    else
      append(word());
  }

  constexpr void open(std::size_t width, bool omissible) {
    if (in_group_) broken_pattern("groups do not nest");
    text_.remove_prefix(width);
    in_group_ = true;
    omissible_ = omissible;
    group_start_ = pattern_.size;
  }

  constexpr void close() {
    if (!in_group_ || group_start_ == pattern_.size) broken_pattern("an empty or unopened group");
    text_.remove_prefix(1);
    in_group_ = false;
    if (omissible_) pattern_.tokens[group_start_].skip_to = pattern_.size;
  }

  constexpr std::string_view bracketed(char end) {
    const std::size_t at = text_.find(end);
    if (at == text_.npos) broken_pattern("a bracket is not closed");
    const std::string_view inner = text_.substr(1, at - 1);
    text_.remove_prefix(at + 1);
    return inner;
  }

  constexpr std::string_view take_help(std::size_t lines) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < lines; ++i) {
      const std::size_t end = help_.find('\n', length);
      if (end == help_.npos) broken_pattern("fewer lines of help than tokens");
      length = end + 1;
    }
    const std::string_view lines_taken = help_.substr(0, length - 1);
    help_.remove_prefix(length);
    return lines_taken;
  }

  constexpr Token word() {
    std::size_t length = 0;
    while (length < text_.size() && is_word_character(text_[length])) ++length;
    if (length == 0) broken_pattern("a character that is no part of a pattern");
    const Token token{.text = text_.substr(0, length), .help = take_help(1)};
    text_.remove_prefix(length);
    return token;
  }

  constexpr Token choice(std::string_view words) {
    return Token{.keyword = false,
                 .text = words,
                 .help = take_help(count_parts(words, '|')),
                 .type = ParamType::Choice,
                 .argument = pattern_.arguments++};
  }

  constexpr Token value(std::string_view inner) {
    const std::size_t colon = inner.find(':');
    if (colon == inner.npos) broken_pattern("a value without a type");
    Token token{.keyword = false,
                .text = inner.substr(0, colon),
                .help = take_help(1),
                .argument = pattern_.arguments++};
    set_type(token, inner.substr(colon + 1));
    if (takes_rest_of_line(token.type) && !text_.empty() && text_ != "]")
      broken_pattern("a value behind the rest of the line");
    return token;
  }

  static constexpr void set_type(Token& token, std::string_view type) {
    for (const TypeName& known : kTypeNames) {
      if (known.word == type) {
        token.type = known.type;
        return;
      }
    }
    token.type = ParamType::Number;
    token.minimum = number(part(type, '-', 0));
    token.maximum = number(part(type, '-', 1));
    if (token.minimum >= token.maximum) broken_pattern("an empty range");
  }

  static constexpr std::uint32_t number(std::string_view digits) {
    if (digits.empty()) broken_pattern("an unknown type");
    std::uint32_t value = 0;
    for (const char digit : digits) {
      if (digit < '0' || digit > '9') broken_pattern("an unknown type");
      value = value * 10 + static_cast<std::uint32_t>(digit - '0');
    }
    return value;
  }

  static constexpr bool is_word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  }

  constexpr void append(const Token& token) {
    if (pattern_.size == kMaxTokens) broken_pattern("too many tokens");
    pattern_.tokens[pattern_.size++] = token;
  }

  std::string_view text_;
  std::string_view help_;
  bool negated_;
  bool filtered_;
  bool in_group_ = false;
  bool omissible_ = false;
  std::uint8_t group_start_ = 0;
  Pattern pattern_;
};

}  // namespace awtun::config
