// MarketBook against a slow, obvious book on long random feeds. WALRAS_PROVE=1: 10^7 messages; without it 200,000.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "walras/book/market_book.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::book;
using model::BookAction;
using model::BookDelta;
using Side = model::OrderSide;

namespace {

constexpr std::int64_t tick_raw = 10'000'000;

std::size_t messages() { return std::getenv("WALRAS_PROVE") != nullptr ? 10'000'000 : 200'000; }

// Lists of orders by price; each order is found by its id.
class PlainBook {
public:
    struct Order {
        std::uint64_t id = 0;
        Lots lots = 0;
    };
    using Level = std::list<Order>;
    struct Place {
        int side = 0;
        std::int64_t tick = 0;
        Level::iterator at;
    };

    void apply(const BookDelta& d) {
        const auto it = places_.find(d.order);
        const std::int64_t tick = d.price.raw / tick_raw;
        switch (d.action) {
            case BookAction::add:
                if (it != places_.end()) { drop(it); }
                put(d, tick);
                break;
            case BookAction::update:
                if (it == places_.end()) {
                    if (d.size.lots > 0) { put(d, tick); }
                } else if (Place& p = it->second;
                           p.side == index(d.side) && p.tick == tick && d.size.lots <= p.at->lots) {
                    shrink(it, d.size.lots);
                } else {
                    drop(it);
                    if (d.size.lots > 0) { put(d, tick); }
                }
                break;
            case BookAction::remove:
                if (it != places_.end()) { drop(it); }
                break;
            case BookAction::reduce:
            case BookAction::fill:
                if (it != places_.end()) { shrink(it, std::max<Lots>(it->second.at->lots - d.size.lots, 0)); }
                break;
            case BookAction::clear:
                places_.clear();
                levels_[0].clear();
                levels_[1].clear();
                break;
            case BookAction::fill_notice:
            case BookAction::state: break;
        }
    }
    [[nodiscard]] const std::map<std::int64_t, Level>& levels(Side side) const { return levels_[index(side)]; }
    [[nodiscard]] std::size_t size() const { return places_.size(); }
    [[nodiscard]] std::optional<Lots> ahead(std::uint64_t id) const {
        const auto it = places_.find(id);
        if (it == places_.end()) { return std::nullopt; }
        const Place& p = it->second;
        Lots sum = 0;
        for (const Order& o : levels_[p.side].at(p.tick)) {
            if (o.id == id) { break; }
            sum += o.lots;
        }
        return sum;
    }
    static Lots sum(const Level& level) {
        Lots all = 0;
        for (const Order& o : level) { all += o.lots; }
        return all;
    }

private:
    using Places = std::map<std::uint64_t, Place>;
    static int index(Side side) { return side == Side::buy ? 0 : 1; }
    void put(const BookDelta& d, std::int64_t tick) {
        Level& level = levels_[index(d.side)][tick];
        level.push_back({d.order, d.size.lots});
        places_[d.order] = {index(d.side), tick, std::prev(level.end())};
    }
    void drop(Places::iterator it) {
        const Place p = it->second;
        places_.erase(it);
        auto& side = levels_[p.side];
        side[p.tick].erase(p.at);
        if (side[p.tick].empty()) { side.erase(p.tick); }
    }
    void shrink(Places::iterator it, Lots lots) {
        it->second.at->lots = lots;
        if (lots == 0) { drop(it); }
    }

    std::map<std::int64_t, Level> levels_[2];
    Places places_;
};

bool same_books(const MarketBook& book, const PlainBook& plain) {
    if (book.order_count() != plain.size()) { return false; }
    for (const Side side : {Side::buy, Side::sell}) {
        const auto& expected = plain.levels(side);
        std::vector<TickDepth> depth(expected.size() + 1);
        if (book.depth(side, depth) != expected.size()) { return false; }
        std::size_t i = side == Side::buy ? expected.size() : 0;
        for (const auto& [tick, level] : expected) {
            const TickDepth& at = side == Side::buy ? depth[--i] : depth[i++];
            if (at.tick != tick || at.lots != PlainBook::sum(level) || at.orders != level.size()) { return false; }
        }
    }
    return true;
}

}  // namespace

TEST_CASE("a book by order stays that of a list of orders over a long random feed") {
    core::Random random{{.seed = 11, .stream = 0, .agent = 0, .tick = 0}};
    const auto below = [&](std::uint64_t n) { return static_cast<std::int64_t>(random.below(n)); };
    MarketBook book({Price{tick_raw}, 64, 8});
    PlainBook plain;
    std::int64_t middle = 0;
    const std::size_t steps = messages();
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < steps && wrong == 0; ++i) {
        if (i % 64 == 0) { middle += below(9) - 4; }
        const std::int64_t what = below(1000);
        BookDelta d;
        d.action = what < 400   ? BookAction::add
                   : what < 550 ? BookAction::update
                   : what < 740 ? BookAction::remove
                   : what < 850 ? BookAction::reduce
                   : what < 980 ? BookAction::fill
                   : what < 999 ? BookAction::fill_notice
                                : BookAction::clear;
        d.side = below(2) == 0 ? Side::buy : Side::sell;
        // Mostly near, at times far beyond the window.
        d.price = Price{(middle + (below(50) == 0 ? below(2000) - 1000 : below(24) - 12)) * tick_raw};
        d.size = Quantity{below(10) + (d.action == BookAction::add ? 1 : 0)};
        d.order = d.action == BookAction::clear ? 0 : static_cast<std::uint64_t>(1 + below(300));
        const BookChange change = book.apply(d, 0);
        plain.apply(d);
        wrong += book.queue_ahead(d.order) != plain.ahead(d.order);
        if (change.lots != 0) {
            const auto& side = plain.levels(change.side);
            const auto at = side.find(change.tick);
            wrong += book.lots_at(change.side, change.tick) != (at == side.end() ? 0 : PlainBook::sum(at->second));
        }
        for (const Side side : {Side::buy, Side::sell}) {
            const auto& levels = plain.levels(side);
            wrong += book.has(side) == levels.empty();
            if (levels.empty() || !book.has(side)) { continue; }
            wrong += book.best_tick(side) != (side == Side::buy ? levels.rbegin()->first : levels.begin()->first);
        }
        if (i % 256 == 0) { wrong += !same_books(book, plain); }
        if (wrong != 0) { MESSAGE("message ", i); }
    }
    CHECK(wrong == 0);
    CHECK(same_books(book, plain));
    CHECK(book.faults().total() > 0);
}

