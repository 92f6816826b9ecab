// Which formats of ticks there are: one line of the table in the source for each.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include "walras/codec/tick_decoder.hpp"

namespace walras::data {

struct TickFormat {
    std::string_view name;
    // A decoder at the beginning of the file.
    codec::TickDecoderPtr (*open)(const std::filesystem::path& path, codec::TickOptions options);
    // Whether a file of this name that begins (unpacked) with these bytes is one; the first format that says so wins.
    bool (*is_it)(std::string_view file_name, std::string_view head);
};

std::span<const TickFormat> all_tick_formats();

}  // namespace walras::data
