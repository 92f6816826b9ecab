// Executions and reports: volume, slippage, fees, and what the session is told.
#include "walras/backtest/replay_venue.hpp"

#include <algorithm>
#include <cmath>

#include "walras/backtest/replay_rules.hpp"
#include "walras/model/money.hpp"

namespace walras::backtest {

using model::Event;
using model::EventKind;
using model::FillRule;
using model::OrderStep;
using model::Reason;
using model::TimeInForce;

Quantity ReplayVenue::within_volume(const VenueOrder& order, Market& market) const {
    if (config_.volume_share.is_zero() || market.has_quotes || end_price_) { return order.leaves(); }
    if (market.volume_left.lots < 0) {
        const double volume = market.current->value.volume;
        const auto& instrument = universe_.at(order.terms.instrument);
        market.volume_left =
            volume > 0 ? instrument.floor_units(volume * config_.volume_share.to_double()) : Quantity{0};
    }
    return std::min(order.leaves(), market.volume_left);
}

Quantity& ReplayVenue::held(const VenueOrder& order, Market& market) {
    for (Held& one : market.held) {
        if (one.strategy == order.strategy && one.position == order.position) { return one.quantity; }
    }
    return market.held.emplace_back(order.strategy, order.position, Quantity{}).quantity;
}

// Fills as much as the bar's volume allows. Returns false if that is nothing. A reduce-only order never trades beyond
// the position that it closes; without one it ends.
bool ReplayVenue::execute(std::uint32_t slot, Market& market, Fill fill) {
    VenueOrder& order = orders_[slot];
    if (order.terms.reduce_only) {
        const Quantity position = held(order, market);
        const Quantity room = order.is_buy() ? -position : position;
        if (room.lots <= 0) {
            report(order, OrderStep::canceled, Reason::reduce_only_would_increase);
            remove(slot, market);
            return true;
        }
        fill.quantity = std::min(fill.quantity, room);
    }
    const Quantity allowed = within_volume(order, market);
    if (order.terms.time_in_force == TimeInForce::fok && allowed < order.leaves()) { return false; }
    const Quantity quantity = std::min(fill.quantity, allowed);
    if (quantity.lots <= 0) { return false; }
    if (!config_.volume_share.is_zero() && market.volume_left.lots >= 0) { market.volume_left -= quantity; }

    const auto& instrument = universe_.at(order.terms.instrument);
    Price price = fill.reference;
    if (fill.slips && (config_.quotes_slip || fill.rule != FillRule::quote)) {
        SlippageFacts facts{instrument, fill.reference, quantity, 0, 0};
        if (market.current != nullptr) {
            facts.volume = market.current->value.volume;
            facts.volatility = parkinson(market.current->value);
        }
        const Rate cost = Rate::of(config_.slippage->cost(facts));
        const Price worse{core::checked_narrow(apply_rate(Money{std::abs(fill.reference.raw)}, cost).raw)};
        price = order.is_buy() ? price + worse : price - worse;
    }
    const Money notional = abs(model::notional(price, quantity, instrument));
    const model::FeeFacts facts{instrument, price, quantity, notional, fill.liquidity, order.filled.is_zero(), traded_};
    order.filled += quantity;
    held(order, market) += order.is_buy() ? quantity : -quantity;
    traded_ += notional;

    Event event{EventKind::order, order.terms.instrument, now_, now_};
    event.report.order = order.id;
    event.report.strategy = order.strategy;
    event.report.position = order.position;
    event.report.revision = order.revision;
    event.report.step = OrderStep::filled;
    event.report.trade = TradeId{++trades_};
    event.report.quantity = quantity;
    event.report.price = price;
    event.report.reference = fill.reference;
    event.report.side = order.terms.side;
    event.report.fee = config_.fees->fee(facts);
    event.report.fee_currency = instrument.currency;
    event.report.liquidity = fill.liquidity;
    event.report.rule = fill.rule;
    if (order.list.is_none()) {
        push_report(event);
    } else {
        report_linked_fill(order, market, event);
    }
    if (order.leaves().is_zero()) {
        remove(slot, market);
    } else if (order.terms.reduce_only && held(order, market).is_zero()) {
        report(order, OrderStep::canceled, Reason::reduce_only_would_increase);
        remove(slot, market);
    }
    return true;
}

// The ledger's rules for splits, renames and delistings, for what reduce-only orders may still close.
void ReplayVenue::change_positions(InstrumentId instrument, const model::CorporateAction& action) {
    Market& market = markets_[instrument.value];
    switch (action.kind) {
        case model::CorporateActionKind::split:
            for (Held& one : market.held) {
                const core::int128 lots = static_cast<core::int128>(one.quantity.lots) * action.numerator;
                one.quantity = Quantity{core::checked_narrow(lots / action.denominator)};
            }
            break;
        case model::CorporateActionKind::rename: {
            auto& target = markets_[action.successor.value].held;
            target.insert(target.end(), market.held.begin(), market.held.end());
            market.held.clear();
            break;
        }
        case model::CorporateActionKind::delisting: market.held.clear(); break;
        case model::CorporateActionKind::dividend: break;
    }
}

void ReplayVenue::report(const VenueOrder& order, OrderStep step, Reason reason) {
    Event event = order_event({order.id, order.strategy, order.revision, order.terms}, step, reason, now_);
    push_report(event);
}

void ReplayVenue::reject(OrderId id, InstrumentId instrument, StrategyId strategy, OrderStep step, Reason reason) {
    Event event = refusal_event(id, instrument, strategy, step, reason, now_);
    push_report(event);
}

void ReplayVenue::push_report(Event& event) {
    event.source = source();
    event.sequence = ++sequence_;
    last_report_ = std::max(last_report_, now_ + config_.latency->response({config_.seed, event.sequence, now_}));
    event.ts_init = last_report_;
    outbox_.push(event);
}

}  // namespace walras::backtest
