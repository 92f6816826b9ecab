// The desk that works parent orders: TWAP, VWAP, POV and icebergs. What is due comes from a schedule or from traded
// volume; the desk sends children for it, lets them follow the near touch, and takes what is left at the end if asked.
// It only sees quotes, books, trades, bars, timers and order updates, so the same code works on all of them.
//
// One session owns a desk. It never calls a strategy, and acts only inside `work`, which the session calls between
// callbacks. Invariants: filled + working <= quantity unless a venue reports a fill of an order that it had ended; no
// child's limit is beyond the parent's; nothing is sent while a book is resyncing or
// halted.
#pragma once

#include <deque>
#include <span>
#include <vector>

#include "walras/book/market_book.hpp"
#include "walras/exec/algorithm_schedule.hpp"
#include "walras/model/event.hpp"
#include "walras/model/instrument.hpp"
#include "walras/model/request.hpp"

namespace walras::exec {

// What the desk sees of its session, and does through it. Children pass the risk gate like all orders.
class ExecutionPort {
public:
    ExecutionPort() = default;
    ExecutionPort(const ExecutionPort&) = delete;
    ExecutionPort& operator=(const ExecutionPort&) = delete;
    virtual ~ExecutionPort() = default;
    virtual OrderId send_child(StrategyId strategy, const model::Request& request) = 0;
    virtual void replace_child(const model::Replace& change) = 0;
    virtual void cancel_child(OrderId order) = 0;
    virtual void wake_desk(TimeNs when) = 0;
    [[nodiscard]] virtual const model::Order* child(OrderId id) const = 0;
    [[nodiscard]] virtual const model::Quote* quote_of(InstrumentId instrument) const = 0;
    [[nodiscard]] virtual const book::MarketBook* book_of(InstrumentId instrument) const = 0;
    [[nodiscard]] virtual Price price_of(InstrumentId instrument) const = 0;  // the last mark
    // Adds the bars that are kept to a profile that has seen no trades.
    virtual void show_history(InstrumentId instrument, VolumeProfile& profile) const = 0;
};

class ExecutionDesk {
public:
    ExecutionDesk(const model::Universe& universe, ExecutionPort& port)
        : universe_(universe), port_(port), profiles_(universe.size()) {}

    // ---- from strategies
    ExecutionId start(StrategyId strategy, const model::ExecutionRequest& request, TimeNs now);
    void cancel(ExecutionId id, model::Reason reason = model::Reason::user_request);
    [[nodiscard]] const model::ExecutionState* find(ExecutionId id) const;

    // ---- from the session: what happened
    void on_trade(InstrumentId instrument, const model::Trade& trade, TimeNs ts) {
        profiles_[instrument.value].add(ts, static_cast<double>(trade.size.lots));
        if (!live_.empty()) { see_volume(instrument, static_cast<double>(trade.size.lots), trade.price); }
    }
    void on_bar(InstrumentId instrument, const model::Bar& bar) {
        if (!live_.empty()) { see_bar(instrument, bar); }
    }
    // A new quote, book or bar of the instrument.
    void on_market(InstrumentId instrument) {
        if (!live_.empty()) { touch(instrument); }
    }
    void on_order(const model::Order& order, const model::OrderReport& report);
    void on_wake(TimeNs now);

    // Acts on all of that. Finished parents are appended to `finished`.
    [[nodiscard]] bool has_work() const { return is_touched_; }
    void work(TimeNs now, std::vector<ExecutionId>& finished);
    // Nothing is sent any more; what is open is canceled with the run.
    void finish(TimeNs now, std::vector<ExecutionId>& finished);

    [[nodiscard]] std::span<const ExecutionId> live() const { return live_; }
    [[nodiscard]] std::vector<model::ExecutionState> states() const;

private:
    struct Execution {
        model::ExecutionState state;
        Schedule schedule;           // but for pov
        std::vector<OrderId> open;   // children that may still trade, in the order of their creation
        Quantity working{};          // their leaves
        double budget = 0;           // pov: lots that may be sent now
        double seen_volume = 0;      // pov: of the rate's volume
        TimeNs retry_at = time_min;  // after a refusal
        DurationNs retry_delay{};
        TimeNs armed = time_max;  // the wake-up under way
        bool is_touched = true;
        bool is_canceled = false;  // asked to end
        bool is_swept = false;
    };
    struct Touch {
        Price near{}, far{};  // zero where unknown
        bool is_trusted = true;
    };

    Execution& at(ExecutionId id) { return executions_[id.value - 1]; }
    void touch(InstrumentId instrument);
    void see_volume(InstrumentId instrument, double lots, Price price);
    void see_bar(InstrumentId instrument, const model::Bar& bar);
    [[nodiscard]] Touch touch_of(const model::ExecutionRequest& request) const;
    [[nodiscard]] Price mid_of(InstrumentId instrument) const;
    [[nodiscard]] Schedule plan(const model::ExecutionState& state) const;
    void begin(Execution& execution);
    void step(Execution& execution, TimeNs now);
    void close(Execution& execution, TimeNs now);
    void send_due(Execution& execution, TimeNs now);
    void follow_touch(Execution& execution, const Touch& touch);
    void send(Execution& execution, Quantity quantity, const Touch& touch, bool is_taking);
    void give_back_excess(Execution& execution);
    void count_working(Execution& execution, Quantity traded) const;
    void end(Execution& execution, model::ExecutionStatus status, TimeNs now);
    void arm(Execution& execution, TimeNs now);
    [[nodiscard]] Quantity due(const Execution& execution, TimeNs now) const;
    [[nodiscard]] Price resting_price(const model::ExecutionRequest& request, const Touch& touch) const;

    const model::Universe& universe_;
    ExecutionPort& port_;
    std::deque<Execution> executions_;  // id - 1
    std::vector<ExecutionId> live_;     // not final, in the order of creation
    std::vector<VolumeProfile> profiles_;
    bool is_touched_ = false;
    bool is_over_ = false;
};

}  // namespace walras::exec
