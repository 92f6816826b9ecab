// What time costs and earns: interest, borrow fees, daily settlement of futures. All of it leaves as cash-flow events.
#include <algorithm>

#include "walras/model/money.hpp"
#include "walras/portfolio/portfolio.hpp"

namespace walras::portfolio {
namespace {

using model::CashFlowKind;

constexpr std::int64_t day_ns = 86'400'000'000'000;

TimeNs midnight(std::int64_t day) {
    std::int64_t ns = 0;
    return __builtin_mul_overflow(day, day_ns, &ns) ? time_max : TimeNs{ns};
}

}  // namespace

void Portfolio::accrue_days(TimeNs now, std::vector<model::Event>& out) {
    const std::int64_t today = utc_day(now);
    if (next_midnight_ != time_min) {
        const std::int64_t days = today - utc_day(next_midnight_) + 1;
        std::vector<model::Event> flows;
        for (std::size_t i = 0; i < accounts_.size(); ++i) { accrue_account(i, days, now, flows); }
        out.insert(out.end(), flows.begin(), flows.end());
    }
    next_midnight_ = midnight(today + 1);
}

void Portfolio::accrue_account(std::size_t number, std::int64_t days, TimeNs now,
                               std::vector<model::Event>& out) const {
    const AccountConfig& config = configs_[number];
    const AccountState& account = accounts_[number];
    const AccountId id{static_cast<std::uint16_t>(number)};
    const TimeNs when = midnight(utc_day(now));
    const auto post = [&](InstrumentId instrument, CashFlowKind kind, CurrencyId currency,
                          Money amount) -> model::CashFlow& {
        model::Event& flow = out.emplace_back(model::EventKind::cash_flow, instrument, when, now);
        flow.flags = model::flag_internal;
        flow.cash.kind = kind;
        flow.cash.account = id;
        flow.cash.currency = currency;
        flow.cash.amount = amount;
        return flow.cash;
    };

    std::vector<Money> daily_fees(currencies_);  // of one day, negative
    std::vector<std::uint32_t> open = account.open;
    std::ranges::sort(open);
    for (const std::uint32_t index : open) {
        const Position& position = positions_[index];
        const Line& line = lines_[position.instrument.value];
        // A short spot pair is a debt of its base currency, which pays interest; variation borrows nothing.
        if (position.quantity.lots >= 0 || !line.settles_in_full || line.is_spot_pair || line.borrow.is_zero()) {
            continue;
        }
        const Money fee = model::daily_interest(market_value(position), line.borrow, config.day_count);
        if (fee.is_zero()) { continue; }
        daily_fees[line.currency.value] += fee;
        model::CashFlow& flow = post(position.instrument, CashFlowKind::borrow_fee, line.currency,
                                     Money{core::checked_mul(fee.raw, core::int128{days})});
        flow.strategy = position.strategy;
        flow.position = position.id;
    }
    if (config.debit_rate.is_zero() && config.credit_rate.is_zero()) { return; }
    const auto interest_of = [&](CurrencyId currency) {
        const Money start = tally(id, currency).balance;
        Money balance = start;
        Money interest{};
        for (std::int64_t day = 0; day < days; ++day) {
            const Rate rate = balance.raw < 0 ? config.debit_rate : config.credit_rate;
            const Money today = model::daily_interest(balance, rate, config.day_count);
            interest += today;
            balance += today + daily_fees[currency.value];
        }
        if (!interest.is_zero()) { post(no_instrument, CashFlowKind::interest, currency, interest); }
    };
    interest_of(account.base);
    for (const CurrencyId currency : account.foreign) { interest_of(currency); }
}

void Portfolio::settle(InstrumentId instrument, Price price, TimeNs ts, std::vector<model::Event>& out) const {
    require_instrument(instrument);
    const Line& line = lines_[instrument.value];
    if (line.settles_in_full) { return; }
    for (const std::uint32_t index : open_in(instrument)) {
        const Position& position = positions_[index];
        const Money amount = model::notional(price, position.quantity, line.lot_value) - position.cost;
        if (amount.is_zero()) { continue; }
        model::Event& flow = out.emplace_back(model::EventKind::cash_flow, instrument, ts, ts);
        flow.flags = model::flag_internal;
        flow.cash.kind = CashFlowKind::settlement;
        flow.cash.account = position.account;
        flow.cash.strategy = position.strategy;
        flow.cash.position = position.id;
        flow.cash.currency = line.currency;
        flow.cash.amount = amount;
    }
}

}  // namespace walras::portfolio
