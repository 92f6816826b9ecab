// What a strategy asks for. A request becomes an order at once when its size is a number of lots; a size given as
// value, percent or target is an intent: it becomes a quantity at the event that prices it, and only then meets the
// risk gate.
#pragma once

#include <cstdint>
#include <optional>

#include "walras/model/order.hpp"

namespace walras::model {

enum class SizeKind : std::uint8_t {
    lots,         // terms.quantity
    value,        // money in the instrument's currency
    percent,      // of equity, at the pricing event
    target_lots,  // the position to reach; side is derived
    target_value,
    target_percent,
};

struct Size {
    SizeKind kind = SizeKind::lots;
    std::int64_t lots = 0;  // target_lots: signed
    Money value{};          // value: positive; target_value: signed
    Rate percent{};         // percent: positive; target_percent: signed. 1.0 is all of equity
};

// A protective order that is sent when its parent fills: at a price, or at a distance from the parent's average fill.
struct Leg {
    Price price{};                     // absolute; zero if `distance` is used
    Rate distance{};                   // 0.05 = five percent from the fill, on the protective side
    std::int64_t trailing_offset = 0;  // stop leg only: trails by this much instead of standing still (1e-9)
    TrailingOffset trailing_kind = TrailingOffset::price;
};

struct Request {
    OrderTerms terms;
    Size size;
    std::optional<Leg> stop_loss;    // bracket: a stop on the other side
    std::optional<Leg> take_profit;  // bracket: a limit on the other side
    PositionId position{};
    OrderId after{};                              // oto: wait until this order is completely filled
    OrderListId list{};                           // joins the siblings that share this list
    Contingency contingency = Contingency::none;  // oco or ouo among the siblings
    ExecutionId execution{};                      // the parent order that sends it
    std::uint32_t tag = 0;
};

}  // namespace walras::model
