#include "walras/codec/itch/messages.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "walras/core/error.hpp"

namespace walras::codec::itch {

std::uint32_t Stocks::name(const std::byte* m, const std::byte* stock) {
    std::uint32_t& known = instruments_[load_big16(m + 1)];
    std::string_view text(reinterpret_cast<const char*>(stock), 8);
    text = text.substr(0, text.find_last_not_of(' ') + 1);
    if (text.empty()) { refuse("a stock without a name"); }
    const auto& wanted = options_.symbols;
    if (wanted.empty() || std::ranges::find(wanted, text) != wanted.end()) {
        known = static_cast<std::uint32_t>(symbols_.size());
        symbols_.emplace_back(text);
    } else {
        known = not_wanted;
    }
    return known;
}

void Stocks::refuse(std::string_view fact) const {
    throw DataError(
        fmt::format("{}, message {}: {}; the file is damaged, fetch it again", options_.source, message_, fact));
}

void Stocks::refuse_size(std::uint64_t size) const { refuse(fmt::format("a size of {} shares", size)); }

void Stocks::refuse_cut(std::size_t left) const {
    throw DataError(fmt::format("{}, message {}: the file ends {} bytes into it; fetch it again", options_.source,
                                message_ + 1, left));
}

void Stocks::refuse_trading_state(std::byte state) const {
    refuse(fmt::format("a trading state 0x{:02x}, none of H, P, Q and T", std::to_integer<unsigned>(state)));
}

void Stocks::refuse_type(std::byte type, std::size_t size) const {
    const auto letter = std::to_integer<unsigned>(type);
    const std::size_t expected = message_sizes[letter];
    if (expected == 0) {
        throw DataError(
            fmt::format("{}, message {}: ITCH 5.0 has no type 0x{:02x}; the file is damaged or of another format",
                        options_.source, message_ + 1, letter));
    }
    throw DataError(
        fmt::format("{}, message {}: type {} has {} bytes, the length says {}; the file is damaged or of "
                    "another version than ITCH 5.0",
                    options_.source, message_ + 1, static_cast<char>(letter), expected, size));
}

}  // namespace walras::codec::itch
