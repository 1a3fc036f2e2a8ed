#include "transcript/open_source.h"

#include "transcript/transcript_source.h"

namespace ingot {

std::unique_ptr<Source> open_source(const Pipeline::From& from, const std::string& base_dir,
                                    const std::string& temp_dir) {
  auto files = make_file_source(from.paths, base_dir, temp_dir, {from.max_ratio, from.max_decompressed});
  if (!is_transcribed(from.format)) return files;
  return std::make_unique<TranscriptSource>(std::move(files), from, temp_dir);
}

}  // namespace ingot
