#include "walras/portfolio/trades.hpp"

#include <algorithm>
#include <limits>

#include "walras/model/money.hpp"

namespace walras::portfolio {
namespace {

// Takes `part` of the whole lots out of `amount` and returns it; the last part takes all, so nothing is lost.
Money take_share(Money& amount, Quantity part, Quantity whole) {
    const Money share = model::proportional_cost(amount, part, whole);
    amount -= share;
    return share;
}

Money fee_in_quote(const model::Event& event, const model::Instrument& instrument, const Portfolio& ledger) {
    const model::OrderReport& report = event.report;
    if (report.fee_currency != instrument.currency && instrument.base == report.fee_currency &&
        instrument.settlement == model::Settlement::full) {
        return model::base_to_quote(report.fee, report.price);
    }
    return ledger.convert(report.fee, report.fee_currency, instrument.currency);
}

}  // namespace

double RoundTrip::return_on_entry() const {
    if (entry_notional.is_zero()) { return std::numeric_limits<double>::quiet_NaN(); }
    return net().to_double() / abs(entry_notional).to_double();
}

void TradeLog::apply(const model::Event& event, const Portfolio& ledger) {
    if (event.kind == model::EventKind::order && event.report.step == model::OrderStep::filled) {
        const model::OrderReport& report = event.report;
        const model::Instrument& instrument = ledger.universe().at(event.instrument);
        const bool hedges = ledger.config(ledger.account_of(event.instrument)).mode == PositionMode::hedging;
        const Quantity quantity = report.side == model::OrderSide::buy ? report.quantity : -report.quantity;
        execute({report.strategy, event.instrument, hedges ? report.position : PositionId{}},
                {.quantity = quantity,
                 .cost = model::notional(report.price, quantity, instrument),
                 .fee = fee_in_quote(event, instrument, ledger),
                 .price = report.price,
                 .reference = report.reference.is_zero() ? report.price : report.reference,
                 .time = event.ts_event,
                 .order = report.order,
                 .rule = report.rule},
                ledger);
    } else if (event.kind == model::EventKind::cash_flow && event.cash.kind == model::CashFlowKind::cash_in_lieu) {
        // The fraction goes with the split that follows; what it brought is profit of what stays.
        const auto found = lots_.find({event.cash.strategy, event.instrument, event.cash.position});
        if (found != lots_.end() && !found->second.empty()) { found->second.back().in_lieu += event.cash.amount; }
    } else if (event.kind == model::EventKind::corporate_action) {
        switch (event.action.kind) {
            case model::CorporateActionKind::split: split(event, ledger); break;
            case model::CorporateActionKind::rename: rename(event, ledger); break;
            case model::CorporateActionKind::delisting: delist(event, ledger); break;
            case model::CorporateActionKind::dividend: break;
        }
    }
}

void TradeLog::execute(const Key& key, Lot fill, const Portfolio& ledger) {
    const model::Instrument& instrument = ledger.universe().at(std::get<1>(key));
    Lots& lots = lots_[key];
    const auto is_opposite = [&] {
        return !lots.empty() && (lots.front().quantity.lots > 0) != (fill.quantity.lots > 0);
    };
    // The closing part at its own notional, as in the ledger; what is left of the payment opens the other side.
    Quantity closing{};
    if (is_opposite()) {
        for (std::size_t i = 0; i < lots.size() && closing < abs(fill.quantity); ++i) {
            closing += abs(lots[i].quantity);
        }
        closing = std::min(closing, abs(fill.quantity));
    }
    const Quantity signed_closing = fill.quantity.lots > 0 ? closing : -closing;
    Money closing_cost = closing == abs(fill.quantity)
                             ? fill.cost
                             : (closing.is_zero() ? Money{} : model::notional(fill.price, signed_closing, instrument));
    const Money opening_cost = fill.cost - closing_cost;

    while (is_opposite() && !fill.quantity.is_zero()) {
        Lot& front = lots.front();
        const Quantity part = std::min(abs(front.quantity), abs(fill.quantity));
        const Quantity held = abs(front.quantity);
        const Quantity left = abs(fill.quantity);
        Lot entry = front;
        Lot exit = fill;
        entry.quantity = front.quantity.lots > 0 ? part : -part;
        entry.cost = take_share(front.cost, part, held);
        entry.fee = take_share(front.fee, part, held);
        entry.in_lieu = take_share(front.in_lieu, part, held);
        exit.cost = take_share(closing_cost, part, closing);
        exit.fee = take_share(fill.fee, part, left);
        closed_.push_back(close(key, entry, exit, ledger));
        front.quantity -= entry.quantity;
        fill.quantity += entry.quantity;
        closing -= part;
        if (front.quantity.is_zero()) { lots.pop_front(); }
    }
    if (fill.quantity.is_zero()) { return; }
    fill.cost = opening_cost;
    lots.push_back(fill);
}

RoundTrip TradeLog::close(const Key& key, const Lot& lot, const Lot& exit, const Portfolio& ledger) {
    RoundTrip trip;
    std::tie(trip.strategy, trip.instrument, trip.position) = key;
    trip.side = lot.quantity.lots > 0 ? model::OrderSide::buy : model::OrderSide::sell;
    trip.entry_rule = lot.rule;
    trip.exit_rule = exit.rule;
    trip.quantity = abs(lot.quantity);
    trip.entry_order = lot.order;
    trip.exit_order = exit.order;
    trip.entry_time = lot.time;
    trip.exit_time = exit.time;
    trip.entry_price = lot.price;
    trip.exit_price = exit.price;
    trip.entry_reference = lot.reference;
    trip.exit_reference = exit.reference;
    trip.entry_notional = lot.cost;
    trip.gross = lot.in_lieu - lot.cost - exit.cost;
    trip.fees = lot.fee + exit.fee;
    const CurrencyId base = ledger.config(ledger.account_of(trip.instrument)).base_currency;
    trip.net_in_base = ledger.convert(trip.net(), ledger.universe().at(trip.instrument).currency, base);
    return trip;
}

std::vector<RoundTrip> TradeLog::open(const Portfolio& ledger) const {
    std::vector<RoundTrip> trips;
    for (const auto& [key, lots] : lots_) {
        const InstrumentId id = std::get<1>(key);
        const Price price = ledger.last_price(id);
        for (const Lot& lot : lots) {
            const Lot exit{.cost = model::notional(price, -lot.quantity, ledger.universe().at(id)),
                           .price = price,
                           .reference = price,
                           .time = ledger.last_price_time(id)};
            trips.push_back(close(key, lot, exit, ledger));
            trips.back().is_open = true;
        }
    }
    return trips;
}

// Whole lots are shared out along the queue, so that together they are what the ledger holds. A lot that is left with
// none hands its cost to its neighbour; if nothing is left of the position, its lots end here.
void TradeLog::split(const model::Event& event, const Portfolio& ledger) {
    const model::CorporateAction& action = event.action;
    for (auto& [key, lots] : lots_) {
        if (std::get<1>(key) != event.instrument || lots.empty()) { continue; }
        core::int128 before = 0;
        core::int128 after = 0;
        Lots kept;
        Lot homeless;  // cost, fee and cash of lots that are left with nothing
        const auto adopt = [&](Lot& lot) {
            lot.cost += homeless.cost;
            lot.fee += homeless.fee;
            lot.in_lieu += homeless.in_lieu;
            homeless = Lot{};
        };
        for (Lot lot : lots) {
            before += lot.quantity.lots;
            const core::int128 total = before * action.numerator / action.denominator;
            adopt(lot);
            lot.quantity = Quantity{core::checked_narrow(total - after)};
            after = total;
            lot.price = model::split_price(lot.price, action.numerator, action.denominator);
            lot.reference = model::split_price(lot.reference, action.numerator, action.denominator);
            if (lot.quantity.is_zero()) {
                homeless = lot;
            } else {
                kept.push_back(lot);
            }
        }
        if (!kept.empty()) {
            adopt(kept.back());
        } else {
            Lot whole = lots.front();
            whole.quantity = Quantity{core::checked_narrow(before)};
            whole.cost = Money{};
            whole.fee = Money{};
            whole.in_lieu = Money{};
            adopt(whole);
            const Price price =
                model::split_price(ledger.last_price(event.instrument), action.denominator, action.numerator);
            const Lot exit{
                .price = price, .reference = price, .time = event.ts_event, .rule = model::FillRule::settlement};
            closed_.push_back(close(key, whole, exit, ledger));
        }
        lots = std::move(kept);
    }
}

// Lots keep price and age. Onto an opposite position each is an execution at its own cost.
void TradeLog::rename(const model::Event& event, const Portfolio& ledger) {
    if (event.action.successor == event.instrument) { return; }
    std::vector<std::pair<Key, Lots>> moved;
    for (auto& [key, lots] : lots_) {
        if (std::get<1>(key) != event.instrument) { continue; }
        Key target = key;
        std::get<1>(target) = event.action.successor;
        moved.emplace_back(target, std::move(lots));
        lots.clear();
    }
    for (const auto& [key, lots] : moved) {
        for (const Lot& lot : lots) { execute(key, lot, ledger); }
    }
}

void TradeLog::delist(const model::Event& event, const Portfolio& ledger) {
    const model::Instrument& instrument = ledger.universe().at(event.instrument);
    for (auto& [key, lots] : lots_) {
        if (std::get<1>(key) != event.instrument || lots.empty()) { continue; }
        Quantity held{};
        for (const Lot& lot : lots) { held += lot.quantity; }
        execute(key,
                {.quantity = -held,
                 .cost = model::notional(event.action.amount, -held, instrument),
                 .price = event.action.amount,
                 .reference = event.action.amount,
                 .time = event.ts_event,
                 .rule = model::FillRule::settlement},
                ledger);
    }
}

}  // namespace walras::portfolio
