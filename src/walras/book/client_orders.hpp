// Our orders at a simulated exchange, as their matching engine has them: who owns them, what is reported of them, and
// what linked orders (one-cancels-other, one-updates-other) lose to each other.
//
// One instrument. A venue owns the engine and the clocks. It asks `arrive` what an incoming message means for the
// engine, hands over every event of the engine by `tell`, and then does what `next_due` says until nothing is due: what
// one linked order fills its siblings lose before anything else happens at the exchange. Their cancellation is reported
// before the fill that caused it, so that nobody cancels them again.
//
// One thread at a time. Reports leave through `ClientReports`, in the order in which they are made.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "walras/book/match_event.hpp"
#include "walras/book/matching_engine.hpp"
#include "walras/model/exchange_line.hpp"
#include "walras/model/instrument.hpp"
#include "walras/model/order_events.hpp"

namespace walras::book {

class ClientReports {
public:
    ClientReports() = default;
    ClientReports(const ClientReports&) = delete;
    ClientReports& operator=(const ClientReports&) = delete;
    virtual ~ClientReports() = default;
    virtual void report(const model::OrderStepFacts& facts, model::OrderStep step, model::Reason reason) = 0;
    // Returns the report's number, or `untold` if it has none yet (ClientOrders::told gives it later).
    virtual std::uint64_t fill(const model::Execution& execution) = 0;
    static constexpr std::uint64_t untold = UINT64_MAX;
};

// Strategies and positions are owners of their own: reduce-only orders look at one of them, and none trades with
// itself.
class ClientOwners {
public:
    explicit ClientOwners(std::uint32_t first) : first_(first) {}
    OwnerId of(StrategyId strategy, PositionId position);

private:
    struct Holder {
        StrategyId strategy{};
        PositionId position{};
        bool operator==(const Holder&) const = default;
    };
    std::uint32_t first_;
    std::vector<Holder> holders_;
};

struct ClientOrder {
    model::Order order;
    OwnerId owner{};
    TimeNs expire = time_max;
    bool waits = false;         // a stop or an if-touched order before its trigger
    bool is_shrunk = false;     // a sibling traded while it was under way: told when it is accepted
    bool is_replacing = false;  // the engine's next answer to a replace is ours
    bool is_out = false;        // a sibling has traded: it is said to be canceled, and leaves the engine next
    bool is_over = false;
};

class ClientOrders {
public:
    // Ids in the engine are `first_id` + ours. Where the engine tracks no positions, reduce-only orders are watched
    // here, by what each owner's fills add up to.
    ClientOrders(const model::Instrument& instrument, InstrumentId id, std::uint64_t first_id,
                 bool watches_positions = false)
        : instrument_(&instrument), id_(id), first_id_(first_id), watches_positions_(watches_positions) {}

    [[nodiscard]] OrderId engine_id(OrderId order) const { return {first_id_ + order.value}; }
    [[nodiscard]] const std::vector<ClientOrder>& all() const { return orders_; }
    [[nodiscard]] bool empty() const { return orders_.empty(); }
    [[nodiscard]] bool is_ours(OrderId engine_id) const { return engine_id.value > first_id_; }
    // By the engine's id; nothing once it is over.
    [[nodiscard]] const ClientOrder* find(OrderId engine_id) const;
    [[nodiscard]] bool has(OrderId order) const { return find(engine_id(order)) != nullptr; }

    // ---- messages that arrive, from somebody who had heard the reports up to `heard`
    // What the engine is to be given; nothing if linked orders have left nothing of it (that is reported). DAY orders
    // end at `day_end`.
    std::optional<NewOrder> arrive(const model::Order& order, OwnerId owner, std::uint64_t heard, TimeNs day_end,
                                   ClientReports& out);
    // Nothing if the order is over (reported too).
    std::optional<model::Replace> arrive(const model::Replace& change, std::uint64_t heard, ClientReports& out);
    // Whether there is something to cancel; reported if not.
    bool arrive_cancel(OrderId order, ClientReports& out);
    // The data have ended: a market order fills whole at `best`, all else is canceled.
    void fill_at_end(const model::Order& order, std::optional<Price> best, ClientReports& out);

    // ---- what the engine said
    void tell(const MatchEvent& event, const MatchingEngine& engine, ClientReports& out);
    // What a linked order must lose in the engine now, by the engine's ids; a quantity of 0: all that is left.
    std::optional<model::Replace> next_due();
    // A fill that was `untold` is the report of this number: the oldest one of `order`, which is not forgotten yet.
    void told(OrderId order, std::uint64_t report);
    // f(id) for each order that is over; they are known no longer. Returns how many.
    template <class F>
    std::size_t forget(F f) {
        return std::erase_if(orders_, [&](const ClientOrder& own) {
            if (own.is_over) { f(own.order.id); }
            return own.is_over;
        });
    }

    // Of an order that is not here.
    static void refuse(OrderId order, model::OrderStep step, model::Reason reason, ClientReports& out);

private:
    ClientOrder* working(OrderId engine_id);
    bool catch_up(ClientOrder& own, std::uint64_t heard);
    Quantity& position_of(OwnerId owner);
    [[nodiscard]] Quantity reducible(const ClientOrder& own);
    void limit_reduce_only(OwnerId owner, ClientReports& out);
    void fill(ClientOrder& own, const MatchEvent& event, bool is_maker, ClientReports& out);
    void limit_siblings(const ClientOrder& filled, ClientReports& out);
    void limit_leaves(ClientOrder& own, Quantity leaves, model::Reason reason, ClientReports& out);
    static void report(const ClientOrder& own, model::OrderStep step, model::Reason reason, ClientReports& out);

    const model::Instrument* instrument_;
    InstrumentId id_;
    std::uint64_t first_id_;
    bool watches_positions_;
    struct Position {
        OwnerId owner{};
        Quantity lots{};
    };
    std::vector<Position> positions_;
    std::vector<ClientOrder> orders_;  // in the order of arrival
    std::vector<OrderId> due_;         // that must be made smaller in the engine, each once
    model::LinkedFills links_;
};

}  // namespace walras::book
