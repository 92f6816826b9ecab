#include "walras/book/price_band.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "walras/core/decimal.hpp"
#include "walras/core/error.hpp"
#include "walras/core/int128.hpp"

namespace walras::book {

std::string_view to_string(BandAction value) {
    switch (value) {
        case BandAction::reject: return "reject";
        case BandAction::auction: return "auction";
    }
    return "unknown";
}

std::optional<BandAction> parse_band_action(std::string_view text) {
    for (const BandAction value : {BandAction::reject, BandAction::auction}) {
        if (to_string(value) == text) { return value; }
    }
    return std::nullopt;
}

std::int64_t BandWidth::at(Price reference) const {
    if (kind == model::TrailingOffset::price) { return size; }
    const core::int128 price = reference.raw < 0 ? -core::int128{reference.raw} : core::int128{reference.raw};
    // 1e-9 of a basis point is 1e-13 of the price.
    return static_cast<std::int64_t>(price * size / 10'000'000'000'000);
}

std::optional<PriceRange> PriceBands::range(std::optional<Price> static_reference,
                                            std::optional<Price> dynamic_reference) const {
    std::optional<PriceRange> range;
    const auto narrow = [&](const BandWidth& width, std::optional<Price> reference) {
        if (!width.is_set() || !reference) { return; }
        const std::int64_t half = width.at(*reference);
        const PriceRange band{Price{reference->raw - half}, Price{reference->raw + half}};
        range = range ? PriceRange{std::max(range->low, band.low), std::min(range->high, band.high)} : band;
    };
    narrow(static_width, static_reference);
    narrow(dynamic_width, dynamic_reference ? dynamic_reference : static_reference);
    return range;
}

void PriceBands::validate() const {
    for (const auto& [name, width] : {std::pair{"static_band", static_width}, {"dynamic_band", dynamic_width}}) {
        const bool is_bps = width.kind == model::TrailingOffset::bps;
        // 100 % of the price is 1e13 billionths of a basis point.
        const std::int64_t most = is_bps ? 10'000'000'000'000 : INT64_MAX / 4;
        if (width.size < 0 || width.size > most) {
            throw ConfigError(
                fmt::format("{} of {}{} is not a width; give a positive price or up to 100 %, e.g. \"5%\".", name,
                            core::format_fixed(width.size), is_bps ? " bps" : ""));
        }
    }
}

}  // namespace walras::book
