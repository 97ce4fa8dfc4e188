// SPDX-License-Identifier: Apache-2.0
#include "userland/sim/workers.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <new>

namespace awtun::sim {

SharedCounters::SharedCounters(std::size_t count) {
  const std::size_t size = count * sizeof(std::atomic<std::uint64_t>);
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    std::perror("mmap");
    std::exit(2);
  }
  auto* first = static_cast<std::atomic<std::uint64_t>*>(memory);
  for (std::size_t i = 0; i < count; ++i) new (first + i) std::atomic<std::uint64_t>(0);
  counters_ = {first, count};
}

SharedCounters::~SharedCounters() { munmap(counters_.data(), counters_.size_bytes()); }

std::vector<std::uint64_t> in_processes(unsigned jobs, std::uint64_t count,
                                        const std::function<void(std::uint64_t)>& task) {
  // 0: the next task; then what each worker does.
  SharedCounters shared(jobs + 1);
  std::map<pid_t, unsigned> workers;
  const auto start = [&](unsigned worker) {
    std::fflush(nullptr);
    const pid_t pid = fork();
    if (pid < 0) {
      std::perror("fork");
      std::exit(2);
    }
    if (pid > 0) {
      workers[pid] = worker;
      return;
    }
    for (std::uint64_t next = shared[0]++; next < count; next = shared[0]++) {
      shared[worker] = next;
      task(next);
    }
    std::fflush(nullptr);
    _exit(0);
  };
  for (unsigned worker = 1; worker <= jobs; ++worker) start(worker);
  std::vector<std::uint64_t> died;
  while (!workers.empty()) {
    int status = 0;
    const pid_t pid = wait(&status);
    const auto found = workers.find(pid);
    if (found == workers.end()) continue;
    const unsigned worker = found->second;
    workers.erase(found);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
    died.push_back(shared[worker]);
    start(worker);
  }
  return died;
}

}  // namespace awtun::sim
