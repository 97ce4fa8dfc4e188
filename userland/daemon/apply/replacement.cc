// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/apply/replacement.h"

#include <algorithm>
#include <map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace awtun::daemon {
namespace {

/// The lines of a configuration by the line that opens their section; those of none stand under "".
using Sections = std::map<std::string, std::vector<std::string>>;

Sections sections_of(const config::Config& config) {
  Sections sections;
  const std::string text = config::emit(config, config::Secrets::Hidden);
  std::string open;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line == "!" || line == "end") continue;
    const bool inside = line.starts_with(' ');
    if (inside) {
      sections[open].push_back(std::move(line));
    } else {
      open = line;
      sections[""].push_back(std::move(line));
    }
  }
  return sections;
}

void mark(std::string& out, char sign, const std::vector<std::string>& lines,
          const std::vector<std::string>& others) {
  const std::unordered_set<std::string_view> there(others.begin(), others.end());
  for (const auto& line : lines)
    if (!there.contains(line)) out += sign + line + "\n";
}

}  // namespace

std::string differences(const config::Config& from, const config::Config& to) {
  auto before = sections_of(from);
  auto after = sections_of(to);
  std::string out;
  for (const auto& [open, lines] : after) before.try_emplace(open);
  for (const auto& [open, lines] : before) {
    const auto& now = after[open];
    std::string changes;
    mark(changes, '-', lines, now);
    mark(changes, '+', now, lines);
    if (changes.empty()) continue;
    if (!open.empty()) out += " " + open + "\n";
    out += changes;
  }
  if (out.empty() && from.isakmp_keys != to.isakmp_keys) out = "+crypto isakmp key: other keys\n";
  return out;
}

Result<control::Turn, std::string> replace(const config::Config& running, config::Config wanted,
                                           const control::Enclosed& enclosed, const Apply& apply) {
  if (wanted == running) return control::Turn{control::Ask::Nothing, "Nothing changes.\n"};
  if (!enclosed.accepted)
    return control::Turn{control::Ask::Acceptance, differences(running, wanted), "Make these changes?"};
  if (auto applied = apply(std::move(wanted)); !applied) return Error{std::move(applied.error())};
  return control::Turn{control::Ask::Nothing, ""};
}

DelayedReload::DelayedReload(EventLoop& loop, std::function<void()> reload)
    : timer_(loop, [this, reload = std::move(reload)] {
        due_.reset();
        reload();
      }) {}

void DelayedReload::start(std::chrono::minutes after) {
  due_ = std::chrono::steady_clock::now() + after;
  timer_.start(after);
}

bool DelayedReload::cancel() {
  timer_.stop();
  return std::exchange(due_, std::nullopt).has_value();
}

control::Json DelayedReload::view() const {
  control::Json object{{"schema", control::kSchema}};
  if (due_)
    object["in"] = std::chrono::ceil<std::chrono::seconds>(*due_ - std::chrono::steady_clock::now()).count();
  return object;
}

}  // namespace awtun::daemon
