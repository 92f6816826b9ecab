#include "walras/book/market_book.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <vector>

#include "walras/book/analytics.hpp"
#include "walras/core/error.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::book;
using model::BookAction;
using model::BookDelta;
using model::BookState;
using Side = model::OrderSide;

namespace {

constexpr std::int64_t unit = core::fixed_scale;

BookDelta delta(BookAction action, Side side, std::int64_t ticks, Lots lots, std::uint64_t order = 0) {
    BookDelta d;
    d.action = action;
    d.side = side;
    d.price = Price{ticks * 10'000'000};
    d.size = Quantity{lots};
    d.order = order;
    return d;
}

BookDelta level(Side side, std::int64_t ticks, Lots lots) { return delta(BookAction::update, side, ticks, lots); }

// The obvious book: a list of orders, in order of arrival.
struct SlowBook {
    struct Order {
        std::uint64_t id;
        Side side;
        std::int64_t tick;
        Lots lots;
    };
    std::vector<Order> orders;

    auto find(std::uint64_t id) {
        return std::ranges::find_if(orders, [&](const Order& o) { return o.id == id; });
    }
    void apply(const BookDelta& d) {
        const std::int64_t tick = d.price.raw / 10'000'000;
        const auto it = find(d.order);
        switch (d.action) {
            case BookAction::add:
                if (it != orders.end()) { orders.erase(it); }
                orders.push_back({d.order, d.side, tick, d.size.lots});
                break;
            case BookAction::update:
                if (it == orders.end()) {
                    if (d.size.lots > 0) { orders.push_back({d.order, d.side, tick, d.size.lots}); }
                } else if (it->side == d.side && it->tick == tick && d.size.lots <= it->lots) {
                    it->lots = d.size.lots;
                    if (it->lots == 0) { orders.erase(it); }
                } else {
                    orders.erase(it);
                    if (d.size.lots > 0) { orders.push_back({d.order, d.side, tick, d.size.lots}); }
                }
                break;
            case BookAction::remove:
                if (it != orders.end()) { orders.erase(it); }
                break;
            case BookAction::reduce:
            case BookAction::fill:
                if (it != orders.end()) {
                    it->lots -= std::min(it->lots, d.size.lots);
                    if (it->lots == 0) { orders.erase(it); }
                }
                break;
            case BookAction::clear: orders.clear(); break;
            case BookAction::fill_notice:
            case BookAction::state: break;
        }
    }
    [[nodiscard]] std::map<std::int64_t, std::pair<Lots, std::uint32_t>> levels(Side side) const {
        std::map<std::int64_t, std::pair<Lots, std::uint32_t>> out;
        for (const Order& o : orders) {
            if (o.side == side) {
                out[o.tick].first += o.lots;
                ++out[o.tick].second;
            }
        }
        return out;
    }
    [[nodiscard]] Lots ahead(std::uint64_t id) const {
        Lots lots = 0;
        const auto me = std::ranges::find_if(orders, [&](const Order& o) { return o.id == id; });
        for (auto it = orders.begin(); it != me; ++it) {
            if (it->side == me->side && it->tick == me->tick) { lots += it->lots; }
        }
        return lots;
    }
};

void require_equal(const MarketBook& book, const SlowBook& slow) {
    for (const Side side : {Side::buy, Side::sell}) {
        const auto expected = slow.levels(side);
        std::vector<TickDepth> depth(expected.size() + 1);
        const std::size_t n = book.depth(side, depth);
        RC_ASSERT(n == expected.size());
        std::size_t i = side == Side::buy ? n : 0;
        for (const auto& [tick, level] : expected) {
            const TickDepth& at = side == Side::buy ? depth[--i] : depth[i++];
            RC_ASSERT(at.tick == tick);
            RC_ASSERT(at.lots == level.first);
            RC_ASSERT(at.orders == level.second);
            RC_ASSERT(book.lots_at(side, tick) == level.first);
        }
    }
    RC_ASSERT(book.order_count() == slow.orders.size());
    for (const SlowBook::Order& o : slow.orders) { RC_ASSERT(book.queue_ahead(o.id) == slow.ahead(o.id)); }
}

bool is_long() { return std::getenv("WALRAS_PROVE") != nullptr; }

}  // namespace

