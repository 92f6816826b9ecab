// Places in queues: models by price, and by order against a list of everybody.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>
#include <list>
#include <vector>

#include "walras/backtest/book_venue_test.hpp"
#include "walras/backtest/queue_model.hpp"
#include "walras/core/error.hpp"

using namespace walras;
using namespace walras::tests;
using model::AggressorSide;
using model::BookAction;

TEST_CASE("cancellations move a risk-averse order only when the level is smaller than what was before it") {
    TickWorld w;
    w.usual_book();
    w.place(1, TickWorld::limit(Side::buy, 99.99, 5));
    w.level(10, Side::buy, 99.99, 30);
    w.level(11, Side::buy, 99.99, 12);
    w.level(12, Side::buy, 99.99, 4);  // at most 4 before us now
    w.trade(20, 99.99, 5, AggressorSide::seller);
    const auto result = w.run();
    REQUIRE(result.fills.size() == 1);
    CHECK(result.fills[0].quantity.lots == 1);
}

TEST_CASE("probability models share cancellations between front and back by their formulas") {
    // 10 before us; the level grows to 20, then 6 cancel: front 10, back 10.
    const auto power = backtest::power_queue(2);
    CHECK(power->ahead_after(10, 6, 20) == doctest::Approx(10 - 0.5 * 6));
    CHECK(power->ahead_after(4, 6, 20) == doctest::Approx(4 - (1 - 256.0 / 272) * 6));
    CHECK(backtest::power_queue(2, 2)->ahead_after(10, 6, 20) == doctest::Approx(10 - 0.75 * 6));
    CHECK(backtest::power_queue(2, 3)->ahead_after(10, 6, 20) == doctest::Approx(10 - 0.25 * 6));
    const double behind = std::log(17.0) / (std::log(17.0) + std::log(5.0));
    CHECK(backtest::log_queue()->ahead_after(4, 6, 20) == doctest::Approx(4 - (1 - behind) * 6));
    CHECK(backtest::log_queue(2)->ahead_after(4, 6, 20) ==
          doctest::Approx(4 - (1 - std::log(17.0) / std::log(21.0)) * 6));
    // More canceled behind us than there was: the rest was before us.
    CHECK(power->ahead_after(15, 10, 16) < 15 - 9.0);
    CHECK_THROWS_AS(backtest::power_queue(0), ConfigError);
    CHECK_THROWS_AS(backtest::power_queue(1, 4), ConfigError);
    CHECK_THROWS_AS(backtest::log_queue(3), ConfigError);
}

TEST_CASE("what a trade took is not counted again when the level reports it") {
    TickWorld w;
    w.config.books.queue = backtest::power_queue(1);
    w.usual_book();
    w.level(1, Side::buy, 99.99, 10);
    w.place(2, TickWorld::limit(Side::buy, 99.99, 5));
    w.trade(10, 99.99, 4, AggressorSide::seller);
    w.level(10, Side::buy, 99.99, 6);  // the trade, and nothing else
    w.trade(20, 99.99, 7, AggressorSide::seller);
    const auto result = w.run();
    REQUIRE(result.fills.size() == 1);
    CHECK(result.fills[0].quantity.lots == 1);
}

namespace {

// The obvious queue: ids in order, ours among them as 0.
struct Queues {
    struct Entry {
        std::uint64_t id;
        book::Lots lots;
    };
    std::map<std::int64_t, std::list<Entry>> levels;  // bids by price in cents

    void put_ours(std::int64_t price, book::Lots lots) { levels[price].push_back({0, lots}); }
};

bool is_long() { return std::getenv("WALRAS_PROVE") != nullptr; }

}  // namespace

