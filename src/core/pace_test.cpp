#include "core/pace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

namespace ingot {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(Pace, NoSecondSeesMoreThanATenthTooMuch) {
  const std::atomic<bool> cancelled = false;
  Pace pace(2'000, cancelled);
  std::mutex mutex;
  std::vector<std::pair<steady_clock::time_point, uint64_t>> sent;
  const auto begin = steady_clock::now();
  const auto work = [&] {
    while (steady_clock::now() < begin + milliseconds(1'300)) {
      pace.pass([&] {
        std::lock_guard lock(mutex);
        if (sent.size() == 5) std::this_thread::sleep_for(milliseconds(400));  // the server was slow for a while
        sent.emplace_back(steady_clock::now(), pace.piece());
        return pace.piece();
      });
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  uint64_t all = 0;
  for (size_t i = 0; i < sent.size(); ++i) {
    uint64_t within = 0;
    for (size_t k = i; k < sent.size() && sent[k].first < sent[i].first + milliseconds(1'000); ++k)
      within += sent[k].second;
    EXPECT_LE(within, 2'200U);
    all += sent[i].second;
  }
  EXPECT_GE(all, 1'000U);  // and it does go on
}

TEST(Pace, APieceIsShortAndNeverNothing) {
  const std::atomic<bool> cancelled = false;
  EXPECT_EQ(Pace(1, cancelled).piece(), 1U);
  EXPECT_EQ(Pace(10'000, cancelled).piece(), 500U);
}

TEST(Pace, ACancelledRunDoesNotWait) {
  std::atomic<bool> cancelled = false;
  Pace pace(1, cancelled);
  ASSERT_TRUE(pace.pass([] { return 3600; }));
  std::thread waiting([&] { EXPECT_FALSE(pace.pass([] { return 1; })); });
  std::this_thread::sleep_for(milliseconds(50));
  const auto begin = steady_clock::now();
  cancelled = true;
  waiting.join();
  EXPECT_LT(steady_clock::now() - begin, milliseconds(1'000));
}

}  // namespace

}  // namespace ingot
