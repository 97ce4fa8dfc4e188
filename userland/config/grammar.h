// SPDX-License-Identifier: Apache-2.0
// What a row of the command table is. The table itself, and with it every command of the product, is
// in rows/, put together in grammar.cc; parsing, abbreviations, `?`, Tab, caret errors, `no` forms and the
// text of a configuration all come from it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "userland/config/model.h"
#include "userland/config/pattern.h"
#include "userland/config/session.h"
#include "userland/config/value.h"

namespace awtun::config {

/// The values of a matched line, by their place among the values of the row's pattern.
class Args {
 public:
  explicit Args(std::vector<std::optional<Value>> values) : values_(std::move(values)) {}

  [[nodiscard]] bool has(std::size_t index) const {
    return index < values_.size() && values_[index].has_value();
  }
  /// The value at `index`, which must be there and of this type: the row's pattern says so.
  template <class T>
  [[nodiscard]] T& get(std::size_t index) {
    return std::get<T>(values_.at(index).value());
  }
  /// Of a row that may be filtered: the filter, whose values are the last but one.
  [[nodiscard]] std::optional<Filter> filter() {
    const std::size_t pattern = values_.size() - 2;
    if (!has(pattern)) return std::nullopt;
    return Filter{static_cast<Filter::What>(get<std::uint32_t>(pattern - 1)), get<std::string>(pattern)};
  }

  /// Of the same: whether it is to be JSON, which is the last value.
  [[nodiscard]] bool json() const { return has(values_.size() - 1); }

 private:
  std::vector<std::optional<Value>> values_;
};

/// What an action works on: a configuration of its own to change, and the operator's session.
struct Context {
  Config& config;
  Session& session;

  /// The tunnel of Interface mode; the rows of that mode run only while it exists.
  [[nodiscard]] Tunnel& tunnel() const { return config.tunnels.at(session.tunnel.value()); }
  /// The same for the modes of profiles and trustpoints.
  [[nodiscard]] NamedIsakmpProfile& isakmp_profile() const { return config.isakmp_profiles.at(session.name); }
  [[nodiscard]] IpsecProfile& ipsec_profile() const { return config.ipsec_profiles.at(session.name); }
  [[nodiscard]] Trustpoint& trustpoint() const { return config.trustpoints.at(session.name); }
};

/// Done also where the configuration was changed: the caller compares.
using Answer =
    std::variant<Done, Show, Operate, Certify, Replace, Reload, SaveStartup, Terminal, Quit, Refused>;
using Action = Answer (*)(const Context&, Args&);

class Writer;

/// What a row's lines come from: a whole configuration and, for the row of a section, what the section
/// configures.
struct Scope {
  const Config& config;
  const Tunnel* tunnel = nullptr;
  const NamedIsakmpProfile* isakmp_profile = nullptr;
  const IpsecProfile* ipsec_profile = nullptr;
  const Trustpoint* trustpoint = nullptr;
};

using Emitter = void (*)(const Scope&, Writer&);

struct Row {
  Mode mode;
  std::string_view pattern;
  /// One line for each token of the pattern, one for each word of a choice; each ends in '\n'.
  std::string_view help;
  // Optional, not null: under UBSan g++ 12 cannot compare a function with null in a constant.
  std::optional<Action> run{};    ///< None for `do`, which runs another row.
  std::optional<Action> no{};     ///< None: there is no `no` form.
  std::optional<Emitter> emit{};  ///< None: the row writes nothing down.
  bool section = false;           ///< Leads into the mode of a section.
  bool another_spelling = false;  ///< Accepted, not listed: the same as another row.
  bool under_do = false;          ///< An Exec row that `do` may run.
  bool filtered = false;          ///< `| include <pattern>` and the like, or `| json`, may follow.
};

/// One way to type a row: as it stands, or with `no`.
struct Form {
  const Row* row = nullptr;
  bool negated = false;
  Pattern pattern;
};

/// Every form of every row, in the order in which a configuration is written down.
std::span<const Form> forms();

/// Writes lines of configuration, each in the form of the row whose emit function runs.
class Writer {
 public:
  Writer(std::string& out, Secrets secrets) : out_(out), secrets_(secrets) {}

  /// The current row with these values, one for each value of its pattern; the last ones may be left
  /// out where the pattern lets them.
  template <class... Values>
  void line(Values&&... values) {
    std::vector<Value> list;
    list.reserve(sizeof...(values));
    (list.emplace_back(std::forward<Values>(values)), ...);
    write_line(list);
  }
  /// A line with nothing but "!", unless the last one is.
  void separator();
  /// All rows of `mode`, in their order, for `scope`.
  void rows(Mode mode, const Scope& scope);

 private:
  void write_line(std::span<const Value> values);
  [[nodiscard]] std::string print(const Token& token, const Value& value) const;

  std::string& out_;
  Secrets secrets_;
  const Form* form_ = nullptr;
};

}  // namespace awtun::config
