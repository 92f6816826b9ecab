// Session: the one event loop, the same in simulation, backtest, paper and live. Two constructor arguments differ:
// which venues, which clock.
//
// One thread owns a session and everything in it. Events are handled in the total order (ts_init, source, sequence).
// The journal has two sides: inbound is what the session was told, outbound what it decided. Replaying the inbound side
// (playback.hpp) reproduces the outbound side byte for byte; `signature` is the running hash of both.
//
// An event's journey (handle): journal -> clock -> order lifecycle or prices -> portfolio -> strategies. What
// strategies do becomes events again, after the callback has returned: a callback is never entered from inside another.
#pragma once

#include <array>
#include <optional>
#include <queue>
#include <span>
#include <vector>

#include "walras/book/market_book.hpp"
#include "walras/core/hash.hpp"
#include "walras/engine/journal_sink.hpp"
#include "walras/exec/algorithms.hpp"
#include "walras/exec/order_manager.hpp"
#include "walras/model/clock.hpp"
#include "walras/model/venue.hpp"
#include "walras/portfolio/portfolio.hpp"
#include "walras/risk/gate.hpp"
#include "walras/strategy/strategy.hpp"

namespace walras::engine {

struct SessionConfig {
    std::vector<portfolio::AccountConfig> accounts;  // at least one
    risk::RiskLimits limits;
    exec::Sizing sizing;
    std::size_t history = 2048;                    // bars kept per instrument for Context::history
    std::size_t book_window = 1 << 14;             // ticks; see MarketBookConfig::window_ticks
    std::vector<std::size_t> venue_of_instrument;  // index into venues; empty = all at the first
};

// Told after every timestamp that brought market data, when all its events are handled but those of an opening that
// begins the next bar at the same time, and once at the end if the ledger moved after the last of them. For recording
// equity, progress and interruption.
class Observer {
public:
    Observer() = default;
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;
    virtual ~Observer() = default;
    virtual void on_time(TimeNs now, const portfolio::Portfolio& portfolio) = 0;
    virtual void on_fill(const model::Order& order, const model::Event& event) = 0;
    // A venue changes the terms of an order: `before` still has the old ones.
    virtual void on_replaced(const model::Order& /*before*/, const model::Event& /*event*/) {}
    // Everything that the ledger has just applied: fills, cash flows, corporate actions.
    virtual void on_posting(const model::Event& event) = 0;
};

class Session final : private strategy::Host, private exec::Router, private exec::ExecutionPort {
public:
    Session(const model::Universe& universe, model::Clock& clock, std::span<model::Venue* const> venues,
            std::span<strategy::Strategy* const> strategies, SessionConfig config);

    void set_journal(JournalSink* sink) { journal_ = sink; }
    void set_observer(Observer* observer) { observer_ = observer; }

    // Handles all events up to and including `end`. The first call starts the strategies.
    void run_until(TimeNs end);
    // The same as long as `go_on()` is true, asked after every batch of events.
    template <class Predicate>
    void run_while(TimeNs end, Predicate go_on) {
        if (!started_) { start(); }
        while (!stopping_ && go_on() && step(end)) {}
    }
    // Stops the strategies (on_stop), lets their last commands take effect, closes the positions if asked to, and ends
    // every order that is still open.
    void finish(bool close_positions = false);
    // Market orders for every open position of every strategy, as if its strategy had called close.
    void close_all_positions();
    void close_positions_of(AccountId account);
    [[nodiscard]] bool is_stopped() const { return stopping_; }

    [[nodiscard]] std::uint64_t signature() const { return hash_.value(); }
    [[nodiscard]] std::uint64_t outbound_signature() const { return outbound_hash_.value(); }
    [[nodiscard]] std::uint64_t event_count() const { return events_; }
    [[nodiscard]] const portfolio::Portfolio& portfolio() const { return portfolio_; }
    [[nodiscard]] const exec::OrderManager& orders() const { return orders_; }
    [[nodiscard]] const exec::ExecutionDesk& executions() const { return desk_; }
    [[nodiscard]] risk::RiskGate& gate() { return gate_; }
    [[nodiscard]] int margin_calls() const { return margin_calls_; }
    [[nodiscard]] const std::vector<model::Event>& cash_flows() const { return cash_flows_; }

private:
    struct PendingTimer {
        TimeNs when;
        TimerId timer;
        StrategyId strategy;
        // The earliest first; among equals the one that was set first.
        bool operator<(const PendingTimer& other) const {
            return when != other.when ? when > other.when : timer > other.timer;
        }
    };
    // Whose timers are the desk's.
    static constexpr StrategyId house{UINT16_MAX};

    struct MarginWatch {  // a margin account, and whether its call has been answered
        AccountId account;
        bool called = false;
    };

    // Host
    OrderId place(StrategyId strategy, const model::Request& request) override;
    void replace(const model::Replace& replace) override;
    void cancel(OrderId order) override;
    OrderListId new_list() override { return orders_.new_list(); }
    TimerId wake_at(StrategyId strategy, TimeNs when) override;
    TimerId wake_after(StrategyId strategy, DurationNs delay) override;
    void cancel_timer(TimerId timer) override;
    ExecutionId execute(StrategyId strategy, const model::ExecutionRequest& request) override {
        return desk_.start(strategy, request, now_);
    }
    void cancel_execution(ExecutionId execution) override { desk_.cancel(execution); }
    [[nodiscard]] const model::ExecutionState* execution(ExecutionId id) const override { return desk_.find(id); }
    [[nodiscard]] const model::Order* order(OrderId id) const override { return orders_.find(id); }
    [[nodiscard]] std::span<const OrderId> open_orders() const override { return orders_.open_orders(); }
    [[nodiscard]] std::span<const strategy::ClosedBar> history(InstrumentId instrument, std::size_t n) const override;
    [[nodiscard]] const model::Quote* quote(InstrumentId instrument) const override;
    [[nodiscard]] const book::MarketBook* book(InstrumentId instrument) const override;
    void stop() override { stopping_ = true; }

