// A simulated market as a venue: a strategy that was written for recorded data trades with its agents, unchanged.
//
// One step of the market happens at its time T, and takes in every command that has arrived by then; where a command
// stands among the agents' orders of the tick is drawn (by strategy and tick), as theirs is. What the step did is on
// its way to us from T on: reports after the response latency; the tape, the changes of the best `levels` of each book
// and the candles after the feed latency. A price that an intent asks for is that of the book at T; the order that
// answers meets the next step.
//
// The market outlives the venue and may have run before; a second venue may go on with it later: what a venue's orders
// still work is canceled when it goes. One session owns a venue, and a market has one venue at a time. Symbols that the
// universe does not know are traded by agents only.
//
// Linked orders of one instrument are linked in the market (sim_desk.hpp): what one fills the others lose before
// anybody else's order of the tick is looked at.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "walras/book/market_book.hpp"
#include "walras/model/exchange_line.hpp"
#include "walras/model/fees.hpp"
#include "walras/model/instrument.hpp"
#include "walras/model/latency.hpp"
#include "walras/model/order_events.hpp"
#include "walras/model/venue.hpp"
#include "walras/sim/market.hpp"
#include "walras/sim/sim_desk.hpp"

namespace walras::sim {

struct SimVenueConfig {
    model::FeeModelPtr fees = model::no_fees();
    model::LatencyModelPtr latency = model::no_latency();
    std::uint64_t seed = 0;              // of sampled latencies
    std::uint64_t ticks = UINT64_MAX;    // how long the market goes on
    std::size_t levels = 10;             // of each side of a book that are shown
    std::vector<TimeNs> session_closes;  // sorted; ends of DAY orders. Empty: each UTC day ends one session
};

class SimVenue final : public model::Venue {
public:
    // Instruments are the market's symbols by name, in lots of one share and with the symbol's tick size: ConfigError
    // otherwise.
    SimVenue(const model::Universe& universe, Market& market, SimVenueConfig config);
    SimVenue(const SimVenue&) = delete;
    SimVenue& operator=(const SimVenue&) = delete;
    ~SimVenue() override;

    void submit(const model::Approved<model::Order>& order, TimeNs now) override { line_.submit(*order, now); }
    void replace(const model::Approved<model::Replace>& change, TimeNs now) override { line_.replace(*change, now); }
    void cancel(OrderId order, TimeNs now) override { line_.cancel(order, now); }
    void request_price(InstrumentId instrument, OrderId order, TimeNs now) override {
        line_.request_price(instrument, order, now);
    }
    [[nodiscard]] TimeNs start_time() override { return market_.now(); }
    [[nodiscard]] TimeNs next_time() override;
    std::size_t poll(std::span<model::Event> out) override;

    // From now on market orders fill at once, whole, at the best price of the last book: end_of_data.
    void trade_at_end();

private:
    struct Listing {
        InstrumentId id = no_instrument;
        std::unique_ptr<SimDesk> desk;          // of instruments that the universe knows
        std::vector<OrderId> wanted;            // intents that wait for a price
        std::vector<book::TickDepth> shown[2];  // by side, best first: what was published last
        TimeNs candle_open{};
        bool is_begun = false;
    };

    [[nodiscard]] TimeNs next_step() const;
    void step();
    // our orders
    void receive(const model::ExchangeLine::Message& message);
    void accept(const model::ExchangeLine::Message& message);
    void fill_at_end(const model::Order& order, std::uint32_t symbol);
    void refuse(const model::Order& order, model::OrderStep step, model::Reason reason);
    void send_reports(std::uint32_t symbol);
    void announce();
    // market data
    void show(std::uint32_t symbol);
    void show_side(std::uint32_t symbol, model::OrderSide side);
    void show_candles();
    void delta(std::uint32_t symbol, model::OrderSide side, Ticks tick, Lots lots);
    model::Event& emit(std::uint32_t symbol, model::EventKind kind);

    Market& market_;
    SimVenueConfig config_;
    model::ExchangeLine line_;
    std::vector<Listing> listings_;               // by symbol
    std::vector<std::uint32_t> symbol_of_order_;  // by order id; none: UINT32_MAX
    book::ClientOwners owners_;                   // behind the agents
    std::deque<model::Event> published_;          // on its way to us; ts_init is when it is here
    std::vector<book::TickDepth> scratch_;
    std::uint64_t last_tick_;
    TimeNs now_;      // of the market
    TimeNs local_{};  // when what happens now reaches us
    std::uint64_t packets_ = 0;
    std::uint64_t prints_ = 0;
    bool at_end_ = false;
};

}  // namespace walras::sim
