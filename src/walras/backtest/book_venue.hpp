// BookVenue: recorded order books and ticks as a venue. The exchange's side and ours have clocks of their own: it sees
// the feed at ts_event and our orders when they arrive, we see the feed at ts_init and its reports when they arrive.
//
// What is assumed, in words: docs/concepts/tick-replay.md. In short: our orders change nothing that others do; a
// resting order fills when the market trades or quotes through its price, or when what stands before it at its price is
// gone and a trade comes; a taking order meets the levels that are there, less what we took from them before.
//
//   books by order   the place in the queue is exact: smaller arrival numbers are before us
//   books by price   the place is a QueueModel's estimate
//   quotes only      a book of one level a side
//
// One session owns a venue. Streams are borrowed and read once, forward; memory holds what is between the two clocks.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "walras/backtest/fill_notes.hpp"
#include "walras/backtest/queue_model.hpp"
#include "walras/book/market_book.hpp"
#include "walras/data/tick_stream.hpp"
#include "walras/model/exchange_line.hpp"
#include "walras/model/fees.hpp"
#include "walras/model/latency.hpp"
#include "walras/model/order_events.hpp"
#include "walras/model/venue.hpp"

namespace walras::backtest {

// The lots of a quoted level whose size the source does not say.
inline constexpr book::Lots unknown_size = INT64_MAX / 4;

struct BookVenueConfig {
    model::FeeModelPtr fees = model::no_fees();
    model::LatencyModelPtr latency = model::no_latency();
    QueueModelPtr queue = risk_averse_queue();
    bool partial_fills = true;      // false: an order fills whole, a taking one at the best price
    bool remember_consumed = true;  // what we took of a level is not there again until the level is smaller or gone
    std::uint64_t seed = 0;         // of sampled latencies
    std::vector<TimeNs> session_closes;  // sorted; ends of DAY orders. Empty: each UTC day ends one session
    std::size_t window_ticks = 1 << 14;  // of each book
    OrderId explain{};                   // notes what happens to this order
    bool reacts = false;                 // the market answers to our orders: a ReactiveVenue, which has no use for
                                         // queue, partial_fills, remember_consumed and explain
    bool show_own_orders = true;         // reacts: the market data that we see hold our own orders
};

class BookVenue final : public model::Venue {
public:
    // The stream's symbols are found in the universe by name; ticks of others are passed over.
    BookVenue(const model::Universe& universe, data::TickStream& ticks, BookVenueConfig config);

    void submit(const model::Approved<model::Order>& order, TimeNs now) override;
    void replace(const model::Approved<model::Replace>& replace, TimeNs now) override;
    void cancel(OrderId order, TimeNs now) override;
    void request_price(InstrumentId instrument, OrderId order, TimeNs now) override;
    [[nodiscard]] TimeNs start_time() override { return next_local(); }
    [[nodiscard]] TimeNs next_time() override;
    std::size_t poll(std::span<model::Event> out) override;

    // Before the first poll: what is known before `from` is shown as one snapshot of each book at `from`.
    void seek(TimeNs from) { from_ = from; }
    // From now on market orders fill at once, whole, at the best price of the last book: end_of_data.
    void trade_at_end() {
        at_end_ = true;
        line_.stop_delays();
    }

    [[nodiscard]] const std::vector<FillNote>& notes() const { return notes_; }
    [[nodiscard]] std::uint64_t ticks() const { return ticks_; }
    [[nodiscard]] double progress() const { return stream_.progress(); }
    // The exchange's book as of the exchange's time.
    [[nodiscard]] const book::MarketBook& book(InstrumentId instrument) const {
        return *markets_[instrument.value].book;
    }

private:
    struct Resting {
        OrderId id{};
        StrategyId strategy{};
        PositionId position{};
        model::OrderTerms terms;
        OrderListId list{};
        model::Contingency contingency = model::Contingency::none;
        std::uint32_t revision = 0;
        Quantity filled{};
        TimeNs expire{};
        book::Lots shown = 0;       // an iceberg's part in the queue; else all that is left
        book::Ticks tick = 0;       // of the limit
        std::uint64_t arrival = 0;  // by order: who has a smaller number is before us
        double ahead = 0;           // lots before us; below zero while a trade is being shared out
        double traded = 0;          // by price: lots that traded here since the level was last reported
        bool is_dormant = false;    // a stop or an if-touched order that waits for its trigger
        bool is_held = false;       // it came while the book was resyncing or halted, and enters when that is over
        bool is_over = false;
        Price best{};  // trailing: the best price since it arrived
        [[nodiscard]] Quantity leaves() const { return terms.quantity - filled; }
        [[nodiscard]] bool is_buy() const { return terms.side == model::OrderSide::buy; }
        [[nodiscard]] bool is_iceberg() const { return !terms.display_quantity.is_zero(); }
    };
    struct Taken {  // displayed liquidity that is ours already
        model::OrderSide side{};
        book::Ticks tick = 0;
        book::Lots lots = 0;
    };
    struct Held {
        StrategyId strategy{};
        PositionId position{};
        Quantity quantity{};
    };
    struct Market {
        std::optional<book::MarketBook> book;  // the exchange's
        bool has_deltas = false;               // quotes of the same instrument are then no book
        std::vector<Resting> orders;           // in the order of arrival
        std::vector<Taken> taken;
        std::vector<OrderId> wanted;                          // intents that wait for a price
        std::vector<Held> held;                               // what our fills add up to
        book::Rank best[2] = {book::no_rank, book::no_rank};  // after the last look, by side
    };
    struct Fill {
        book::Ticks tick = 0;
        book::Lots lots = 0;
        model::LiquiditySide liquidity = model::LiquiditySide::taker;
        model::FillRule rule = model::FillRule::book;
    };

