// The ledger: balances, positions and P&L as a fold over events. Integers throughout, checked arithmetic, each rounding
// point named (model/money.hpp).
//
// One session owns a portfolio; no locks. Invariants after every call:
//   equity == sum of balances + sum of position values, each converted at the current marks;
//   equity changes only by marks, fees and flows (interest, borrow, dividends, deposits), and `explain` says by which.
// Positive quantity and positive cost are long. A strategy's share of everything is kept apart (StrategyId).
#pragma once

#include <span>
#include <vector>

#include "walras/model/event.hpp"
#include "walras/model/instrument.hpp"
#include "walras/portfolio/account.hpp"

namespace walras::portfolio {

struct Position {
    InstrumentId instrument{};
    StrategyId strategy{};
    AccountId account{};
    PositionId id{};
    Quantity quantity{};
    Money cost{};           // signed notional at which the open quantity was entered (futures: last settled)
    Money realized{};       // closed profit, before fees; includes what daily settlement has paid
    Money fees{};           // paid, positive
    Money carry{};          // dividends, borrow fees, funding: positive is received
    TimeNs ts_opened{};
    TimeNs ts_last{};
    std::uint32_t fills = 0;

    [[nodiscard]] bool is_flat() const { return quantity.is_zero(); }
};

// Where the change of equity since the start came from, in the base currency of the account.
struct EquityChange {
    Money trading{};   // realised and unrealised, before fees
    Money fees{};      // negative
    Money flows{};     // deposits and withdrawals
    Money carry{};     // interest, borrow, dividends, funding
    Money currency{};  // revaluation of balances in other currencies
};

class Portfolio {
public:
    Portfolio(const model::Universe& universe, std::vector<AccountConfig> accounts, std::size_t strategies);

    // ---- what happens --------------------------------------------------------------------------------------------
    // Order reports with step `filled`, cash flows and corporate actions; all else is ignored.
    // Throws LedgerError on overflow, on an unknown account or currency; the state is then unchanged.
    void apply(const model::Event& event);
    // The latest price. Also the exchange rate where the instrument is a currency pair.
    void mark(InstrumentId instrument, Price price, TimeNs ts);
    // Time passes: interest, borrow fees (once per UTC day crossed) are appended to `out` as cash-flow events, ready for
    // `apply`. The fold stays pure: nothing changes here but the remembered day.
    void accrue(TimeNs now, std::vector<model::Event>& out);
    // A corporate action as the cash flows it causes (dividend, cash in lieu of fractions), for `apply` before the action.
    void expand(const model::Event& action, std::vector<model::Event>& out) const;
    // Daily settlement of a future at its settlement price: cash flows, with the position's cost moved to that price.
    void settle(InstrumentId instrument, Price price, TimeNs ts, std::vector<model::Event>& out);

    // ---- what is -------------------------------------------------------------------------------------------------
    [[nodiscard]] Money equity(AccountId account = {}) const;  // in the account's base currency
    [[nodiscard]] Money cash(CurrencyId currency, AccountId account = {}) const;
    [[nodiscard]] Money cash(AccountId account = {}) const { return cash(config(account).base_currency, account); }
    [[nodiscard]] Quantity net_quantity(InstrumentId instrument) const;  // all strategies, all positions
    [[nodiscard]] Quantity quantity(InstrumentId instrument, StrategyId strategy) const;
    [[nodiscard]] const Position* position(InstrumentId instrument, StrategyId strategy, PositionId id = {}) const;
    [[nodiscard]] std::span<const Position> positions() const;  // open and closed, in the order of first use
    [[nodiscard]] Price average_price(const Position& position) const;
    [[nodiscard]] Money market_value(const Position& position) const;   // signed; quote currency
    [[nodiscard]] Money unrealized(const Position& position) const;     // quote currency
    [[nodiscard]] Price last_price(InstrumentId instrument) const { return marks_[instrument.value].price; }
    [[nodiscard]] TimeNs last_price_time(InstrumentId instrument) const { return marks_[instrument.value].ts; }
    [[nodiscard]] bool has_price(InstrumentId instrument) const { return marks_[instrument.value].ts != time_min; }
    // Sum of |market value| and of market values over open positions, in base currency.
    [[nodiscard]] Money gross_exposure(AccountId account = {}) const;
    [[nodiscard]] Money net_exposure(AccountId account = {}) const;
    // Rounding point "conversion". Throws LedgerError where no chain of marked pairs leads from one to the other.
    [[nodiscard]] Money convert(Money amount, CurrencyId from, CurrencyId to) const;

    // ---- margin --------------------------------------------------------------------------------------------------
    [[nodiscard]] Money initial_margin(AccountId account = {}) const;      // required by open positions
    [[nodiscard]] Money maintenance_margin(AccountId account = {}) const;  // required by open positions
    // Cash account: free cash in base currency. Margin account: equity - initial margin.
    [[nodiscard]] Money free_margin(AccountId account = {}) const;
    [[nodiscard]] bool is_margin_call(AccountId account = {}) const;  // equity < maintenance margin, with a position open
    [[nodiscard]] Rate initial_margin_rate(InstrumentId instrument, AccountId account = {}) const;

    // ---- attribution ---------------------------------------------------------------------------------------------
    [[nodiscard]] EquityChange explain(AccountId account = {}) const;
    [[nodiscard]] Money strategy_profit(StrategyId strategy) const;  // realised + unrealised - fees + carry, base currency
    [[nodiscard]] const AccountConfig& config(AccountId account = {}) const { return configs_[account.value]; }
    [[nodiscard]] std::size_t account_count() const { return configs_.size(); }
    [[nodiscard]] AccountId account_of(InstrumentId instrument) const;
    [[nodiscard]] const model::Universe& universe() const { return universe_; }

private:
    struct MarkState {
        Price price{};
        TimeNs ts = time_min;
    };
    const model::Universe& universe_;
    std::vector<AccountConfig> configs_;
    std::vector<MarkState> marks_;  // by instrument
};

}  // namespace walras::portfolio
