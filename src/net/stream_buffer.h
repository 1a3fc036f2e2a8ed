#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "net/http_message.h"

namespace ingot {

/// Carries a body from a client's thread to its reader. Bounded: what does not fit is not taken, and the sender waits.
class StreamBuffer {
 public:
  /// For the client's side ---
  /// The first answer has come (or none will): open() returns.
  void begin(Result<HttpResponse> head, std::optional<uint64_t> size);
  /// Takes a piece whole, or not at all where enough is waiting to be read.
  bool offer(const char* data, size_t size);
  /// No more comes.
  void end(Status status);
  /// Has the reader gone away?
  bool abandoned();

  /// For the reader's side ---
  Result<HttpResponse> wait_for_head();
  std::optional<uint64_t> size();
  /// Waits for bytes; `resume` is called where the sender was made to wait and there is room again.
  Result<size_t> read(char* out, size_t capacity, const std::function<void()>& resume);
  void abandon();

 private:
  static constexpr size_t kCapacity = 1 << 20;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Result<HttpResponse>> head_;
  std::optional<uint64_t> size_;
  std::string bytes_;
  size_t read_ = 0;  // of bytes_
  bool full_ = false;
  bool abandoned_ = false;
  std::optional<Status> end_;
};

}  // namespace ingot
