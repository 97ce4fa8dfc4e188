// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/host_names.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace awtun::daemon {
namespace {

using std::chrono::seconds;
constexpr seconds soonest{10};
constexpr seconds latest{300};

}  // namespace

/// One name, its answer and the next question.
class HostNames::Kept {
 public:
  Kept(EventLoop& loop, std::string name, const std::string& servers, Deferred& changed)
      : loop_(loop), name_(std::move(name)), servers_(servers), changed_(changed), again_(loop, [this] {
          ask();
        }) {
    ask();
  }

  [[nodiscard]] const std::vector<IpAddress>& addresses() const { return addresses_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  void ask() {
    lookup_ = std::make_unique<HostLookup>(
        loop_, name_, [this](HostLookup::Answer answer) { take(std::move(answer)); }, servers_);
  }

  void take(HostLookup::Answer answer) {
    again_.start(answer ? std::clamp(answer->valid, soonest, latest) : soonest);
    auto problem = answer ? std::string() : std::move(answer.error());
    auto addresses = answer ? std::move(answer->addresses) : addresses_;
    if (problem == problem_ && addresses == addresses_) return;
    if (!problem.empty()) spdlog::warn("{}: {}", name_, problem);
    problem_ = std::move(problem);
    addresses_ = std::move(addresses);
    changed_.request();
  }

  EventLoop& loop_;
  std::string name_;
  const std::string& servers_;
  Deferred& changed_;
  std::vector<IpAddress> addresses_;
  std::string problem_;
  std::unique_ptr<HostLookup> lookup_;
  Timer again_;
};

HostNames::HostNames(EventLoop& loop, std::function<void()> changed, std::string servers)
    : loop_(loop), changed_(loop, std::move(changed)), servers_(std::move(servers)) {}

HostNames::~HostNames() = default;

void HostNames::want(const std::set<std::string>& names) {
  std::erase_if(names_, [&names](const auto& kept) { return !names.contains(kept.first); });
  for (const auto& name : names)
    if (!names_.contains(name)) names_.emplace(name, std::make_unique<Kept>(loop_, name, servers_, changed_));
}

std::map<std::string, std::vector<IpAddress>> HostNames::addresses() const {
  std::map<std::string, std::vector<IpAddress>> all;
  for (const auto& [name, kept] : names_) all.emplace(name, kept->addresses());
  return all;
}

std::vector<IpAddress> HostNames::addresses(const std::string& name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? std::vector<IpAddress>() : found->second->addresses();
}

std::string HostNames::problem(const std::string& name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? std::string() : found->second->problem();
}

}  // namespace awtun::daemon
