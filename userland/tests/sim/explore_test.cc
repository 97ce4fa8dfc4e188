// SPDX-License-Identifier: Apache-2.0
// What `sim_explore` and `sim_runs` do for minutes, for some seconds.
#include <gtest/gtest.h>

#include "userland/sim/explore.h"
#include "userland/sim/scenario.h"

namespace awtun::sim {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr Bounds kNoFaults{0};
constexpr Bounds kOneFault{1};

void expect_no_violation(const Meeting& meeting, const Bounds& bounds, const Exploration& found) {
  EXPECT_FALSE(found.violation) << meeting.to_string() << ": " << *found.violation << "\n"
                                << replay(meeting, found.choices, bounds, kSeed);
}

TEST(Explore, EveryOrderOnANetworkWithoutFaults) {
  double runs = 0;
  for (const Meeting& meeting : all_meetings()) {
    // The rest is much the same, or has very many handshakes; sim_explore does it.
    const bool many = meeting.first == Operation::DeleteIke || meeting.second == Operation::DeleteIke;
    if (meeting.first_at != 0 || many) continue;
    const Exploration found = explore(meeting, kNoFaults, kSeed);
    expect_no_violation(meeting, kNoFaults, found);
    EXPECT_GE(found.ends, 1U) << meeting.to_string();
    runs += found.runs;
  }
  EXPECT_GT(runs, 300);
}

TEST(Explore, SimultaneousRekeysWithOneFault) {
  const Meeting meeting{Operation::RekeyChild, 0, Operation::RekeyChild, 1};
  const Exploration found = explore(meeting, kOneFault, kSeed);
  expect_no_violation(meeting, kOneFault, found);
  EXPECT_GT(found.runs, 1000);
}

/// Rekeys of both ends, where a foreign peer is at the end 1.
TEST(Explore, EveryOrderWithAForeignPeer) {
  using enum Liberty;
  constexpr std::array kRekeys{Operation::RekeyChild, Operation::RekeyIke};
  double runs = 0;
  for (const Liberties& liberties :
       {Liberties{}, Liberties{SendsAtOnce, OddPayloads}, Liberties{DeletesOldAtOnce}}) {
    Bounds bounds = kNoFaults;
    bounds.foreign = liberties;
    for (const Operation first : kRekeys)
      for (const Operation second : kRekeys) {
        const Meeting meeting{first, 0, second, 1};
        const Exploration found = explore(meeting, bounds, kSeed);
        expect_no_violation(meeting, bounds, found);
        runs += found.runs;
      }
  }
  EXPECT_GT(runs, 300);
}

TEST(Explore, ChoicesAreReadAsTheyAreWritten) {
  const std::vector<Choice> choices{{Choice::What::Deliver, 0},
                                    {Choice::What::Lose, 12},
                                    {Choice::What::Copy, 1},
                                    {Choice::What::Timer},
                                    {Choice::What::Second}};
  EXPECT_EQ(to_string(choices), "d0 x12 c1 t s ");
  EXPECT_EQ(parse_choices("d0 x12 c1 t s"), choices);
  EXPECT_FALSE(parse_choices("d0 y"));
}

TEST(Runs, AThousandShortLives) {
  Happened all;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    const Outcome outcome = run_scenario(seed);
    ASSERT_FALSE(outcome.violation) << *outcome.violation << "\n" << run_scenario(seed, true).trace;
    all.child_rekeys += outcome.happened.child_rekeys;
    all.ike_rekeys += outcome.happened.ike_rekeys;
    all.dead_peers += outcome.happened.dead_peers;
    all.restarts += outcome.happened.restarts;
    all.foreign_peers += outcome.happened.foreign_peers;
  }
  EXPECT_GT(all.child_rekeys, 500U);
  EXPECT_GT(all.ike_rekeys, 500U);
  EXPECT_GT(all.dead_peers, 20U);
  EXPECT_GT(all.restarts, 200U);
  EXPECT_GT(all.foreign_peers, 150U);
}

TEST(Runs, OneSeedIsOneLife) {
  const Outcome first = run_scenario(77, true);
  const Outcome second = run_scenario(77, true);
  EXPECT_FALSE(first.trace.empty());
  EXPECT_EQ(first.trace, second.trace);
  EXPECT_EQ(first.happened.datagrams, run_scenario(77).happened.datagrams);
}

}  // namespace
}  // namespace awtun::sim