TEST_CASE("a book by price is what the last size of each level says") {
    MarketBook book;
    book.apply(level(Side::buy, 100, 5), 0);
    book.apply(level(Side::buy, 99, 7), 0);
    book.apply(level(Side::sell, 103, 2), 0);
    CHECK(book.best_price(Side::buy) == Price{unit});
    CHECK(book.best_lots(Side::buy) == 5);
    const BookChange change = book.apply(level(Side::buy, 100, 3), 0);
    CHECK(change.lots == -2);
    CHECK(change.tick == 100);
    book.apply(level(Side::buy, 100, 0), 0);
    CHECK(book.best_tick(Side::buy) == 99);
    book.apply(level(Side::buy, 42, 0), 0);  // a level that was not there
    CHECK(book.level_count(Side::buy) == 1);
    CHECK(!book.is_by_order());
}

TEST_CASE("an order that shrinks keeps its place and one that grows or moves loses it") {
    MarketBook book;
    for (std::uint64_t id = 1; id <= 3; ++id) { book.apply(delta(BookAction::add, Side::sell, 100, 10, id), 0); }
    CHECK(book.queue_ahead(3) == 20);
    book.apply(delta(BookAction::update, Side::sell, 100, 4, 1), 0);
    CHECK(book.queue_ahead(1) == 0);
    CHECK(book.queue_ahead(3) == 14);
    book.apply(delta(BookAction::update, Side::sell, 100, 11, 1), 0);
    CHECK(book.queue_ahead(1) == 20);
    const BookChange moved = book.apply(delta(BookAction::update, Side::sell, 101, 11, 2), 0);
    CHECK(moved.old_tick == 100);
    CHECK(moved.old_lots == -10);
    CHECK(moved.tick == 101);
    CHECK(book.queue_ahead(2) == 0);
    CHECK(book.queue_ahead(1) == 10);
    CHECK(!book.queue_ahead(9));
}

TEST_CASE("a fill says at which level it traded and against which arrival") {
    MarketBook book;
    book.apply(delta(BookAction::add, Side::buy, 100, 10, 7), 0);
    const BookChange fill = book.apply(delta(BookAction::fill, Side::sell, 0, 4, 7), 0);
    CHECK(fill.side == Side::buy);
    CHECK(fill.tick == 100);
    CHECK(fill.lots == -4);
    CHECK(fill.traded == 4);
    const BookChange notice = book.apply(delta(BookAction::fill_notice, Side::buy, 100, 2, 7), 0);
    CHECK(notice.lots == 0);
    CHECK(notice.traded == 2);
    CHECK(notice.sequence == fill.sequence);
    CHECK(book.best_lots(Side::buy) == 6);
}

TEST_CASE("a snapshot makes a book valid, a contradiction makes it resync, and only a snapshot heals it") {
    MarketBook book;
    CHECK(book.state() == BookState::unverifiable);
    BookDelta clear;
    clear.action = BookAction::clear;
    book.apply(clear, model::flag_snapshot);
    CHECK(!book.is_valid());
    book.apply(delta(BookAction::add, Side::buy, 100, 10, 1), model::flag_snapshot | model::flag_last);
    CHECK(book.is_valid());
    book.apply(delta(BookAction::remove, Side::buy, 0, 0, 99), 0);
    CHECK(book.state() == BookState::resyncing);
    CHECK(book.faults().unknown_orders == 1);
    book.apply(delta(BookAction::add, Side::buy, 101, 10, 1), 0);
    CHECK(book.faults().duplicate_orders == 1);
    CHECK(book.order_count() == 1);
    book.apply(clear, model::flag_snapshot | model::flag_last);
    CHECK(book.is_valid());
    BookDelta state;
    state.action = BookAction::state;
    state.order = static_cast<std::uint64_t>(BookState::resyncing);
    book.apply(state, 0);
    CHECK(book.state() == BookState::resyncing);
}

TEST_CASE("an order of no lots leaves no level behind") {
    MarketBook book;
    book.apply(delta(BookAction::add, Side::buy, 100, 0, 1), 0);
    book.apply(delta(BookAction::update, Side::buy, 100, 0, 2), 0);
    CHECK(!book.has(Side::buy));
    CHECK(book.order_count() == 0);
}

