// ReactiveVenue: recorded flow and our own orders meet in one matching engine, so that what we do moves the market.
//
// Every recorded change becomes an order of nobody's: what arrived arrives, what was canceled is canceled, and what
// traded comes again as an aggressor, immediate-or-cancel at the recorded price, which meets whoever is first now. The
// market data that we see are the engine's. What reacts and what does not, in words: docs/concepts/tick-replay.md.
//
//   as recorded  while nothing of ours has traded or rests, the engine's book is the recorded one, change by change
//   apart        from then on the flow is orders: trades are aggressors, lots that are gone stay gone
//   healing      a level that the record no longer has is not there: what others have left at it is canceled
//
// Two clocks as in BookVenue. One session owns a venue. No randomness but the latency model's.
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "walras/backtest/book_venue.hpp"
#include "walras/book/client_orders.hpp"
#include "walras/book/market_book.hpp"
#include "walras/book/matching_engine.hpp"
#include "walras/data/tick_stream.hpp"
#include "walras/model/exchange_line.hpp"
#include "walras/model/venue.hpp"

namespace walras::backtest {

// How far the market is from the recorded one, whenever that changes. A price of 0: that side is empty.
struct ImpactRow {
    TimeNs ts{};
    InstrumentId instrument{};
    Price recorded_bid, recorded_ask;
    Price bid, ask;  // with our own orders
};

// What became of the recorded flow. Lots, but for the counts.
struct Reactions {
    std::uint64_t packets = 0;        // of the feed
    std::uint64_t packets_apart = 0;  // after which the best bid or ask was not the recorded one
    book::Lots met_us = 0;            // recorded orders and aggressors traded with us
    book::Lots unmet = 0;             // recorded aggressors that found nobody within their limit
    book::Lots gone = 0;              // recorded cancels of what had traded already
    book::Lots crossed = 0;           // recorded resting orders that traded as they came
    book::Lots healed = 0;            // left over at levels that the record no longer had
};

// Our orders' ids in the engine and in the market data are own_order + id; no recorded order has one beyond it.
inline constexpr std::uint64_t own_order = 0xfff0'0000'0000'0000;

class ReactiveVenue final : public model::Venue, private book::ClientReports {
public:
    ReactiveVenue(const model::Universe& universe, data::TickStream& ticks, BookVenueConfig config);

    void submit(const model::Approved<model::Order>& order, TimeNs now) override { line_.submit(*order, now); }
    void replace(const model::Approved<model::Replace>& change, TimeNs now) override { line_.replace(*change, now); }
    void cancel(OrderId order, TimeNs now) override { line_.cancel(order, now); }
    void request_price(InstrumentId instrument, OrderId order, TimeNs now) override {
        line_.request_price(instrument, order, now);
    }
    [[nodiscard]] TimeNs start_time() override { return next_local(); }
    [[nodiscard]] TimeNs next_time() override;
    std::size_t poll(std::span<model::Event> out) override;

    // As BookVenue has them.
    void seek(TimeNs from) { from_ = from; }
    void trade_at_end();

    [[nodiscard]] const Reactions& reactions() const { return reactions_; }
    [[nodiscard]] const std::vector<ImpactRow>& impact() const { return impact_; }
    [[nodiscard]] const book::MatchingEngine& engine(InstrumentId id) const { return markets_[id.value]->engine; }
    [[nodiscard]] const book::MarketBook& recorded(InstrumentId id) const { return markets_[id.value]->recorded; }
    // The book as the market data say.
    [[nodiscard]] const book::MarketBook& shown(InstrumentId id) const { return markets_[id.value]->shown; }

private:
    using Side = model::OrderSide;
    enum class Feed : std::uint8_t { unknown, by_order, by_price, quotes };
    using Own = book::ClientOrder;
    struct Waiting {  // a recorded order that the record holds back: its book is crossed, or its packet not over
        std::uint64_t id = 0;
        Side side{};
        book::Ticks tick = 0;
        book::Lots lots = 0;
    };
    struct Told {  // lots that traded, and that a later message takes out of the record
        std::uint64_t id = 0;
        Side side{};
        book::Ticks tick = 0;
        book::Lots lots = 0;
    };
    struct Level {
        Side side{};
        book::Ticks tick = 0;
    };
    struct Market {
        Market(const book::MarketBookConfig& book, const book::MatchingEngineConfig& matching,
               const model::Instrument& instrument, InstrumentId number)
            : recorded(book), shown(book), engine(matching), id(number), own(instrument, number, own_order) {}
        book::MarketBook recorded;
        book::MarketBook shown;
        book::MatchingEngine engine;
        InstrumentId id;
        std::uint32_t symbol = 0;
        Feed feed = Feed::unknown;
        bool is_apart = false;  // something of ours traded
        book::ClientOrders own;
        std::vector<OrderId> wanted;
        std::vector<Waiting> waiting;
        std::vector<Told> told;
        std::vector<Level> gone;          // levels that the record lost in this packet
        std::vector<model::Tick> prints;  // recorded trades of this packet
        Side aggressor{};                 // recorded trades on their way to the engine as one order
        book::Lots aggressor_lots = 0;
        book::Ticks aggressor_tick = 0;
        bool has_fills = false;  // in this packet
        model::Quote quote;      // the last that was shown
        std::uint64_t next_id = 1;
        ImpactRow impact;
    };

