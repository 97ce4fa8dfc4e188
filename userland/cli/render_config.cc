// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/render_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <sstream>

#include "userland/cli/phrases.h"

namespace awtun::cli {
namespace {

/// "default (built in)".
std::string profile_name(const Json& profile) {
  return text_of(profile, "name") + (flag_of(profile, "built_in") ? " (built in)" : "");
}

std::string not_supported(const Json& transform) {
  return flag_of(transform, "supported") ? "" : "  not supported";
}

std::string isakmp_transforms(const Json& profile) {
  std::string out = "  Transform  Integrity  Encryption   Group\n";
  for (const Json& each : list_of(profile, "transforms")) {
    out += printable(fmt::format("  {:>9}  {:<9}  {:<11}  {:>5}{}", text_of(each, "number"),
                                 text_of(each, "integrity"), text_of(each, "encryption"),
                                 text_of(each, "group"), not_supported(each))) +
           "\n";
  }
  return out;
}

std::string ipsec_transforms(const Json& profile) {
  std::string out = "  Transform  Protocol  Integrity  Encryption\n";
  for (const Json& each : list_of(profile, "transforms")) {
    out += printable(fmt::format("  {:>9}  {:<8}  {:<9}  {}{}", text_of(each, "number"),
                                 text_of(each, "protocol"), text_of(each, "integrity"),
                                 text_of(each, "encryption"), not_supported(each))) +
           "\n";
  }
  return out;
}

std::string group_of(const Json& object) {
  const std::string group = text_of(object, "pfs_group");
  return group.empty() ? "off" : "group " + group;
}

std::string isakmp_profile(const Json& profile) {
  Block block("ISAKMP profile " + profile_name(profile));
  block.add("IKE version", text_of(profile, "version"));
  block.add("Our authentication", text_of(profile, "local_authentication"));
  block.add("Peer's authentication", text_of(profile, "remote_authentication"));
  block.add("Trustpoint", text_of(profile, "trustpoint"));
  block.add("Lifetime", time_of(profile, "lifetime"));
  block.add("DPD interval", time_of(profile, "dpd_interval"));
  block.add("Used by", texts_of(profile, "used_by"));
  return block.str() + isakmp_transforms(profile);
}

std::string ipsec_profile(const Json& profile) {
  Block block("IPsec profile " + profile_name(profile));
  block.add("Lifetime", time_of(profile, "lifetime"));
  block.add("PFS", group_of(profile));
  block.add("Used by", texts_of(profile, "used_by"));
  return block.str() + ipsec_transforms(profile);
}

std::string isakmp_peer(const Json& peer) {
  const std::string remote = text_of(peer, "remote");
  Block block(text_of(peer, "tunnel") + ": " + (remote.empty() ? "no peer" : "peer " + remote));
  block.add("State", text_of(peer, "state"));
  block.add("Problem", text_of(peer, "problem"));
  block.add("ISAKMP profile", text_of(peer, "profile"));
  block.add("Our authentication", text_of(peer, "local_authentication"));
  block.add("Peer's authentication", text_of(peer, "remote_authentication"));
  block.add("Pre-shared key", flag_of(peer, "preshared_key") ? "set" : "not set");
  block.add("Trustpoint", text_of(peer, "trustpoint"));
  block.add("Our identity", identity_of(peer, "local_id"));
  block.add("Peer's identity", identity_of(peer, "remote_id"));
  block.add("Next attempt", time_of(peer, "retry_in", "in "));
  if (has(peer, "declined")) add_declined(peer, block);
  if (has(peer, "unanswered")) add_unanswered(object_of(peer, "unanswered"), block);
  if (has(peer, "last_failure")) add_failure(object_of(peer, "last_failure"), block);
  return block.str();
}

std::string ipsec_peer(const Json& peer) {
  const std::string remote = text_of(peer, "peer");
  Block block(text_of(peer, "tunnel") + ": " + (remote.empty() ? "no peer yet" : "peer " + remote));
  block.add("Local", text_of(peer, "local"));
  block.add("ISAKMP SA", enumerate({text_of(peer, "isakmp"), time_of(peer, "age", "age ")}));
  block.add("IPsec SAs", text_of(peer, "ipsec_sas"));
  block.add("Last heard", time_of(peer, "last_heard", "", " ago"));
  return block.str();
}

std::string ipsec_counters(const Json& tunnel) {
  Block block(text_of(tunnel, "tunnel"));
  block.add("Received", traffic_of(object_of(tunnel, "received")));
  block.add("Sent", traffic_of(object_of(tunnel, "sent")));
  const std::string drops = drops_of(object_of(tunnel, "drops"));
  block.add("Drops", drops.empty() ? "none" : drops);
  return block.str();
}

std::string ipsec_policy(const Json& policy) {
  Block block(text_of(policy, "tunnel") + ": " + text_of(policy, "mode") +
              (flag_of(policy, "complete") ? "" : ", not complete"));
  block.add("Local traffic", texts_of(policy, "local_selectors"));
  block.add("Remote traffic", texts_of(policy, "remote_selectors"));
  block.add("ISAKMP profile", text_of(policy, "isakmp_profile"));
  block.add("IPsec profile", text_of(policy, "ipsec_profile"));
  block.add("Algorithms", texts_of(policy, "offers"));
  block.add("PFS", group_of(policy));
  block.add("Lifetime", time_of(policy, "lifetime"));
  return block.str();
}

std::string certificate(const Json& certificate) {
  const std::string kind = text_of(certificate, "kind");
  Block block("Trustpoint " + text_of(certificate, "trustpoint") + ": " +
              (kind == "own" ? "our certificate" : kind + " certificate"));
  block.add("Subject", text_of(certificate, "subject"));
  block.add("Issuer", text_of(certificate, "issuer"));
  block.add("Valid from", text_of(certificate, "valid_from"));
  block.add("Valid to", text_of(certificate, "valid_to"));
  block.add("Fingerprint", text_of(certificate, "fingerprint"));
  block.add("Key", text_of(certificate, "key"));
  block.add("Problem", text_of(certificate, "problem"));
  return block.str();
}

std::string revocation_list(const Json& list) {
  Block block("Trustpoint " + text_of(list, "trustpoint") + ": revocation list");
  block.add("Issuer", text_of(list, "issuer"));
  return block.str();
}

std::string trustpoint(const Json& trustpoint) {
  const Json& pair = object_of(trustpoint, "key_pair");
  Block block("Trustpoint " + text_of(trustpoint, "name"));
  block.add("Enrollment", text_of(trustpoint, "enrollment"));
  block.add("Subject name", text_of(trustpoint, "subject_name"));
  block.add("Alternative name", text_of(trustpoint, "subject_alt_name"));
  block.add("Key pair", enumerate({text_of(pair, "label"), text_of(pair, "algorithm"),
                                   number_before(pair, "bits", "bits")}));
  block.add("Used by", texts_of(trustpoint, "used_by"));
  return block.str();
}

bool is_abbreviation(std::string_view word) { return word == "ike" || word == "sa" || word == "spi"; }

/// "ike_sa_established" as "IKE SA established": names of counters are words.
std::string as_words(std::string name) {
  std::ranges::replace(name, '_', ' ');
  std::istringstream words(name);
  std::string out;
  for (std::string word; words >> word; out += word) {
    const std::size_t raised = is_abbreviation(word) ? word.size() : out.empty() ? 1 : 0;
    for (std::size_t i = 0; i < raised; ++i)
      word[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[i])));
    if (!out.empty()) out += ' ';
  }
  return out;
}

}  // namespace

