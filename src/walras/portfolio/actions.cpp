// Corporate actions. They are rare, so the strong guarantee comes from working on a copy.
#include <fmt/format.h>

#include <algorithm>

#include "walras/core/error.hpp"
#include "walras/model/money.hpp"
#include "walras/portfolio/portfolio.hpp"

namespace walras::portfolio {
namespace {

using model::CashFlowKind;
using model::CorporateAction;
using model::CorporateActionKind;

// A quantity after a split, and what is left over: `rest` / denominator of a lot. Signed like the quantity.
struct Scaled {
    core::int128 total = 0;  // lots * numerator
    Quantity whole{};
    std::int64_t rest = 0;
};

Scaled scale(Quantity quantity, const CorporateAction& action) {
    const core::int128 total = static_cast<core::int128>(quantity.lots) * action.numerator;
    return {total, Quantity{core::checked_narrow(total / action.denominator)},
            static_cast<std::int64_t>(total % action.denominator)};
}

core::int128 magnitude(core::int128 value) { return value < 0 ? -value : value; }

// The part of the cost that belongs to the left-over fraction.
Money fraction_cost(Money cost, const Scaled& scaled) {
    return scaled.rest == 0 ? Money{} : model::proportional_cost(cost, magnitude(scaled.rest), magnitude(scaled.total));
}

void check_split(const CorporateAction& action, const model::Instrument& instrument) {
    if (action.numerator <= 0 || action.denominator <= 0) {
        throw LedgerError(fmt::format("{}: a split of {} for {}; both must be positive.", instrument.name(),
                                      action.numerator, action.denominator));
    }
    if (instrument.kind == model::InstrumentKind::currency_pair) {
        throw LedgerError(fmt::format("{}: a currency pair cannot split.", instrument.name()));
    }
}

}  // namespace

void Portfolio::expand(const model::Event& event, std::vector<model::Event>& out) const {
    const CorporateAction& action = event.action;
    const model::Instrument& instrument = require_instrument(event.instrument);
    const Line& line = lines_[event.instrument.value];
    const bool is_split = action.kind == CorporateActionKind::split;
    if (!is_split && action.kind != CorporateActionKind::dividend) { return; }
    if (is_split) {
        check_split(action, instrument);
    } else {
        require_currency(action.currency);
    }
    for (const std::uint32_t index : open_in(event.instrument)) {
        const Position& position = positions_[index];
        model::Event flow{model::EventKind::cash_flow, event.instrument, event.ts_event, event.ts_init};
        flow.flags = model::flag_internal;
        flow.cash.strategy = position.strategy;
        flow.cash.account = position.account;
        flow.cash.position = position.id;
        if (is_split) {
            const Scaled scaled = scale(position.quantity, action);
            if (scaled.rest == 0) { continue; }
            flow.cash.kind = CashFlowKind::cash_in_lieu;
            flow.cash.currency = line.currency;
            flow.cash.amount = model::cash_in_lieu(line.price, scaled.rest, action.numerator, line.lot_value);
            if (!line.settles_in_full) { flow.cash.amount -= fraction_cost(position.cost, scaled); }
        } else {
            flow.cash.kind = CashFlowKind::dividend;
            flow.cash.currency = action.currency;
            flow.cash.amount = model::notional(action.amount, position.quantity, line.lot_value);
        }
        out.push_back(flow);
    }
}

void Portfolio::apply_action(const model::Event& event) {
    require_instrument(event.instrument);
    if (event.action.kind == CorporateActionKind::dividend) { return; }  // its flows say everything
    Portfolio next = *this;
    switch (event.action.kind) {
        case CorporateActionKind::split: next.split(event); break;
        case CorporateActionKind::rename: next.rename(event); break;
        case CorporateActionKind::delisting: next.delist(event); break;
        case CorporateActionKind::dividend: break;
    }
    *this = std::move(next);
}

// Quantity times numerator / denominator at unchanged cost. The fraction of a lot goes, with its share of the cost;
// what it brings was paid as cash in lieu.
void Portfolio::split(const model::Event& event) {
    const CorporateAction& action = event.action;
    Line& line = lines_[event.instrument.value];
    check_split(action, universe_->at(event.instrument));
    for (const std::uint32_t index : open_in(event.instrument)) {
        Position next = positions_[index];
        const Scaled scaled = scale(next.quantity, action);
        const Money gone = fraction_cost(next.cost, scaled);
        const Quantity change = scaled.whole - next.quantity;
        next.cost -= gone;
        next.quantity = scaled.whole;
        next.ts_last = event.ts_event;
        if (line.settles_in_full) {
            next.realized -= gone;
            tally(line.account, line.currency).realized -= gone;
            strategy_tally(next.strategy, line.currency).realized -= gone;
        }
        cells_[cell_index(event.instrument, next.strategy)].quantity += change;
        line.net += change;
        store(index, next);
    }
    line.price = model::split_price(line.price, action.numerator, action.denominator);
}

// Open positions move to the successor with quantity, cost and age; what they earned so far stays in the old record.
void Portfolio::rename(const model::Event& event) {
    const InstrumentId old = event.instrument;
    const InstrumentId successor = event.action.successor;
    const model::Instrument& to = require_instrument(successor);
    if (successor == old) { return; }
    Line& from_line = lines_[old.value];
    Line& to_line = lines_[successor.value];
    if (to_line.lot_value != from_line.lot_value || to_line.currency != from_line.currency ||
        to_line.base != from_line.base || to_line.account != from_line.account ||
        to_line.settles_in_full != from_line.settles_in_full || to_line.is_spot_pair != from_line.is_spot_pair) {
        throw LedgerError(
            fmt::format("{} cannot become {}: lot, multiplier, currency, settlement and account must be equal.",
                        universe_->at(old).name(), to.name()));
    }
    for (const std::uint32_t index : open_in(old)) {
        Position source = positions_[index];
        std::uint32_t found = find(successor, source.strategy, source.id);
        if (found == none) { found = add_position(successor, source.strategy, source.id); }
        Position target = positions_[found];
        const bool opposite = !target.is_flat() && (target.quantity.lots > 0) != (source.quantity.lots > 0);
        if (target.is_flat()) { target.ts_opened = source.ts_opened; }
        if (opposite) {
            // Both sides of one thing: what the smaller side holds is closed against the larger at their costs.
            const Quantity closed = std::min(abs(target.quantity), abs(source.quantity));
            const Money mine = model::proportional_cost(target.cost, closed, abs(target.quantity));
            const Money theirs = model::proportional_cost(source.cost, closed, abs(source.quantity));
            const Money profit = -mine - theirs;
            target.realized += profit;
            tally(to_line.account, to_line.currency).realized += profit;
            strategy_tally(target.strategy, to_line.currency).realized += profit;
            if (!to_line.settles_in_full) { tally(to_line.account, to_line.currency).balance += profit; }
            target.cost += profit;
        }
        target.cost += source.cost;
        target.quantity += source.quantity;
        target.ts_last = event.ts_event;
        cells_[cell_index(old, source.strategy)].quantity -= source.quantity;
        cells_[cell_index(successor, source.strategy)].quantity += source.quantity;
        from_line.net -= source.quantity;
        to_line.net += source.quantity;
        source.quantity = Quantity{};
        source.cost = Money{};
        source.ts_last = event.ts_event;
        store(index, source);
        store(found, target);
    }
    if (from_line.ts > to_line.ts) { mark(successor, from_line.price, from_line.ts); }
}

void Portfolio::delist(const model::Event& event) {
    const CurrencyId currency = lines_[event.instrument.value].currency;
    mark(event.instrument, event.action.amount, event.ts_event);
    for (const std::uint32_t index : open_in(event.instrument)) {
        const Position position = positions_[index];
        execute({.instrument = event.instrument,
                 .strategy = position.strategy,
                 .id = position.id,
                 .quantity = -position.quantity,
                 .price = event.action.amount,
                 .fee = Money{},
                 .fee_currency = currency,
                 .ts = event.ts_event,
                 .fills = 0});
    }
}

std::vector<std::uint32_t> Portfolio::open_in(InstrumentId instrument) const {
    std::vector<std::uint32_t> found;
    for (const std::uint32_t index : accounts_[lines_[instrument.value].account.value].open) {
        if (positions_[index].instrument == instrument) { found.push_back(index); }
    }
    std::ranges::sort(found);
    return found;
}

}  // namespace walras::portfolio
