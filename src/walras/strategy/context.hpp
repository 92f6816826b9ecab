// What a strategy sees and may do. The same in a backtest, inside the simulated market and in front of a broker.
//
// A context belongs to one strategy of one session and is used only inside that strategy's callbacks, on the session's
// thread. Everything read here is as of `now()`: nothing from the future is reachable. Actions take effect as events:
// `place` returns an id at once, and what becomes of the order arrives later in `on_order`.
#pragma once

#include <span>
#include <string_view>

#include "walras/book/market_book.hpp"
#include "walras/model/event.hpp"
#include "walras/model/execution.hpp"
#include "walras/model/instrument.hpp"
#include "walras/model/request.hpp"
#include "walras/portfolio/portfolio.hpp"

namespace walras::strategy {

// A bar with the time at which it was complete.
struct ClosedBar {
    InstrumentId instrument{};
    TimeNs ts{};  // close
    model::Bar bar;
};

// What the session does for contexts.
class Host {
public:
    Host() = default;
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;
    virtual ~Host() = default;
    virtual OrderId place(StrategyId strategy, const model::Request& request) = 0;
    virtual void replace(const model::Replace& replace) = 0;
    virtual void cancel(OrderId order) = 0;
    virtual OrderListId new_list() = 0;
    virtual ExecutionId execute(StrategyId strategy, const model::ExecutionRequest& request) = 0;
    virtual void cancel_execution(ExecutionId execution) = 0;
    [[nodiscard]] virtual const model::ExecutionState* execution(ExecutionId id) const = 0;
    virtual TimerId wake_at(StrategyId strategy, TimeNs when) = 0;
    virtual TimerId wake_after(StrategyId strategy, DurationNs delay) = 0;
    virtual void cancel_timer(TimerId timer) = 0;
    [[nodiscard]] virtual const model::Order* order(OrderId id) const = 0;
    [[nodiscard]] virtual std::span<const OrderId> open_orders() const = 0;
    [[nodiscard]] virtual std::span<const ClosedBar> history(InstrumentId instrument, std::size_t n) const = 0;
    [[nodiscard]] virtual const model::Quote* quote(InstrumentId instrument) const = 0;
    [[nodiscard]] virtual const book::MarketBook* book(InstrumentId instrument) const = 0;
    virtual void stop() = 0;
};

class Context {
public:
    Context(Host& host, const portfolio::Portfolio& portfolio, StrategyId self)
        : host_(host), portfolio_(portfolio), self_(self) {}

    // ---- what is -------------------------------------------------------------------------------------------------
    [[nodiscard]] TimeNs now() const { return now_; }
    [[nodiscard]] StrategyId self() const { return self_; }
    [[nodiscard]] const model::Universe& universe() const { return portfolio_.universe(); }
    [[nodiscard]] const portfolio::Portfolio& portfolio() const { return portfolio_; }
    [[nodiscard]] Money equity() const { return portfolio_.equity(); }
    [[nodiscard]] Money cash() const { return portfolio_.cash(); }
    // This strategy's own position; positive is long.
    [[nodiscard]] Quantity position(InstrumentId instrument) const { return portfolio_.quantity(instrument, self_); }
    [[nodiscard]] Price last_price(InstrumentId instrument) const { return portfolio_.last_price(instrument); }
    // The last `n` bars that are complete, oldest first; fewer at the start of a run. history(i, 2)[0] is the bar
    // before the newest. Throws ConfigError if n exceeds what the session keeps.
    [[nodiscard]] std::span<const ClosedBar> history(InstrumentId instrument, std::size_t n) const {
        return host_.history(instrument, n);
    }
    [[nodiscard]] const model::Quote* quote(InstrumentId instrument) const { return host_.quote(instrument); }
    // The book as it has reached us; nullptr before the first delta. In the middle of a packet it may be crossed.
    [[nodiscard]] const book::MarketBook* book(InstrumentId instrument) const { return host_.book(instrument); }
    [[nodiscard]] const model::Order* order(OrderId id) const { return host_.order(id); }
    [[nodiscard]] std::span<const OrderId> open_orders() const { return host_.open_orders(); }  // of all strategies

    // ---- what may be done ----------------------------------------------------------------------------------------
    OrderId place(const model::Request& request) { return host_.place(self_, request); }
    void replace(const model::Replace& change) { host_.replace(change); }
    void cancel(OrderId order) { host_.cancel(order); }
    void cancel_all(InstrumentId instrument);  // this strategy's open orders
    OrderId buy(InstrumentId instrument, Quantity quantity);
    OrderId sell(InstrumentId instrument, Quantity quantity);
    // A market order for the whole position; none (id 0) if there is no position.
    OrderId close(InstrumentId instrument);
    // Intents, made a quantity at the event that prices them.
    OrderId target_percent(InstrumentId instrument, Rate percent);
    OrderId target_quantity(InstrumentId instrument, Quantity quantity);
    OrderListId new_list() { return host_.new_list(); }
    // A parent order: an algorithm works it with child orders of this strategy. They reach on_order with
    // `Order::execution` set; the end of it reaches on_execution. Throws ConfigError for a request without sense.
    ExecutionId execute(const model::ExecutionRequest& request) { return host_.execute(self_, request); }
    void cancel_execution(ExecutionId execution) { host_.cancel_execution(execution); }  // its children too
    [[nodiscard]] const model::ExecutionState* execution(ExecutionId id) const { return host_.execution(id); }
    TimerId wake_at(TimeNs when) { return host_.wake_at(self_, when); }
    // Before the first event there is no time yet: the delay counts from that event.
    TimerId wake_after(DurationNs delay) { return host_.wake_after(self_, delay); }
    void cancel_timer(TimerId timer) { host_.cancel_timer(timer); }
    void stop() { host_.stop(); }  // ends the run after this event

    void set_now(TimeNs now) { now_ = now; }  // for the session

private:
    Host& host_;
    const portfolio::Portfolio& portfolio_;
    StrategyId self_;
    TimeNs now_ = time_min;
};

}  // namespace walras::strategy
