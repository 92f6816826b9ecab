#include "walras/model/enums.hpp"

#include "walras/model/event.hpp"

namespace walras::model {

std::string_view to_string(OrderSide value) {
    switch (value) {
        case OrderSide::buy: return "buy";
        case OrderSide::sell: return "sell";
    }
    return "unknown";
}

std::string_view to_string(OrderType value) {
    switch (value) {
        case OrderType::market: return "market";
        case OrderType::limit: return "limit";
        case OrderType::stop: return "stop";
        case OrderType::stop_limit: return "stop_limit";
        case OrderType::trailing_stop: return "trailing_stop";
        case OrderType::trailing_stop_limit: return "trailing_stop_limit";
        case OrderType::market_to_limit: return "market_to_limit";
        case OrderType::market_if_touched: return "market_if_touched";
        case OrderType::limit_if_touched: return "limit_if_touched";
    }
    return "unknown";
}

std::string_view to_string(TimeInForce value) {
    switch (value) {
        case TimeInForce::gtc: return "gtc";
        case TimeInForce::ioc: return "ioc";
        case TimeInForce::fok: return "fok";
        case TimeInForce::gtd: return "gtd";
        case TimeInForce::day: return "day";
        case TimeInForce::at_the_open: return "at_the_open";
        case TimeInForce::at_the_close: return "at_the_close";
    }
    return "unknown";
}

std::string_view to_string(OrderStatus value) {
    switch (value) {
        case OrderStatus::initialized: return "initialized";
        case OrderStatus::denied: return "denied";
        case OrderStatus::emulated: return "emulated";
        case OrderStatus::released: return "released";
        case OrderStatus::submitted: return "submitted";
        case OrderStatus::accepted: return "accepted";
        case OrderStatus::rejected: return "rejected";
        case OrderStatus::triggered: return "triggered";
        case OrderStatus::partially_filled: return "partially_filled";
        case OrderStatus::filled: return "filled";
        case OrderStatus::canceled: return "canceled";
        case OrderStatus::expired: return "expired";
    }
    return "unknown";
}

std::string_view to_string(Pending value) {
    switch (value) {
        case Pending::none: return "none";
        case Pending::cancel: return "cancel";
        case Pending::replace: return "replace";
    }
    return "unknown";
}

std::string_view to_string(LiquiditySide value) {
    switch (value) {
        case LiquiditySide::none: return "none";
        case LiquiditySide::maker: return "maker";
        case LiquiditySide::taker: return "taker";
    }
    return "unknown";
}

std::string_view to_string(AggressorSide value) {
    switch (value) {
        case AggressorSide::none: return "none";
        case AggressorSide::buyer: return "buyer";
        case AggressorSide::seller: return "seller";
    }
    return "unknown";
}

std::string_view to_string(Contingency value) {
    switch (value) {
        case Contingency::none: return "none";
        case Contingency::oco: return "oco";
        case Contingency::oto: return "oto";
        case Contingency::ouo: return "ouo";
    }
    return "unknown";
}

std::string_view to_string(FillRule value) {
    switch (value) {
        case FillRule::none: return "none";
        case FillRule::next_open: return "next_open";
        case FillRule::next_close: return "next_close";
        case FillRule::this_close: return "this_close";
        case FillRule::stop_level: return "stop_level";
        case FillRule::stop_gap: return "stop_gap";
        case FillRule::limit_level: return "limit_level";
        case FillRule::limit_gap: return "limit_gap";
        case FillRule::path_market: return "path_market";
        case FillRule::quote: return "quote";
        case FillRule::trade: return "trade";
        case FillRule::book: return "book";
        case FillRule::auction: return "auction";
        case FillRule::end_of_data: return "end_of_data";
        case FillRule::settlement: return "settlement";
    }
    return "unknown";
}

std::string_view to_string(Reason value) {
    switch (value) {
        case Reason::none: return "none";
        case Reason::invalid_quantity: return "invalid_quantity";
        case Reason::invalid_price: return "invalid_price";
        case Reason::invalid_trigger: return "invalid_trigger";
        case Reason::invalid_expiry: return "invalid_expiry";
        case Reason::off_tick: return "off_tick";
        case Reason::off_lot: return "off_lot";
        case Reason::unknown_instrument: return "unknown_instrument";
        case Reason::unknown_order: return "unknown_order";
        case Reason::unsupported_type: return "unsupported_type";
        case Reason::duplicate_order_id: return "duplicate_order_id";
        case Reason::max_order_quantity: return "max_order_quantity";
        case Reason::max_order_notional: return "max_order_notional";
        case Reason::price_collar: return "price_collar";
        case Reason::max_position: return "max_position";
        case Reason::max_gross_exposure: return "max_gross_exposure";
        case Reason::max_net_exposure: return "max_net_exposure";
        case Reason::buying_power: return "buying_power";
        case Reason::order_rate: return "order_rate";
        case Reason::no_reference_price: return "no_reference_price";
        case Reason::stale_reference_price: return "stale_reference_price";
        case Reason::daily_loss_halt: return "daily_loss_halt";
        case Reason::drawdown_halt: return "drawdown_halt";
        case Reason::trading_halted: return "trading_halted";
        case Reason::reducing_only: return "reducing_only";
        case Reason::reduce_only_would_increase: return "reduce_only_would_increase";
        case Reason::shorting_not_allowed: return "shorting_not_allowed";
        case Reason::instrument_expired: return "instrument_expired";
        case Reason::post_only_would_take: return "post_only_would_take";
        case Reason::no_liquidity: return "no_liquidity";
        case Reason::fok_not_fillable: return "fok_not_fillable";
        case Reason::self_trade: return "self_trade";
        case Reason::order_is_final: return "order_is_final";
        case Reason::market_closed: return "market_closed";
        case Reason::replace_below_filled: return "replace_below_filled";
        case Reason::user_request: return "user_request";
        case Reason::ioc_remainder: return "ioc_remainder";
        case Reason::time_in_force: return "time_in_force";
        case Reason::contingency: return "contingency";
        case Reason::end_of_run: return "end_of_run";
        case Reason::margin_call: return "margin_call";
        case Reason::zero_size: return "zero_size";
        case Reason::superseded: return "superseded";
        case Reason::leg_on_wrong_side: return "leg_on_wrong_side";
        case Reason::corporate_action: return "corporate_action";
        case Reason::wrong_phase: return "wrong_phase";
        case Reason::price_band: return "price_band";
        case Reason::invalid_display: return "invalid_display";
        case Reason::market_to_limit: return "market_to_limit";
        case Reason::no_auction: return "no_auction";
    }
    return "unknown";
}

std::string_view to_string(OrderStep value) {
    switch (value) {
        case OrderStep::denied: return "denied";
        case OrderStep::emulated: return "emulated";
        case OrderStep::released: return "released";
        case OrderStep::submitted: return "submitted";
        case OrderStep::accepted: return "accepted";
        case OrderStep::rejected: return "rejected";
        case OrderStep::triggered: return "triggered";
        case OrderStep::filled: return "filled";
        case OrderStep::canceled: return "canceled";
        case OrderStep::expired: return "expired";
        case OrderStep::cancel_requested: return "cancel_requested";
        case OrderStep::replace_requested: return "replace_requested";
        case OrderStep::cancel_rejected: return "cancel_rejected";
        case OrderStep::replace_rejected: return "replace_rejected";
        case OrderStep::replaced: return "replaced";
    }
    return "unknown";
}

std::string_view to_string(BookAction value) {
    switch (value) {
        case BookAction::add: return "add";
        case BookAction::update: return "update";
        case BookAction::remove: return "remove";
        case BookAction::clear: return "clear";
        case BookAction::reduce: return "reduce";
        case BookAction::fill: return "fill";
        case BookAction::fill_notice: return "fill_notice";
        case BookAction::state: return "state";
    }
    return "unknown";
}

std::string_view to_string(BookState value) {
    switch (value) {
        case BookState::valid: return "valid";
        case BookState::resyncing: return "resyncing";
        case BookState::unverifiable: return "unverifiable";
        case BookState::halted: return "halted";
    }
    return "unknown";
}

std::string_view to_string(CashFlowKind value) {
    switch (value) {
        case CashFlowKind::deposit: return "deposit";
        case CashFlowKind::withdrawal: return "withdrawal";
        case CashFlowKind::interest: return "interest";
        case CashFlowKind::borrow_fee: return "borrow_fee";
        case CashFlowKind::dividend: return "dividend";
        case CashFlowKind::funding: return "funding";
        case CashFlowKind::settlement: return "settlement";
        case CashFlowKind::conversion: return "conversion";
        case CashFlowKind::cash_in_lieu: return "cash_in_lieu";
    }
    return "unknown";
}

std::string_view describe(Reason value) {
    switch (value) {
        case Reason::none: return "";
        case Reason::invalid_quantity:
            return "the quantity is not a positive number of lots within the instrument's limits";
        case Reason::invalid_price: return "a limit price is missing, not positive, or given for a type that has none";
        case Reason::invalid_trigger:
            return "a trigger price or trailing offset is missing, not positive, or given for a type that has none";
        case Reason::invalid_expiry: return "a GTD order needs an expiry in the future, and only GTD takes one";
        case Reason::off_tick: return "the price is not a multiple of the tick size";
        case Reason::off_lot: return "the quantity is not a multiple of the lot size";
        case Reason::unknown_instrument: return "the instrument is not part of this run";
        case Reason::unknown_order: return "no such order is working";
        case Reason::unsupported_type: return "the venue does not offer this order type or time in force";
        case Reason::duplicate_order_id: return "an order with this id exists already";
        case Reason::max_order_quantity:
            return "the quantity exceeds max_order_quantity; raise the limit or split the order";
        case Reason::max_order_notional:
            return "the value exceeds max_order_notional; raise the limit or split the order";
        case Reason::price_collar: return "the price is too far from the reference price; move it inside price_collar";
        case Reason::max_position: return "the position including open orders would exceed max_position";
        case Reason::max_gross_exposure: return "gross exposure would exceed max_gross_exposure";
        case Reason::max_net_exposure: return "net exposure would exceed max_net_exposure";
        case Reason::buying_power:
            return "the account's buying power does not cover the order; reduce the size or add funds";
        case Reason::order_rate: return "more orders than max_orders_per_second; slow down or raise the limit";
        case Reason::no_reference_price:
            return "there is no price for the instrument yet, so the order cannot be valued";
        case Reason::stale_reference_price: return "the last price is older than max_reference_age";
        case Reason::daily_loss_halt: return "the daily loss limit was reached; trading is halted for the day";
        case Reason::drawdown_halt: return "the drawdown limit was reached; trading is halted";
        case Reason::trading_halted: return "trading is halted";
        case Reason::reducing_only: return "the account may only reduce positions now";
        case Reason::reduce_only_would_increase: return "a reduce-only order would open or increase a position";
        case Reason::shorting_not_allowed: return "a cash account cannot sell what it does not hold";
        case Reason::instrument_expired: return "the instrument has expired";
        case Reason::post_only_would_take: return "a post-only order would have taken liquidity";
        case Reason::no_liquidity: return "nothing to trade against";
        case Reason::fok_not_fillable: return "a fill-or-kill order could not be filled completely at once";
        case Reason::self_trade: return "the order would have traded with one of the same owner";
        case Reason::order_is_final: return "the order is already final";
        case Reason::market_closed: return "the market is closed";
        case Reason::replace_below_filled: return "the new quantity is not above what is filled already";
        case Reason::user_request: return "the strategy or user asked for it";
        case Reason::ioc_remainder: return "an immediate-or-cancel order's remainder is cancelled";
        case Reason::time_in_force: return "the order reached the end of its time in force";
        case Reason::contingency: return "a linked order was filled or cancelled";
        case Reason::end_of_run: return "the run ended";
        case Reason::margin_call: return "the account fell below its maintenance margin";
        case Reason::zero_size: return "the intended size is less than one lot at the price that came";
        case Reason::superseded: return "a later target replaced this one";
        case Reason::leg_on_wrong_side: return "a stop loss lies behind the entry's price, a take profit ahead of it";
        case Reason::corporate_action: return "a split, rename or delisting changed what the order means";
        case Reason::wrong_phase: return "the market's trading phase does not take such orders";
        case Reason::price_band: return "the price lies outside the market's price band";
        case Reason::invalid_display:
            return "the display quantity is too small, above the order's, or of an order that never rests";
        case Reason::market_to_limit: return "what a market-to-limit order left over has become a limit order";
        case Reason::no_auction: return "a replay of recorded trading holds no auctions; send it while trading goes on";
    }
    return "unknown";
}

namespace {

template <class Enum>
std::optional<Enum> parse(std::string_view text, int count) {
    for (int i = 0; i < count; ++i) {
        const Enum value = static_cast<Enum>(i);
        if (to_string(value) == text) { return value; }
    }
    return std::nullopt;
}

}  // namespace

std::optional<OrderSide> parse_order_side(std::string_view text) { return parse<OrderSide>(text, 2); }
std::optional<OrderType> parse_order_type(std::string_view text) { return parse<OrderType>(text, 9); }
std::optional<TimeInForce> parse_time_in_force(std::string_view text) { return parse<TimeInForce>(text, 7); }

}  // namespace walras::model
