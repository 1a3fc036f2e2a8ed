#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "source/files/decompression_pool.h"
#include "source/files/file_reader.h"
#include "source/remote/object_store.h"
#include "source/remote/prefetcher.h"
#include "source/source.h"

namespace ingot {

/// The objects of a store as units: decompressed like files, known by their ETag where there is one, small ones fetched
/// before they are asked for, large ones by several ranges at a time. Thread-safe.
class RemoteSource final : public Source {
 public:
  RemoteSource(std::unique_ptr<ObjectStore> store, Expansion expansion,
               FileReader::Content content = FileReader::Content::records)
      : store_(std::move(store)), expansion_(expansion), content_(content) {}

  Result<std::vector<Unit>> list() override;
  Result<std::unique_ptr<ByteReader>> open(const Unit& unit) override;
  void expect(const std::vector<Unit>& units) override;
  std::vector<std::string> missing() const override { return store_->missing(); }
  std::string reached_by() const override { return store_->reached_by(); }
  void interrupt() override { store_->interrupt(); }

 private:
  /// An order of reading, and who reads ahead in it.
  struct Sequence {
    std::vector<std::shared_ptr<const RemoteObject>> objects;
    std::unordered_map<std::string, size_t> positions;  ///< by name
    std::shared_ptr<Prefetcher> prefetcher;
  };
  std::shared_ptr<const Sequence> make_sequence(std::vector<std::shared_ptr<const RemoteObject>> objects,
                                                size_t first_window);

  const std::unique_ptr<ObjectStore> store_;
  const Expansion expansion_;
  const FileReader::Content content_;
  const std::shared_ptr<DecompressionPool> pool_ = std::make_shared<DecompressionPool>();
  std::mutex mutex_;
  std::shared_ptr<const Sequence> listed_;
  std::shared_ptr<const Sequence> expected_;
};

}  // namespace ingot
