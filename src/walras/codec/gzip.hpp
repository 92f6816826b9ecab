// gzip (RFC 1952) in memory: one stream or several behind each other, as gzip itself reads them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace walras::codec {

// Begins with gzip's two magic bytes.
bool is_gzip(std::string_view bytes);

// The unpacked bytes. Throws DataError, naming `source`: truncated, damaged, or more than `max_bytes` unpacked.
std::string gunzip(std::string_view bytes, std::string_view source, std::size_t max_bytes = std::size_t{1} << 34);

}  // namespace walras::codec
