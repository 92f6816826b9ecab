#include "walras/backtest/reactive_venue.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "walras/backtest/book_venue_test.hpp"

using namespace walras;
using namespace walras::tests;
using backtest::ReactiveVenue;
using book::Lots;
using model::AggressorSide;
using model::BookAction;
using model::OrderStatus;

namespace {

struct Reacting : TickWorld {
    Reacting() { config.books.reacts = true; }
};

std::optional<std::filesystem::path> shared(const std::string& name) {
    const auto root = std::filesystem::path(WALRAS_SOURCE_DIR);
    for (const auto& base : {root.parent_path(), root.parent_path().parent_path()}) {
        if (std::filesystem::exists(base / "shared/data" / name)) { return base / "shared/data" / name; }
    }
    MESSAGE("skipped: ../shared/data/", name, " is absent");
    return {};
}

std::vector<std::pair<Price, Lots>> levels(const book::MarketBook& book, Side side) {
    std::vector<std::pair<Price, Lots>> out;
    book.visit(side, [&](book::Ticks tick, const book::OrderLevel& level) {
        out.emplace_back(book.scale().price(tick), level.lots);
        return true;
    });
    return out;
}

std::vector<std::pair<Price, Lots>> levels(const book::MatchingEngine& engine, Side side) {
    std::vector<std::pair<Price, Lots>> out;
    for (const book::DepthLevel& level : engine.depth(side, SIZE_MAX)) {
        out.emplace_back(level.price, level.quantity.lots);
    }
    return out;
}

struct Seen {
    std::size_t packets = 0;
    std::size_t crossed = 0;  // packets after which the record itself is crossed
    std::size_t different = 0;
};

// Lets the venue run without anybody who trades, and compares the books after each packet.
Seen watch(ReactiveVenue& venue, InstrumentId id, double tick_size, bool whole) {
    Seen seen;
    book::MarketBook received({.tick_size = Price::of(tick_size)});
    std::vector<model::Event> events(512);
    for (TimeNs t = venue.next_time(); t != time_max; t = venue.next_time()) {
        const std::size_t n = venue.poll(events);
        for (std::size_t i = 0; i < n; ++i) {
            CHECK(events[i].ts_init >= events[i].ts_event);
            if (events[i].kind == model::EventKind::book_delta) { received.apply(events[i].delta, events[i].flags); }
        }
        ++seen.packets;
        const book::MarketBook& recorded = venue.recorded(id);
        if (recorded.is_crossed()) {
            ++seen.crossed;
            continue;
        }
        for (const Side side : {Side::buy, Side::sell}) {
            if (whole) {
                seen.different += levels(recorded, side) != levels(venue.engine(id), side);
            } else {
                const book::TopOfBook top = venue.engine(id).top();
                const auto& best = side == Side::buy ? top.bid : top.ask;
                seen.different += recorded.has(side) ? !best || best->price != recorded.best_price(side) ||
                                                           best->quantity.lots != recorded.best_lots(side)
                                                     : best.has_value();
            }
        }
    }
    for (const Side side : {Side::buy, Side::sell}) {
        CHECK(levels(received, side) == levels(venue.engine(id), side));
        CHECK(levels(received, side) == levels(venue.shown(id), side));
    }
    CHECK(received.state() == venue.recorded(id).state());
    return seen;
}

// A stream by order whose aggressors take the first in the queue, as a market with price-time priority tells it.
void random_orders(TickWorld& w, int steps) {
    struct Entry {
        std::uint64_t id;
        Lots lots;
    };
    std::map<std::int64_t, std::vector<Entry>> queues;  // cents; below 10000 bids, else asks
    std::uint64_t next = 1;
    const auto side_of = [](std::int64_t cents) { return cents < 10'000 ? Side::buy : Side::sell; };
    const auto price_of = [](std::int64_t cents) { return static_cast<double>(cents) / 100; };
    for (int t = 0; t < steps; ++t) {
        const auto cents = *rc::gen::inRange<std::int64_t>(9'995, 10'005);
        const int what = *rc::gen::inRange(0, 100);
        auto& queue = queues[cents];
        if (what < 50 || queue.empty()) {
            const auto lots = *rc::gen::inRange<Lots>(1, 10);
            w.delta(t, BookAction::add, side_of(cents), price_of(cents), lots, next);
            queue.push_back({next++, lots});
            continue;
        }
        const auto at = *rc::gen::inRange<std::size_t>(0, queue.size());
        Entry& entry = queue[at];
        if (what < 60) {
            w.delta(t, BookAction::remove, side_of(cents), price_of(cents), 0, entry.id);
            queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(at));
        } else if (what < 70) {
            const auto cut = *rc::gen::inRange<Lots>(1, entry.lots + 1);
            w.delta(t, BookAction::reduce, side_of(cents), price_of(cents), cut, entry.id);
            entry.lots -= cut;
            if (entry.lots == 0) { queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(at)); }
        } else if (what < 80) {
            const Entry moved{entry.id, entry.lots + 2};
            w.delta(t, BookAction::update, side_of(cents), price_of(cents), moved.lots, moved.id);
            queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(at));
            queue.push_back(moved);
        } else {
            const bool bids = side_of(cents) == Side::buy;
            std::int64_t best = bids ? 9'999 : 10'000;
            while (queues[best].empty()) { best += bids ? -1 : 1; }
            auto& first = queues[best];
            const auto lots = *rc::gen::inRange<Lots>(1, first.front().lots + 1);
            // Some feeds list an aggressor before its trades: the record is crossed until its packet is over.
            const std::uint64_t aggressor = what >= 95 ? next++ : 0;
            if (aggressor != 0) {
                w.delta(t, BookAction::add, model::opposite(side_of(best)), price_of(best), lots, aggressor);
                w.feed.ticks.back().flags = 0;
            }
            w.trade(t, price_of(best), lots, bids ? AggressorSide::seller : AggressorSide::buyer);
            w.feed.ticks.back().flags = 0;
            const bool notice = what >= 90;
            w.delta(t, notice ? BookAction::fill_notice : BookAction::fill, side_of(best), price_of(best), lots,
                    first.front().id);
            if (notice) {
                w.feed.ticks.back().flags = 0;
                w.delta(t, BookAction::reduce, side_of(best), price_of(best), lots, first.front().id);
            }
            if (aggressor != 0) {
                w.feed.ticks.back().flags = 0;
                w.delta(t, BookAction::reduce, model::opposite(side_of(best)), price_of(best), lots, aggressor);
            }
            first.front().lots -= lots;
            if (first.front().lots == 0) { first.erase(first.begin()); }
        }
    }
}

