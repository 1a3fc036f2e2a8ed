#pragma once

#include <string>
#include <string_view>

#include "core/error.h"

namespace ingot {

/// Returns scheme, host and port of a URL, in lower case and with the port written out: who may see a credential.
/// Errors: usage (not a URL of http or https).
Result<std::string> origin_of(const std::string& url);

/// Returns the scheme of a URL (`https`, `s3`), in lower case; empty where a text is a path.
std::string scheme_of(std::string_view url);

/// Returns a URL without user information, and with the values of parameters that may be secrets (signatures, tokens,
/// keys) replaced by `***`: for messages and logs. A path stays what it is.
std::string printable_url(std::string_view url);

/// Returns the path of a URL, without query: what a file's name, and its ending, are found in. A path stays what it is.
std::string path_of_url(std::string_view url);

/// Is it encrypted?
bool is_https(std::string_view url);

/// Returns whether a URL holds user information (`https://user:password@host`).
bool has_user_info(std::string_view url);

/// Returns a URL without the parameters that may be secrets, and without fragment and user information: what it is
/// about, whoever asks. Unlike printable_url() it says nothing of what was taken out.
std::string lasting_url(std::string_view url);

}  // namespace ingot
