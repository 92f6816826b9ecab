// A strategy: callbacks that decide. It knows no world, no clock and no files, only its Context.
#pragma once

#include <span>

#include "walras/strategy/context.hpp"

namespace walras::strategy {

class Strategy {
public:
    Strategy() = default;
    Strategy(const Strategy&) = delete;
    Strategy& operator=(const Strategy&) = delete;
    virtual ~Strategy() = default;

    // Bars of each instrument that must have passed before on_bars is called; until then the session only records them.
    [[nodiscard]] virtual std::size_t warm_up() const { return 0; }

    virtual void on_start(Context&) {}
    // All bars of one timestamp together, in the order of the instruments. By default calls on_bar for each.
    virtual void on_bars(Context& context, std::span<const ClosedBar> bars) {
        for (const ClosedBar& bar : bars) { on_bar(context, bar); }
    }
    virtual void on_bar(Context&, const ClosedBar&) {}
    virtual void on_quote(Context&, InstrumentId, const model::Quote&) {}
    virtual void on_trade(Context&, InstrumentId, const model::Trade&) {}
    // The book after each packet of its feed. Look at its state before trusting it.
    virtual void on_book(Context&, InstrumentId, const book::MarketBook&) {}
    // Every step of this strategy's orders, refusals included.
    virtual void on_order(Context&, const model::Order&, const model::OrderReport&) {}
    // A parent order is over: filled, expired or canceled.
    virtual void on_execution(Context&, const model::ExecutionState&) {}
    virtual void on_timer(Context&, TimerId) {}
    virtual void on_stop(Context&) {}
};

}  // namespace walras::strategy
