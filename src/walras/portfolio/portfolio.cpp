// The fold: fills and cash flows. Corporate actions are in actions.cpp, time in accrual.cpp, queries in valuation.cpp.
#include "walras/portfolio/portfolio.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "walras/core/error.hpp"
#include "walras/model/money.hpp"
#include "walras/portfolio/average_cost.hpp"
#include "walras/portfolio/posting.hpp"

namespace walras::portfolio {
namespace {

using model::CashFlowKind;

// Moves `position` by one execution at average cost and returns the profit that it closes. `paid` is its notional.
Money trade(Position& position, Quantity quantity, Price price, Money paid, std::int64_t lot_value, TimeNs ts) {
    const Quantity held = position.quantity;
    const Money profit = trade_at_average_cost(position.quantity, position.cost, quantity, price, paid, lot_value);
    const bool is_reversed = (held.lots > 0) != (position.quantity.lots > 0) && !position.quantity.is_zero();
    if (held.is_zero() || is_reversed) { position.ts_opened = ts; }
    position.ts_last = ts;
    return profit;
}

}  // namespace

Portfolio::Portfolio(const model::Universe& universe, std::vector<AccountConfig> accounts, std::size_t strategies)
    : universe_(&universe),
      configs_(std::move(accounts)),
      strategies_(strategies),
      currencies_(universe.currency_count()),
      graph_(universe) {
    if (configs_.empty()) { throw ConfigError("A portfolio needs an account; give one AccountConfig."); }
    for (const AccountConfig& account : configs_) { account.validate(universe); }
    const std::vector<AccountId> owners = assign_accounts(universe, configs_);

    lines_.reserve(universe.size());
    for (const model::Instrument& instrument : universe) {
        const AccountConfig& account = configs_[owners[instrument.id.value].value];
        Line line;
        line.lot_value = instrument.lot_value();
        line.currency = instrument.currency;
        line.base = instrument.base.value_or(instrument.currency);
        line.account = owners[instrument.id.value];
        line.settles_in_full = instrument.settlement == model::Settlement::full;
        line.is_spot_pair = line.settles_in_full && instrument.kind == model::InstrumentKind::currency_pair;
        line.initial = account.initial_margin;
        line.maintenance = account.maintenance_margin;
        line.borrow = account.borrow_rate;
        for (const InstrumentTerms& terms : account.instruments) {
            if (terms.instrument != instrument.id) { continue; }
            line.initial = terms.initial_margin.value_or(line.initial);
            line.maintenance = terms.maintenance_margin.value_or(line.maintenance);
            line.borrow = terms.borrow_rate.value_or(line.borrow);
        }
        lines_.push_back(line);
    }
    cells_.resize(strategies_ * lines_.size());
    tallies_.resize(configs_.size() * currencies_);
    strategy_tallies_.resize(strategies_ * currencies_);
    accounts_.resize(configs_.size());
    for (std::size_t i = 0; i < configs_.size(); ++i) {
        const AccountId id{static_cast<std::uint16_t>(i)};
        accounts_[i].base = configs_[i].base_currency;
        accounts_[i].hedges = configs_[i].mode == PositionMode::hedging;
        for (const Balance& balance : configs_[i].balances) {
            tally(id, balance.currency).balance = balance.amount;
            touch(id, balance.currency);
            if (balance.currency == accounts_[i].base) {
                accounts_[i].start = balance.amount;
            } else if (!balance.amount.is_zero()) {
                accounts_[i].unvalued.push_back({balance.currency, balance.amount, true});
            }
        }
    }
}

void Portfolio::apply(const model::Event& event) {
    switch (event.kind) {
        case model::EventKind::order:
            if (event.report.step == model::OrderStep::filled) { apply_fill(event); }
            break;
        case model::EventKind::cash_flow: apply_flow(event); break;
        case model::EventKind::corporate_action: apply_action(event); break;
        default: break;
    }
}

void Portfolio::apply_fill(const model::Event& event) {
    const model::OrderReport& report = event.report;
    if (event.instrument.value >= lines_.size()) { require_instrument(event.instrument); }
    require_strategy(report.strategy);
    require_currency(report.fee_currency);
    if (report.quantity.lots <= 0) {
        throw LedgerError(
            fmt::format("Fill {} of order {} has quantity {}; a fill is positive, its side says which way.",
                        report.trade.value, report.order.value, report.quantity.lots));
    }
    execute({.instrument = event.instrument,
             .strategy = report.strategy,
             .id = report.position,
             .quantity = report.side == model::OrderSide::buy ? report.quantity : -report.quantity,
             .price = report.price,
             .fee = report.fee,
             .fee_currency = report.fee_currency,
             .ts = event.ts_event,
             .fills = 1});
}

void Portfolio::execute(const Execution& e) {
    Line& line = lines_[e.instrument.value];
    const AccountId account = line.account;
    const PositionId id = accounts_[account.value].hedges ? e.id : PositionId{};
    Cell& cell = cells_[cell_index(e.instrument, e.strategy)];
    std::uint32_t index = id.is_none() ? cell.position : find(e.instrument, e.strategy, id);

    // All that can fail comes first.
    Position next = index != none
                        ? positions_[index]
                        : Position{.instrument = e.instrument, .strategy = e.strategy, .account = account, .id = id};
    const Money paid = model::notional(e.price, e.quantity, line.lot_value);
    const Money profit = trade(next, e.quantity, e.price, paid, line.lot_value, e.ts);
    next.realized += profit;
    next.fills += e.fills;
    const Quantity cell_quantity = cell.quantity + e.quantity;
    const Quantity net = line.net + e.quantity;

    Posting posting;
    Tally& quote = tally(account, line.currency);
    posting.add(quote.balance, line.settles_in_full ? -paid : profit);
    if (line.is_spot_pair) {
        posting.add(tally(account, line.base).balance,
                    Money{static_cast<core::int128>(e.quantity.lots) * line.lot_value});
        touch(account, line.base);
    }
    if (!profit.is_zero()) {
        posting.add(quote.realized, profit);
        posting.add(strategy_tally(e.strategy, line.currency).realized, profit);
    }
    if (!e.fee.is_zero()) {
        // A pair's own base currency has a rate even before the first mark: the price of this fill.
        const bool in_base = line.is_spot_pair && e.fee_currency == line.base && e.fee_currency != line.currency;
        next.fees += in_base ? model::base_to_quote(e.fee, e.price) : convert(e.fee, e.fee_currency, line.currency);
        Tally& payer = tally(account, e.fee_currency);
        posting.add(payer.balance, -e.fee);
        posting.add(payer.fees, e.fee);
        posting.add(strategy_tally(e.strategy, e.fee_currency).fees, e.fee);
        touch(account, e.fee_currency);
    }
    touch(account, line.currency);
    if (index == none) { index = add_position(e.instrument, e.strategy, id); }

    store(index, next);
    posting.commit();
    cell.quantity = cell_quantity;
    line.net = net;
    if (line.ts == time_min) { mark(e.instrument, e.price, e.ts); }
}

void Portfolio::apply_flow(const model::Event& event) {
    const model::CashFlow& flow = event.cash;
    if (flow.account.value >= accounts_.size()) {
        throw LedgerError(fmt::format("A {} names account {}; this portfolio has {}.", to_string(flow.kind),
                                      flow.account.value, accounts_.size()));
    }
    require_currency(flow.currency);
    const bool has_owner = event.instrument != no_instrument;  // the flow of a position
    std::uint32_t index = none;
    if (has_owner) {
        const model::Instrument& instrument = require_instrument(event.instrument);
        require_strategy(flow.strategy);
        index = find(event.instrument, flow.strategy, flow.position);
        if (index != none && positions_[index].account != flow.account) {
            throw LedgerError(fmt::format("A {} on {} names account {}, but account {} settles it.",
                                          to_string(flow.kind), instrument.name(), flow.account.value,
                                          positions_[index].account.value));
        }
    }
    Position next = index != none ? positions_[index] : Position{};
    AccountState& account = accounts_[flow.account.value];
    Tally& cash = tally(flow.account, flow.currency);
    Posting posting;
    posting.add(cash.balance, flow.amount);
    bool is_unvalued = false;
    switch (flow.kind) {
        case CashFlowKind::deposit:
        case CashFlowKind::withdrawal:
            if (!flow.amount.is_zero() && (flow.amount.raw > 0) != (flow.kind == CashFlowKind::deposit)) {
                throw LedgerError(fmt::format("A {} of {}: what is received is positive, what is paid negative.",
                                              to_string(flow.kind), core::format_fixed(flow.amount.raw)));
            }
            is_unvalued = !converts(flow.currency, account.base);
            if (!is_unvalued) { posting.add(account.flows, convert(flow.amount, flow.currency, account.base)); }
            break;
        case CashFlowKind::interest:
        case CashFlowKind::borrow_fee:
        case CashFlowKind::dividend:
        case CashFlowKind::funding:
            posting.add(cash.carry, flow.amount);
            if (has_owner) { posting.add(strategy_tally(flow.strategy, flow.currency).carry, flow.amount); }
            if (index != none) {
                next.carry += convert(flow.amount, flow.currency, lines_[event.instrument.value].currency);
            }
            break;
        case CashFlowKind::settlement:
        case CashFlowKind::cash_in_lieu:
            if (index == none || flow.currency != lines_[event.instrument.value].currency) {
                throw LedgerError(
                    fmt::format("A {} must name a position and its quote currency; make it with `settle` "
                                "or `expand`.",
                                to_string(flow.kind)));
            }
            next.realized += flow.amount;
            // What daily settlement pays is the profit so far: the cost moves to the settlement price.
            if (flow.kind == CashFlowKind::settlement) { next.cost += flow.amount; }
            posting.add(cash.realized, flow.amount);
            posting.add(strategy_tally(flow.strategy, flow.currency).realized, flow.amount);
            break;
        case CashFlowKind::conversion: break;  // two flows, one in each currency; what they differ by is revaluation
    }
    if (is_unvalued) { account.unvalued.push_back({flow.currency, flow.amount, false}); }
    touch(flow.account, flow.currency);
    if (index != none) { positions_[index] = next; }
    posting.commit();
}

// Money that waited for a rate is worth what it is worth at the first one.
void Portfolio::on_first_mark(InstrumentId instrument) {
    const model::Instrument& pair = universe_->at(instrument);
    if (pair.kind != model::InstrumentKind::currency_pair) { return; }
    graph_.add(pair);
    for (AccountState& account : accounts_) {
        std::erase_if(account.unvalued, [&](const Unvalued& money) {
            if (!converts(money.currency, account.base)) { return false; }
            (money.is_start ? account.start : account.flows) += convert(money.amount, money.currency, account.base);
            return true;
        });
    }
}

std::uint32_t Portfolio::find(InstrumentId instrument, StrategyId strategy, PositionId id) const {
    if (id.is_none() || !accounts_[lines_[instrument.value].account.value].hedges) {
        return cells_[cell_index(instrument, strategy)].position;
    }
    const auto found = hedged_.find({strategy, instrument, id});
    return found == hedged_.end() ? none : found->second;
}

// A flat position, in its place. Only running out of memory can fail here.
std::uint32_t Portfolio::add_position(InstrumentId instrument, StrategyId strategy, PositionId id) {
    const auto index = static_cast<std::uint32_t>(positions_.size());
    const AccountId account = lines_[instrument.value].account;
    place_.push_back(none);
    positions_.push_back({.instrument = instrument, .strategy = strategy, .account = account, .id = id});
    if (id.is_none()) {
        cells_[cell_index(instrument, strategy)].position = index;
    } else {
        hedged_.emplace(std::tuple{strategy, instrument, id}, index);
    }
    return index;
}

void Portfolio::store(std::uint32_t index, const Position& position) {
    std::vector<std::uint32_t>& open = accounts_[position.account.value].open;
    const bool was_open = place_[index] != none;
    if (!was_open && !position.is_flat()) {
        open.push_back(index);
        place_[index] = static_cast<std::uint32_t>(open.size() - 1);
    } else if (was_open && position.is_flat()) {
        // The last one takes the place of the one that goes.
        open[place_[index]] = open.back();
        place_[open.back()] = place_[index];
        place_[index] = none;
        open.pop_back();
    }
    accounts_[position.account.value].owing +=
        static_cast<int>(may_owe(position)) - static_cast<int>(may_owe(positions_[index]));
    positions_[index] = position;
}

// Can its value fall below nothing, or below its own margin?
bool Portfolio::may_owe(const Position& position) const {
    if (position.is_flat()) { return false; }
    const Line& line = lines_[position.instrument.value];
    return position.quantity.lots < 0 || !line.settles_in_full || line.maintenance > Rate::of(1.0) ||
           universe_->at(position.instrument).price_may_be_negative;
}

void Portfolio::touch(AccountId account, CurrencyId currency) {
    AccountState& state = accounts_[account.value];
    if (currency == state.base || std::ranges::find(state.foreign, currency) != state.foreign.end()) { return; }
    state.foreign.push_back(currency);
}

const model::Instrument& Portfolio::require_instrument(InstrumentId instrument) const {
    if (instrument.value >= lines_.size()) {
        throw LedgerError(
            fmt::format("Instrument {} is unknown; this portfolio was made for {}.", instrument.value, lines_.size()));
    }
    return universe_->at(instrument);
}

void Portfolio::require_strategy(StrategyId strategy) const {
    if (strategy.value >= strategies_) {
        throw LedgerError(
            fmt::format("Strategy {} is unknown; this portfolio was made for {}.", strategy.value, strategies_));
    }
}

void Portfolio::require_currency(CurrencyId currency) const {
    if (currency.value >= currencies_) {
        throw LedgerError(
            fmt::format("Currency {} is unknown; this portfolio was made for {}.", currency.value, currencies_));
    }
}

}  // namespace walras::portfolio
