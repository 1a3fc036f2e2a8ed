#include "transcript/open_source.h"

#include "source/files/file_source.h"
#include "transcript/transcript_source.h"

namespace ingot {

std::unique_ptr<Source> open_source(const Pipeline::From& from, const std::string& base_dir,
                                    const std::string& temp_dir) {
  const auto content = from.format == FormatKind::xlsx ? FileReader::Content::archive : FileReader::Content::records;
  std::unique_ptr<Source> files = std::make_unique<FileSource>(
      from.paths, base_dir, temp_dir, Expansion{from.max_ratio, from.max_decompressed}, content);
  if (!is_transcribed(from.format)) return files;
  return std::make_unique<TranscriptSource>(std::move(files), from, temp_dir);
}

}  // namespace ingot