TEST_CASE("a fill that names no order changes no order that is gone") {
    MarketBook book;
    book.apply(delta(BookAction::add, Side::buy, 100, 5, 1), 0);
    book.apply(delta(BookAction::remove, Side::buy, 0, 0, 1), 0);
    for (int i = 0; i < 3; ++i) { CHECK(book.apply(delta(BookAction::fill, Side::buy, 0, 5), 0).lots == 0); }
    CHECK(book.faults().unknown_orders == 3);
}

TEST_CASE("a book refuses prices and sizes that no sum could hold") {
    MarketBook book({Price{1}, 64, 8});
    BookDelta far = level(Side::sell, 0, 1);
    far.price = Price{INT64_MIN};
    CHECK_THROWS_AS(book.apply(far, 0), DataError);
    CHECK_THROWS_AS(book.apply(delta(BookAction::add, Side::buy, 1, INT64_MAX, 1), 0), DataError);
    MarketBook cents;
    CHECK_THROWS_AS(cents.apply(far, 0), DataError);
}

TEST_CASE("a book that began without a snapshot stays unverifiable through contradictions") {
    MarketBook book;
    book.apply(delta(BookAction::fill, Side::buy, 0, 1, 5), 0);
    CHECK(book.state() == BookState::unverifiable);
    CHECK(book.faults().total() == 1);
}

TEST_CASE("a book refuses prices off its grid, negative sizes and feeds of two kinds") {
    MarketBook book;
    BookDelta off = level(Side::buy, 100, 1);
    off.price = Price{unit + 1};
    CHECK_THROWS_AS(book.apply(off, 0), DataError);
    CHECK_THROWS_AS(book.apply(level(Side::buy, 100, -1), 0), DataError);
    book.apply(level(Side::buy, 100, 1), 0);
    CHECK_THROWS_AS(book.apply(delta(BookAction::add, Side::buy, 100, 1, 1), 0), DataError);
}

TEST_CASE("random feeds by order leave the book that a list of orders says") {
    rc::check("deltas against a list of orders", [] {
        MarketBook book({Price{10'000'000}, 64, 8});
        SlowBook slow;
        const int steps = is_long() ? 4000 : 400;
        const int spread = *rc::gen::element(3, 40, 400);
        for (int i = 0; i < steps; ++i) {
            const auto id = *rc::gen::inRange<std::uint64_t>(1, 30);
            const auto side = *rc::gen::element(Side::buy, Side::sell);
            const auto tick = *rc::gen::inRange<std::int64_t>(1, spread + 1);
            const auto lots = *rc::gen::inRange<Lots>(0, 9);
            const auto what = *rc::gen::inRange(0, 100);
            BookAction action = what < 35   ? BookAction::add
                                : what < 55 ? BookAction::update
                                : what < 70 ? BookAction::remove
                                : what < 85 ? BookAction::reduce
                                : what < 99 ? BookAction::fill
                                            : BookAction::clear;
            const Lots size = action == BookAction::add ? lots + 1 : lots;
            const BookDelta d = delta(action, side, tick, size, action == BookAction::clear ? 0 : id);
            book.apply(d, 0);
            slow.apply(d);
            if (i % 16 == 0) { require_equal(book, slow); }
        }
        require_equal(book, slow);
    });
}

TEST_CASE("random levels near and far leave the book that a map says") {
    rc::check("levels against a map", [] {
        MarketBook book({Price{10'000'000}, 64, 8});
        std::map<std::int64_t, Lots> bids, asks;
        const std::int64_t middle = *rc::gen::inRange<std::int64_t>(-100'000, 100'000);
        for (int i = 0; i < 600; ++i) {
            const bool is_buy = *rc::gen::arbitrary<bool>();
            const auto tick = middle + *rc::gen::inRange<std::int64_t>(-300, 300);
            const auto lots = *rc::gen::inRange<Lots>(0, 4);
            auto& levels = is_buy ? bids : asks;
            const Lots before = levels.contains(tick) ? levels[tick] : 0;
            const BookChange change = book.apply(level(is_buy ? Side::buy : Side::sell, tick, lots), 0);
            RC_ASSERT(change.lots == lots - before);
            if (lots == 0) {
                levels.erase(tick);
            } else {
                levels[tick] = lots;
            }
            RC_ASSERT(book.has(Side::buy) == !bids.empty());
            RC_ASSERT(book.has(Side::sell) == !asks.empty());
            if (!bids.empty()) { RC_ASSERT(book.best_tick(Side::buy) == bids.rbegin()->first); }
            if (!asks.empty()) { RC_ASSERT(book.best_tick(Side::sell) == asks.begin()->first); }
        }
        RC_ASSERT(book.level_count(Side::buy) == bids.size());
        RC_ASSERT(book.level_count(Side::sell) == asks.size());
    });
}

