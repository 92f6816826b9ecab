// A market of one instrument that wanders, for tests of what trades in it.
#pragma once

#include "walras/backtest/book_venue_test.hpp"
#include "walras/core/random.hpp"

namespace walras::tests {

// From here on the book can be trusted: it begins empty.
inline void begin_valid(TickWorld& w, std::int64_t ms = 0) {
    model::Tick& t = w.tick(ms, model::EventKind::book_delta);
    t.delta.action = model::BookAction::clear;
    t.flags = model::flag_snapshot | model::flag_last;
}

// The feed says what its book is from now on.
inline void say_state(TickWorld& w, std::int64_t ms, model::BookState state) {
    model::Tick& t = w.tick(ms, model::EventKind::book_delta);
    t.delta.action = model::BookAction::state;
    t.delta.order = static_cast<std::uint64_t>(state);
}

// A market that wanders: levels and trades around a price, from a seed.
inline void wander(TickWorld& w, std::uint64_t seed, int steps) {
    core::Random random{{seed, 7, 0, 0}};
    std::int64_t mid = 10'000;  // cents
    begin_valid(w);
    w.usual_book();
    std::int64_t bid = mid - 1;
    std::int64_t ask = mid + 1;
    for (int i = 0; i < steps; ++i) {
        const std::int64_t t = 10 + 10 * i;
        const auto price = [](std::int64_t cents) { return static_cast<double>(cents) / 100; };
        switch (random.below(6)) {
            case 0:
                w.trade(t, price(ask), 1 + static_cast<std::int64_t>(random.below(30)), model::AggressorSide::buyer);
                break;
            case 1:
                w.trade(t, price(bid), 1 + static_cast<std::int64_t>(random.below(30)), model::AggressorSide::seller);
                break;
            case 2:  // up
                w.level(t, Side::sell, price(ask), 0);
                ++ask;
                w.level(t, Side::sell, price(ask), 5 + static_cast<std::int64_t>(random.below(20)));
                ++bid;
                w.level(t, Side::buy, price(bid), 5 + static_cast<std::int64_t>(random.below(20)));
                break;
            case 3:  // down
                w.level(t, Side::buy, price(bid), 0);
                --bid;
                w.level(t, Side::buy, price(bid), 5 + static_cast<std::int64_t>(random.below(20)));
                --ask;
                w.level(t, Side::sell, price(ask), 5 + static_cast<std::int64_t>(random.below(20)));
                break;
            case 4: w.level(t, Side::buy, price(bid), 1 + static_cast<std::int64_t>(random.below(40))); break;
            default: w.level(t, Side::sell, price(ask), 1 + static_cast<std::int64_t>(random.below(40))); break;
        }
    }
}

}  // namespace walras::tests
