// SPDX-License-Identifier: Apache-2.0
#include "userland/config/lost_protection.h"

#include <algorithm>
#include <array>
#include <ranges>

#include "userland/config/match.h"

namespace awtun::config {
namespace {

constexpr std::string_view kAllTunnels;
constexpr std::string_view kUnknownAddress = "unknown address";  // of a host known by its name

/// The beginnings of the commands of an interface without which it protects what it did. No other line may
/// be missing.
constexpr std::array<std::string_view, 10> kCannotLoosen = {
    "description",         "mtu",       "ip address", "ip tcp adjust-mss", "ipv6 address", "ipv6 enable",
    "ipv6 tcp adjust-mss", "tunnel df", "tunnel ttl", "tunnel dscp"};

bool row_cannot_loosen(const Row& row, std::size_t words_taken) {
  return std::ranges::any_of(kCannotLoosen, [&](std::string_view beginning) {
    return row.pattern.starts_with(beginning) && words_taken >= count_parts(beginning, ' ');
  });
}

/// Whether it is beyond doubt that the line of an interface loosens nothing.
bool cannot_loosen(std::string_view line) {
  const auto words = split(line);
  Matcher matcher(Mode::Interface, false);
  const std::size_t taken = follow(matcher, words, line);
  return taken > 0 && std::ranges::all_of(matcher.threads(), [taken](const Thread& thread) {
           return row_cannot_loosen(*thread.form->row, taken - (thread.form->negated ? 1 : 0));
         });
}

/// The words of a line that may be of Config mode, without a `no` and what an editor puts before the first.
std::vector<Word> significant_words(std::string_view line) {
  auto words = split(line);
  if (words.size() > 1 && equal_ignoring_case(words[0].text, "no")) words.erase(words.begin());
  if (!words.empty()) {
    const auto first =
        std::ranges::find_if(words[0].text, [](unsigned char octet) { return octet > ' ' && octet < 0x7f; });
    words[0].text.remove_prefix(static_cast<std::size_t>(first - words[0].text.begin()));
  }
  return words;
}

bool may_be(std::string_view text, std::string_view keyword) {
  return (text.size() > 1 && begins_ignoring_case(keyword, text)) || resembles(text, keyword);
}

bool speaks_of_security(const std::vector<Word>& words) {
  const auto family = [](std::string_view text) {
    return may_be(text, "isakmp") || resembles(text, "ipsec");
  };
  if (words.empty()) return false;
  const auto first = words[0].text;
  if (may_be(first, "crypto") || begins_ignoring_case(first, "crypto") || family(first)) return true;
  return words.size() > 1 && (family(words[1].text) || equal_ignoring_case(words[1].text, "pki"));
}

/// Whether a line of another beginning has a line about security in it: a word in front, or two lines in one.
bool contains_security(const std::vector<Word>& words) {
  if (words.empty() || may_be(words[0].text, "description") || may_be(words[0].text, "tunnel")) return false;
  const auto from = [&words](std::size_t index, std::string_view keyword) {
    return std::ranges::any_of(words | std::views::drop(index), [keyword](const Word& word) {
      return equal_ignoring_case(word.text, keyword);
    });
  };
  return from(1, "crypto") || from(2, "isakmp") || from(2, "ipsec");
}

bool speaks_of_interface(const std::vector<Word>& words) {
  return !words.empty() && (may_be(words[0].text, "interface") || begins_ignoring_case(words[0].text, "int"));
}

/// Equal for the names of one peer, however they are written.
std::string name_of(const Identity& peer) {
  const auto [type, octets] = peer.key();
  return std::to_string(static_cast<unsigned>(type)) + " " + std::string(octets.begin(), octets.end());
}

/// "address 10.0.0.1" of the words so far of `crypto isakmp peer address 10.0.0.1`; "address" when `next`,
/// the word behind them, is another such value; empty: they do not say.
std::string thing_of(const Thread& thread, std::string_view next) {
  const auto& hits = thread.hits;
  for (std::size_t i = 1; i < hits.size(); ++i) {
    const auto keyword = hits[i].keyword;
    if (keyword == "dynamic") return std::string(keyword);
    // Of a name that is none it may be any's.
    if (keyword == "hostname" && i + 1 == hits.size() && !next.empty()) return std::string(keyword);
    if (!hits[i].token->keyword || i + 1 == hits.size() || hits[i + 1].token->keyword || keyword == "key")
      continue;
    const auto& [token, quality, word, unused] = hits[i + 1];
    const auto value = parse_value(*token, word.text);
    if (!value) return {};
    const bool of_profile = keyword == "profile" || keyword == "trustpoint";
    if (!of_profile && i + 2 == hits.size() && !next.empty() && parse_value(*token, next))
      return std::string(keyword);
    const auto* peer = std::get_if<Identity>(&*value);
    auto text = peer != nullptr ? name_of(*peer) : print_value(*token, *value);
    if (of_profile && equal_ignoring_case(text, kDefaultProfile)) text = kDefaultProfile;
    return (of_profile ? std::string(hits[i - 1].keyword) + " " : "") + std::string(keyword) + " " + text;
  }
  return {};
}

/// What the line about security concerns: the one thing that it names, else all tunnels.
std::string secured_thing(std::string_view line) {
  Matcher matcher(Mode::Config, false);
  const auto words = split(line);
  const std::size_t taken = follow(matcher, words, line);
  if (taken == 0) return std::string(kAllTunnels);
  const auto next = taken < words.size() ? words[taken].text : std::string_view();
  auto thing = thing_of(matcher.threads().front(), next);
  const bool doubtful = std::ranges::any_of(
      matcher.threads(), [&](const Thread& each) { return thing_of(each, next) != thing; });
  return doubtful ? std::string(kAllTunnels) : std::move(thing);
}

/// What the line concerns that was to lead to an interface; nullopt: none of ours.
std::optional<std::string> named_tunnel(const std::vector<Word>& words) {
  if (words.size() < 2) return std::string(kAllTunnels);
  const auto name = words[1].text;
  const auto letters = name.substr(0, std::min(name.find_first_of("0123456789"), name.size()));
  if (letters.empty()) return std::string(kAllTunnels);
  if (!begins_ignoring_case("tunnel", letters) && !resembles(letters, "tunnel")) return std::nullopt;
  const auto digits = letters.size() < name.size() ? name.substr(letters.size())
                      : words.size() > 2           ? words[2].text
                                                   : std::string_view();
  if (digits.empty() || digits.size() > 5 || digits.find_first_not_of("0123456789") != digits.npos)
    return std::string(kAllTunnels);
  return "interface " + tunnel_name(static_cast<std::uint32_t>(std::stoul(std::string(digits))));
}

std::string thing_of_section(const Session& section) {
  switch (section.mode) {
    case Mode::Interface:
      return "interface " + tunnel_name(section.tunnel.value());
    case Mode::IsakmpProfile:
      return "isakmp profile " + section.name;
    case Mode::IpsecProfile:
      return "ipsec profile " + section.name;
    case Mode::Trustpoint:
      return "pki trustpoint " + section.name;
    case Mode::Exec:
    case Mode::Config:
      break;
  }
  return std::string(kAllTunnels);
}

/// `do show ipsec sa` configures nothing.
bool is_of_exec(Mode mode, std::string_view line) {
  const auto command = find_command(mode, line);
  return command && command->form->row->mode == Mode::Exec;
}

/// All that the tunnel depends on.
std::vector<std::string> things_of(const Config& config, std::uint32_t number, const Tunnel& tunnel) {
  std::vector<std::string> things = {std::string(kAllTunnels), "interface " + tunnel_name(number), "policy",
                                     "policy " + tunnel_name(number)};
  const std::string isakmp(isakmp_profile_name(config, number, tunnel));
  things.push_back("isakmp profile " + isakmp);
  things.push_back("ipsec profile " + std::string(ipsec_profile_name(tunnel)));
  const auto profile = config.isakmp_profiles.find(isakmp);
  if (profile != config.isakmp_profiles.end() && profile->second.trustpoint)
    things.push_back("pki trustpoint " + *profile->second.trustpoint);
  if (const auto name = peer_name(tunnel))
    things.insert(things.end(), {"hostname", "hostname " + name_of(name->identity)});
  if (has_dynamic_destination(tunnel)) things.emplace_back("dynamic");
  if (const auto* address = destination_address(tunnel))
    things.insert(things.end(), {"address", "address " + address->to_string()});
  else if (destination_host(tunnel) != nullptr)
    things.insert(things.end(), {"address", std::string(kUnknownAddress)});
  return things;
}

/// Tunnels for a sentence: the first of them, and how many.
struct Victims {
  std::string first;
  std::size_t more = 0;

