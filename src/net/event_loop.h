#pragma once

#include <curl/curl.h>

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "net/transfer.h"

namespace ingot {

/// One thread that drives transfers by libcurl's multi interface. submit(), nudge() and stop() may be called from any
/// thread; all else happens on its own.
class EventLoop {
 public:
  explicit EventLoop(std::shared_ptr<NetShared> shared);
  ~EventLoop();

  void submit(std::shared_ptr<Transfer> transfer);
  /// Its reader has room again, or has gone away.
  void nudge(std::shared_ptr<Transfer> transfer);
  /// Ends all with `interrupted`, and the thread.
  void stop();

 private:
  struct FreeMulti {
    void operator()(CURLM* multi) const { ::curl_multi_cleanup(multi); }
  };
  using Clock = Transfer::Clock;
  struct Host {
    int running = 0;
    std::deque<std::shared_ptr<Transfer>> waiting;
  };

  void run();
  void take_inbox();
  void start_due();
  void start_waiting();
  void queue(std::shared_ptr<Transfer> transfer);
  void start(const std::shared_ptr<Transfer>& transfer);
  void collect();
  void end_attempt(CURL* easy, CURLcode code);
  void check_clocks();
  void interrupt_all();
  int poll_timeout() const;
  bool stopping() const;
  EasyHandle take_easy();

  const std::shared_ptr<NetShared> shared_;
  const std::unique_ptr<CURLM, FreeMulti> multi_;
  std::mt19937_64 random_;
  const int max_running_;
  const int max_per_host_;

  std::mutex mutex_;
  std::vector<std::shared_ptr<Transfer>> submitted_;
  std::vector<std::shared_ptr<Transfer>> nudged_;
  std::atomic<bool> stop_{false};

  // Of the thread.
  std::unordered_map<std::string, Host> hosts_;
  std::unordered_map<CURL*, std::shared_ptr<Transfer>> running_;
  std::unordered_map<CURL*, std::string> host_of_;
  std::multimap<Clock::time_point, std::shared_ptr<Transfer>> later_;
  std::vector<EasyHandle> idle_;
  size_t waiting_ = 0;
  std::thread thread_;
};

}  // namespace ingot
