// What the portfolio is worth, what it needs as margin, and who earned it.
#include <fmt/format.h>

#include <algorithm>

#include "walras/core/error.hpp"
#include "walras/model/money.hpp"
#include "walras/portfolio/portfolio.hpp"

namespace walras::portfolio {

template <class Visit>
void Portfolio::for_each_currency(const AccountState& account, Visit visit) const {
    visit(account.base);
    for (const CurrencyId currency : account.foreign) { visit(currency); }
}

// Visits every open position with its line and its signed notional at the mark.
template <class Visit>
void Portfolio::for_each_value(const AccountState& account, Visit visit) const {
    for (const std::uint32_t index : account.open) {
        const Position& position = positions_[index];
        const Line& line = lines_[position.instrument.value];
        visit(position, line, model::notional(line.price, position.quantity, line.lot_value));
    }
}

Money Portfolio::balances(AccountId id) const {
    const AccountState& account = accounts_[id.value];
    Money total = tally(id, account.base).balance;
    for (const CurrencyId currency : account.foreign) {
        total += convert(tally(id, currency).balance, currency, account.base);
    }
    return total;
}

// What a position adds to the balances; those of a pair's two currencies hold its worth already.
Money Portfolio::beside_balances(const AccountState& account, const Position& position, const Line& line,
                                 Money value) const {
    if (line.is_spot_pair) { return Money{}; }
    return convert(line.settles_in_full ? value : value - position.cost, line.currency, account.base);
}

Money Portfolio::equity(AccountId id) const {
    const AccountState& account = accounts_[id.value];
    Money total = balances(id);
    for_each_value(account, [&](const Position& position, const Line& line, Money value) {
        total += beside_balances(account, position, line, value);
    });
    return total;
}

Money Portfolio::total_equity() const {
    Money total{};
    for (std::size_t i = 0; i < accounts_.size(); ++i) {
        total += convert(equity(AccountId{static_cast<std::uint16_t>(i)}), accounts_[i].base, accounts_[0].base);
    }
    return total;
}

Worth Portfolio::worth(AccountId id) const {
    const AccountState& account = accounts_[id.value];
    Worth worth{.equity = balances(id), .cash = tally(id, account.base).balance};
    for_each_value(account, [&](const Position& position, const Line& line, Money value) {
        worth.equity += beside_balances(account, position, line, value);
        worth.gross += convert(abs(value), line.currency, account.base);
    });
    return worth;
}

Worth Portfolio::total_worth() const {
    Worth total = worth(AccountId{});
    for (std::size_t i = 1; i < accounts_.size(); ++i) {
        const Worth own = worth(AccountId{static_cast<std::uint16_t>(i)});
        total.equity += convert(own.equity, accounts_[i].base, accounts_[0].base);
        total.cash += convert(own.cash, accounts_[i].base, accounts_[0].base);
        total.gross += convert(own.gross, accounts_[i].base, accounts_[0].base);
    }
    return total;
}

bool Portfolio::can_value(AccountId id) const {
    const AccountState& account = accounts_[id.value];
    const bool cash_converts = std::ranges::all_of(account.foreign, [&](CurrencyId currency) {
        return tally(id, currency).balance.is_zero() || converts(currency, account.base);
    });
    return cash_converts && std::ranges::all_of(account.open, [&](std::uint32_t index) {
               return converts(lines_[positions_[index].instrument.value].currency, account.base);
           });
}

const Position* Portfolio::position(InstrumentId instrument, StrategyId strategy, PositionId id) const {
    const std::uint32_t index = find(instrument, strategy, id);
    return index == none ? nullptr : &positions_[index];
}

Price Portfolio::average_price(const Position& position) const {
    return model::average_price(position.cost, position.quantity, universe_->at(position.instrument));
}

Money Portfolio::market_value(const Position& position) const {
    const Line& line = lines_[position.instrument.value];
    return model::notional(line.price, position.quantity, line.lot_value);
}

Money Portfolio::unrealized(const Position& position) const { return market_value(position) - position.cost; }

Money Portfolio::gross_exposure(AccountId id) const {
    const AccountState& account = accounts_[id.value];
    Money total{};
    for_each_value(account, [&](const Position&, const Line& line, Money value) {
        total += convert(abs(value), line.currency, account.base);
    });
    return total;
}

Money Portfolio::net_exposure(AccountId id) const {
    const AccountState& account = accounts_[id.value];
    Money total{};
    for_each_value(account, [&](const Position&, const Line& line, Money value) {
        total += convert(value, line.currency, account.base);
    });
    return total;
}

Money Portfolio::convert_chain(Money amount, CurrencyId from, CurrencyId to) const {
    for (CurrencyId here = from; here != to;) {
        const Hop& hop = graph_.hop(here, to);
        if (hop.pair == no_instrument) {
            throw LedgerError(fmt::format("No marked currency pair leads from {} to {}; feed prices of such a pair.",
                                          universe_->at(from).code, universe_->at(to).code));
        }
        const Price rate = lines_[hop.pair.value].price;
        amount = hop.base_to_quote ? model::base_to_quote(amount, rate) : model::quote_to_base(amount, rate);
        here = hop.next;
    }
    return amount;
}

bool Portfolio::converts(CurrencyId from, CurrencyId to) const {
    for (CurrencyId here = from; here != to;) {
        const Hop& hop = graph_.hop(here, to);
        if (hop.pair == no_instrument || lines_[hop.pair.value].price.raw <= 0) { return false; }
        here = hop.next;
    }
    return true;
}

// Netting: the values of one instrument's positions, signed like their net, add up to the net's value.
Money Portfolio::margin(AccountId id, Rate Line::* rate) const {
    const AccountState& account = accounts_[id.value];
    Money total{};
    for (const std::uint32_t index : account.open) {
        const Position& position = positions_[index];
        const Line& line = lines_[position.instrument.value];
        Money value = model::notional(line.price, position.quantity, line.lot_value);
        if (account.hedges) {
            value = abs(value);
        } else if (line.net.is_zero()) {
            continue;
        } else if ((line.net.lots < 0) != (line.price.raw < 0)) {
            value = -value;
        }
        total += apply_rate(convert(value, line.currency, account.base), line.*rate);
    }
    return total;
}

Money Portfolio::initial_margin(AccountId account) const { return margin(account, &Line::initial); }

Money Portfolio::maintenance_margin(AccountId account) const { return margin(account, &Line::maintenance); }

Money Portfolio::free_margin(AccountId id) const {
    const AccountState& account = accounts_[id.value];
    if (configs_[id.value].kind == AccountKind::margin) { return equity(id) - initial_margin(id); }
    Money free = tally(id, account.base).balance;
    for (const CurrencyId currency : account.foreign) {
        const Money balance = tally(id, currency).balance;
        if (balance.raw < 0) { free += convert(balance, currency, account.base); }
    }
    for (const std::uint32_t index : account.open) {
        const Position& position = positions_[index];
        const Line& line = lines_[position.instrument.value];
        if (line.settles_in_full) { continue; }
        const Money value = market_value(position);
        const Money loss = std::min(value - position.cost, Money{});
        free += convert(loss, line.currency, account.base);
        free -= apply_rate(convert(abs(value), line.currency, account.base), line.initial);
    }
    return free;
}

bool Portfolio::lacks_margin(AccountId account) const {
    const AccountState& state = accounts_[account.value];
    // Long positions that are paid in full are worth their margin.
    if (state.owing == 0 && state.foreign.empty() && tally(account, state.base).balance.raw >= 0) { return false; }
    return can_value(account) && equity(account) < maintenance_margin(account);
}

Rate Portfolio::initial_margin_rate(InstrumentId instrument, AccountId account) const {
    const Line& line = lines_[instrument.value];
    return line.account == account ? line.initial : configs_[account.value].initial_margin;
}

Money Portfolio::starting_equity(AccountId id) const {
    const AccountState& account = accounts_[id.value];
    Money total = account.start;
    for (const Unvalued& money : account.unvalued) {
        if (money.is_start) { total += convert(money.amount, money.currency, account.base); }
    }
    return total;
}

EquityChange Portfolio::explain(AccountId id) const {
    const AccountState& account = accounts_[id.value];
    EquityChange change;
    for_each_currency(account, [&](CurrencyId currency) {
        const Tally& sums = tally(id, currency);
        change.trading += convert(sums.realized, currency, account.base);
        change.fees -= convert(sums.fees, currency, account.base);
        change.carry += convert(sums.carry, currency, account.base);
    });
    for (const std::uint32_t index : account.open) {
        const Position& position = positions_[index];
        change.trading += convert(unrealized(position), lines_[position.instrument.value].currency, account.base);
    }
    change.flows = account.flows;
    for (const Unvalued& money : account.unvalued) {
        if (!money.is_start) { change.flows += convert(money.amount, money.currency, account.base); }
    }
    change.currency = equity(id) - starting_equity(id) - change.trading - change.fees - change.flows - change.carry;
    return change;
}

Money Portfolio::strategy_profit(StrategyId strategy) const {
    require_strategy(strategy);
    const CurrencyId base = accounts_[0].base;
    Money total{};
    for (std::size_t c = 0; c < currencies_; ++c) {
        const CurrencyId currency{static_cast<std::uint16_t>(c)};
        const StrategyTally& sums = strategy_tallies_[strategy.value * currencies_ + c];
        total += convert(sums.realized - sums.fees + sums.carry, currency, base);
    }
    for (const AccountState& account : accounts_) {
        for (const std::uint32_t index : account.open) {
            const Position& position = positions_[index];
            if (position.strategy != strategy) { continue; }
            total += convert(unrealized(position), lines_[position.instrument.value].currency, base);
        }
    }
    return total;
}

}  // namespace walras::portfolio
