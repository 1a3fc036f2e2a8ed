#pragma once

// For tests and benchmarks: a unit from a text, cut as a fetching thread would cut it.

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "format/csv/splitter.h"

namespace ingot::csv {

inline Slot text_slot(const std::string& name, Type type = {}) {
  return Slot{{{PathStep{name, -1}}}, type, false, name};
}

/// Text slots of these names, in this order by position.
inline std::shared_ptr<Wanted> text_columns(const std::vector<std::string>& names, char delimiter = ',') {
  auto wanted = std::make_shared<Wanted>();
  wanted->options.delimiter = delimiter;
  for (const std::string& name : names) {
    wanted->positions.push_back(static_cast<int>(wanted->slots.size()));
    wanted->slots.push_back(text_slot(name));
  }
  return wanted;
}

/// Feeds `text` to a splitter in pieces of `piece` bytes; returns its blocks with everything set as the engine sets it.
inline Result<std::vector<std::shared_ptr<Block>>> cut_unit(std::string_view text, size_t piece,
                                                            const std::shared_ptr<const Wanted>& wanted,
                                                            Classify classify = best_classify()) {
  const std::unique_ptr<Splitter> splitter = make_splitter(wanted, classify);
  std::vector<std::shared_ptr<Block>> blocks;
  std::string pending;
  size_t fed = 0, offset = 0;
  uint64_t line = 1;
  for (bool last = false; !last;) {
    const size_t seen = pending.size();
    const std::string_view added = text.substr(fed, piece);
    pending += added;
    fed += added.size();
    last = fed == text.size();
    auto block = std::make_shared<Block>();
    block->bytes.reset(new char[pending.size() + kBlockPadding]);
    std::memcpy(block->bytes.get(), pending.data(), pending.size());
    std::memset(block->bytes.get() + pending.size(), last ? '"' : '\n', kBlockPadding);  // must not be believed
    INGOT_ASSIGN(Cut cut, splitter->split({block->bytes.get(), pending.size()}, seen, last));
    if (cut.bytes == 0) continue;
    block->number = static_cast<uint32_t>(blocks.size());
    block->offset = offset;
    block->line = line;
    block->size = cut.bytes;
    block->index = std::move(cut.index);
    block->layout = std::move(cut.layout);
    blocks.push_back(std::move(block));
    pending.erase(0, cut.bytes);
    offset += cut.bytes;
    line += cut.newlines;
  }
  if (!pending.empty()) return fail(Code::internal, "the splitter left something over: " + pending);
  return blocks;
}

}  // namespace ingot::csv