    // Router
    void submit(const model::Approved<model::Order>& order) override;
    void replace(const model::Approved<model::Replace>& replace, const model::Order& order) override;
    void cancel(const model::Order& order) override;
    void request_price(InstrumentId instrument, OrderId order) override;

    // ExecutionPort (session_executions.cpp)
    OrderId send_child(StrategyId strategy, const model::Request& request) override;
    void replace_child(const model::Replace& change) override;
    void cancel_child(OrderId order) override;
    void wake_desk(TimeNs when) override;
    [[nodiscard]] const model::Order* child(OrderId id) const override { return orders_.find(id); }
    [[nodiscard]] const model::Quote* quote_of(InstrumentId instrument) const override { return quote(instrument); }
    [[nodiscard]] const book::MarketBook* book_of(InstrumentId instrument) const override { return book(instrument); }
    [[nodiscard]] Price price_of(InstrumentId instrument) const override { return portfolio_.last_price(instrument); }
    void show_history(InstrumentId instrument, exec::VolumeProfile& profile) const override;

    // Lets the desk act on what has just happened.
    void work_executions() {
        if (desk_.has_work()) [[unlikely]] { run_executions(); }
    }
    void run_executions();
    void end_executions();
    void tell_finished();

    void start();
    bool step(TimeNs end);
    [[nodiscard]] TimeNs next_time(std::size_t& source);
    void handle(const model::Event& event);
    void on_bar_event(const model::Event& event);
    void on_quote_event(const model::Event& event);
    void on_trade_event(InstrumentId instrument, const model::Trade& trade, TimeNs ts);
    void on_book_event(const model::Event& event);
    void end_packet(InstrumentId instrument, TimeNs ts);
    void on_order_event(const model::Event& event);
    void on_corporate_action(const model::Event& event);
    void fire_timer();
    void after_batch();
    void deliver_bars();
    void deliver_warm_bars(StrategyId id, std::span<const strategy::ClosedBar> slice);
    [[nodiscard]] std::span<const strategy::ClosedBar> gather_slice();
    void deliver_outbox();
    void advance(TimeNs to);
    void apply_own(const model::Event& event);
    void post(const model::Event& event);
    bool check_margin();
    void answer_margin_call(AccountId account);
    bool complete_time();
    void close_row();
    void watch_equity();
    void journal_in(const model::Event& event);
    void journal_out(const model::Event& event);
    [[nodiscard]] model::Venue& venue_of(InstrumentId instrument);
    [[nodiscard]] strategy::Context& context(StrategyId id);

    const model::Universe& universe_;
    model::Clock& clock_;
    std::vector<model::Venue*> venues_;
    std::vector<strategy::Strategy*> strategies_;
    SessionConfig config_;
    portfolio::Portfolio portfolio_;
    risk::RiskGate gate_;
    exec::OrderManager orders_;
    exec::ExecutionDesk desk_;
    std::vector<ExecutionId> finished_executions_;  // not told yet
    std::vector<strategy::Context> contexts_;
    std::vector<std::size_t> warm_up_;

    // One growing window of bars per instrument, at most four times `config_.history` long.
    std::vector<std::vector<strategy::ClosedBar>> history_;
    std::vector<std::uint64_t> bars_seen_;  // by instrument
    std::vector<std::optional<model::Quote>> quotes_;
    std::vector<std::optional<book::MarketBook>> books_;
    std::vector<InstrumentId> fresh_;         // whose newest bar is of the current timestamp and not yet delivered
    bool in_order_ = true;                    // ... by instrument
    std::vector<strategy::ClosedBar> slice_;  // scratch: those bars
    std::priority_queue<PendingTimer> timers_;
    std::vector<TimerId> cancelled_timers_;
    std::uint64_t last_timer_ = 0;
    std::vector<model::Event> flows_;       // scratch
    std::vector<model::Event> updates_;     // scratch
    std::vector<model::Event> cash_flows_;  // every flow of the run
    std::array<model::Event, 64> batch_;
    core::RunningHash hash_;
    core::RunningHash outbound_hash_;
    JournalSink* journal_ = nullptr;
    Observer* observer_ = nullptr;
    std::uint64_t events_ = 0;
    std::uint64_t own_sequence_ = 0;
    TimeNs now_ = time_min;           // what the clock said last
    TimeNs next_accrual_ = time_min;  // midnight
    std::vector<TimeNs> shown_at_;    // by venue: the last time whose data it has shown completely (flag_last)
    TimeNs current_ = time_min;       // the timestamp whose events are being handled
    int margin_calls_ = 0;
    std::vector<MarginWatch> margin_;
    bool unseen_postings_ = false;  // the ledger moved since the observer's last timestamp
    bool saw_data_ = false;         // at the current timestamp
    bool more_prices_ = false;      // further executable marks of the same moment follow
    bool started_ = false;
    bool stopping_ = false;
    bool finished_ = false;
};

}  // namespace walras::engine
