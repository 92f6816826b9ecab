// Orders of strategies in one symbol of a simulated market: what enters the matching engine, what becomes of it there,
// linked orders included, and the reports, which leave when the tick is over.
//
// `arrive`, `tell` and `next_due` are called by the thread that works on the symbol; everything else by the venue, when
// no tick is under way.
#pragma once

#include <optional>
#include <vector>

#include "walras/book/client_orders.hpp"
#include "walras/model/exchange_line.hpp"
#include "walras/sim/symbol_market.hpp"

namespace walras::sim {

class SimDesk final : public OutsideDesk, private book::ClientReports {
public:
    SimDesk(const model::Instrument& instrument, InstrumentId id, std::uint64_t first_id)
        : instrument_(instrument), orders_(instrument, id, first_id, true) {}

    // Commands for the next tick.
    OutsideCommand submit(const model::ExchangeLine::Message& message, book::OwnerId owner, TimeNs day_end);
    static OutsideCommand change(const model::ExchangeLine::Message& message);
    [[nodiscard]] std::optional<StrategyId> strategy_of(OrderId order) const;  // of one that is not over
    // The market goes on no longer: whole, at `best`.
    void fill_at_end(const model::Order& order, std::optional<Price> best) { orders_.fill_at_end(order, best, *this); }
    // What there is to report leaves now; gone(id) for each order that is over.
    template <class F>
    void report_to(model::ExchangeLine& line, const model::FeeModel& fees, SourceId source, TimeNs now, F gone) {
        send_reports(line, fees, source, now);
        orders_.forget(gone);
    }

    bool arrive(OutsideCommand& command) override;
    void tell(const book::MatchEvent& event, const book::MatchingEngine& engine) override {
        orders_.tell(event, engine, *this);
    }
    bool next_due(OutsideCommand& due) override;

private:
    struct Coming {
        model::Order order;
        book::OwnerId owner{};
        TimeNs day_end{};
    };
    struct Report {
        model::OrderTerms terms;
        OrderId order{};
        StrategyId strategy{};
        PositionId position{};
        std::uint32_t revision = 0;
        model::OrderStep step{};
        model::Reason reason{};
        Price price{};  // of a fill, as the rest
        Quantity quantity{};
        bool is_first = false;
        model::LiquiditySide liquidity{};
        model::FillRule rule{};
    };
    void report(const model::OrderStepFacts& facts, model::OrderStep step, model::Reason reason) override;
    std::uint64_t fill(const model::Execution& execution) override;
    void send_reports(model::ExchangeLine& line, const model::FeeModel& fees, SourceId source, TimeNs now);

    const model::Instrument& instrument_;
    book::ClientOrders orders_;
    std::vector<Coming> coming_;
    std::vector<Report> reports_;
};

}  // namespace walras::sim
