#include "walras/sim/sim_venue.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "walras/core/error.hpp"
#include "walras/sim/market_test.hpp"

namespace walras::sim {
namespace {

using model::Event;
using model::EventKind;

// What the venue shows. Its orders need a gate, so they are tested through sessions: tests/python/test_sim_run.py.
model::Universe universe_of(const MarketConfig& config, Price tick = Price{10'000'000}) {
    model::Universe universe;
    const CurrencyId currency = universe.currency("USD");
    for (const SymbolConfig& symbol : config.symbols) {
        model::Instrument instrument;
        instrument.symbol = symbol.name;
        instrument.venue = "SIM";
        instrument.label = symbol.name;
        instrument.currency = currency;
        instrument.tick_size = tick;
        universe.add(instrument);
    }
    return universe;
}

std::vector<Event> everything(SimVenue& venue) {
    std::vector<Event> out;
    std::vector<Event> batch(64);
    while (venue.next_time() != time_max) {
        const TimeNs promised = venue.next_time();
        const std::size_t n = venue.poll(batch);
        for (std::size_t i = 0; i < n; ++i) {
            CHECK(batch[i].ts_init <= promised);
            out.push_back(batch[i]);
        }
    }
    return out;
}

TEST_CASE("the books that a venue shows are the best levels of the market's, tick by tick") {
    const MarketConfig config = small_market(mixed_groups());
    Market market(config);
    const model::Universe universe = universe_of(config);
    SimVenueConfig shown;
    shown.ticks = 40;
    SimVenue venue(universe, market, shown);
    std::vector<book::MarketBook> books;
    books.reserve(2);
    for (std::uint32_t s = 0; s < 2; ++s) { books.emplace_back(book::book_config(universe.at(InstrumentId{s}))); }
    std::vector<Event> batch(64);
    while (venue.next_time() != time_max) {
        const std::size_t n = venue.poll(batch);
        for (std::size_t i = 0; i < n; ++i) {
            const Event& e = batch[i];
            if (e.kind == EventKind::book_delta) { books[e.instrument.value].apply(e.delta, e.flags); }
        }
        if (n == 0 || (batch[n - 1].flags & model::flag_last) == 0 || venue.next_time() <= market.now()) { continue; }
        for (std::uint32_t s = 0; s < 2; ++s) {
            for (const OrderSide side : {OrderSide::buy, OrderSide::sell}) {
                const auto depth = market.symbol(s).engine().depth(side, 10);
                REQUIRE(books[s].level_count(side) == depth.size());
                for (const book::DepthLevel& level : depth) {
                    REQUIRE(books[s].lots_at(side, level.price.raw / 10'000'000) == level.quantity.lots);
                }
            }
            REQUIRE(books[s].state() == model::BookState::valid);
        }
    }
    CHECK(market.tick() == 40);
}

TEST_CASE("what a venue shows does not change the market") {
    const MarketConfig config = small_market(mixed_groups());
    Market watched(config);
    Market alone(config);
    const model::Universe universe = universe_of(config);
    SimVenueConfig shown;
    shown.ticks = 30;
    SimVenue venue(universe, watched, shown);
    const std::vector<Event> events = everything(venue);
    for (int i = 0; i < 30; ++i) { alone.step(); }
    CHECK(watched.signature() == alone.signature());
    const auto trades = std::ranges::count(events, EventKind::trade, &Event::kind);
    CHECK(static_cast<std::uint64_t>(trades) == alone.totals().trades);
}

TEST_CASE("a candle comes as a bar when its last tick is over, for all symbols together") {
    const MarketConfig config = small_market(mixed_groups());
    Market market(config);
    const model::Universe universe = universe_of(config);
    SimVenueConfig shown;
    shown.ticks = 12;
    SimVenue venue(universe, market, shown);
    std::vector<Event> bars = everything(venue);
    std::erase_if(bars, [](const Event& e) { return e.kind != EventKind::bar; });
    REQUIRE(bars.size() == 6);
    for (std::size_t i = 0; i < bars.size(); ++i) {
        CHECK(bars[i].ts_event == config.start + seconds(static_cast<std::int64_t>(4 * (i / 2 + 1))));
        CHECK(bars[i].bar.open_time == bars[i].ts_event - seconds(4));
        CHECK(((bars[i].flags & model::flag_last) != 0) == (i % 2 == 1));
    }
}

TEST_CASE("market data travel: a feed latency puts them behind the tick") {
    const MarketConfig config = small_market(mixed_groups());
    Market market(config);
    const model::Universe universe = universe_of(config);
    SimVenueConfig shown;
    shown.ticks = 5;
    shown.latency = model::constant_latency({}, {}, milliseconds(250));
    SimVenue venue(universe, market, shown);
    for (const Event& e : everything(venue)) { CHECK(e.ts_init == e.ts_event + milliseconds(250)); }
}

TEST_CASE("an instrument with another tick size than its market's is refused") {
    const MarketConfig config = small_market(mixed_groups());
    Market market(config);
    const model::Universe universe = universe_of(config, Price{1'000'000});
    CHECK_THROWS_AS(SimVenue(universe, market, {}), ConfigError);
}

}  // namespace
}  // namespace walras::sim
