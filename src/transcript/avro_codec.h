#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.h"

namespace ingot {

/// How the blocks of an Avro file are compressed.
enum class AvroCodec : uint8_t { null, deflate, snappy, bzip2, xz, zstandard };

/// Returns the codec of this name; nothing where it is none that is read.
std::optional<AvroCodec> avro_codec(std::string_view name);

/// Decompresses a block to at most `most` bytes. Error source_unreadable, also where it would be more.
Result<std::string> decompress_avro(AvroCodec codec, std::string_view stored, size_t most);

}  // namespace ingot
