#include "core/pace.h"

#include <algorithm>
#include <thread>

namespace ingot {

namespace {

// A piece is worth so much time, and as much is forgiven where sending was late.
constexpr std::chrono::milliseconds kStretch{50};
// So long a cancelled run may go on waiting.
constexpr std::chrono::milliseconds kPoll{20};

}  // namespace

uint64_t Pace::piece() const {
  return std::max<uint64_t>(1, rows_per_second_ * static_cast<uint64_t>(kStretch.count()) / 1000);
}

bool Pace::pass(const std::function<uint64_t()>& send) {
  std::lock_guard lock(mutex_);
  for (Clock::time_point now = Clock::now(); now < due_ && !cancelled_; now = Clock::now()) {
    std::this_thread::sleep_for(std::min<Clock::duration>(due_ - now, kPoll));
  }
  if (cancelled_) return false;
  const uint64_t rows = send();
  const std::chrono::duration<double> worth(static_cast<double>(rows) / static_cast<double>(rows_per_second_));
  due_ = std::max(due_, Clock::now() - kStretch) + std::chrono::duration_cast<Clock::duration>(worth);
  return true;
}

}  // namespace ingot
