// Owns every order of a session from request to end: sizes intents, asks the risk gate, hands approved orders to the
// router, folds reports through the lifecycle and runs contingencies (OTO, OCO, OUO, brackets).
//
// Single-threaded; part of one session. Nothing here calls a strategy: what strategies must learn is written to the
// outbox and delivered by the session after the current event. Invariants: orders are numbered 1, 2, 3 ... in the order
// of their creation; a venue never sees an order that the gate did not approve; a trade id counts once.
#pragma once

#include <deque>
#include <expected>
#include <optional>
#include <vector>

#include "walras/core/id_set.hpp"
#include "walras/model/lifecycle.hpp"
#include "walras/model/request.hpp"
#include "walras/model/venue.hpp"
#include "walras/risk/gate.hpp"

namespace walras::exec {

// How intents are rounded into lots.
struct Sizing {
    Rate buffer{};  // of the value kept free for costs: percent sizes use percent * equity / (1 + buffer)
};

// Where approved orders go. The session implements it: it journals the command and picks the venue of the instrument.
class Router {
public:
    Router() = default;
    Router(const Router&) = delete;
    Router& operator=(const Router&) = delete;
    virtual ~Router() = default;
    virtual void submit(const model::Approved<model::Order>& order) = 0;
    virtual void replace(const model::Approved<model::Replace>& replace, const model::Order& order) = 0;
    virtual void cancel(const model::Order& order) = 0;
    virtual void request_price(InstrumentId instrument, OrderId order) = 0;
};

// A report that could not be applied: counted, kept, shown in results, and never allowed to touch the ledger.
struct Anomaly {
    model::Event event;
    model::LifecycleError error{};
};

class OrderManager {
public:
    OrderManager(const model::Universe& universe, const portfolio::Portfolio& portfolio, risk::RiskGate& gate,
                 Router& router, Sizing sizing = {});

    // ---- from strategies -----------------------------------------------------------------------------------------
    // Returns the id of the (parent) order; its legs, if any, have the next ids. A refusal arrives as an order update.
    OrderId place(const model::Request& request, StrategyId strategy, TimeNs now);
    void cancel(OrderId order, TimeNs now);
    void replace(const model::Replace& replace, TimeNs now);
    // A fresh list id for siblings.
    OrderListId new_list() { return OrderListId{++last_list_}; }

    // ---- from the session ----------------------------------------------------------------------------------------
    // An order report of a venue. Returns the order as it is now, or nullptr if the report was an anomaly.
    const model::Order* on_report(const model::Event& event);
    // What follows from a report that `on_report` took: legs, siblings, children. Call it after the portfolio has the
    // fill, because the gate judges legs by the position that they protect.
    void follow_up(const model::Event& event);
    // A price at which the waiting intent that it names, or all of this instrument, may be sized (flag_executable).
    void on_mark(InstrumentId instrument, const model::Mark& mark);
    // Turns priced intents into orders: first those that reduce exposure; the others ask for a price again once these
    // are done, so that what they free is there. Call after each batch of events.
    void release_intents(TimeNs now);
    // Open orders end with the run.
    void finish(TimeNs now);
    // A split changes what open orders mean: they are cancelled.
    void cancel_all(InstrumentId instrument, TimeNs now, model::Reason reason);

    // Updates that strategies have to see, in order; the session takes them.
    [[nodiscard]] std::vector<model::Event>& outbox() { return outbox_; }

