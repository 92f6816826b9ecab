// Price bands (collars): how far from a reference a trade may print.
//
// The static reference is the price of the last auction, or what set_reference_price said (the previous close, say);
// the dynamic one is the last trade before the order came, or the static one before the first trade. A band is the
// reference minus and plus its width, rounded inwards to ticks; with both bands a price must lie in both. Without a
// reference a band does not bind.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "walras/core/fixed.hpp"
#include "walras/model/enums.hpp"

namespace walras::book {

enum class BandAction : std::uint8_t {
    reject,   // limits beyond the band are refused, market orders trade up to it and the rest is canceled
    auction,  // what would trade beyond the band starts a volatility auction
};

std::string_view to_string(BandAction);
std::optional<BandAction> parse_band_action(std::string_view);

struct BandWidth {
    model::TrailingOffset kind = model::TrailingOffset::price;
    std::int64_t size = 0;  // 1e-9 of price, or 1e-9 of a basis point; 0 = no band

    [[nodiscard]] bool is_set() const { return size != 0; }
    // Half of the band's height around a reference, at 1e-9, rounded down.
    [[nodiscard]] std::int64_t at(Price reference) const;
};

// Trades print within [low, high], both inclusive.
struct PriceRange {
    Price low;
    Price high;
    bool operator==(const PriceRange&) const = default;
};

struct PriceBands {
    BandWidth static_width{};
    BandWidth dynamic_width{};
    BandAction action = BandAction::reject;

    [[nodiscard]] bool any() const { return static_width.is_set() || dynamic_width.is_set(); }
    // Nothing where no band binds. References that are not there are nothing.
    [[nodiscard]] std::optional<PriceRange> range(std::optional<Price> static_reference,
                                                  std::optional<Price> dynamic_reference) const;
    // Throws ConfigError.
    void validate() const;
};

}  // namespace walras::book
