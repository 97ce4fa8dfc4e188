// SPDX-License-Identifier: Apache-2.0
// Every interleaving of every pair of operations: see explore.h.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>

#include "userland/sim/explore.h"
#include "userland/sim/workers.h"

namespace {

using namespace awtun::sim;

enum Total : std::size_t { kMeetings, kRuns, kReplays, kSteps, kStates, kEnds, kViolations, kTotals };

void explore_one(const Meeting& meeting, const Bounds& bounds, std::uint64_t seed, SharedCounters& totals) {
  const auto begun = std::chrono::steady_clock::now();
  const Exploration found = explore(meeting, bounds, seed);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::printf("%-28s %14.0f runs %9lu states %9lu replays %7.1f s\n", meeting.to_string().c_str(), found.runs,
              found.states, found.replays, took.count());
  ++totals[kMeetings];
  totals[kRuns] += static_cast<std::uint64_t>(found.runs);
  totals[kReplays] += found.replays;
  totals[kSteps] += found.steps;
  totals[kStates] += found.states;
  totals[kEnds] += found.ends;
  if (found.violation) {
    ++totals[kViolations];
    const std::string foreign =
        bounds.foreign ? "--foreign '" + bounds.foreign->to_string() + "' " : std::string();
    std::printf("  VIOLATION %s\n  replay: %s--only '%s' --replay '%s'\n", found.violation->c_str(),
                foreign.c_str(), meeting.to_string().c_str(), to_string(found.choices).c_str());
  }
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Explores every possible order of events of two concurrent operations on a tunnel.");
  Bounds bounds;
  std::uint64_t seed = 1;
  unsigned jobs = 1;
  std::string only;
  std::string choices;
  app.add_option("--faults", bounds.faults, "Datagrams lost, duplicated or overtaken by a timer, per run");
  std::uint64_t horizon = static_cast<std::uint64_t>(bounds.horizon.count());
  app.add_option("--horizon", horizon, "Milliseconds after the first operation in which to explore");
  app.add_option("--late", bounds.late, "Events while a job is running, per run");
  app.add_flag("--pfs", bounds.pfs, "Rekey Child SAs with a Diffie-Hellman exchange");
  std::string foreign;
  app.add_option("--foreign", foreign,
                 "End 1 is a foreign peer with these liberties, such as 'initiates,answers-late', or 'none'");
  app.add_option("--seed", seed, "Seed of both engines");
  app.add_option("--jobs", jobs, "Processes")->check(CLI::Range(1, 256));
  app.add_option("--only", only, "Only pairs that begin so: 'child-rekey@0 ike-rekey@1'");
  app.add_option("--replay", choices, "Repeat one run of it, and print its messages");
  CLI11_PARSE(app, argc, argv);
  bounds.horizon = awtun::ike::Duration(static_cast<awtun::ike::Duration::rep>(horizon));

  if (!foreign.empty()) {
    bounds.foreign = Liberties::parse(foreign);
    if (!bounds.foreign) {
      std::fprintf(stderr, "--foreign needs liberties that there are\n");
      return 2;
    }
  }

  std::vector<Meeting> meetings;
  for (const Meeting& meeting : all_meetings(bounds.foreign.has_value()))
    if (meeting.to_string().starts_with(only)) meetings.push_back(meeting);
  if (!choices.empty()) {
    const auto parsed = parse_choices(choices);
    if (!parsed || meetings.size() != 1) {
      std::fprintf(stderr, "--replay needs choices and, with --only, one meeting\n");
      return 2;
    }
    std::fputs(replay(meetings.front(), *parsed, bounds, seed).c_str(), stdout);
    return 0;
  }
  SharedCounters totals(kTotals);
  const auto begun = std::chrono::steady_clock::now();
  const auto died = in_processes(jobs, meetings.size(), [&](std::uint64_t index) {
    explore_one(meetings[index], bounds, seed, totals);
  });
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  for (const std::uint64_t index : died) std::printf("DIED %s\n", meetings[index].to_string().c_str());
  std::printf(
      "%lu meetings, %lu runs, %lu states, %lu ends, %lu replays, %lu steps, %lu violations, %zu crashes, "
      "%.0f s\n",
      totals[kMeetings].load(), totals[kRuns].load(), totals[kStates].load(), totals[kEnds].load(),
      totals[kReplays].load(), totals[kSteps].load(), totals[kViolations].load(), died.size(), took.count());
  return totals[kViolations] == 0 && died.empty() && totals[kMeetings] > 0 ? 0 : 1;
}
