#pragma once

#include <chrono>
#include <future>
#include <vector>

#include "source/source.h"
#include "spec/pipeline.h"

namespace ingot {

/// Lists a source on another thread while the target is being opened. Used at most once, and only while it is fresh:
/// what another run does meanwhile is then seen as if this one had come a moment earlier.
class ListingAhead {
 public:
  /// Begins. Not for standard input and pipes: whoever is to be told of a mistake would wait for their end first.
  void begin(Source& source, const Pipeline& pipeline);

  /// Returns what was listed, or lists now. Errors: as Source::list().
  Result<std::vector<Unit>> take(Source& source);

 private:
  std::chrono::steady_clock::time_point begun_;
  std::future<Result<std::vector<Unit>>> listed_;  // its destructor waits
};

}  // namespace ingot
