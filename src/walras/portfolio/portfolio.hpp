// The ledger: balances, positions and P&L as a fold over events. Integers throughout, checked arithmetic, each rounding
// point named (model/money.hpp).
//
// One session owns a portfolio; no locks; a copy is a checkpoint. Invariants after every call:
//   equity == sum of balances + sum of position values, each converted at the current marks;
//   in every currency, balances + position values == start + trading + fees + flows + carry, exactly: equity changes
//   only by marks, fees and flows (interest, borrow, dividends, deposits), and `explain` says by which.
// Positive quantity and positive cost are long. A strategy's share of everything is kept apart (StrategyId).
//
// What a position is worth depends on how its instrument settles:
//   full            the notional was paid: worth its notional at the mark;
//   full, a pair    both currencies moved: the balances hold its worth, the position only attributes the profit;
//   variation       only profit moves cash: worth the profit since the last settlement.
// `apply` gives the strong guarantee: it throws and changes nothing, or succeeds. A fill is recorded even where it
// breaks an account's rules: refusing orders is the risk gate's work, denying facts is nobody's.
#pragma once

#include <map>
#include <span>
#include <tuple>
#include <vector>

#include "walras/core/check.hpp"
#include "walras/model/event.hpp"
#include "walras/model/instrument.hpp"
#include "walras/portfolio/account.hpp"
#include "walras/portfolio/fx.hpp"

namespace walras::portfolio {

struct Position {
    InstrumentId instrument{};
    StrategyId strategy{};
    AccountId account{};
    PositionId id{};
    Quantity quantity{};
    Money cost{};      // signed notional at which the open quantity was entered (futures: last settled)
    Money realized{};  // closed profit, before fees; includes what daily settlement has paid
    Money fees{};      // paid, positive; fees in other currencies converted when they were paid
    Money carry{};     // dividends, borrow fees, funding in the quote currency: positive is received
    TimeNs ts_opened{};
    TimeNs ts_last{};
    std::uint32_t fills = 0;

    [[nodiscard]] bool is_flat() const { return quantity.is_zero(); }
};

// Where the change of equity since the start came from, in the base currency of the account:
// trading + fees + flows + carry + currency == equity - starting_equity, exactly.
struct EquityChange {
    Money trading{};   // realised and unrealised, before fees; at the current rates
    Money fees{};      // negative; at the current rates
    Money flows{};     // deposits and withdrawals, at the rates when they happened
    Money carry{};     // interest, borrow, dividends, funding; at the current rates
    Money currency{};  // the rest: revaluation of money held or converted; zero where there is only the base currency
};

// Equity = cash in the base currency + what else is held; gross is the sum of |market value| over open positions.
struct Worth {
    Money equity{};
    Money cash{};
    Money gross{};
    bool operator==(const Worth&) const = default;
};

class Portfolio {
public:
    // Throws ConfigError: no account, two accounts for one venue, a venue without account, an account that contradicts
    // itself.
    Portfolio(const model::Universe& universe, std::vector<AccountConfig> accounts, std::size_t strategies);

    // ---- what happens --------------------------------------------------------------------------------------------
    // Order reports with step `filled`, cash flows and corporate actions; all else is ignored.
    // Throws LedgerError on overflow, on an unknown account or currency; the state is then unchanged.
    // Before its first mark an instrument is valued at its first fill. A split also rescales the mark; its fractions
    // are paid by the flows of `expand`, which come first.
    void apply(const model::Event& event);
    // The latest price. Also the exchange rate where the instrument is a currency pair.
    void mark(InstrumentId instrument, Price price, TimeNs ts) {
        WALRAS_CHECK(instrument.value < lines_.size(), "mark of an unknown instrument");
        Line& line = lines_[instrument.value];
        const bool is_first = line.ts == time_min;
        line.price = price;
        line.ts = ts;
        if (is_first) [[unlikely]] { on_first_mark(instrument); }
    }
    // Time passes: interest, borrow fees (once per UTC day crossed) are appended to `out` as cash-flow events, ready
    // for `apply`. The fold stays pure: nothing changes here but the remembered day. Interest compounds daily, so a gap
    // costs the same whether it is crossed in one call or in many. Short positions pay borrow on full settlement only.
    void accrue(TimeNs now, std::vector<model::Event>& out) {
        if (now < next_midnight_) { return; }
        accrue_days(now, out);
    }
    // A corporate action as the cash flows it causes (dividend, cash in lieu of fractions), for `apply` before the
    // action.
    void expand(const model::Event& action, std::vector<model::Event>& out) const;
    // Daily settlement of a future at its settlement price: cash flows, with the position's cost moved to that price by
    // `apply`. Instruments that settle in full have no flows.
    void settle(InstrumentId instrument, Price price, TimeNs ts, std::vector<model::Event>& out) const;