void random_levels(TickWorld& w, int steps) {
    for (int t = 0; t < steps; ++t) {
        const auto cents = *rc::gen::inRange<std::int64_t>(9'995, 10'005);
        const Side side = cents < 10'000 ? Side::buy : Side::sell;
        w.level(t, side, static_cast<double>(cents) / 100, *rc::gen::inRange<Lots>(0, 20));
        if (*rc::gen::inRange(0, 4) == 0) {
            w.trade(t, static_cast<double>(cents) / 100, *rc::gen::inRange<Lots>(1, 9),
                    side == Side::buy ? AggressorSide::seller : AggressorSide::buyer);
        }
    }
}

}  // namespace

TEST_CASE("without orders of ours the engine's book is the recorded one, by order and by price") {
    rc::check("random streams", [] {
        Reacting w;
        if (*rc::gen::inRange(0, 2) == 0) {
            random_orders(w, 150);
        } else {
            random_levels(w, 150);
        }
        w.feed.chunk = *rc::gen::inRange<std::size_t>(1, 40);
        ReactiveVenue venue(w.universe, w.feed, w.config.books);
        const Seen seen = watch(venue, w.a, 0.01, true);
        RC_ASSERT(seen.packets > 0);
        RC_ASSERT(seen.different == 0);
        // Nothing is traded, taken away or left over that is not so in the record.
        const backtest::Reactions& reactions = venue.reactions();
        RC_ASSERT(reactions.packets_apart == 0U);
        RC_ASSERT(reactions.crossed + reactions.gone + reactions.unmet + reactions.healed + reactions.met_us == 0);
    });
}

