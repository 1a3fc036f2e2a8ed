#pragma once

#include <functional>
#include <thread>

namespace ingot {

/// While it lives: the first SIGINT or SIGTERM calls `stop` (on a thread of its own), the second ends the process at
/// once with status 130.
class StopSignal {
 public:
  explicit StopSignal(std::function<void()> stop);
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

 private:
  std::thread thread_;
  int pipe_[2] = {-1, -1};
};

}  // namespace ingot