// One order of ours rests in a random stream by order; every trade against bids is somebody's fill. In the model ours
// is an element of the list: it trades as soon as a fill takes somebody who stands behind it.
TEST_CASE("by order the queue position is that of a list in which our order is an element") {
    rc::check("random streams by order", [] {
        TickWorld w;
        Queues model;
        std::uint64_t next = 1;
        const std::int64_t ours = *rc::gen::inRange<std::int64_t>(9'995, 10'000);
        const auto our_lots = *rc::gen::inRange<book::Lots>(1, 12);
        const int steps = is_long() ? 600 : 120;
        const int entry = *rc::gen::inRange(5, 40);
        std::vector<std::pair<std::int64_t, book::Lots>> expected;  // time, lots
        book::Lots left = our_lots;
        const auto fill_ours = [&](int t, book::Lots lots) {
            lots = std::min(lots, left);
            if (lots == 0) { return; }
            left -= lots;
            expected.emplace_back(t, lots);
        };
        w.delta(0, BookAction::add, Side::sell, 101, 50, 1'000'000);
        w.place(entry, TickWorld::limit(Side::buy, static_cast<double>(ours) / 100, our_lots));
        for (int t = 1; t < steps; ++t) {
            const int what = *rc::gen::inRange(0, 100);
            const auto price = *rc::gen::inRange<std::int64_t>(9'995, 10'000);
            auto& queue = model.levels[price];
            const auto pick = [&] {  // any order of others at this price, or the end
                std::vector<std::list<Queues::Entry>::iterator> all;
                for (auto it = queue.begin(); it != queue.end(); ++it) {
                    if (it->id != 0) { all.push_back(it); }
                }
                if (all.empty()) { return queue.end(); }
                return all[*rc::gen::inRange<std::size_t>(0, all.size())];
            };
            if (what < 45) {
                const auto lots = *rc::gen::inRange<book::Lots>(1, 10);
                w.delta(t, BookAction::add, Side::buy, static_cast<double>(price) / 100, lots, next);
                queue.push_back({next++, lots});
            } else if (const auto it = pick(); it != queue.end()) {
                const std::uint64_t id = it->id;
                const double at = static_cast<double>(price) / 100;
                if (what < 60) {
                    w.delta(t, BookAction::remove, Side::buy, at, 0, id);
                    queue.erase(it);
                } else if (what < 70) {
                    const auto cut = *rc::gen::inRange<book::Lots>(1, it->lots + 1);
                    w.delta(t, BookAction::reduce, Side::buy, at, cut, id);
                    it->lots -= cut;
                    if (it->lots == 0) { queue.erase(it); }
                } else if (what < 80) {  // a replace that loses its place
                    const auto more = it->lots + *rc::gen::inRange<book::Lots>(1, 5);
                    w.delta(t, BookAction::update, Side::buy, at, more, id);
                    queue.erase(it);
                    queue.push_back({id, more});
                } else {  // somebody's fill, and whoever of ours has priority trades first
                    const auto lots = *rc::gen::inRange<book::Lots>(1, it->lots + 1);
                    const bool notice = what >= 90;
                    w.delta(t, notice ? BookAction::fill_notice : BookAction::fill, Side::buy, at, lots, id);
                    if (t >= entry + 1 && left > 0) {
                        if (price < ours) {
                            fill_ours(t, left);
                        } else if (price == ours) {
                            const auto mine = std::ranges::find(queue, 0U, &Queues::Entry::id);
                            const bool first = std::distance(queue.begin(), mine) < std::distance(queue.begin(), it);
                            if (mine != queue.end() && first) { fill_ours(t, lots); }
                        }
                    }
                    if (!notice) {
                        it->lots -= lots;
                        if (it->lots == 0) { queue.erase(it); }
                    }
                }
            }
            if (t == entry) { model.put_ours(ours, our_lots); }
        }
        const auto result = w.run();
        RC_ASSERT(result.fills.size() == expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            RC_ASSERT(result.fills[i].ts == at_ms(expected[i].first));
            RC_ASSERT(result.fills[i].quantity.lots == expected[i].second);
            RC_ASSERT(result.fills[i].price == Price{ours * 10'000'000});
        }
    });
}