TEST_CASE("without orders of ours the best prices of ESH4 and of AAPL by LOBSTER are the recorded ones") {
    struct File {
        const char* path;
        const char* symbol;
        double tick_size;
        codec::TickOptions options;
    };
    codec::TickOptions lobster;
    lobster.symbols = {"AAPL"};
    lobster.date = 1'340'251'200'000'000'000;
    for (const File& file : {File{"l3/databento_esh4_20231225.mbo.dbn.zst", "ESH4", 0.25, {}},
                             File{"l3/lobster_aapl_20120621_0930_1030_message_50.csv.gz", "AAPL", 0.01, lobster}}) {
        const auto path = shared(file.path);
        if (!path) { continue; }
        const auto stream = data::open_ticks(*path, "", file.options);
        model::Universe universe;
        model::Instrument instrument;
        instrument.symbol = file.symbol;
        instrument.venue = "SIM";
        instrument.currency = universe.currency("USD");
        instrument.tick_size = Price::of(file.tick_size);
        const InstrumentId id = universe.add(instrument);
        ReactiveVenue venue(universe, *stream, {});
        const Seen seen = watch(venue, id, file.tick_size, false);
        MESSAGE(std::string(file.symbol), ": ", seen.packets, " packets, ", seen.crossed, " crossed in the record, ",
                seen.different, " different");
        CHECK(seen.packets > 10'000);
        CHECK(seen.different == 0);
    }
}

TEST_CASE("a passive order of one lot is filled where the exact queue of the replay fills it") {
    rc::check("random streams by order", [] {
        const auto entry = *rc::gen::inRange(5, 100);
        const auto cents = *rc::gen::inRange<std::int64_t>(9'996, 10'000);
        TickWorld replay;
        random_orders(replay, 200);
        replay.place(entry, TickWorld::limit(Side::buy, static_cast<double>(cents) / 100, 1));
        Reacting reacts;
        reacts.feed.ticks = replay.feed.ticks;
        reacts.place(entry, TickWorld::limit(Side::buy, static_cast<double>(cents) / 100, 1));
        const auto a = replay.run();
        const auto b = reacts.run();
        RC_ASSERT(a.fills.size() == b.fills.size());
        for (std::size_t i = 0; i < a.fills.size(); ++i) {
            RC_ASSERT(a.fills[i].ts == b.fills[i].ts);
            RC_ASSERT(a.fills[i].price == b.fills[i].price);
            RC_ASSERT(a.fills[i].quantity == b.fills[i].quantity);
            RC_ASSERT(a.fills[i].liquidity == b.fills[i].liquidity);
        }
    });
}

TEST_CASE("a large market order moves the price, and the recorded flow trades against the moved book") {
    Reacting w;
    w.usual_book();
    w.place(1, TickWorld::market(Side::buy, 15));  // 10 at 100.01, 5 of 20 at 100.02
    w.trade(5, 100.01, 4, AggressorSide::buyer);   // nobody is left at 100.01
    w.level(5, Side::sell, 100.01, 6);             // the record: the trade, nothing else
    w.level(6, Side::sell, 100.01, 0);
    w.trade(7, 100.02, 8, AggressorSide::buyer);  // of the 15 that we left
    std::vector<std::pair<Price, Lots>> asks;
    w.script.book = [&](strategy::Context&, const book::MarketBook& b) {
        if (b.has(Side::sell)) { asks.emplace_back(b.best_price(Side::sell), b.best_lots(Side::sell)); }
    };
    const auto result = w.run();
    REQUIRE(result.fills.size() == 2);
    CHECK(result.fills[0].price == Price::of(100.01));
    CHECK(result.fills[1].price == Price::of(100.02));
    CHECK(result.fills[1].quantity.lots == 5);
    CHECK(result.reactions.unmet == 4);
    CHECK(result.reactions.met_us == 0);
    CHECK(result.reactions.gone == 6);
    REQUIRE(!result.impact.empty());
    CHECK(result.impact.front().recorded_ask == Price::of(100.01));
    CHECK(result.impact.front().ask == Price::of(100.02));
    CHECK(std::ranges::find(asks, std::pair{Price::of(100.02), Lots{15}}) != asks.end());
    CHECK(std::ranges::find(asks, std::pair{Price::of(100.02), Lots{7}}) != asks.end());
}

TEST_CASE("a recorded order that crosses ours trades with it, and no more than it is") {
    Reacting w;
    w.usual_book();
    w.place(1, TickWorld::limit(Side::buy, 100.00, 5));
    w.level(10, Side::sell, 100.00, 2);
    const auto result = w.run();
    REQUIRE(result.fills.size() == 1);
    CHECK(result.fills[0].quantity.lots == 2);  // the replay would fill all 5
    CHECK(result.fills[0].liquidity == model::LiquiditySide::maker);
    CHECK(result.reactions.met_us == 2);
    CHECK(result.orders[0].filled.lots == 2);
}

TEST_CASE("recorded aggressors that meet us leave the others standing until the record has no such level") {
    Reacting w;
    w.usual_book();
    w.place(1, TickWorld::limit(Side::buy, 100.00, 5));
    w.trade(10, 99.99, 4, AggressorSide::seller);
    w.level(10, Side::buy, 99.99, 6);  // so the record; here all 10 still stand
    w.level(20, Side::buy, 99.99, 0);
    std::vector<Lots> bids;
    w.script.book = [&](strategy::Context&, const book::MarketBook& b) {
        std::int64_t tick = 0;
        static_cast<void>(b.scale().to_ticks(Price::of(99.99), tick));
        bids.push_back(b.lots_at(Side::buy, tick));
    };
    const auto result = w.run();
    REQUIRE(result.fills.size() == 1);
    CHECK(result.fills[0].quantity.lots == 4);
    CHECK(result.fills[0].price == Price::of(100.00));
    CHECK(result.reactions.met_us == 4);
    CHECK(result.reactions.healed == 4);
    CHECK(std::ranges::find(bids, 6) == bids.end());
    CHECK(bids.back() == 0);
}

TEST_CASE("what we took before the record canceled it is gone already") {
    Reacting w;
    w.delta(0, BookAction::add, Side::sell, 100.01, 10, 7);
    w.delta(0, BookAction::add, Side::sell, 100.02, 10, 8);
    w.place(1, TickWorld::market(Side::buy, 4));
    w.delta(5, BookAction::remove, Side::sell, 100.01, 0, 7);
    const auto result = w.run();
    CHECK(result.fills.size() == 1);
    CHECK(result.reactions.gone == 4);
}

TEST_CASE("icebergs show a part and go behind the queue for the next one") {
    Reacting w;
    w.delta(0, BookAction::add, Side::buy, 99.99, 5, 1);
    auto iceberg = TickWorld::limit(Side::buy, 99.99, 20);
    iceberg.display_quantity = Quantity{4};
    w.place(1, iceberg);
    w.delta(2, BookAction::add, Side::buy, 99.99, 6, 2);
    w.delta(3, BookAction::fill, Side::buy, 99.99, 5, 1);
    w.delta(4, BookAction::fill, Side::buy, 99.99, 6, 2);  // 4 of ours first, then 2 of order 2
    Lots most = 0;
    w.script.book = [&](strategy::Context&, const book::MarketBook& b) {
        if (b.has(Side::buy)) { most = std::max(most, b.best_lots(Side::buy)); }
    };
    const auto result = w.run();
    REQUIRE(result.fills.size() == 1);
    CHECK(result.fills[0].ts == at_ms(4));
    CHECK(result.fills[0].quantity.lots == 4);
    CHECK(most == 15);
}

TEST_CASE("a cancel that arrives after the aggressor comes too late") {
    Reacting w;
    w.config.replay.latency = model::constant_latency(milliseconds(5), milliseconds(5));
    w.usual_book();
    w.place(1, TickWorld::limit(Side::buy, 100.00, 5));
    w.act(10, [](strategy::Context& c) { c.cancel(OrderId{1}); });
    w.trade(14, 99.99, 5, AggressorSide::seller);
    w.trade(30, 99.99, 1, AggressorSide::seller);
    const auto result = w.run();
    REQUIRE(result.fills.size() == 1);
    CHECK(result.fills[0].ts == at_ms(14));
    CHECK(result.orders[0].status == OrderStatus::filled);
    CHECK(std::ranges::find(w.script.steps, "1 cancel_rejected") != w.script.steps.end());
}

TEST_CASE("our orders can be kept out of the market data") {
    for (const bool show : {true, false}) {
        for (const bool by_order : {true, false}) {
            Reacting w;
            w.config.books.show_own_orders = show;
            w.delta(0, by_order ? BookAction::add : BookAction::update, Side::sell, 100.01, 10, by_order ? 7 : 0);
            w.place(1, TickWorld::limit(Side::buy, 99.50, 5));
            w.delta(9, by_order ? BookAction::add : BookAction::update, Side::sell, 100.03, 10, by_order ? 8 : 0);
            bool has_bid = false;
            w.script.book = [&](strategy::Context&, const book::MarketBook& b) {
                has_bid = has_bid || b.has(Side::buy);
            };
            w.run();
            CHECK(has_bid == show);
        }
    }
}

TEST_CASE("a packet that nothing ends reaches us all the same") {
    Reacting w;
    w.delta(0, BookAction::add, Side::sell, 100.01, 10, 7);
    w.trade(2, 100.01, 1, AggressorSide::buyer);
    w.feed.ticks.back().flags = 0;
    w.delta(50, BookAction::add, Side::sell, 100.02, 10, 8);
    int trades = 0;
    w.script.trade = [&](const model::Trade&) { ++trades; };
    w.run();
    CHECK(trades == 1);
}

TEST_CASE("quotes alone make a market that reacts") {
    Reacting w;
    w.quote(0, 99.99, 10, 100.01, 10);
    w.place(1, TickWorld::limit(Side::buy, 100.00, 3));
    w.trade(5, 99.99, 2, AggressorSide::seller);
    w.quote(6, 99.98, 10, 100.00, 10);
    const auto result = w.run();
    REQUIRE(result.fills.size() == 2);
    CHECK(result.fills[0].quantity.lots == 2);
    CHECK(result.fills[1].quantity.lots == 1);
    CHECK(result.fills[1].price == Price::of(100.00));
}

// Every lot has a buyer and a seller: what the feed prints, less what is between others, is what we are told.
TEST_CASE("random orders of ours end as reports say, and nothing depends on how the stream is cut") {
    rc::check("random orders", [] {
        Reacting first;
        const bool by_order = *rc::gen::inRange(0, 2) == 0;
        if (by_order) {
            random_orders(first, 200);
        } else {
            random_levels(first, 200);
        }
        first.config.replay.latency = model::constant_latency(DurationNs{*rc::gen::inRange(0, 3'000'000)},
                                                              DurationNs{*rc::gen::inRange(0, 3'000'000)});
        struct Act {
            int t;
            model::OrderTerms terms;
        };
        std::vector<Act> acts;
        for (int i = 0; i < 12; ++i) {
            const Side side = *rc::gen::inRange(0, 2) == 0 ? Side::buy : Side::sell;
            const auto cents = *rc::gen::inRange<std::int64_t>(9'995, 10'005);
            auto terms = *rc::gen::inRange(0, 3) == 0
                             ? TickWorld::market(side, *rc::gen::inRange(1, 30))
                             : TickWorld::limit(side, static_cast<double>(cents) / 100, *rc::gen::inRange(1, 30));
            if (model::has_limit(terms.type) && *rc::gen::inRange(0, 3) == 0) { terms.display_quantity = Quantity{1}; }
            acts.push_back({*rc::gen::inRange(1, 190), terms});
        }
        Reacting second;
        second.feed.ticks = first.feed.ticks;
        second.feed.chunk = *rc::gen::inRange<std::size_t>(1, 7);
        second.config.replay.latency = first.config.replay.latency;
        std::uint64_t signature = 0;
        for (Reacting* w : {&first, &second}) {
            for (const Act& act : acts) { w->place(act.t, act.terms); }
            bool was_crossed = false;
            Lots printed = 0;
            w->script.book = [&](strategy::Context&, const book::MarketBook& b) {
                was_crossed = was_crossed || b.is_crossed();
            };
            w->script.trade = [&](const model::Trade& t) { printed += t.size.lots; };
            const auto result = w->run();
            std::map<std::uint64_t, Lots> filled;
            Lots ours = 0;
            Lots made = 0;
            for (const auto& fill : result.fills) {
                filled[fill.order.value] += fill.quantity.lots;
                ours += fill.quantity.lots;
                made += fill.liquidity == model::LiquiditySide::maker ? fill.quantity.lots : 0;
                const auto& terms = result.orders[fill.order.value - 1].terms;
                if (model::has_limit(terms.type)) {
                    const bool within = terms.side == Side::buy ? fill.price <= terms.price : fill.price >= terms.price;
                    RC_ASSERT(within);
                }
            }
            for (const auto& order : result.orders) {
                RC_ASSERT(order.filled.lots == filled[order.id.value]);
                RC_ASSERT(order.filled <= order.terms.quantity);
            }
            RC_ASSERT(!was_crossed);
            RC_ASSERT(ours <= printed);  // none of them is with ourselves
            RC_ASSERT(result.reactions.met_us == made);
            RC_ASSERT(result.anomalies.empty());
            if (signature != 0) { RC_ASSERT(signature == result.signature); }
            signature = result.signature;
        }
    });
}