    // ---- what is -------------------------------------------------------------------------------------------------
    [[nodiscard]] const model::Order* find(OrderId id) const;
    [[nodiscard]] const std::deque<model::Order>& orders() const { return orders_; }
    [[nodiscard]] const std::vector<OrderId>& open_orders() const { return open_; }
    [[nodiscard]] bool has_waiting() const { return !waiting_.empty(); }
    [[nodiscard]] const std::vector<Anomaly>& anomalies() const { return anomalies_; }
    [[nodiscard]] const risk::Refusal* refusal(OrderId id) const;  // why an order was denied, with numbers
    [[nodiscard]] const std::vector<std::pair<OrderId, risk::Refusal>>& refusals() const { return refusals_; }

private:
    struct Intent {
        OrderId order{};
        model::Size size;
        bool parked = false;   // waits for reductions, then asks again
        bool has_buy = false;  // prices that have come
        bool has_sell = false;
        Price buy{};
        Price sell{};  // differs where a quote prices
        [[nodiscard]] bool is_priced() const { return has_buy && has_sell; }
    };
    struct Child {
        OrderId parent{};
        OrderId order{};
        model::Leg leg;
        model::Size size;              // oto: what its size means once the parent is filled
        bool sized_by_parent = false;  // a bracket leg follows the parent's filled quantity
        bool sent = false;
    };

    struct Stake {            // of an order in the books kept here and by the gate
        Quantity exposure{};  // lots that may still trade, signed by side
        bool is_open = false;
    };

    model::Order& at(OrderId id) { return orders_[id.value - 1]; }
    OrderId create(const model::OrderTerms& terms, StrategyId strategy, TimeNs now);
    void send(OrderId id, TimeNs now);
    void cancel(OrderId order, model::Reason reason, TimeNs now);
    void step(OrderId id, model::OrderStep what, model::Reason reason, TimeNs now, bool tell);
    [[nodiscard]] static Stake stake_of(const model::Order& order);
    void commit(const Stake& before, const model::Order& after);
    void after_final(OrderId id, TimeNs now);

    // contingencies.cpp
    [[nodiscard]] std::optional<risk::Refusal> check_legs(const model::Request& request) const;
    OrderId create_leg(const model::Order& parent, const model::Leg& leg, model::OrderType type, OrderListId list,
                       TimeNs now);
    void after_fill(OrderId id, TimeNs now);
    void release_child(Child& child, TimeNs now);
    void cancel_children(OrderId parent, TimeNs now);
    void renew_legs(OrderId parent, TimeNs now);
    void keep_for_late_fills(OrderId parent);
    void recall_for_late_fill(OrderId parent);
    void end_entry(OrderId leg, TimeNs now);
    void cancel_idle_legs(const model::Order& filled, TimeNs now);
    [[nodiscard]] Quantity unclosed(const model::Order& parent) const;
    void shrink_siblings(const model::Order& order, TimeNs now);
    void cancel_siblings(const model::Order& order, TimeNs now);

    // intents.cpp
    void send_sized(OrderId id, const model::Size& size, TimeNs now);
    bool size_intent(const Intent& intent, bool reductions_only, TimeNs now);
    [[nodiscard]] bool reduction_under_way();
    [[nodiscard]] Quantity intended_change(const Intent& intent, const model::Order& order) const;
    [[nodiscard]] Quantity working_change(const model::Order& order) const;

    const model::Universe& universe_;
    const portfolio::Portfolio& portfolio_;
    risk::RiskGate& gate_;
    Router& router_;
    Sizing sizing_;
    std::deque<model::Order> orders_;  // id - 1
    std::vector<OrderId> open_;        // not final, in the order of creation
    std::vector<Intent> waiting_;
    std::vector<OrderId> reductions_;       // sent by intents and not yet done: increases wait for them
    std::vector<Child> children_;           // legs and oto orders whose parent is open
    std::vector<Child> lapsed_;             // legs of entries that ended, yet may meet a late fill; by parent
    std::vector<core::IdSet> trades_seen_;  // by source
    std::vector<std::pair<OrderId, risk::Refusal>> refusals_;
    std::vector<Anomaly> anomalies_;
    std::vector<model::Event> outbox_;
    std::vector<OrderId> superseded_, priced_;  // scratch
    std::uint64_t last_list_ = 0;
    std::size_t open_legs_ = 0;  // of brackets
};

}  // namespace walras::exec
