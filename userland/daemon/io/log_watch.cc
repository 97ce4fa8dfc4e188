// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/io/log_watch.h"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace awtun::daemon {
namespace {

/// For one thread, as the daemon's logger is.
class TellingSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit TellingSink(LogWatch::Tell tell) : tell_(std::move(tell)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    tell_(message.level, {message.payload.data(), message.payload.size()});
  }
  void flush_() override {}

  LogWatch::Tell tell_;
};

}  // namespace

LogWatch::LogWatch(Tell tell) : sink_(std::make_shared<TellingSink>(std::move(tell))) {
  auto& logger = *spdlog::default_logger();
  // The logger lets more through from now on, the others' sinks do not.
  for (const auto& other : logger.sinks()) other->set_level(std::max(other->level(), logger.level()));
  sink_->set_level(spdlog::level::debug);
  logger.set_level(std::min(logger.level(), spdlog::level::debug));
  logger.sinks().push_back(sink_);
}

LogWatch::~LogWatch() {
  auto& sinks = spdlog::default_logger()->sinks();
  sinks.erase(std::remove(sinks.begin(), sinks.end(), sink_), sinks.end());
}

}  // namespace awtun::daemon
