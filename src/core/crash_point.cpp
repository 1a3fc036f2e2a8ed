#include "core/crash_point.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ingot {

namespace {

class CrashPlan {
 public:
  CrashPlan() {
    if (const char* list = std::getenv("INGOT_CRASH_LIST")) list_ = list;
    const char* at = std::getenv("INGOT_CRASH_AT");
    if (!at) return;
    armed_ = true;
    name_ = at;
    if (const size_t colon = name_.rfind(':'); colon != std::string::npos) {
      count_ = std::strtoul(name_.c_str() + colon + 1, nullptr, 10);
      name_.resize(colon);
    } else if (name_.find_first_not_of("0123456789") == std::string::npos) {
      count_ = std::strtoul(name_.c_str(), nullptr, 10);
      name_.clear();
    }
  }

  bool armed() const { return armed_ && count_ > 0; }
  bool listing() const { return !list_.empty(); }

  void pass(std::string_view point) {
    std::lock_guard lock(mutex_);
    if (listing()) {
      if (std::FILE* file = std::fopen(list_.c_str(), "a")) {
        std::fprintf(file, "%.*s\n", static_cast<int>(point.size()), point.data());
        std::fclose(file);
      }
      return;
    }
    if (name_.empty() || name_ == point) {
      if (++passed_ == count_) ::kill(::getpid(), SIGKILL);
    }
  }

 private:
  std::mutex mutex_;
  std::string list_;
  bool armed_ = false;
  std::string name_;
  unsigned long count_ = 1;
  unsigned long passed_ = 0;
};

}  // namespace

void crash_point(const char* name) {
  static CrashPlan plan;
  if (plan.listing() || plan.armed()) plan.pass(name);
}

}  // namespace ingot
