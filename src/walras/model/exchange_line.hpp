// The line between us and a simulated exchange: commands travel there, reports travel back, none overtakes another.
//
// One venue owns a line. Times never decrease in either direction; the same commands at the same times arrive at the
// same times (latencies are drawn by the number of the message).
#pragma once

#include <cstdint>
#include <queue>
#include <utility>
#include <vector>

#include "walras/model/event.hpp"
#include "walras/model/fees.hpp"
#include "walras/model/latency.hpp"
#include "walras/model/order.hpp"

namespace walras::model {

// One fill of one of our orders, as the exchange tells it.
struct Execution {
    const Instrument& instrument;
    const OrderTerms& terms;
    OrderId order{};
    StrategyId strategy{};
    PositionId position{};
    std::uint32_t revision = 0;
    Price price{};
    Quantity quantity{};
    bool is_first = true;  // of its order
    LiquiditySide liquidity = LiquiditySide::taker;
    FillRule rule = FillRule::book;
};

class ExchangeLine {
public:
    struct Message {
        enum class Kind : std::uint8_t { submit, replace, cancel, price } kind = Kind::submit;
        TimeNs arrival{};
        std::uint64_t number = 0;
        std::uint64_t heard = 0;  // sequence of the last report that we had when we sent this
        Order order{};            // price: its id and instrument
        Replace change{};
        bool operator<(const Message& other) const {
            return arrival != other.arrival ? arrival > other.arrival : number > other.number;
        }
    };

    ExchangeLine(LatencyModelPtr latency, std::uint64_t seed) : latency_(std::move(latency)), seed_(seed) {}

    // From now on nothing takes time.
    void stop_delays() { is_instant_ = true; }

    // ---- to the exchange
    void submit(const Order& order, TimeNs now);
    void replace(const Replace& change, TimeNs now);
    void cancel(OrderId order, TimeNs now);
    void request_price(InstrumentId instrument, OrderId order, TimeNs now);
    [[nodiscard]] bool has_command() const { return !inbox_.empty(); }
    [[nodiscard]] TimeNs next_command() const { return inbox_.empty() ? time_max : inbox_.top().arrival; }
    Message take_command();

    // ---- from the exchange, at its time `now`
    void report(Event& event, SourceId source, TimeNs now);
    // Returns the report's sequence.
    std::uint64_t report_fill(const Execution& execution, const FeeModel& fees, SourceId source, TimeNs now);
    // The ask and the bid of intents that wait for a price; they do not travel, as the orders that answer do not.
    void announce(InstrumentId instrument, Price ask, Price bid, const std::vector<OrderId>& intents, SourceId source,
                  TimeNs now);
    [[nodiscard]] TimeNs next_report() const { return outbox_.empty() ? time_max : outbox_.top().ts_init; }
    Event take_report();

    // Numbers of the venue's events.
    std::uint64_t next_sequence() { return ++sequence_; }

private:
    struct Later {
        bool operator()(const Event& a, const Event& b) const {
            return a.ts_init != b.ts_init ? a.ts_init > b.ts_init : a.sequence > b.sequence;
        }
    };
    Message message(Message::Kind kind);
    [[nodiscard]] TimeNs arrival_of(std::uint64_t message, TimeNs now);
    void push_mark(InstrumentId instrument, MarkKind kind, Price price, OrderId intent, bool is_last, SourceId source,
                   TimeNs now);

    LatencyModelPtr latency_;
    std::uint64_t seed_;
    bool is_instant_ = false;
    std::priority_queue<Message> inbox_;
    std::priority_queue<Event, std::vector<Event>, Later> outbox_;
    std::vector<OrderId> priced_;
    TimeNs last_arrival_ = time_min;
    TimeNs last_report_ = time_min;
    std::uint64_t messages_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint64_t heard_ = 0;
    std::uint64_t trades_ = 0;
    Money traded_{};
};

// When a DAY order that arrives at `now` ends: the next of `session_closes`, else the end of the UTC day.
TimeNs day_end(const std::vector<TimeNs>& session_closes, TimeNs now);

}  // namespace walras::model
