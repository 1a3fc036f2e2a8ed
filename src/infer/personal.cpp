#include "infer/personal.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string>

#include "types/digits.h"

namespace ingot::infer {

namespace {

constexpr size_t kLongest = 100;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_alnum(char c) { return exact::is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z'); }

bool is_email(std::string_view text) {
  const size_t at = text.find('@');
  if (at == text.npos || at == 0 || text.find('@', at + 1) != text.npos) return false;
  const std::string_view domain = text.substr(at + 1);
  const size_t point = domain.rfind('.');
  if (point == domain.npos || point == 0 || domain.size() - point < 3 || domain.find("..") != domain.npos) return false;
  const bool domain_good =
      std::all_of(domain.begin(), domain.end(), [](char c) { return is_alnum(c) || c == '.' || c == '-'; });
  return domain_good && text.find_first_of(" ,;\"<>()") == text.npos;
}

// Digits alone are numbers of all kinds: a telephone's have a plus, or two separators.
bool is_phone(std::string_view text) {
  if (text.find_first_not_of("0123456789+ ()-./") != text.npos) return false;
  const auto digits = std::count_if(text.begin(), text.end(), exact::is_digit);
  if (digits < 7 || digits > 15) return false;
  if (text[0] == '+') return text.find('+', 1) == text.npos;
  const bool grouped = text[0] == '(' || (text[0] == '0' && text.find_first_of(" -/") != text.npos);
  return grouped && text.find('.') == text.npos;
}

bool is_ip(std::string_view text) {
  if (text.size() > 45 || text.size() < 3 || text.find_first_of(".:") == text.npos) return false;
  const std::string address(text);
  std::array<unsigned char, 16> bytes{};
  if (text.find(':') != text.npos) return inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1;
  return inet_pton(AF_INET, address.c_str(), bytes.data()) == 1;
}

bool is_card(std::string_view text) {
  int sum = 0, digits = 0;
  for (size_t i = text.size(); i-- > 0;) {
    if (text[i] == ' ' || text[i] == '-') continue;
    if (!exact::is_digit(text[i])) return false;
    const int digit = text[i] - '0';
    const int twice = digit * 2;
    sum += digits++ % 2 == 0 ? digit : twice / 10 + twice % 10;
  }
  return digits >= 13 && digits <= 19 && sum % 10 == 0 && text[0] >= '2' && text[0] <= '6';
}

// ISO 13616: the first four characters behind the others, letters as two digits, modulo 97.
bool is_iban(std::string_view text) {
  std::string bare;
  for (char c : text) {
    if (c != ' ') bare += c;
  }
  if (bare.size() < 15 || bare.size() > 34 || !is_upper(bare[0]) || !is_upper(bare[1]) || !exact::is_digit(bare[2]) ||
      !exact::is_digit(bare[3])) {
    return false;
  }
  std::rotate(bare.begin(), bare.begin() + 4, bare.end());
  int rest = 0;
  for (char c : bare) {
    if (exact::is_digit(c)) {
      rest = (rest * 10 + (c - '0')) % 97;
    } else if (is_upper(c)) {
      rest = (rest * 100 + (c - 'A' + 10)) % 97;
    } else {
      return false;
    }
  }
  return rest == 1;
}

}  // namespace

std::string_view personal_text(Personal what) {
  constexpr std::string_view kTexts[] = {"e-mail addresses", "telephone numbers", "IP addresses", "card numbers",
                                         "IBANs"};
  return kTexts[static_cast<size_t>(what)];
}

uint8_t personal_in(std::string_view text) {
  if (text.size() < 3 || text.size() > kLongest) return 0;
  const auto bit = [](Personal what, bool there) {
    return static_cast<uint8_t>(static_cast<unsigned>(there) << static_cast<unsigned>(what));
  };
  uint8_t found = bit(Personal::email, is_email(text));
  const char first = text[0];
  if (exact::is_digit(first) || first == '+' || first == '(') {
    found |= bit(Personal::phone, is_phone(text));
    found |= bit(Personal::card, text.size() >= 13 && text.size() <= 23 && is_card(text));
  }
  if (text.size() <= 45 && found == 0) found |= bit(Personal::ip, is_ip(text));
  if (is_upper(first) && text.size() >= 15 && text.size() <= 42) found |= bit(Personal::iban, is_iban(text));
  return found;
}

}  // namespace ingot::infer
