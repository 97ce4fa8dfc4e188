// SPDX-License-Identifier: Apache-2.0
// Random lives of routers, many of them: see scenario.h.
#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdio>

#include "userland/sim/scenario.h"
#include "userland/sim/workers.h"

namespace {

using namespace awtun::sim;

constexpr std::array<std::pair<const char*, std::uint64_t Happened::*>, 9> kHappened{{
    {"datagrams", &Happened::datagrams},
    {"IKE SAs", &Happened::ike_sas},
    {"Child SAs", &Happened::child_sas},
    {"IKE rekeys", &Happened::ike_rekeys},
    {"Child rekeys", &Happened::child_rekeys},
    {"dead peers", &Happened::dead_peers},
    {"restarts", &Happened::restarts},
    {"foreign peers", &Happened::foreign_peers},
    {"virtual seconds", &Happened::virtual_seconds},
}};
constexpr std::size_t kDone = kHappened.size();
constexpr std::size_t kFailed = kDone + 1;
/// Of failing runs, so many are told.
constexpr std::uint64_t kTold = 50;

void run_one(std::uint64_t seed, SharedCounters& totals) {
  const Outcome outcome = run_scenario(seed);
  for (std::size_t i = 0; i < kHappened.size(); ++i) totals[i] += outcome.happened.*kHappened[i].second;
  ++totals[kDone];
  if (outcome.violation && totals[kFailed]++ < kTold) {
    std::printf("VIOLATION --replay %lu: %s\n", seed, outcome.violation->c_str());
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Random histories of routers on a bad network. Exits with 1 when a run breaks a rule.");
  std::uint64_t runs = 10000;
  std::uint64_t seed = 1;
  unsigned jobs = 1;
  std::optional<std::uint64_t> again;
  app.add_option("--runs", runs, "Number of runs");
  app.add_option("--seed", seed, "Number of the first run; each has the next number");
  app.add_option("--jobs", jobs, "Processes")->check(CLI::Range(1, 256));
  app.add_option("--replay", again, "Repeat one run, and print its messages");
  CLI11_PARSE(app, argc, argv);

  if (again) {
    const Outcome outcome = run_scenario(*again, true);
    std::printf("%s%s\n", outcome.trace.c_str(), outcome.violation.value_or("no violation").c_str());
    return outcome.violation ? 1 : 0;
  }
  SharedCounters totals(kFailed + 1);
  const auto begun = std::chrono::steady_clock::now();
  const auto died = in_processes(jobs, runs, [&](std::uint64_t index) { run_one(seed + index, totals); });
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  for (const std::uint64_t index : died) std::printf("DIED --replay %lu\n", seed + index);
  for (std::size_t i = 0; i < kHappened.size(); ++i)
    std::printf("%12lu %s\n", totals[i].load(), kHappened[i].first);
  std::printf("%lu runs, %lu violations, %zu crashes, %.0f s\n", totals[kDone].load(), totals[kFailed].load(),
              died.size(), took.count());
  return totals[kFailed] == 0 && died.empty() && totals[kDone] > 0 ? 0 : 1;
}
