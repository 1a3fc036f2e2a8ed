#pragma once

// What the fuzzers share: how an input is read, and how a broken rule is reported.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace ingot::fuzz {

/// An input: some first bytes that choose, and the data.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  /// Takes the next byte; returns a number below `bound` (at most 256). 0 where there is none.
  size_t choose(size_t bound) {
    if (rest_.empty()) return 0;
    const size_t chosen = static_cast<unsigned char>(rest_[0]) % bound;
    rest_.remove_prefix(1);
    return chosen;
  }

  /// Takes the next byte as a size of 1 to 2065, small ones by preference.
  size_t choose_size() {
    const size_t chosen = choose(256);
    return chosen < 128 ? 1 + chosen : 1 + (chosen - 127) * 16 + chosen % 7;
  }

  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// Ends the process where a rule does not hold.
inline void require(bool holds, const char* rule, std::string_view text = {}) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n%.*s\n", rule, static_cast<int>(text.size()), text.data());
  std::abort();
}

}  // namespace ingot::fuzz
