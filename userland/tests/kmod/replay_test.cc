// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

extern "C" {
#include "replay.h"
}

namespace {

struct Free {
  void operator()(awtun_replay* replay) const { std::free(replay); }
};
// Readers have no lock, and where a long has 32 bits a plain number of 64 bits is read in two steps.
static_assert(std::is_same_v<decltype(awtun_replay::top), atomic64_t>);

using Window = std::unique_ptr<awtun_replay, Free>;

// Exactly as long as the kernel's, so that a sanitizer sees a step beyond.
Window make_window(std::uint32_t packets) {
  Window window{static_cast<awtun_replay*>(std::malloc(awtun_replay_size(packets)))};
  awtun_replay_init(window.get(), packets);
  return window;
}

// What RFC 4303 section 3.4.3 says, with all of memory to remember in.
class Model {
 public:
  explicit Model(std::uint64_t packets) : packets_{packets} {}

  bool insert(std::uint64_t seq) {
    if (seq == 0 || seq + packets_ <= top_ || !seen_.insert(seq).second) return false;
    top_ = std::max(top_, seq);
    return true;
  }

  std::uint64_t top() const { return top_; }

 private:
  std::uint64_t packets_;
  std::uint64_t top_ = 0;
  std::set<std::uint64_t> seen_;
};

struct Step {
  std::uint64_t seq;
  bool accepted;
};

struct Case {
  std::string name;
  std::uint32_t packets;
  std::vector<Step> steps;
};

class ReplayTable : public testing::TestWithParam<Case> {};

TEST_P(ReplayTable, AcceptsAsTheTableSays) {
  const Window window = make_window(GetParam().packets);
  for (const Step& step : GetParam().steps)
    EXPECT_EQ(awtun_replay_insert(window.get(), step.seq), step.accepted) << "seq " << step.seq;
}

constexpr std::uint64_t kLast32 = 0xffffffff;

INSTANTIATE_TEST_SUITE_P(
    Replay, ReplayTable,
    testing::Values(
        Case{"zero_is_never_valid", 64, {{0, false}, {1, true}, {0, false}}},
        Case{"first_may_be_any", 64, {{1000, true}, {1000, false}, {999, true}}},
        Case{"in_order_once_each", 64, {{1, true}, {2, true}, {3, true}, {1, false}, {2, false}, {3, false}}},
        Case{"reordered", 64, {{5, true}, {3, true}, {4, true}, {1, true}, {2, true}, {3, false}, {6, true}}},
        Case{"oldest_inside", 64, {{64, true}, {1, true}, {1, false}}},
        Case{"newest_outside", 64, {{65, true}, {1, false}, {2, true}}},
        Case{"jump_by_a_word", 64, {{1, true}, {65, true}, {1, false}, {2, true}}},
        Case{"jump_by_the_ring", 64, {{1, true}, {129, true}, {66, true}, {65, false}, {129, false}}},
        Case{"jump_far", 64, {{1, true}, {1000000, true}, {999937, true}, {999936, false}, {1, false}}},
        Case{"stale_bits_are_cleared", 64, {{63, true}, {64, true}, {191, true}, {192, true}, {190, true}}},
        Case{"odd_window_edge", 100, {{200, true}, {101, true}, {100, false}, {101, false}}},
        Case{"largest_window_edge", 4096, {{5000, true}, {905, true}, {904, false}, {905, false}}},
        Case{"last_of_32_bits",
             64,
             {{kLast32, true}, {kLast32, false}, {kLast32 - 63, true}, {kLast32 - 64, false}}},
        Case{"beyond_32_bits",
             64,
             {{kLast32, true}, {kLast32 + 1, true}, {kLast32 + 1, false}, {kLast32 - 1, true}}}),
    [](const testing::TestParamInfo<Case>& param) { return param.param.name; });

TEST(Replay, EarlyRefusalNeverRefusesWhatWouldBeAccepted) {
  const Window window = make_window(64);
  EXPECT_TRUE(awtun_replay_too_old(window.get(), 0));
  EXPECT_FALSE(awtun_replay_too_old(window.get(), 1));
  ASSERT_TRUE(awtun_replay_insert(window.get(), 100));
  EXPECT_TRUE(awtun_replay_too_old(window.get(), 36));
  EXPECT_FALSE(awtun_replay_too_old(window.get(), 37));
  EXPECT_FALSE(awtun_replay_too_old(window.get(), 1000));
}

class ReplayInfer : public testing::TestWithParam<std::uint32_t> {};

// RFC 4303 appendix A2: right for every number from the oldest in the window to 2^32 - 1 beyond it.
TEST_P(ReplayInfer, FindsTheNumberThatWasSent) {
  const std::uint64_t packets = GetParam();
  const Window window = make_window(GetParam());
  for (const std::uint64_t top : {std::uint64_t{0}, std::uint64_t{1}, packets - 2, packets - 1, packets,
                                  kLast32 - 1, kLast32, kLast32 + 1, kLast32 + packets - 1, kLast32 + packets,
                                  7 * (kLast32 + 1), 7 * (kLast32 + 1) + packets / 2}) {
    atomic64_set(&window->top, static_cast<long long>(top));
    const std::uint64_t oldest = top >= packets ? top - packets + 1 : 0;
    const std::uint64_t farthest = top >= packets ? oldest + kLast32 : kLast32 - (packets - 1 - top);
    for (const std::uint64_t sent : {oldest, oldest + 1, top, top + 1, top + packets, farthest - 1, farthest})
      EXPECT_EQ(awtun_replay_infer(window.get(), static_cast<std::uint32_t>(sent)), sent)
          << "top " << top << " sent " << sent;
  }
}

TEST_P(ReplayInfer, NeverGoesBelowTheFirstNumber) {
  const Window window = make_window(GetParam());
  EXPECT_EQ(awtun_replay_infer(window.get(), 0xffffffff), kLast32);
}

INSTANTIATE_TEST_SUITE_P(Replay, ReplayInfer, testing::Values(64, 100, 1024, 4096));

class ReplayWalk : public testing::TestWithParam<std::uint32_t> {};

// Random walks around the edges of the window: forward by one, by about a word, by about the ring, by
// about the window; back into it, over its edge, onto what has been seen.
TEST_P(ReplayWalk, AgreesWithTheModel) {
  const std::uint32_t packets = GetParam();
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    std::mt19937 random{seed};
    const auto below = [&](std::uint64_t n) {
      return std::uniform_int_distribution<std::uint64_t>{0, n}(random);
    };
    const Window window = make_window(packets);
    Model model{packets};

    for (int i = 0; i < 4000; ++i) {
      std::uint64_t seq = model.top();
      switch (below(7)) {
        case 0:
        case 1:
        case 2:
          seq += 1;
          break;
        case 3:
          seq += 60 + below(10);
          break;
        case 4:
          seq += below(16) == 0 ? packets + below(200) : below(3);
          break;
        case 5:
          seq -= std::min(seq, below(packets - 1));
          break;
        case 6:
          seq -= std::min(seq, packets - 2 + below(4));
          break;
        default:
          seq -= std::min(seq, below(8));
          break;
      }
      const bool early = awtun_replay_too_old(window.get(), seq);
      const bool accepted = awtun_replay_insert(window.get(), seq);
      ASSERT_EQ(accepted, model.insert(seq)) << "seed " << seed << " step " << i << " seq " << seq;
      ASSERT_FALSE(early && accepted);
      ASSERT_EQ(awtun_replay_top(window.get()), model.top());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Replay, ReplayWalk,
                         testing::Values(64, 65, 100, 127, 128, 129, 1000, 2048, 4095, 4096));

}  // namespace