TEST_CASE("a book by price stays that of a map over a long random feed") {
    core::Random random{{.seed = 12, .stream = 0, .agent = 0, .tick = 0}};
    const auto below = [&](std::uint64_t n) { return static_cast<std::int64_t>(random.below(n)); };
    MarketBook book({Price{tick_raw}, 64, 8});
    std::map<std::int64_t, Lots> sides[2];
    std::int64_t middle = 0;
    const std::size_t steps = messages();
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < steps && wrong == 0; ++i) {
        if (i % 64 == 0) { middle += below(9) - 4; }
        const bool buy = below(2) == 0;
        const std::int64_t tick = middle + (below(50) == 0 ? below(2000) - 1000 : below(40) - 20);
        const Lots lots = below(3) == 0 ? 0 : below(1000);
        BookDelta d;
        d.action = lots == 0 && below(2) == 0 ? BookAction::remove : BookAction::update;
        d.side = buy ? Side::buy : Side::sell;
        d.price = Price{tick * tick_raw};
        d.size = Quantity{lots};
        auto& levels = sides[buy ? 0 : 1];
        const auto at = levels.find(tick);
        const Lots before = at == levels.end() ? 0 : at->second;
        wrong += book.apply(d, 0).lots != lots - before;
        if (lots == 0) {
            levels.erase(tick);
        } else {
            levels[tick] = lots;
        }
        for (const Side side : {Side::buy, Side::sell}) {
            const auto& all = sides[side == Side::buy ? 0 : 1];
            wrong += book.has(side) == all.empty();
            if (all.empty() || !book.has(side)) { continue; }
            wrong += book.best_tick(side) != (side == Side::buy ? all.rbegin()->first : all.begin()->first);
        }
        if (i % 1024 == 0) {
            for (const Side side : {Side::buy, Side::sell}) {
                const auto& all = sides[side == Side::buy ? 0 : 1];
                std::size_t seen = 0;
                book.visit(side, [&](Ticks t, const OrderLevel& level) {
                    ++seen;
                    const auto found = all.find(t);
                    wrong += found == all.end() || found->second != level.lots;
                    return true;
                });
                wrong += seen != all.size();
            }
        }
        if (wrong != 0) { MESSAGE("message ", i); }
    }
    CHECK(wrong == 0);
}
