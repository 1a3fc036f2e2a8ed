#include "net/retry.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "net/header_values.h"

namespace ingot {

HttpVerdict verdict_of(int status) {
  if (status >= 200 && status < 300) return HttpVerdict::success;
  switch (status) {
    case 408:
    case 425:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return HttpVerdict::retry;
    default:
      return HttpVerdict::failure;
  }
}

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text, std::string_view date) {
  if (text.empty()) return std::nullopt;
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size())
    return std::chrono::seconds(std::clamp<int64_t>(seconds, 0, 1 << 20));
  const auto when = parse_http_date(text);
  if (!when) return std::nullopt;
  const int64_t now = parse_http_date(date).value_or(::time(nullptr));
  return std::chrono::seconds(std::max<int64_t>(*when - now, 0));
}

std::chrono::milliseconds backoff_before(int next, const HttpLimits& limits, std::mt19937_64& random) {
  const int doublings = std::clamp(next - 2, 0, 20);
  const int64_t bound = std::min<int64_t>(limits.backoff.count() << doublings, limits.max_backoff.count());
  return std::chrono::milliseconds(std::uniform_int_distribution<int64_t>(0, std::max<int64_t>(bound, 0))(random));
}

bool RetryBudget::take() {
  const std::lock_guard lock(mutex_);
  if (left_ < 1) return false;
  left_ -= 1;
  return true;
}

void RetryBudget::earn() {
  const std::lock_guard lock(mutex_);
  left_ = std::min(left_ + kEarned, kMost);
}

RateLimit::Clock::time_point RateLimit::due() {
  const std::lock_guard lock(mutex_);
  return due_;
}

void RateLimit::charge(double count) {
  using namespace std::chrono;
  const std::lock_guard lock(mutex_);
  const auto cost = duration_cast<Clock::duration>(duration<double>(count / per_second_));
  due_ = std::max(due_, Clock::now() - milliseconds(100)) + cost;
}

}  // namespace ingot
