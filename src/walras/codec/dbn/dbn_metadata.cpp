#include "walras/codec/dbn/dbn_metadata.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>

#include "walras/codec/wire.hpp"
#include "walras/core/error.hpp"

namespace walras::codec::dbn {
namespace {

constexpr std::size_t prelude = 8;
constexpr std::size_t fixed_part = 100;
constexpr std::uint8_t symbology_instrument_id = 0;

[[noreturn]] void refuse(std::string_view source, std::string_view fact) {
    throw DataError(fmt::format("{}: {}; the file is damaged or no DBN file, fetch it again", source, fact));
}

class Cursor {
public:
    Cursor(std::span<const std::byte> bytes, std::string_view source) : bytes_(bytes), source_(source) {}
    std::span<const std::byte> take(std::size_t size) {
        if (size > bytes_.size()) { refuse(source_, "the metadata of DBN end early"); }
        const auto out = bytes_.first(size);
        bytes_ = bytes_.subspan(size);
        return out;
    }
    std::uint32_t number() { return load_little<std::uint32_t>(take(4).data()); }
    // Of things that take `size` bytes each at least.
    std::uint32_t count(std::size_t size) {
        const std::uint32_t out = number();
        if (out > bytes_.size() / size) { refuse(source_, fmt::format("the metadata of DBN announce {} items", out)); }
        return out;
    }

private:
    std::span<const std::byte> bytes_;
    std::string_view source_;
};

TimeNs midnight(std::uint32_t date, std::string_view source) {
    const auto year = static_cast<int>(date / 10'000);
    const auto month = static_cast<int>(date / 100 % 100);
    const auto day = static_cast<int>(date % 100);
    if (year < 1970 || year > 2261 || month < 1 || month > 12 || day < 1 || day > 31) {
        refuse(source, fmt::format("the metadata of DBN have the date {}", date));
    }
    return from_civil(year, month, day);
}

std::optional<std::uint32_t> instrument_id(std::string_view text) {
    std::uint32_t out = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (code != std::errc{} || end != text.data() + text.size() || text.empty()) { return {}; }
    return out;
}

}  // namespace

std::string_view read_symbol(std::span<const std::byte> field) {
    const std::string_view text(reinterpret_cast<const char*>(field.data()), field.size());
    return text.substr(0, std::min(text.size(), text.find('\0')));
}

std::optional<std::size_t> metadata_size(std::span<const std::byte> bytes, std::string_view source) {
    if (bytes.size() < prelude) { return {}; }
    if (read_symbol(bytes.first(3)) != "DBN") { refuse(source, "the file does not begin with DBN"); }
    const auto version = std::to_integer<int>(bytes[3]);
    if (version < 1 || version > 3) {
        throw DataError(fmt::format("{}: DBN of version {}; versions 1 to 3 are known, convert the file with `dbn`",
                                    source, version));
    }
    const std::size_t length = load_little<std::uint32_t>(bytes.data() + 4);
    constexpr std::size_t most = std::size_t{1} << 28;
    if (length < fixed_part || length > most) {
        refuse(source, fmt::format("the metadata of DBN announce {} bytes", length));
    }
    return prelude + length;
}

Metadata read_metadata(std::span<const std::byte> bytes, std::string_view source) {
    Metadata out;
    out.version = std::to_integer<int>(bytes[3]);
    Cursor cursor(bytes.subspan(prelude), source);
    const auto fixed = cursor.take(fixed_part);
    out.dataset = read_symbol(fixed.first(16));
    out.schema = load_little<std::uint16_t>(fixed.data() + 16);
    const std::size_t symbology = out.version == 1 ? 50 : 42;
    const auto symbology_in = std::to_integer<std::uint8_t>(fixed[symbology]);
    const auto symbology_out = std::to_integer<std::uint8_t>(fixed[symbology + 1]);
    out.has_send_time = fixed[symbology + 2] != std::byte{0};
    out.symbol_size = out.version == 1 ? 22 : load_little<std::uint16_t>(fixed.data() + symbology + 3);
    if (out.symbol_size == 0) { refuse(source, "the metadata of DBN have symbols of 0 bytes"); }
    cursor.take(cursor.number());  // of a definition of the schema, which nobody writes yet
    for (int list = 0; list < 3; ++list) { cursor.take(cursor.count(out.symbol_size) * out.symbol_size); }
    const std::uint32_t mappings = cursor.count(out.symbol_size + 4);
    for (std::uint32_t m = 0; m < mappings; ++m) {
        const std::string_view asked = read_symbol(cursor.take(out.symbol_size));
        const std::uint32_t intervals = cursor.count(out.symbol_size + 8);
        for (std::uint32_t i = 0; i < intervals; ++i) {
            Mapping mapping;
            mapping.begin = midnight(cursor.number(), source);
            mapping.end = midnight(cursor.number(), source);
            const std::string_view found = read_symbol(cursor.take(out.symbol_size));
            // Records have ids: the side of the mapping that holds them is the key, the other one is the name.
            std::optional<std::uint32_t> id;
            if (symbology_out == symbology_instrument_id) {
                id = instrument_id(found);
                mapping.symbol = asked;
            } else if (symbology_in == symbology_instrument_id) {
                id = instrument_id(asked);
                mapping.symbol = found;
            }
            if (!id || mapping.symbol.empty()) { continue; }
            mapping.instrument = *id;
            out.mappings.push_back(std::move(mapping));
        }
    }
    std::ranges::stable_sort(out.mappings, {}, [](const Mapping& m) { return std::tuple(m.instrument, m.begin); });
    return out;
}

}  // namespace walras::codec::dbn
