#include "infer/distinct_count.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>

namespace ingot::infer {

namespace {

constexpr int kIndexBits = 11;
constexpr size_t kRegisters = size_t{1} << kIndexBits;
constexpr double kBias = 0.7213 / (1 + 1.079 / kRegisters);  // α of the paper, for so many registers

}  // namespace

void DistinctCount::add(uint64_t hash) {
  if (registers_.empty()) registers_.resize(kRegisters);
  uint8_t& least = registers_[hash >> (64 - kIndexBits)];
  const auto rank = static_cast<uint8_t>(std::countl_zero((hash << kIndexBits) | (kRegisters - 1)) + 1);
  least = std::max(least, rank);
}

void DistinctCount::merge(const DistinctCount& other) {
  if (registers_.empty()) registers_ = other.registers_;
  for (size_t i = 0; i < other.registers_.size(); ++i) registers_[i] = std::max(registers_[i], other.registers_[i]);
}

uint64_t DistinctCount::estimate() const {
  if (registers_.empty()) return 0;
  double sum = 0;
  for (const uint8_t rank : registers_) sum += std::ldexp(1.0, -rank);
  constexpr auto kCount = static_cast<double>(kRegisters);
  const double raw = kBias * kCount * kCount / sum;
  const auto zeros = static_cast<double>(std::count(registers_.begin(), registers_.end(), 0));
  const bool few = raw <= 2.5 * kCount && zeros > 0;
  return static_cast<uint64_t>(std::llround(few ? kCount * std::log(kCount / zeros) : raw));
}

}  // namespace ingot::infer