std::string render_isakmp_peers(const Json& data) {
  return blocks(list_of(data, "peers"), "No protected tunnel.", isakmp_peer);
}

std::string render_isakmp_counters(const Json& data) {
  Block block("ISAKMP counters");
  for (const auto& [name, value] : object_of(data, "counters").items())
    if (value.is_number()) block.add(as_words(name), value.dump());
  return block.str();
}

std::string render_isakmp_keys(const Json& data) {
  const Json& keys = list_of(data, "keys");
  if (keys.empty()) return "No pre-shared key.\n";
  std::size_t width = 4;
  for (const Json& key : keys) width = std::max(width, text_of(key, "peer").size());
  std::string out = fmt::format("{:<8}  {:<{}}  Key\n", "For", "Peer", width);
  for (const Json& key : keys)
    out += printable(fmt::format("{:<8}  {:<{}}  {}", text_of(key, "by"), text_of(key, "peer"), width,
                                 text_of(key, "key"))) +
           "\n";
  return out;
}

std::string render_isakmp_profiles(const Json& data) {
  return blocks(list_of(data, "profiles"), "No such profile.", isakmp_profile);
}

std::string render_ipsec_peers(const Json& data) {
  return blocks(list_of(data, "peers"), "No protected tunnel.", ipsec_peer);
}

std::string render_ipsec_counters(const Json& data) {
  return blocks(list_of(data, "tunnels"), "No protected tunnel.", ipsec_counters);
}

std::string render_ipsec_policies(const Json& data) {
  return blocks(list_of(data, "policies"), "No protected tunnel.", ipsec_policy);
}

std::string render_ipsec_profiles(const Json& data) {
  return blocks(list_of(data, "profiles"), "No such profile.", ipsec_profile);
}

std::string render_certificates(const Json& data) {
  const Json& lists = list_of(data, "revocation_lists");
  return blocks(list_of(data, "certificates"), "No certificate.", certificate) +
         (lists.empty() ? "" : "\n" + blocks(lists, "", revocation_list));
}

std::string render_trustpoints(const Json& data) {
  return blocks(list_of(data, "trustpoints"), "No trustpoint.", trustpoint);
}

}  // namespace awtun::cli
