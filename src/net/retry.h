#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <random>
#include <string_view>

#include "net/http_message.h"

namespace ingot {

/// What the usual reading of a status is.
HttpVerdict verdict_of(int status);

/// Reads `Retry-After`: seconds, or a date (against `date`, the answer's own, where it has one).
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text, std::string_view date);

/// How long to wait before attempt `next`: a random time up to the exponential bound ("full jitter",
/// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), so that many do not come back at once.
std::chrono::milliseconds backoff_before(int next, const HttpLimits& limits, std::mt19937_64& random);

/// Lets a client as a whole repeat only so much: where most requests fail, repeating each makes it worse. Successes
/// earn what repeats cost. Thread-safe.
class RetryBudget {
 public:
  bool take();
  void earn();

 private:
  static constexpr double kMost = 1000;
  static constexpr double kEarned = 0.5;  // by a success: for every two of them one more repeat
  std::mutex mutex_;
  double left_ = kMost;
};

/// Spaces events so that no more than so many happen in a second, whoever asks; what was not used is not saved up
/// beyond a tenth of a second. Thread-safe.
class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;
  explicit RateLimit(double per_second) : per_second_(per_second) {}

  /// When may the next one go? Now or earlier: at once.
  Clock::time_point due();
  void charge(double count);

 private:
  const double per_second_;
  std::mutex mutex_;
  Clock::time_point due_ = Clock::now();
};

}  // namespace ingot
