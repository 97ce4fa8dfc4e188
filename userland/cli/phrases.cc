// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/phrases.h"

#include <fmt/format.h>

#include <algorithm>

namespace awtun::cli {

std::string duration(std::int64_t seconds) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 60 * kMinute;
  constexpr std::int64_t kDay = 24 * kHour;
  if (seconds < kMinute) return fmt::format("{} s", seconds);
  if (seconds < kHour) return fmt::format("{} min {:02} s", seconds / kMinute, seconds % kMinute);
  const std::int64_t rest = seconds % kDay;
  const auto clock = fmt::format("{:02}:{:02}:{:02}", rest / kHour, rest % kHour / kMinute, rest % kMinute);
  return seconds < kDay ? clock : fmt::format("{} d {}", seconds / kDay, clock);
}

std::string time_of(const Json& object, const char* key, std::string_view lead, std::string_view tail) {
  const auto seconds = number_of(object, key);
  return seconds ? fmt::format("{}{}{}", lead, duration(*seconds), tail) : std::string{};
}

std::string lifetime_of(const Json& sa) {
  return enumerate({time_of(sa, "age", "age "), time_of(sa, "rekey_in", "rekey in "),
                    time_of(sa, "expires_in", "expires in ")});
}

std::string texts_of(const Json& object, const char* key) {
  std::vector<std::string> texts;
  for (const Json& text : list_of(object, key))
    if (text.is_string()) texts.push_back(text.get<std::string>());
  return enumerate(texts);
}

std::string count_of(const Json& object, const char* key, std::string_view thing) {
  const std::string number = text_of(object, key);
  return number.empty() ? number : counted(number, thing);
}

std::string number_before(const Json& object, const char* key, std::string_view words) {
  const std::string number = text_of(object, key);
  return number.empty() ? number : number + " " + std::string(words);
}

std::string algorithms_of(const Json& sa) {
  const std::string group = text_of(sa, "group");
  return enumerate(
      {text_of(sa, "encryption"), text_of(sa, "integrity"), group.empty() ? "" : "group " + group});
}

std::string identity_of(const Json& object, const std::string& key) {
  const std::string identity = text_of(object, key.c_str());
  return identity.empty() ? "" : identity + " (" + text_of(object, (key + "_type").c_str()) + ")";
}

std::string traffic_of(const Json& counters) {
  return enumerate({count_of(counters, "packets", "packet"), count_of(counters, "bytes", "byte"),
                    count_of(counters, "errors", "error"), number_before(counters, "dropped", "dropped")});
}

std::string drops_of(const Json& counters) {
  std::vector<std::string> parts;
  for (const auto& [name, count] : counters.items())
    if (count.is_number() && count != 0) parts.push_back(name + " " + count.dump());
  return enumerate(parts);
}

void add_declined(const Json& peer, Block& block) {
  constexpr std::size_t kShown = 4;
  const Json& declined = list_of(peer, "declined");
  for (std::size_t i = 0; i < std::min(declined.size(), kShown); ++i)
    block.add(i == 0 ? "Peer refuses" : "", "local " + texts_of(declined[i], "local_selectors") + " remote " +
                                                texts_of(declined[i], "remote_selectors") + " (" +
                                                text_of(declined[i], "reason") + ")");
  if (declined.size() > kShown) block.add("", "and " + std::to_string(declined.size() - kShown) + " more");
}

void add_unanswered(const Json& request, Block& block) {
  const std::string did = has(request, "not_sent") ? "tried " : "sent ";
  block.add("No answer", enumerate({time_of(request, "since", "for "), "to " + text_of(request, "exchange"),
                                    did + count_of(request, "sent", "time")}));
  block.add("  Not sent", text_of(request, "not_sent"));
  block.add("  Hint", text_of(request, "hint"));
}

void add_failure(const Json& failure, Block& block) {
  std::string where = text_of(failure, "exchange");
  if (!where.empty()) where = "in " + where;
  std::string who = text_of(failure, "refused_by");
  if (!who.empty()) who = "refused by " + std::string(who == "peer" ? "the peer" : "this router");
  block.add("Last failure", enumerate({time_of(failure, "ago", "", " ago"), where, who}));
  block.add("  Reason", text_of(failure, "reason"));
  block.add("  Ours", text_of(failure, "ours"));
  block.add("  Theirs", text_of(failure, "theirs"));
  block.add("  Hint", text_of(failure, "hint"));
}

}  // namespace awtun::cli
