// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/apply/host_names.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace awtun::daemon {
namespace {

using std::chrono::seconds;
constexpr seconds kSoonest{10};
constexpr seconds kLatest{300};

}  // namespace

/// One name, its answer and the next question.
class HostNames::Kept {
 public:
  Kept(HostNames& all, std::string name)
      : all_(all), name_(std::move(name)), again_(all.loop_, [this] { all_.wait_in_line(name_); }) {}

  void ask() {
    lookup_ = std::make_unique<HostLookup>(
        all_.loop_, name_, [this](HostLookup::Answer answer) { take(std::move(answer)); }, all_.servers_);
  }
  void end_question() { lookup_.reset(); }

  [[nodiscard]] const std::vector<IpAddress>& addresses() const { return addresses_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  void take(HostLookup::Answer answer) {
    again_.start(answer ? std::clamp(answer->valid, kSoonest, kLatest) : kSoonest);
    all_.answered(name_);
    auto problem = answer ? std::string() : std::move(answer.error());
    auto addresses = answer ? std::move(answer->addresses) : addresses_;
    if (problem == problem_ && addresses == addresses_) return;
    if (!problem.empty()) spdlog::warn("{}: {}", name_, problem);
    problem_ = std::move(problem);
    addresses_ = std::move(addresses);
    all_.changed_.request();
  }

  HostNames& all_;
  std::string name_;
  std::vector<IpAddress> addresses_;
  std::string problem_;
  std::unique_ptr<HostLookup> lookup_;
  Timer again_;
};

HostNames::HostNames(EventLoop& loop, std::function<void()> changed, std::string servers)
    : loop_(loop),
      changed_(loop, std::move(changed)),
      servers_(std::move(servers)),
      go_on_(loop, [this] { go_on(); }) {}

HostNames::~HostNames() = default;

void HostNames::want(const std::set<std::string>& names) {
  const auto unwanted = [&names](const std::string& name) { return !names.contains(name); };
  std::erase_if(names_, [&unwanted](const auto& kept) { return unwanted(kept.first); });
  std::erase_if(line_, unwanted);
  std::erase_if(asking_, unwanted);
  std::erase_if(answered_, unwanted);
  for (const auto& name : names) {
    if (names_.contains(name)) continue;
    names_.emplace(name, std::make_unique<Kept>(*this, name));
    line_.push_back(name);
  }
  go_on_.request();
}

void HostNames::wait_in_line(const std::string& name) {
  line_.push_back(name);
  go_on_.request();
}

void HostNames::answered(const std::string& name) {
  answered_.insert(name);
  go_on_.request();
}

void HostNames::go_on() {
  for (const auto& name : std::exchange(answered_, {})) {
    names_.at(name)->end_question();
    asking_.erase(name);
  }
  while (!line_.empty() && asking_.size() < kAtOnce) {
    names_.at(line_.front())->ask();
    asking_.insert(std::move(line_.front()));
    line_.pop_front();
  }
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
