// The field's standard words, as enumerations with their text forms. The text is the same in C++, Python and JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace walras::model {

enum class OrderSide : std::uint8_t { buy, sell };

enum class OrderType : std::uint8_t {
    market,
    limit,
    stop,                 // becomes a market order at the trigger price
    stop_limit,           // becomes a limit order at the trigger price
    trailing_stop,        // a stop whose trigger follows the market by an offset
    trailing_stop_limit,  // a stop-limit whose trigger and limit follow the market
    market_to_limit,      // what a market order leaves over rests at the last fill price
    market_if_touched,
    limit_if_touched,
};

enum class TimeInForce : std::uint8_t {
    gtc,           // until cancelled
    ioc,           // what does not fill at once is cancelled
    fok,           // all at once or nothing
    gtd,           // until `expire_time`
    day,           // until the venue's session ends
    at_the_open,   // only in the opening
    at_the_close,  // only in the closing
};

enum class OrderStatus : std::uint8_t {
    initialized,
    denied,    // our own risk gate said no
    emulated,  // held here, because the venue does not know the type
    released,
    submitted,
    accepted,
    rejected,  // the venue said no
    triggered,
    partially_filled,
    filled,
    canceled,
    expired,
};
inline constexpr int order_status_count = 12;

// A request under way, kept apart from the status: a rejected request simply clears it.
enum class Pending : std::uint8_t { none, cancel, replace };

enum class TrailingOffset : std::uint8_t { price, bps };

enum class LiquiditySide : std::uint8_t { none, maker, taker };

enum class AggressorSide : std::uint8_t { none, buyer, seller };

enum class Contingency : std::uint8_t {
    none,
    oco,  // one cancels the others
    oto,  // one triggers the others: children wait for the parent's fill
    ouo,  // one updates the others: a partial fill shrinks the siblings
};

// Which rule priced a fill. Every fill row names one.
enum class FillRule : std::uint8_t {
    none,
    next_open,    // a market order at the open of the bar after the decision
    next_close,   // a market order at the close of the bar after the decision
    this_close,   // a market order at the close of the deciding bar: it looks at the price it trades
    stop_level,   // a stop inside the bar's path, at its trigger
    stop_gap,     // a stop gapped over, at the open
    limit_level,  // a limit inside the bar's path, at its price
    limit_gap,    // a limit gapped over, at the better open
    path_market,  // a market order that arrived inside a bar, at the next point of its path
    quote,        // against the opposite side of the current quote
    trade,        // a resting order hit by a trade print
    book,         // against a book or the matching engine
    auction,      // at an auction's uncrossing price
    end_of_data,  // closed at the end of the run because the caller asked for it
    settlement,   // expiry or cash settlement
};

inline constexpr int fill_rule_count = static_cast<int>(FillRule::settlement) + 1;

// Why an order was denied, rejected, canceled or expired. Each has a sentence (describe).
enum class Reason : std::uint8_t {
    none,
    // the request itself
    invalid_quantity,
    invalid_price,
    invalid_trigger,
    invalid_expiry,
    off_tick,
    off_lot,
    unknown_instrument,
    unknown_order,
    unsupported_type,
    duplicate_order_id,
    // risk gate
    max_order_quantity,
    max_order_notional,
    price_collar,
    max_position,
    max_gross_exposure,
    max_net_exposure,
    buying_power,
    order_rate,
    no_reference_price,
    stale_reference_price,
    daily_loss_halt,
    drawdown_halt,
    trading_halted,
    reducing_only,
    reduce_only_would_increase,
    shorting_not_allowed,
    instrument_expired,
    // venue
    post_only_would_take,
    no_liquidity,
    fok_not_fillable,
    self_trade,
    order_is_final,
    market_closed,
    replace_below_filled,
    // life of an order
    user_request,
    ioc_remainder,
    time_in_force,
    contingency,
    end_of_run,
    margin_call,
    zero_size,
    superseded,
    leg_on_wrong_side,
    corporate_action,
    // matching engine
    wrong_phase,
    price_band,
    invalid_display,
    market_to_limit,
    // replays of recorded trading
    no_auction,
};

inline constexpr int reason_count = static_cast<int>(Reason::no_auction) + 1;

std::string_view to_string(OrderSide);
std::string_view to_string(OrderType);
std::string_view to_string(TimeInForce);
std::string_view to_string(OrderStatus);
std::string_view to_string(Pending);
std::string_view to_string(LiquiditySide);
std::string_view to_string(AggressorSide);
std::string_view to_string(Contingency);
std::string_view to_string(FillRule);
std::string_view to_string(Reason);
std::string_view describe(Reason);  // a sentence; "" for none

std::optional<OrderSide> parse_order_side(std::string_view);
std::optional<OrderType> parse_order_type(std::string_view);
std::optional<TimeInForce> parse_time_in_force(std::string_view);

constexpr OrderSide opposite(OrderSide side) { return side == OrderSide::buy ? OrderSide::sell : OrderSide::buy; }
constexpr std::int64_t sign(OrderSide side) { return side == OrderSide::buy ? 1 : -1; }
// Filled, denied and rejected orders are dead; canceled and expired ones can still meet a late fill.
constexpr bool is_final(OrderStatus s) {
    return s == OrderStatus::denied || s == OrderStatus::rejected || s == OrderStatus::filled ||
           s == OrderStatus::canceled || s == OrderStatus::expired;
}
constexpr bool is_stop(OrderType t) {
    return t == OrderType::stop || t == OrderType::stop_limit || t == OrderType::trailing_stop ||
           t == OrderType::trailing_stop_limit;
}
constexpr bool is_trailing(OrderType t) { return t == OrderType::trailing_stop || t == OrderType::trailing_stop_limit; }
constexpr bool is_if_touched(OrderType t) {
    return t == OrderType::market_if_touched || t == OrderType::limit_if_touched;
}
constexpr bool has_limit(OrderType t) {
    return t == OrderType::limit || t == OrderType::stop_limit || t == OrderType::trailing_stop_limit ||
           t == OrderType::limit_if_touched;
}

}  // namespace walras::model
