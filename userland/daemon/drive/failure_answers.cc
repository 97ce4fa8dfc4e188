// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/drive/failure_answers.h"

#include "userland/base/overloaded.h"

namespace awtun::daemon {
namespace {

FailureAnswers::Answer data_plane_failed(std::uint64_t token) {
  return [token](std::string why) { return ike::DataPlaneFailed{token, std::move(why)}; };
}

FailureAnswers::Answer job_failed(std::uint64_t token) {
  return [token](std::string why) { return ike::JobDone{token, ike::JobFailed{std::move(why), {}, true}}; };
}

}  // namespace

FailureAnswers::Answer FailureAnswers::prepare(const ike::Action& action) {
  return std::visit(Overloaded{
                        [this](const ike::AddSa& add) { return prepare_added(add); },
                        [this](const ike::ActivateSa& sa) { return of_outbound(sa.tunnel, sa.spi); },
                        [this](const ike::MoveSa& sa) { return of_outbound(sa.tunnel, sa.spi); },
                        [](const ike::StartJob& start) { return job_failed(start.token); },
                        [this](const ike::DeleteSa& sa) {
                          if (sa.direction == ike::Direction::Out) outbound_.erase({sa.tunnel, sa.spi});
                          return Answer();
                        },
                        [](const auto&) { return Answer(); },
                    },
                    action);
}

FailureAnswers::Answer FailureAnswers::prepare_added(const ike::AddSa& add) {
  if (add.direction == ike::Direction::Out) outbound_[{add.tunnel, add.spi}] = add.token;
  return data_plane_failed(add.token);
}

FailureAnswers::Answer FailureAnswers::of_outbound(ike::TunnelId tunnel, std::uint32_t spi) const {
  const auto found = outbound_.find({tunnel, spi});
  return found == outbound_.end() ? Answer() : data_plane_failed(found->second);
}

}  // namespace awtun::daemon
