#include "engine/block_queue.h"

namespace ingot {

namespace {

// A tiny file's block costs more than its bytes.
size_t cost(const Block& block) { return block.size + sizeof(Block); }

}  // namespace

bool BlockQueue::push(BlockPtr block) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return cancelled_ || blocks_.empty() || bytes_ + cost(*block) <= max_bytes_; });
  if (cancelled_) return false;
  bytes_ += cost(*block);
  blocks_.push_back(std::move(block));
  filled_.notify_one();
  return true;
}

void BlockQueue::finish() {
  std::lock_guard lock(mutex_);
  finished_ = true;
  filled_.notify_all();
}

void BlockQueue::cancel() {
  std::lock_guard lock(mutex_);
  cancelled_ = true;
  blocks_.clear();
  room_.notify_all();
  filled_.notify_all();
}

std::vector<BlockQueue::BlockPtr> BlockQueue::pop_run(size_t min_bytes) {
  std::unique_lock lock(mutex_);
  filled_.wait(lock, [&] { return cancelled_ || finished_ || !blocks_.empty(); });
  std::vector<BlockPtr> run;
  size_t taken = 0;
  while (!blocks_.empty() && !cancelled_ && (run.empty() || taken + blocks_.front()->size <= min_bytes)) {
    bytes_ -= cost(*blocks_.front());
    taken += blocks_.front()->size;
    run.push_back(std::move(blocks_.front()));
    blocks_.pop_front();
  }
  room_.notify_one();
  if (!blocks_.empty()) filled_.notify_one();
  return run;
}

}  // namespace ingot
