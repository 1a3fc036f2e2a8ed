#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "infer/observed_column.h"

namespace ingot::infer {

/// Gives the fields that several threads find common numbers. Thread-safe.
class FieldNumbers {
 public:
  explicit FieldNumbers(size_t most) : most_(most) {}

  /// Returns the number of a field, by a text that tells it from all others; `most` where there are too many.
  size_t number(const std::string& path);
  size_t most() const { return most_; }
  bool overflowed() const;

 private:
  const size_t most_;
  mutable std::mutex mutex_;
  std::map<std::string, size_t> numbers_;
  bool overflowed_ = false;
};

/// A field of JSON records, as far as one thread has seen it.
struct JsonField {
  std::vector<std::string> path;
  uint64_t first_record = UINT64_MAX;
  uint64_t last_record = UINT64_MAX;
  uint32_t first_place = 0;  ///< among the fields of its first record
  uint64_t seen = 0;         ///< in so many records, NULL or not
  uint64_t repeated = 0;     ///< times that it occurs once more in an object
  bool holds_nul = false;    ///< a string with `\u0000`, which no text column takes
  ObservedColumn column;
  std::map<std::string, std::unique_ptr<JsonField>, std::less<>> children;

  void merge(const JsonField& other);
};

/// Takes JSON records apart into fields, and looks at their values. One a thread.
class JsonFields {
 public:
  /// Objects within objects are taken apart down to `depth` (0: they are values themselves).
  JsonFields(int depth, FieldNumbers& numbers, UniqueValues& unique)
      : depth_(depth), numbers_(numbers), unique_(unique) {}

  /// Looks at a record: one object, valid by RFC 8259.
  void add(std::string_view record, const Address& at);
  /// Tells what is still to be told.
  void finish();
  void merge(const JsonFields& other) { root_.merge(other.root_); }

  /// The fields that become columns, in the order in which they were met. An object is taken apart where all its values
  /// are objects.
  std::vector<const JsonField*> columns() const;

 private:
  void walk(std::string_view object, JsonField& parent, int depth);
  void value(std::string_view text, JsonField& field, int depth);
  JsonField* field_of(JsonField& parent, std::string_view key);

  const int depth_;
  FieldNumbers& numbers_;
  UniqueValues& unique_;
  JsonField root_;
  Address at_;
  uint32_t place_ = 0;
};

}  // namespace ingot::infer
