#include "types/number_form.h"

#include <algorithm>

#include "types/digits.h"

namespace ingot {

namespace {

using exact::is_digit;

constexpr std::string_view kMinus = "\xE2\x88\x92";                        // U+2212
constexpr std::string_view kSpaces[] = {" ", "\xC2\xA0", "\xE2\x80\xAF"};  // also U+00A0 and U+202F, which do not break

bool take_front(std::string_view& text, std::string_view what) {
  if (what.empty() || !text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

bool take_back(std::string_view& text, std::string_view what) {
  if (what.empty() || !text.ends_with(what)) return false;
  text.remove_suffix(what.size());
  return true;
}

template <class Texts>
bool take_any(std::string_view& text, const Texts& texts, bool (*take)(std::string_view&, std::string_view)) {
  return std::any_of(std::begin(texts), std::end(texts), [&](std::string_view what) { return take(text, what); });
}

std::string_view take_digits(std::string_view& text) {
  size_t size = 0;
  while (size < text.size() && is_digit(text[size])) ++size;
  const std::string_view digits = text.substr(0, size);
  text.remove_prefix(size);
  return digits;
}

/// What stands around a number's digits.
struct Around {
  bool signed_ = false;
  bool negative = false;
  bool currency = false;
  bool percent = false;
};

class Reader {
 public:
  Reader(const NumberForm& form, std::string& out) : form_(form), out_(out) {}

  bool read(std::string_view text) {
    out_.clear();
    const bool enclosed = form_.parentheses && text.size() > 2 && text.front() == '(' && text.back() == ')';
    if (enclosed) {
      text = text.substr(1, text.size() - 2);
      around_.signed_ = around_.negative = true;
    }
    while (take_before(text)) {
    }
    while (take_behind(text)) {
    }
    if (form_.percent == NumberForm::Percent::fraction && !around_.percent) return false;
    if (around_.negative) out_ += '-';
    if (!read_whole(text) || !read_fraction(text)) return false;
    if (form_.percent == NumberForm::Percent::fraction) {
      out_ += "e-2";
      return text.empty();
    }
    return text.empty() || read_exponent(text);
  }

 private:
  bool take_sign(std::string_view& text, bool (*take)(std::string_view&, std::string_view), bool plus) {
    if (around_.signed_) return false;
    const bool negative = take(text, "-") || take(text, kMinus);
    if (!negative && !(plus && take(text, "+"))) return false;
    around_.signed_ = true;
    around_.negative = negative;
    return true;
  }

  bool take_before(std::string_view& text) {
    if (take_sign(text, take_front, true)) return true;
    if (around_.currency || !take_any(text, form_.currencies, take_front)) return false;
    around_.currency = true;
    take_any(text, kSpaces, take_front);
    return true;
  }

  bool take_behind(std::string_view& text) {
    if (form_.trailing_minus && take_sign(text, take_back, false)) return true;
    if (form_.percent != NumberForm::Percent::none && !around_.percent && take_back(text, "%")) {
      around_.percent = true;
    } else if (!around_.currency && take_any(text, form_.currencies, take_back)) {
      around_.currency = true;
    } else {
      return false;
    }
    take_any(text, kSpaces, take_back);
    return true;
  }

  bool read_whole(std::string_view& text) {
    std::string_view digits = take_digits(text);
    out_ += digits;
    const auto mark = std::find_if(form_.thousands.begin(), form_.thousands.end(),
                                   [&](const std::string& sign) { return text.starts_with(sign); });
    has_digits_ = !digits.empty();
    if (mark == form_.thousands.end()) return true;
    constexpr size_t kGroup = 3;
    if (digits.empty() || digits.size() > kGroup) return false;
    while (take_front(text, *mark)) {
      digits = take_digits(text);
      if (digits.size() != kGroup) return false;
      out_ += digits;
    }
    return true;
  }

  bool read_fraction(std::string_view& text) {
    if (take_front(text, form_.decimal)) {
      const std::string_view digits = take_digits(text);
      has_digits_ |= !digits.empty();
      if (!digits.empty()) (out_ += '.') += digits;
    }
    return has_digits_;
  }

  bool read_exponent(std::string_view text) {
    if (exact::lower(text[0]) != 'e') return false;
    out_ += text;  // the exact parsers read the rest
    return true;
  }

  const NumberForm& form_;
  std::string& out_;
  Around around_;
  bool has_digits_ = false;
};

}  // namespace

bool NumberForm::read(std::string_view text, std::string& out) const { return Reader(*this, out).read(text); }

}  // namespace ingot
