// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/job_queue.h"

#include <utility>

namespace awtun::ike {

Result<void, JobQueue::Full> JobQueue::push(StartJob job) {
  const auto standing = static_cast<std::size_t>(job.owner.standing);
  Rank& rank = ranks_.at(standing);
  if (rank.size >= limits_.standing) return Error{Full::Standing};
  auto found = rank.by_share.find(job.owner.share);
  if (found == rank.by_share.end()) {
    rank.turns.push_back({job.owner.share, {}});
    found = rank.by_share.emplace(job.owner.share, std::prev(rank.turns.end())).first;
  }
  const Lines::iterator line = found->second;
  if (line->jobs.size() >= limits_.share) return Error{Full::Share};
  const std::uint64_t token = job.token;
  line->jobs.push_back(std::move(job));
  places_.emplace(token, Place{standing, line, std::prev(line->jobs.end())});
  ++rank.size;
  return {};
}

std::optional<StartJob> JobQueue::pop() {
  if (empty()) return std::nullopt;
  Rank& rank = next_rank();
  const Lines::iterator line = rank.turns.begin();
  // To the end of the circle, before it is perhaps no more.
  rank.turns.splice(rank.turns.end(), rank.turns, line);
  return take(rank, line, line->jobs.begin());
}

bool JobQueue::cancel(std::uint64_t token) {
  const auto found = places_.find(token);
  if (found == places_.end()) return false;
  const Place place = found->second;
  static_cast<void>(take(ranks_[place.rank], place.line, place.job));
  return true;
}

/// The highest, unless it is the turn of those below it. There must be a job.
JobQueue::Rank& JobQueue::next_rank() {
  std::size_t lower = places_.size();
  for (Rank& rank : ranks_) {
    if (rank.size == 0) {
      rank.in_a_row = 0;
      continue;
    }
    lower -= rank.size;
    if (lower == 0 || rank.in_a_row < kInARow) {
      rank.in_a_row = lower == 0 ? 0 : rank.in_a_row + 1;
      return rank;
    }
    rank.in_a_row = 0;
  }
  return ranks_.back();
}

StartJob JobQueue::take(Rank& rank, Lines::iterator line, std::list<StartJob>::iterator job) {
  StartJob taken = std::move(*job);
  places_.erase(taken.token);
  line->jobs.erase(job);
  --rank.size;
  if (line->jobs.empty()) {
    rank.by_share.erase(line->share);
    rank.turns.erase(line);
  }
  return taken;
}

}  // namespace awtun::ike
