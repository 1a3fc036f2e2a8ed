#include "aws/profile.h"

#include <aws/common/string.h>
#include <aws/sdkutils/aws_profile.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "aws/crt_runtime.h"
#include "core/environment.h"

namespace ingot {

namespace {

struct FreeString {
  void operator()(aws_string* text) const { aws_string_destroy(text); }
};
using CrtString = std::unique_ptr<aws_string, FreeString>;

struct ReleaseFiles {
  void operator()(aws_profile_collection* files) const { aws_profile_collection_release(files); }
};
using Files = std::unique_ptr<aws_profile_collection, ReleaseFiles>;

CrtString crt_string(const std::string& text) {
  return CrtString(aws_string_new_from_array(crt_memory(), reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

std::string text_of(const aws_string* text) { return {aws_string_c_str(text), text->len}; }

// Null where there is no such file.
Result<Files> read_file(CrtString path, aws_profile_source_type kind) {
  if (path == nullptr) return Files();
  const std::string name = text_of(path.get());
  std::error_code error;
  if (!std::filesystem::exists(name, error)) return Files();
  Files files(aws_profile_collection_new_from_file(crt_memory(), path.get(), kind));
  if (files == nullptr)
    return fail(Code::source_unreadable, fmt::format("AWS's configuration cannot be read: {}", name),
                "it must be a readable file of [profile NAME] sections with KEY = VALUE lines");
  return files;
}

const aws_profile* find_profile(aws_profile_collection* files, const std::string& name) {
  return files == nullptr ? nullptr : aws_profile_collection_get_profile(files, crt_string(name).get());
}

std::optional<std::string> value_of(const aws_profile* profile, const std::string& key) {
  if (profile == nullptr) return std::nullopt;
  const size_t dot = key.find('.');
  const auto* const property = aws_profile_get_property(profile, crt_string(key.substr(0, dot)).get());
  if (property == nullptr) return std::nullopt;
  if (dot == key.npos) return text_of(aws_profile_property_get_value(property));
  const aws_string* nested = aws_profile_property_get_sub_property(property, crt_string(key.substr(dot + 1)).get());
  if (nested == nullptr) return std::nullopt;
  return text_of(nested);
}

}  // namespace

Result<AwsProfile> AwsProfile::load(const std::string& chosen) {
  AwsProfile out;
  const auto by_environment = environment_variable("AWS_PROFILE");
  out.name_ = !chosen.empty() ? chosen : by_environment.value_or("default");
  aws_allocator* memory = crt_memory();
  INGOT_ASSIGN(const Files config, read_file(CrtString(aws_get_config_file_path(memory, nullptr)), AWS_PST_CONFIG));
  INGOT_ASSIGN(const Files credentials,
               read_file(CrtString(aws_get_credentials_file_path(memory, nullptr)), AWS_PST_CREDENTIALS));
  if (config || credentials) {
    out.files_ = std::shared_ptr<aws_profile_collection>(
        aws_profile_collection_new_from_merge(memory, config.get(), credentials.get()), ReleaseFiles{});
    out.exists_ = find_profile(out.files_.get(), out.name_) != nullptr;
  }
  if (!out.exists_ && (!chosen.empty() || by_environment))
    return fail(Code::not_found,
                fmt::format("AWS profile not found{}: \"{}\"", chosen.empty() ? " (AWS_PROFILE)" : "", out.name_),
                "it is looked for in ~/.aws/config, as [profile NAME], and in ~/.aws/credentials, as [NAME]");
  return out;
}

std::optional<std::string> AwsProfile::get(const std::string& key) const {
  return value_of(find_profile(files_.get(), name_), key);
}

std::optional<std::string> AwsProfile::get_of_service(const std::string& service, const std::string& key) const {
  const auto section = get("services");
  if (!section) return std::nullopt;
  return value_of(
      aws_profile_collection_get_section(files_.get(), AWS_PROFILE_SECTION_TYPE_SERVICES, crt_string(*section).get()),
      service + "." + key);
}

}  // namespace ingot
