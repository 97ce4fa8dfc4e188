// SPDX-License-Identifier: Apache-2.0
// THE command table, put together from rows/. A second description of a command anywhere else is a bug.
#include "userland/config/grammar.h"

#include <algorithm>
#include <array>

#include "userland/config/rows/exec.h"
#include "userland/config/rows/interface.h"
#include "userland/config/rows/ipsec.h"
#include "userland/config/rows/isakmp.h"
#include "userland/config/rows/line.h"
#include "userland/config/rows/pki.h"
#include "userland/config/rows/route.h"
#include "userland/config/rows/show.h"

namespace awtun::config {
namespace {

template <std::size_t... Sizes>
constexpr auto concatenate(const std::array<Row, Sizes>&... parts) {
  std::array<Row, (Sizes + ...)> all;
  auto next = all.begin();
  ((next = std::copy(parts.begin(), parts.end(), next)), ...);
  return all;
}

template <std::size_t Size>
constexpr auto sorted(std::array<Row, Size> rows) {
  std::ranges::sort(rows, {}, &Row::pattern);
  return rows;
}

/// Of one mode, in the order in which running-config writes them; those of Exec mode by name.
constexpr auto kRows =
    concatenate(sorted(concatenate(rows::kExec, rows::kShow, rows::kShowInOtherWords)), rows::kPki,
                rows::kIsakmp, rows::kIpsec, rows::kInterface, rows::kRoute, rows::kLine,
                rows::common(Mode::Config), rows::common(Mode::Interface), rows::common(Mode::IsakmpProfile),
                rows::common(Mode::IpsecProfile), rows::common(Mode::Trustpoint));

// --- Forms, built and checked by the compiler -----------------------------------------------------

constexpr std::size_t count_forms() {
  std::size_t count = 0;
  for (const Row& row : kRows) count += row.no ? 2 : 1;
  return count;
}

constexpr auto kForms = [] {
  std::array<Form, count_forms()> forms;
  std::size_t next = 0;
  for (const Row& row : kRows) {
    forms[next++] = {&row, false, PatternParser(row.pattern, row.help, false, row.filtered).parse()};
    if (row.no) forms[next++] = {&row, true, PatternParser(row.pattern, row.help, true).parse()};
  }
  return forms;
}();

constexpr bool same_token(const Token& a, const Token& b) {
  return a.keyword == b.keyword && a.text == b.text && a.type == b.type && a.minimum == b.minimum &&
         a.maximum == b.maximum;
}

/// What `?` says of a word does not depend on the row that is asked.
constexpr bool same_help_for_same_words(const Form& a, const Form& b) {
  for (std::size_t i = 0; i < a.pattern.size && i < b.pattern.size; ++i) {
    if (!same_token(a.pattern.tokens[i], b.pattern.tokens[i])) return true;
    if (a.pattern.tokens[i].help != b.pattern.tokens[i].help) return false;
  }
  return true;
}

/// An action finds its values by number, so every value a positive form lacks must be one of the last.
constexpr bool omissible_values_come_last(const Form& form) {
  std::size_t skipped_until = 0;
  for (std::size_t i = 0; i < form.pattern.size; ++i) {
    const Token& token = form.pattern.tokens[i];
    if (token.skip_to != 0) skipped_until = token.skip_to;
    if (!token.keyword && !form.negated && i >= skipped_until && skipped_until != 0) return false;
  }
  return true;
}

constexpr bool lint() {
  for (const Form& a : kForms) {
    const Row& row = *a.row;
    if (!omissible_values_come_last(a)) return false;
    if (row.mode != Mode::Exec && row.no && !row.another_spelling && !row.emit) return false;
    if (row.mode == Mode::Exec && row.emit) return false;
    if (row.mode != Mode::Exec && row.under_do) return false;
    for (const Form& b : kForms) {
      if (&a == &b || a.row->mode != b.row->mode || a.negated != b.negated) continue;
      if (a.row->pattern == b.row->pattern || !same_help_for_same_words(a, b)) return false;
    }
  }
  return true;
}
static_assert(lint());

constexpr std::uint64_t fnv1a(std::uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
  return (hash ^ 0xffU) * 0x100000001b3ULL;  // no octet of a pattern: rows cannot run together
}

constexpr std::uint64_t kHash = [] {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const Row& row : kRows) {
    hash = fnv1a(hash, std::string_view("012345").substr(static_cast<std::size_t>(row.mode), 1));
    hash = fnv1a(hash, row.no ? "no" : "");
    hash = fnv1a(hash, row.pattern);
  }
  return hash;
}();

}  // namespace

std::span<const Form> forms() { return kForms; }
std::uint64_t grammar_hash() { return kHash; }

}  // namespace awtun::config