    // ---- what is -------------------------------------------------------------------------------------------------
    [[nodiscard]] Money equity(AccountId account = {}) const;  // in the account's base currency
    [[nodiscard]] Money total_equity() const;                  // all accounts, in the first one's base currency
    [[nodiscard]] Worth worth(AccountId account = {}) const;
    [[nodiscard]] Worth total_worth() const;
    // False where no price changes any of these before the next posting: no position is open and all money is of one
    // currency.
    [[nodiscard]] bool moves_with_prices() const {
        const AccountState& account = accounts_.front();
        return accounts_.size() > 1 || !account.open.empty() || !account.foreign.empty();
    }
    // True if every balance and position converts to the base currency: `equity` will not throw.
    [[nodiscard]] bool can_value(AccountId account = {}) const;
    [[nodiscard]] bool can_convert(CurrencyId from, CurrencyId to) const { return converts(from, to); }
    [[nodiscard]] Money cash(CurrencyId currency, AccountId account = {}) const {
        return tally(account, currency).balance;
    }
    [[nodiscard]] Money cash(AccountId account = {}) const { return cash(config(account).base_currency, account); }
    [[nodiscard]] Quantity net_quantity(InstrumentId instrument) const { return lines_[instrument.value].net; }
    [[nodiscard]] Quantity quantity(InstrumentId instrument, StrategyId strategy) const {
        return cells_[cell_index(instrument, strategy)].quantity;
    }
    [[nodiscard]] const Position* position(InstrumentId instrument, StrategyId strategy, PositionId id = {}) const;
    [[nodiscard]] std::span<const Position> positions() const {
        return positions_;
    }  // open and closed, in order of first use
    // Indices into `positions()` of those that are open; the order is deterministic, but no promise.
    [[nodiscard]] std::span<const std::uint32_t> open_positions(AccountId account = {}) const {
        return accounts_[account.value].open;
    }
    [[nodiscard]] Price average_price(const Position& position) const;
    [[nodiscard]] Money market_value(const Position& position) const;  // signed notional at the mark; quote currency
    [[nodiscard]] Money unrealized(const Position& position) const;    // quote currency
    [[nodiscard]] Price last_price(InstrumentId instrument) const { return lines_[instrument.value].price; }
    [[nodiscard]] TimeNs last_price_time(InstrumentId instrument) const { return lines_[instrument.value].ts; }
    [[nodiscard]] bool has_price(InstrumentId instrument) const { return lines_[instrument.value].ts != time_min; }
    // Sum of |market value| and of market values over open positions, in base currency.
    [[nodiscard]] Money gross_exposure(AccountId account = {}) const;
    [[nodiscard]] Money net_exposure(AccountId account = {}) const;
    // Rounding point "conversion", once per step. Throws LedgerError where no chain of marked pairs leads from one to
    // the other.
    [[nodiscard]] Money convert(Money amount, CurrencyId from, CurrencyId to) const {
        return from == to || amount.is_zero() ? amount : convert_chain(amount, from, to);
    }

    // ---- margin --------------------------------------------------------------------------------------------------
    // Required by open positions. Netting accounts need margin for the net quantity of an instrument, whoever holds it;
    // hedging accounts for each position.
    [[nodiscard]] Money initial_margin(AccountId account = {}) const;
    [[nodiscard]] Money maintenance_margin(AccountId account = {}) const;
    // Margin account: equity - initial margin. Cash account: free cash, which is the base balance, less debts in other
    // currencies, less margin and losses of positions that settle by variation.
    [[nodiscard]] Money free_margin(AccountId account = {}) const;
    // Equity below the maintenance margin, with a position open; never without a rate.
    [[nodiscard]] bool is_margin_call(AccountId account = {}) const {
        return !open_positions(account).empty() && lacks_margin(account);
    }
    [[nodiscard]] Rate initial_margin_rate(InstrumentId instrument, AccountId account = {}) const;

    // ---- attribution ---------------------------------------------------------------------------------------------
    [[nodiscard]] EquityChange explain(AccountId account = {}) const;
    // What the balances at the start were worth, at the first rates by which they could be valued.
    [[nodiscard]] Money starting_equity(AccountId account = {}) const;
    // Realised + unrealised - fees + carry, in the first account's base currency. Flows that name an instrument belong
    // to their strategy; interest on cash belongs to the account alone.
    [[nodiscard]] Money strategy_profit(StrategyId strategy) const;
    [[nodiscard]] const AccountConfig& config(AccountId account = {}) const { return configs_[account.value]; }
    [[nodiscard]] std::uint16_t account_count() const { return static_cast<std::uint16_t>(configs_.size()); }
    [[nodiscard]] std::size_t strategy_count() const { return strategies_; }
    [[nodiscard]] AccountId account_of(InstrumentId instrument) const { return lines_[instrument.value].account; }
    [[nodiscard]] const model::Universe& universe() const { return *universe_; }

private:
    static constexpr std::uint32_t none = UINT32_MAX;

