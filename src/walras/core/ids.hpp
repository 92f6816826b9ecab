// Identities as distinct integer types: an order id cannot be passed where a trade id is wanted.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace walras {

template <class Tag, class Integer>
struct Id {
    Integer value{};
    constexpr auto operator<=>(const Id&) const = default;
    [[nodiscard]] constexpr bool is_none() const { return value == 0; }
};

using OrderId = Id<struct OrderTag, std::uint64_t>;            // 1, 2, 3 ... in the order of creation; 0 = none
using TradeId = Id<struct TradeTag, std::uint64_t>;            // the venue's execution id, unique per venue; 0 = none
using VenueOrderId = Id<struct VenueOrderTag, std::uint64_t>;  // the venue's own order id; 0 = none
using TimerId = Id<struct TimerTag, std::uint64_t>;            // 0 = none
using PositionId = Id<struct PositionTag, std::uint32_t>;      // 0 = the netted position
using ExecutionId = Id<struct ExecutionTag, std::uint64_t>;    // a parent order, 1, 2, 3 ...; 0 = none
using OrderListId = Id<struct OrderListTag, std::uint64_t>;    // groups contingent orders; 0 = none

// Indices into a Universe or a Session: dense and starting at 0.
template <class Tag, class Integer>
struct Index {
    Integer value{};
    constexpr auto operator<=>(const Index&) const = default;
};

using InstrumentId = Index<struct InstrumentTag, std::uint32_t>;
using CurrencyId = Index<struct CurrencyTag, std::uint16_t>;
using StrategyId = Index<struct StrategyTag, std::uint16_t>;
using SourceId = Index<struct SourceTag, std::uint16_t>;  // 0 = the session itself, 1.. = its venues in order
using AccountId = Index<struct AccountTag, std::uint16_t>;

inline constexpr InstrumentId no_instrument{UINT32_MAX};

}  // namespace walras

template <class Tag, class Integer>
struct std::hash<walras::Id<Tag, Integer>> {
    std::size_t operator()(const walras::Id<Tag, Integer>& id) const noexcept { return std::hash<Integer>{}(id.value); }
};
template <class Tag, class Integer>
struct std::hash<walras::Index<Tag, Integer>> {
    std::size_t operator()(const walras::Index<Tag, Integer>& id) const noexcept {
        return std::hash<Integer>{}(id.value);
    }
};