    // the two clocks (book_venue.cpp)
    bool pull();
    [[nodiscard]] TimeNs next_local();
    [[nodiscard]] TimeNs next_exchange();
    [[nodiscard]] bool is_quiet() const { return live_orders_ == 0 && wanted_ == 0 && !line_.has_command(); }
    void run_exchange_until(TimeNs t);
    void begin_at(TimeNs from);
    void show_exchange(const model::Tick& tick);
    std::size_t deliver_ticks(std::span<model::Event> out, TimeNs t);
    [[nodiscard]] InstrumentId instrument_of(const model::Tick& tick);
    Market& market_of(InstrumentId id);
    [[nodiscard]] bool is_idle(const Market& market) const;

    // what the feed does to our orders (book_fills.cpp)
    void apply(Market& market, const model::Tick& tick);
    void apply_quote(Market& market, const model::Quote& quote);
    void set_quoted_level(Market& market, model::OrderSide side, Price price, Quantity size);
    void on_change(Market& market, const book::BookChange& change);
    void on_level(Market& market, model::OrderSide side, book::Ticks tick, book::Lots change);
    void on_queue(Market& market, model::OrderSide side, book::Ticks tick, std::uint64_t arrival, book::Lots lots);
    void on_fill_of_others(Market& market, const book::BookChange& change, Price price);
    void on_trade(Market& market, const model::Trade& trade);
    book::Lots meet(Market& market, Resting& order, book::Lots lots);
    void pass(Market& market, Resting& order, book::Ticks tick, model::FillRule rule);
    void end_packet(Market& market);
    void check_best(Market& market, model::OrderSide resting);
    void check_triggers(Market& market);
    [[nodiscard]] bool is_touched(const Market& market, Resting& order) const;

    // orders that enter (book_taking.cpp)
    void enter(Market& market, Resting& order);
    void take(Market& market, Resting& order);
    void join_queue(Market& market, Resting& order);
    [[nodiscard]] bool is_marketable(const Market& market, const Resting& order) const;
    [[nodiscard]] book::Lots fillable(const Market& market, const Resting& order) const;
    [[nodiscard]] book::Lots left_at(const Market& market, model::OrderSide side, book::Ticks tick,
                                     book::Lots lots) const;
    static void shrink_taken(Market& market, model::OrderSide side, book::Ticks tick, book::Lots lots);
    bool execute(Market& market, Resting& order, const Fill& fill);
    void announce(InstrumentId id, Market& market);

    // commands and reports (book_orders.cpp)
    void receive(const model::ExchangeLine::Message& message);
    void accept(const model::Order& order, std::uint64_t heard);
    void apply_replace(const model::Replace& change, std::uint64_t heard);
    void apply_cancel(OrderId id);
    void expire_until(TimeNs t);
    [[nodiscard]] Resting* find(OrderId id);
    void end(Resting& order, model::OrderStep step, model::Reason reason);
    void limit_leaves(Resting& order, Quantity leaves);
    void catch_up_with_siblings(Resting& order, std::uint64_t heard);
    void limit_siblings(Market& market, const Resting& filled);
    void sweep_out(Market& market);  // orders that are over
    [[nodiscard]] static Quantity& held(const Resting& order, Market& market);
    void report(const Resting& order, model::OrderStep step, model::Reason reason = model::Reason::none);
    void reject(OrderId id, InstrumentId instrument, StrategyId strategy, model::OrderStep step, model::Reason reason);
    void note(const Resting& order, NoteKind kind, book::Ticks tick, double lots);

    const model::Universe& universe_;
    data::TickStream& stream_;
    std::vector<InstrumentId> instruments_;
    BookVenueConfig config_;
    std::vector<Market> markets_;
    std::vector<InstrumentId> market_of_order_;  // by order id
    // Ticks that one of the clocks has not passed yet: [front_, size), of which the exchange has seen up to seen_.
    std::vector<model::Tick> buffer_;
    std::size_t front_ = 0;
    std::size_t seen_ = 0;
    bool ended_ = false;
    TimeNs local_ = time_min;           // when the tick at front_ reaches us; time_min: not known yet
    TimeNs last_local_ = time_min;      // ... the one before it
    TimeNs shown_clock_ = time_min;     // the latest ts_event of what reached us
    TimeNs exchange_clock_ = time_min;  // the latest ts_event seen
    TimeNs now_ = time_min;             // the exchange's time
    TimeNs from_ = time_min;
    TimeNs next_expiry_ = time_max;
    model::ExchangeLine line_;
    model::LinkedFills links_;
    std::vector<FillNote> notes_;
    std::size_t live_orders_ = 0;
    std::size_t wanted_ = 0;
    std::uint64_t ticks_ = 0;
    bool at_end_ = false;
};

}  // namespace walras::backtest