    // All that valuing an instrument needs, in one cache line.
    struct Line {
        Price price{};
        TimeNs ts = time_min;
        std::int64_t lot_value = 0;
        Quantity net{};  // all strategies, all positions
        CurrencyId currency{};
        CurrencyId base{};
        AccountId account{};
        bool settles_in_full = true;
        bool is_spot_pair = false;  // settles in full, in two currencies
        Rate initial{}, maintenance{}, borrow{};
    };
    // One strategy on one instrument.
    struct Cell {
        Quantity quantity{};            // over all position ids
        std::uint32_t position = none;  // index of the position with id 0
    };
    // One currency of one account.
    struct Tally {
        Money balance{};
        Money realized{};
        Money fees{};
        Money carry{};
    };
    struct StrategyTally {
        Money realized{};
        Money fees{};
        Money carry{};
    };
    // Money that came in before its currency had a rate.
    struct Unvalued {
        CurrencyId currency{};
        Money amount{};
        bool is_start = false;
    };
    struct AccountState {
        CurrencyId base{};
        bool hedges = false;
        std::vector<CurrencyId> foreign;  // other currencies that were ever touched, in that order
        std::vector<std::uint32_t> open;  // open positions
        int owing = 0;                    // how many of them may_owe
        Money start{};                    // base currency
        Money flows{};                    // base currency
        std::vector<Unvalued> unvalued;
    };
    struct Execution {
        InstrumentId instrument;
        StrategyId strategy;
        PositionId id;
        Quantity quantity;  // signed
        Price price;
        Money fee;
        CurrencyId fee_currency;
        TimeNs ts;
        std::uint32_t fills;  // 1 for an order's fill, 0 for a closing that nobody ordered
    };

    [[nodiscard]] std::size_t cell_index(InstrumentId i, StrategyId s) const {
        return s.value * lines_.size() + i.value;
    }
    [[nodiscard]] const Tally& tally(AccountId a, CurrencyId c) const {
        return tallies_[a.value * currencies_ + c.value];
    }
    [[nodiscard]] Tally& tally(AccountId a, CurrencyId c) { return tallies_[a.value * currencies_ + c.value]; }
    [[nodiscard]] StrategyTally& strategy_tally(StrategyId s, CurrencyId c) {
        return strategy_tallies_[s.value * currencies_ + c.value];
    }
    [[nodiscard]] std::uint32_t find(InstrumentId instrument, StrategyId strategy, PositionId id) const;
    const model::Instrument& require_instrument(InstrumentId instrument) const;
    void require_strategy(StrategyId strategy) const;
    void require_currency(CurrencyId currency) const;

    void apply_fill(const model::Event& event);
    void execute(const Execution& execution);
    void apply_flow(const model::Event& event);
    void apply_action(const model::Event& event);
    void split(const model::Event& event);
    void rename(const model::Event& event);
    void delist(const model::Event& event);
    void on_first_mark(InstrumentId instrument);
    void accrue_days(TimeNs now, std::vector<model::Event>& out);
    void accrue_account(std::size_t account, std::int64_t days, TimeNs now, std::vector<model::Event>& out) const;

    [[nodiscard]] std::uint32_t add_position(InstrumentId instrument, StrategyId strategy, PositionId id);
    [[nodiscard]] bool may_owe(const Position& position) const;
    void store(std::uint32_t index, const Position& position);  // also keeps the list of open positions
    void touch(AccountId account, CurrencyId currency);
    [[nodiscard]] std::vector<std::uint32_t> open_in(InstrumentId instrument) const;  // in order of first use

    [[nodiscard]] Money convert_chain(Money amount, CurrencyId from, CurrencyId to) const;
    [[nodiscard]] bool converts(CurrencyId from, CurrencyId to) const;
    [[nodiscard]] Money margin(AccountId account, Rate Line::* rate) const;
    [[nodiscard]] bool lacks_margin(AccountId account) const;
    template <class Visit>
    void for_each_currency(const AccountState& account, Visit visit) const;
    template <class Visit>
    void for_each_value(const AccountState& account, Visit visit) const;
    [[nodiscard]] Money balances(AccountId account) const;  // in its base currency
    [[nodiscard]] Money beside_balances(const AccountState& account, const Position& position, const Line& line,
                                        Money value) const;

    const model::Universe* universe_;
    std::vector<AccountConfig> configs_;
    std::size_t strategies_;
    std::size_t currencies_;
    ConversionGraph graph_;
    std::vector<Line> lines_;                      // by instrument
    std::vector<Cell> cells_;                      // [strategy][instrument]
    std::vector<Tally> tallies_;                   // [account][currency]
    std::vector<StrategyTally> strategy_tallies_;  // [strategy][currency]
    std::vector<AccountState> accounts_;
    std::vector<Position> positions_;
    std::vector<std::uint32_t> place_;  // by position: where it stands in its account's open list
    std::map<std::tuple<StrategyId, InstrumentId, PositionId>, std::uint32_t> hedged_;  // positions with an id
    TimeNs next_midnight_ = time_min;  // time_min until the first accrue
};

}  // namespace walras::portfolio
