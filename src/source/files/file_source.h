#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "source/files/archive_shelf.h"
#include "source/files/decompression_pool.h"
#include "source/files/file_reader.h"
#include "source/files/glob.h"
#include "source/files/spool.h"
#include "source/source.h"

namespace ingot {

/// Local files; see make_file_source.
class FileSource : public Source {
 public:
  FileSource(std::vector<std::string> patterns, std::string base_dir, std::string temp_dir, Expansion expansion,
             FileReader::Content content = FileReader::Content::records);

  Result<std::vector<Unit>> list() override;
  Result<std::unique_ptr<ByteReader>> open(const Unit& unit) override;

 private:
  Result<std::vector<Unit>> expand(const std::string& text);
  Result<std::vector<Unit>> expand_files(const std::string& text);
  bool exists(const std::string& text) const;
  Result<std::vector<Unit>> expand_path(const PathPattern& pattern, const std::string& path, const struct stat& status);
  Result<std::vector<Unit>> walk(PathPattern pattern) const;
  Result<std::vector<Unit>> walk_below(const PathPattern& folder) const;
  Result<Unit> spool_input(int input, const std::string& path);
  Result<Unit> spool_pipe(const std::string& path);
  Error missing(const PathPattern& pattern, const std::string& path) const;
  std::string path_of(const PathPattern& pattern) const;

  const std::vector<std::string> patterns_;
  const std::string base_;  // empty or ends with a slash
  const std::string temp_dir_;
  const Expansion expansion_;
  const FileReader::Content content_;
  const std::shared_ptr<DecompressionPool> pool_ = std::make_shared<DecompressionPool>();
  ArchiveShelf archives_;
  std::mutex mutex_;
  std::map<std::string, Spool> spools_;  // by path; `-` is standard input
};

}  // namespace ingot
