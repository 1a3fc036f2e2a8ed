#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "spec/yaml.h"

namespace ingot::spec {

/// The text that a YAML tree was parsed from, for the questions that the tree cannot answer.
class SourceText {
 public:
  SourceText(std::string_view text, std::string file);

  /// Converts a line and a byte column (both from 0) to a place whose column counts characters.
  Place place(int line, int byte_column) const;
  Place place_of(size_t offset) const;
  /// Returns how the null at `where` is spelled: `null`, `Null`, `NULL`, `~`, or nothing.
  std::string null_spelling(const Place& where) const;
  /// Returns the text from `from` up to the end of `last`, a plain scalar.
  std::string between(const Place& from, const Node& last) const;
  /// Is the value at `where` in quotes of which the closing one is missing? yaml-cpp takes all that follows, in
  /// silence.
  bool is_unclosed_quote(const Place& where) const;
  /// Is the plain scalar `value` at `where` followed by a comment on its last line?
  bool is_cut_by_comment(const Place& where, std::string_view value) const;

 private:
  /// A place found: the characters of a line before it are counted.
  struct Cursor {
    int line = 1;
    int column = 1;
    size_t offset = 0;
  };

  template <class Compare>
  void move_cursor(int line, const Compare& to_target) const;
  size_t offset(const Place& where) const;
  size_t skip_anchor(size_t at) const;
  size_t skip_plain(const Place& where, std::string_view value) const;

  std::string_view text_;
  std::string file_;
  mutable Cursor cursor_;
  bool is_ascii_ = true;       ///< then bytes are characters, and nothing need be counted
  std::vector<size_t> lines_;  ///< the offset at which each line begins
};

/// Finds values that a comma has cut in flow style (`{type: numeric(4,2)}` is `type: numeric(4` and `2)`), reports each
/// with the spelling that was meant, and puts the value together again so that it is not reported twice.
void mend_cut_values(Node& node, const SourceText& source, std::vector<Error>& errors);

}  // namespace ingot::spec