TEST_CASE("analytics of a small book are what the definitions say") {
    MarketBook book;
    CHECK(std::isnan(mid_price(book)));
    CHECK(std::isnan(imbalance(book)));
    book.apply(level(Side::buy, 9'999, 30), 0);
    book.apply(level(Side::buy, 9'990, 20), 0);
    book.apply(level(Side::sell, 10'001, 10), 0);
    book.apply(level(Side::sell, 10'003, 40), 0);
    CHECK(mid_price(book) == doctest::Approx(100.0));
    CHECK(micro_price(book) == doctest::Approx((99.99 * 10 + 100.01 * 30) / 40));
    CHECK(spread_ticks(book) == 2);
    CHECK(spread_bps(book) == doctest::Approx(2.0));
    CHECK(imbalance(book) == doctest::Approx(0.5));
    CHECK(imbalance(book, 5) == doctest::Approx(0.0));
    CHECK(depth_within(book, Side::buy, 0.0005) == 30);
    CHECK(depth_within(book, Side::buy, 0.001) == 50);
    const TradeCost cost = cost_to_trade(book, Side::buy, 20);
    CHECK(cost.filled == 20);
    CHECK(cost.average == doctest::Approx(100.02));
    CHECK(cost.worst == Price{100'030'000'000});
    CHECK(cost.slippage_bps == doctest::Approx(2.0));
    CHECK(cost_to_trade(book, Side::buy, 1000).filled == 50);
}

TEST_CASE("order-flow imbalance adds demand and takes supply away") {
    MarketBook book;
    OrderFlowImbalance flow;
    book.apply(level(Side::buy, 100, 10), 0);
    book.apply(level(Side::sell, 102, 10), 0);
    CHECK(flow.update(book) == 0);
    book.apply(level(Side::buy, 100, 15), 0);
    CHECK(flow.update(book) == 5);
    book.apply(level(Side::buy, 101, 4), 0);
    CHECK(flow.update(book) == 4);
    book.apply(level(Side::sell, 102, 3), 0);
    CHECK(flow.update(book) == 7);
    book.apply(level(Side::buy, 101, 0), 0);
    CHECK(flow.update(book) == -4);
    CHECK(flow.value() == 12);
}

TEST_CASE("a window grows while dozens of levels are far, and the book stays what it was") {
    MarketBook book({.tick_size = Price::of(0.01), .window_ticks = 64});
    std::map<Ticks, Lots, std::greater<>> bids;
    core::Random random({.seed = 5});
    Ticks best = 1'000'000;
    for (int i = 0; i < 20'000; ++i) {
        // Far and near, with a best price that walks, beyond the widest window too.
        best += static_cast<Ticks>(random.below(3)) - 1;
        const auto reach = std::uint64_t{1} << random.below(19);
        const Ticks tick = best - static_cast<Ticks>(random.below(reach));
        const auto lots = static_cast<Lots>(random.below(3) == 0 ? 0 : 1 + random.below(100));
        book.set_level(model::OrderSide::buy, tick, lots);
        if (lots == 0) {
            bids.erase(tick);
        } else {
            bids[tick] = lots;
        }
        REQUIRE(book.has(model::OrderSide::buy) == !bids.empty());
        if (!bids.empty()) { REQUIRE(book.best_tick(model::OrderSide::buy) == bids.begin()->first); }
    }
    auto it = bids.begin();
    book.visit(model::OrderSide::buy, [&](Ticks tick, const OrderLevel& level) {
        REQUIRE(it != bids.end());
        CHECK(tick == it->first);
        CHECK(level.lots == it->second);
        ++it;
        return true;
    });
    CHECK(it == bids.end());
    CHECK(bids.size() > 1000);
}
