#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "format/json/record_walker.h"

namespace ingot::json {

/// Writes Python literals as JSON: what CPython's ast.literal_eval takes and JSON can express
/// (docs/decisions/pyliteral.md). Numbers keep their digits; tuples are arrays; integer keys are texts. Keys may
/// repeat, and half a surrogate pair is passed on as an escape: both are for who reads the JSON to judge. Not
/// thread-safe.
class LiteralReader {
 public:
  /// From here on, up to the next one, JSON and literal are the same bytes, or the literal's are one unit.
  struct Waypoint {
    uint32_t json = 0;
    uint32_t literal = 0;
  };

  /// A literal nested deeper than `max_depth` brackets, those around a single value included, is too_deep.
  explicit LiteralReader(int max_depth) : max_depth_(max_depth) {}

  /// Returns how many bytes read() may write for a literal.
  static size_t room_for(std::string_view literal);

  /// Reads one literal, behind which kReadSlack bytes are readable, and writes its JSON (without line feed) to `out`.
  /// A fault's place is the literal's. `trail`, if given, is filled with waypoints, ascending.
  static constexpr size_t kReadSlack = 16;
  Verdict read(std::string_view literal, char* out, std::vector<Waypoint>* trail = nullptr);

  /// Returns what was written; it begins at `out` or, after blanks, behind. Valid where there was no fault.
  std::string_view json() const { return json_; }

 private:
  // These return false where they met a fault, which is in verdict_.
  bool top();
  bool value(int depth);
  bool dict(int depth);
  bool key(int depth);
  bool list(int depth);
  bool parentheses(int depth);
  bool elements(char closing, int depth);
  bool open(int depth);
  bool word();
  bool text();
  bool string(bool raw);
  bool closes(char quote, size_t quotes) const;
  bool escape(bool raw);
  bool escaped_point(size_t digits);
  bool number();
  bool decimal_number();
  bool radix_number(uint32_t radix);
  bool number_ends(const char* begin);
  bool digits();

  void copy_plain(char quote);
  void put_point(uint32_t point);
  void put_control(unsigned char c);
  void skip_space();
  bool begins_string(bool& raw) const;
  bool is_complex() const;

  char peek(size_t ahead = 0) const { return ahead < static_cast<size_t>(end_ - at_) ? at_[ahead] : '\0'; }
  void put(char c) { *out_++ = c; }
  void mark() {
    if (trail_ != nullptr)
      trail_->push_back({static_cast<uint32_t>(out_ - start_), static_cast<uint32_t>(at_ - begin_)});
  }
  bool fail(Fault fault, const char* place) {
    verdict_ = {fault, place};
    return false;
  }
  bool fail_here() { return fail(Fault::bad_literal, at_); }

  const int max_depth_;
  const char* begin_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  char* start_ = nullptr;
  char* out_ = nullptr;
  std::vector<Waypoint>* trail_ = nullptr;
  bool is_integer_ = false;  // the last number
  std::string_view json_;
  Verdict verdict_;
};

}  // namespace ingot::json
