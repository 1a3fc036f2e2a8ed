#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ingot::infer {

/// What may tell who a person is.
enum class Personal : uint8_t { email, phone, ip, card, iban };
inline constexpr size_t kPersonals = 5;

std::string_view personal_text(Personal what);

/// Returns by bit what a value looks like: e-mail addresses, telephone numbers with a `+` or with separators, IP
/// addresses, card numbers (13 to 19 digits, Luhn), IBANs (their checksum). Suspicions: a serial number may look like a
/// card's.
uint8_t personal_in(std::string_view text);

}  // namespace ingot::infer