  void add(std::uint32_t tunnel) {
    if (first.empty())
      first = tunnel_name(tunnel);
    else
      ++more;
  }
  [[nodiscard]] std::string sentence() const {
    if (first.empty()) return {};
    return first + (more == 0 ? " is" : " and " + std::to_string(more) + " more are") + " shut down";
  }
};

}  // namespace

bool may_open(Mode mode, std::string_view line) {
  const auto words = significant_words(line.substr(0, kMaxLine));
  return mode == Mode::Interface ? speaks_of_interface(words) : speaks_of_security(words);
}

void LostProtection::note(const std::optional<Session>& section, std::string_view line, std::size_t error) {
  line = line.substr(0, kMaxLine);
  if (is_of_exec(section ? section->mode : Mode::Config, line)) return;
  note_global(line, error);
  if (!section || (section->mode == Mode::Interface && cannot_loosen(line))) return;
  errors_[thing_of_section(*section)].push_back(error);
}

void LostProtection::note_global(std::string_view line, std::size_t error) {
  const auto words = significant_words(line);
  if (contains_security(words)) {
    errors_[std::string(kAllTunnels)].push_back(error);
  } else if (speaks_of_security(words)) {
    const auto thing = secured_thing(line);
    errors_[thing].push_back(error);
    if (thing.starts_with("address ")) errors_[std::string(kUnknownAddress)].push_back(error);
  } else if (speaks_of_interface(words)) {
    if (auto tunnel = named_tunnel(words)) errors_[*std::move(tunnel)].push_back(error);
  }
}

void LostProtection::note_rest(std::size_t error) { errors_[std::string(kAllTunnels)].push_back(error); }

void LostProtection::shut_down_tunnels(Loaded& loaded) const {
  std::map<std::string_view, Victims> victims;
  for (auto& [number, tunnel] : loaded.config.tunnels) {
    if (tunnel.shutdown) continue;
    for (const std::string& thing : things_of(loaded.config, number, tunnel)) {
      const auto at = errors_.find(thing);
      if (at == errors_.end()) continue;
      tunnel.shutdown = true;
      victims[at->first].add(number);
    }
  }
  for (const auto& [thing, which] : victims) {
    const auto sentence = which.sentence();
    for (const std::size_t error : errors_.find(thing)->second) {
      auto& told = loaded.errors[error].consequence;
      if (told.find(sentence) == told.npos) told += (told.empty() ? "" : "; ") + sentence;
    }
  }
}

}  // namespace awtun::config
