// Orders, replaces and cancels as they arrive, and orders whose time is over.
#include "walras/backtest/replay_venue.hpp"

#include <algorithm>

#include "walras/backtest/replay_rules.hpp"

namespace walras::backtest {

using model::OrderStep;
using model::OrderType;
using model::Reason;
using model::TimeInForce;

namespace {

bool is_supported(const model::OrderTerms& terms) {
    const bool immediate = terms.time_in_force == TimeInForce::ioc || terms.time_in_force == TimeInForce::fok;
    if (terms.post_only && (!model::has_limit(terms.type) || immediate)) { return false; }  // they can only take
    if (!terms.display_quantity.is_zero()) { return false; }  // bars and quotes have no queues to hide from
    return terms.type != OrderType::market_to_limit && !model::is_if_touched(terms.type);
}

}  // namespace

void ReplayVenue::receive(const Message& message) {
    switch (message.kind) {
        case Message::Kind::submit: accept(message.order, message.heard); break;
        case Message::Kind::replace: apply_replace(message.change, message.heard); break;
        case Message::Kind::cancel: apply_cancel(message.change.order); break;
        case Message::Kind::price: want_price(message.order.terms.instrument, message.order.id); break;
    }
}

void ReplayVenue::want_price(InstrumentId instrument, OrderId intent) {
    Market& market = markets_[instrument.value];
    if (stage_ == Stage::idle) { pass_open(market, now_); }
    market.wanted.push_back(intent);
    if (std::ranges::find(waiting_, instrument) == waiting_.end()) { waiting_.push_back(instrument); }
    quote_wanted_ = quote_wanted_ || market.has_quotes;
}

void ReplayVenue::accept(const model::Order& order, std::uint64_t heard) {
    const InstrumentId id = order.terms.instrument;
    Market& market = markets_[id.value];
    if (!is_supported(order.terms)) {
        reject(order.id, id, order.strategy, OrderStep::rejected, Reason::unsupported_type);
        return;
    }
    if (order.terms.expire_time < now_) {
        reject(order.id, id, order.strategy, OrderStep::rejected, Reason::invalid_expiry);
        return;
    }
    if (stage_ == Stage::idle) { pass_open(market, now_); }
    VenueOrder resting;
    resting.id = order.id;
    resting.strategy = order.strategy;
    resting.position = order.position;
    resting.terms = order.terms;
    resting.list = order.list;
    resting.contingency = order.contingency;
    resting.revision = order.revision;
    resting.expire = order.terms.expire_time;
    const bool in_range = stage_ == Stage::ranging || stage_ == Stage::closing;
    resting.mid_bar = stage_ == Stage::idle
                          ? market.opened && market.current != nullptr && market.current->value.open_time < now_
                          : in_range && config_.fill_at != FillAt::intrabar_path;
    if (order.terms.time_in_force == TimeInForce::day) {
        constexpr std::int64_t day = 86'400'000'000'000;
        const auto close = std::ranges::upper_bound(config_.session_closes, now_);
        resting.expire =
            close != config_.session_closes.end() ? *close : TimeNs{(utc_day(now_ + DurationNs{1}) + 1) * day - 1};
    }
    resting.marketable = is_marketable(resting, market);
    if (resting.marketable && order.terms.post_only) {
        reject(order.id, id, order.strategy, OrderStep::rejected, Reason::post_only_would_take);
        return;
    }
    if (model::is_trailing(order.terms.type) && order.terms.trigger.is_zero()) {
        const bool in_candle = stage_ == Stage::opening || stage_ == Stage::ranging;
        const Price from = market.quoted ? (resting.is_buy() ? market.quote.ask : market.quote.bid)
                           : in_candle && market.current != nullptr                ? market.at
                           : stage_ == Stage::closing && market.current != nullptr ? market.current->value.close
                                                                                   : market.last_price;
        move_trailing(resting, from);
    }
    const std::uint32_t slot = store(resting);
    if (slot_of_.size() <= order.id.value) { slot_of_.resize(2 * order.id.value + 16, no_slot); }
    slot_of_[order.id.value] = slot;
    market.orders.push_back(slot);
    next_expiry_ = std::min(next_expiry_, resting.expire);
    if (std::ranges::find(waiting_, id) == waiting_.end()) { waiting_.push_back(id); }
    report(orders_[slot], OrderStep::accepted);
    if (!order.list.is_none() && !catch_up_with_siblings(slot, market, heard)) { return; }
    try_standing_quote(slot, market);
}

// A limit that would trade at once against what stands now.
bool ReplayVenue::is_marketable(const VenueOrder& order, const Market& market) const {
    if (order.terms.type != OrderType::limit) { return false; }
    const Price against = market.quoted ? (order.is_buy() ? market.quote.ask : market.quote.bid) : market.last_price;
    if (against.is_zero()) { return false; }
    return order.is_buy() ? order.terms.price >= against : order.terms.price <= against;
}

// The quote of this very time is not taken yet.
bool ReplayVenue::quote_is_coming(InstrumentId instrument) const {
    return stage_ == Stage::quoting &&
           std::ranges::any_of(slice_->quotes.subspan(quote_cursor_),
                               [&](const data::QuoteRef& quote) { return quote.instrument == instrument; });
}

// Where quotes come, an order meets the standing one as it arrives.
void ReplayVenue::try_standing_quote(std::uint32_t slot, Market& market) {
    if (!market.quoted || quote_is_coming(orders_[slot].terms.instrument)) { return; }
    const OrderId id = orders_[slot].id;
    while (slot_of_[id.value] != no_slot && try_quote(orders_[slot], slot, market)) {}
    orders_[slot].marketable = false;  // what is left rests
}

void ReplayVenue::apply_replace(const model::Replace& change, std::uint64_t heard) {
    const std::uint32_t slot = change.order.value < slot_of_.size() ? slot_of_[change.order.value] : no_slot;
    if (slot == no_slot) {
        reject(change.order, InstrumentId{0}, StrategyId{}, OrderStep::replace_rejected, Reason::order_is_final);
        return;
    }
    VenueOrder& order = orders_[slot];
    if (!change.quantity.is_zero() && change.quantity <= order.filled) {
        report(order, OrderStep::replace_rejected, Reason::replace_below_filled);
        return;
    }
    if (!change.quantity.is_zero()) { order.terms.quantity = change.quantity; }
    if (!change.price.is_zero()) { order.terms.price = change.price; }
    if (!change.trigger.is_zero()) { order.terms.trigger = change.trigger; }
    ++order.revision;
    Market& market = markets_[order.terms.instrument.value];
    order.marketable = is_marketable(order, market);
    report(order, OrderStep::replaced);
    const bool is_resized = !change.quantity.is_zero();  // else it has what its siblings left it
    if (is_resized && !order.list.is_none() && !catch_up_with_siblings(slot, market, heard)) { return; }
    try_standing_quote(slot, market);
}

void ReplayVenue::apply_cancel(OrderId id) {
    const std::uint32_t slot = id.value < slot_of_.size() ? slot_of_[id.value] : no_slot;
    if (slot == no_slot) {
        reject(id, InstrumentId{0}, StrategyId{}, OrderStep::cancel_rejected, Reason::order_is_final);
        return;
    }
    report(orders_[slot], OrderStep::canceled, Reason::user_request);
    remove(slot, markets_[orders_[slot].terms.instrument.value]);
}

std::uint32_t ReplayVenue::store(const VenueOrder& order) {
    if (free_slots_.empty()) {
        orders_.push_back(order);
        return static_cast<std::uint32_t>(orders_.size() - 1);
    }
    const std::uint32_t slot = free_slots_.back();
    free_slots_.pop_back();
    orders_[slot] = order;
    return slot;
}

// The order stays readable until the next one is added.
void ReplayVenue::remove(std::uint32_t slot, Market& market) {
    slot_of_[orders_[slot].id.value] = no_slot;
    free_slots_.push_back(slot);
    std::erase(market.orders, slot);
    if (market.orders.empty() && market.wanted.empty()) { std::erase(waiting_, orders_[slot].terms.instrument); }
}

// Orders whose time in force ended at or before `t`.
void ReplayVenue::expire_until(TimeNs t) {
    if (t < next_expiry_) { return; }
    now_ = std::max(now_, next_expiry_);
    next_expiry_ = time_max;
    for (const InstrumentId id : std::vector<InstrumentId>(waiting_)) {
        Market& market = markets_[id.value];
        for (const std::uint32_t slot : std::vector<std::uint32_t>(market.orders)) {
            VenueOrder& order = orders_[slot];
            if (order.expire <= t) {
                report(order, OrderStep::expired, Reason::time_in_force);
                remove(slot, market);
            } else {
                next_expiry_ = std::min(next_expiry_, order.expire);
            }
        }
    }
}

}  // namespace walras::backtest
