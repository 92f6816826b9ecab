// Round trips: fills folded into closed trades, first in, first out, per (strategy, instrument, position id).
//
// Owned by one session; fed with the same events as the ledger, after the ledger took them. A fill that closes several
// lots makes several round trips; one that closes half a lot leaves the other half open. The ledger counts at average
// cost, this log by lots, so single trades differ, but where everything is flat their sums are equal to the last 1e-9.
// Daily settlement moves the ledger's cost and is ignored here: a lot keeps the price at which it was entered.
#pragma once

#include <deque>
#include <map>
#include <span>
#include <tuple>
#include <vector>

#include "walras/portfolio/portfolio.hpp"

namespace walras::portfolio {

struct RoundTrip {
    InstrumentId instrument{};
    StrategyId strategy{};
    PositionId position{};
    model::OrderSide side = model::OrderSide::buy;  // of the entry: buy is a long trade
    bool is_open = false;                           // still held: its exit is the mark
    model::FillRule entry_rule = model::FillRule::none;
    model::FillRule exit_rule = model::FillRule::none;
    Quantity quantity{};  // positive, in lots of the time of the exit
    OrderId entry_order{}, exit_order{};
    TimeNs entry_time{}, exit_time{};
    Price entry_price{}, exit_price{};          // entry prices are adjusted by later splits
    Price entry_reference{}, exit_reference{};  // before slippage
    Money entry_notional{};                     // signed: what the entry cost
    Money gross{};                              // before fees, with cash in lieu of fractions; quote currency
    Money fees{};                               // share of the entry's fee and of the exit's, quote currency
    Money net_in_base{};                        // net, in the account's base currency at the exit's rates

    [[nodiscard]] Money net() const { return gross - fees; }
    // Net profit per unit of what the entry cost; NaN where that is zero.
    [[nodiscard]] double return_on_entry() const;
    [[nodiscard]] DurationNs duration() const { return exit_time - entry_time; }
};

class TradeLog {
public:
    // Fills, cash in lieu, splits, renames and delistings; all else is ignored. `ledger` has applied the event already.
    // Throws LedgerError on overflow, or where the fee's or the quote currency has no rate.
    void apply(const model::Event& event, const Portfolio& ledger);

    [[nodiscard]] std::span<const RoundTrip> closed() const { return closed_; }  // in the order of their exits
    // Open lots as if they were closed at the ledger's marks, without exit fee.
    [[nodiscard]] std::vector<RoundTrip> open(const Portfolio& ledger) const;

private:
    using Key = std::tuple<StrategyId, InstrumentId, PositionId>;
    struct Lot {
        Quantity quantity{};  // signed
        Money cost{};         // signed notional of the entry
        Money fee{};
        Money in_lieu{};  // cash for fractions that a split left over
        Price price{}, reference{};
        TimeNs time{};
        OrderId order{};
        model::FillRule rule = model::FillRule::none;
    };
    using Lots = std::deque<Lot>;

    void execute(const Key& key, Lot fill, const Portfolio& ledger);
    void split(const model::Event& event, const Portfolio& ledger);
    void rename(const model::Event& event, const Portfolio& ledger);
    void delist(const model::Event& event, const Portfolio& ledger);
    [[nodiscard]] static RoundTrip close(const Key& key, const Lot& lot, const Lot& exit, const Portfolio& ledger);

    std::map<Key, Lots> lots_;  // ordered, so that open lots are listed in one order everywhere
    std::vector<RoundTrip> closed_;
};

}  // namespace walras::portfolio
