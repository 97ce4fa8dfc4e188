// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <thread>

#include "userland/base/secret.h"

namespace awtun {
namespace {

/// What /proc/self/smaps says of the pages at `address`: " rd wr mr mw me ac dd lo".
std::string flags_of(const void* address) {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    unsigned long start = 0;
    unsigned long end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &start, &end) == 2) inside = start <= at && at < end;
    if (inside && line.starts_with("VmFlags:")) return line.substr(8);
  }
  return "";
}

void expect_kept_in(const Secret& secret) {
  const auto flags = flags_of(secret.view().data());
  EXPECT_NE(flags.find(" dd"), std::string::npos) << flags;
  EXPECT_TRUE(flags.find(" lo") != std::string::npos || secrets_unlocked() != 0) << flags;
}

TEST(SecretMemory, NeitherInACoreNorInSwapSpace) {
  for (const std::size_t size : {1U, 16U, 32U, 64U, 1000U, 4096U, 5000U, 100'000U}) {
    Secret secret(size);
    expect_kept_in(secret);
    expect_kept_in(secret.copy());
    const Secret moved(std::move(secret));
    expect_kept_in(moved);
    Secret assigned(std::size_t{8});
    assigned = moved.copy();
    expect_kept_in(assigned);
  }
}

TEST(SecretMemory, HoldsTheKeysOfManyTunnels) {
  std::vector<Secret> secrets;
  for (int i = 0; i < 200'000; ++i) secrets.emplace_back(std::size_t{32});
  expect_kept_in(secrets.front());
  expect_kept_in(secrets.back());
}

TEST(SecretMemory, OfSeveralThreads) {
  std::vector<std::thread> threads;
  std::vector<Secret> made(4);
  for (auto& one : made)
    threads.emplace_back([&one] {
      for (std::size_t i = 1; i < 5000; ++i) one = Secret(i % 300 + 1);
    });
  for (auto& thread : threads) thread.join();
  for (const auto& one : made) expect_kept_in(one);
}

/// Status 0: a secret was made all the same, and it is locked, for root is not held to the limit, or told.
[[noreturn]] void make_secret_without_locked_memory() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_MEMLOCK, &none);
  const Secret secret(100'000);
  const bool locked = flags_of(secret.view().data()).find(" lo") != std::string::npos;
  std::exit(secret.size() == 100'000 && locked != (secrets_unlocked() != 0) ? 0 : 1);
}

// In a process of its own, for the limit does not go up again.
TEST(SecretMemoryDeathTest, WithoutLockedPagesItGoesOnAndTells) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(make_secret_without_locked_memory(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace awtun