    // the two clocks (reactive_venue.cpp)
    bool pull();
    [[nodiscard]] TimeNs local_of(const model::Tick& tick);
    [[nodiscard]] TimeNs next_local();
    [[nodiscard]] TimeNs next_exchange();
    [[nodiscard]] bool is_quiet() const { return live_ == 0 && wanted_ == 0 && !line_.has_command(); }
    void run_exchange_until(TimeNs t);
    void show_exchange(const model::Tick& tick);
    void begin_at(TimeNs from);
    [[nodiscard]] Market* market_of(const model::Tick& tick);
    Market& market_of(InstrumentId id);

    // the recorded flow as orders (reactive_flow.cpp, reactive_levels.cpp)
    void apply(Market& market, const model::Tick& tick);
    void apply_order(Market& market, const model::Tick& tick);
    void apply_level(Market& market, const book::BookChange& change);
    void apply_quote(Market& market, const model::Quote& quote);
    void apply_trade(Market& market, const model::Tick& tick);
    void clear(Market& market, const model::Tick& tick);
    void come(Market& market, const Waiting& order);
    void enter(Market& market, const Waiting& order);
    void reduce(Market& market, std::uint64_t id, book::Lots lots);
    void cancel_other(Market& market, std::uint64_t id);
    void cancel_from_back(Market& market, Side side, book::Ticks tick, book::Lots lots, book::Lots& counter);
    void hit(Market& market, Side resting, book::Ticks tick, book::Lots lots);
    void strike(Market& market);
    book::Lots take_told(Market& market, std::uint64_t id, Side side, book::Ticks tick, book::Lots most);
    void lose_level(Market& market, Side side, book::Ticks tick);
    void end_packet(Market& market);
    bool compare(Market& market);
    [[nodiscard]] static bool is_waiting(const Market& market, std::uint64_t id);
    [[nodiscard]] static bool is_disturbed(const Market& market) { return market.is_apart || !market.own.empty(); }

    // our orders (reactive_orders.cpp)
    void receive(const model::ExchangeLine::Message& message);
    void accept(const model::Order& order, std::uint64_t heard);
    void fill_at_end(Market& market, const model::Order& order);
    void change(const model::Replace& change, std::uint64_t heard);
    void follow_links(Market& market);
    void cancel_own(OrderId id);
    void expire_until(TimeNs t);
    void announce(Market& market);
    [[nodiscard]] Market* market_of_own(OrderId id);
    void tell(Market& market, const book::MatchEvent& event);
    void report(const model::OrderStepFacts& facts, model::OrderStep step, model::Reason reason) override;
    std::uint64_t fill(const model::Execution& execution) override;

    // market data (reactive_feed.cpp)
    void digest(Market& market);  // what the engine just did
    void show_order(Market& market, std::uint64_t id, const book::MatchEvent& last);
    void show_level(Market& market, Side side, book::Ticks tick);
    void show_trade(Market& market, const book::MatchEvent& event);
    void show(Market& market, const model::BookDelta& delta);
    void show_quote(Market& market);
    model::Tick& emit(const Market& market, model::EventKind kind);
    void publish();  // what was emitted becomes one packet on its way to us
    [[nodiscard]] book::Lots hidden_at(const Market& market, Side side, book::Ticks tick) const;

    const model::Universe& universe_;
    data::TickStream& stream_;
    BookVenueConfig config_;
    model::ExchangeLine line_;
    std::vector<std::unique_ptr<Market>> markets_;
    std::vector<InstrumentId> instruments_;      // by symbol
    std::vector<InstrumentId> market_of_order_;  // by order id
    book::ClientOwners owners_{1};
    std::vector<model::Tick> buffer_;
    std::size_t seen_ = 0;
    bool ended_ = false;
    std::vector<model::Tick> packet_;    // emitted, not published
    std::deque<model::Tick> published_;  // on its way to us; ts_init is when it is here
    std::uint8_t packet_flags_ = 0;      // flag_snapshot while a snapshot is replayed
    book::MatchLog log_;
    std::vector<std::uint64_t> touched_;
    TimeNs exchange_clock_ = time_min;
    TimeNs now_ = time_min;
    TimeNs packet_local_ = time_min;  // when the packet that is being made reaches us
    TimeNs last_local_ = time_min;
    TimeNs predicted_ = time_min;  // of the next tick; time_min: not known yet
    DurationNs feed_delay_{};      // of the last recorded tick
    TimeNs from_ = time_min;
    TimeNs next_expiry_ = time_max;
    std::size_t live_ = 0;
    std::size_t wanted_ = 0;
    std::uint64_t ticks_ = 0;
    std::uint64_t prints_ = 0;
    bool is_silent_ = false;  // before `from`: nothing is shown
    bool at_end_ = false;
    Reactions reactions_;
    std::vector<ImpactRow> impact_;
};

}  // namespace walras::backtest
