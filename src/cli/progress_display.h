#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "engine/run.h"

namespace ingot {

/// Shows a run's progress until it is destroyed: a bar on a terminal, JSON lines elsewhere.
class ProgressDisplay {
 public:
  enum class Style { none, bar, json };

  /// `json_to_stdout`: the JSON lines belong to `run --json`'s output; else they go to standard error.
  ProgressDisplay(const Runner& runner, const Pipeline& pipeline, Style style, bool json_to_stdout);
  ~ProgressDisplay();
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

 private:
  void show();
  void draw_bar(double seconds) const;
  void print_json(double seconds) const;

  const Runner& runner_;
  const std::string pipeline_;
  const uint64_t limit_;  ///< rows a second; 0 = none
  const Style style_;
  const bool json_to_stdout_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool done_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace ingot
