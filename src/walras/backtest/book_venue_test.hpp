// A world of ticks for the tests of BookVenue: a feed from hand, and a strategy that acts at given times.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "walras/backtest/backtest.hpp"
#include "walras/portfolio/shares_test.hpp"

namespace walras::tests {

using Side = model::OrderSide;

constexpr TimeNs tick_start{1'704'067'200'000'000'000};
inline TimeNs at_ms(std::int64_t ms) { return tick_start + milliseconds(ms); }

class HandFeed final : public data::TickStream {
public:
    std::vector<model::Tick> ticks;
    std::vector<std::string> names{"A"};
    std::size_t chunk = SIZE_MAX;  // how many ticks come at once

    std::span<const model::Tick> next() override {
        const std::size_t n = std::min(chunk, ticks.size() - at_);
        const std::span<const model::Tick> out = std::span{ticks}.subspan(at_, n);
        at_ += n;
        return out;
    }
    void rewind() override { at_ = 0; }
    [[nodiscard]] const std::vector<std::string>& symbols() const override { return names; }
    [[nodiscard]] double progress() const override { return 0; }

private:
    std::size_t at_ = 0;
};

struct Script final : strategy::Strategy {
    std::vector<std::pair<TimeNs, std::function<void(strategy::Context&)>>> acts;
    std::function<void(strategy::Context&, const book::MarketBook&)> book;
    std::function<void(const model::Trade&)> trade;
    std::vector<std::string> steps;  // "1 accepted", "1 filled" ... as they reach us

    void on_start(strategy::Context& c) override {
        for (const auto& [when, act] : acts) { timers_.push_back(c.wake_at(when)); }
    }
    void on_timer(strategy::Context& c, TimerId id) override {
        for (std::size_t i = 0; i < timers_.size(); ++i) {
            if (timers_[i] == id) { acts[i].second(c); }
        }
    }
    void on_book(strategy::Context& c, InstrumentId, const book::MarketBook& b) override {
        if (book) { book(c, b); }
    }
    void on_trade(strategy::Context&, InstrumentId, const model::Trade& t) override {
        if (trade) { trade(t); }
    }
    void on_order(strategy::Context&, const model::Order& order, const model::OrderReport& report) override {
        steps.push_back(std::to_string(order.id.value) + " " + std::string(model::to_string(report.step)));
    }

private:
    std::vector<TimerId> timers_;
};

struct TickWorld : Shares {
    HandFeed feed;
    Script script;
    backtest::RunConfig config;
    DurationNs feed_delay{};

    TickWorld() {
        account.balances.front().amount = Money::of(1e9);
        config.session.accounts = {account};
    }

    model::Tick& tick(std::int64_t ms, model::EventKind kind) {
        const TimeNs ts = at_ms(ms);
        model::Tick& t = feed.ticks.emplace_back(kind, InstrumentId{0}, ts, ts + feed_delay);
        t.flags = model::flag_last;
        return t;
    }
    void delta(std::int64_t ms, model::BookAction action, Side side, double price, book::Lots lots,
               std::uint64_t order = 0) {
        model::Tick& t = tick(ms, model::EventKind::book_delta);
        t.delta.action = action;
        t.delta.side = side;
        t.delta.price = Price::of(price);
        t.delta.size = Quantity{lots};
        t.delta.order = order;
    }
    void level(std::int64_t ms, Side side, double price, book::Lots lots) {
        delta(ms, model::BookAction::update, side, price, lots);
    }
    void trade(std::int64_t ms, double price, book::Lots lots, model::AggressorSide aggressor) {
        model::Tick& t = tick(ms, model::EventKind::trade);
        t.trade.price = Price::of(price);
        t.trade.size = Quantity{lots};
        t.trade.aggressor = aggressor;
    }
    void quote(std::int64_t ms, double bid, book::Lots bid_lots, double ask, book::Lots ask_lots) {
        model::Tick& t = tick(ms, model::EventKind::quote);
        t.quote = {Price::of(bid), Price::of(ask), Quantity{bid_lots}, Quantity{ask_lots}};
    }
    // 99.99 x 10 | 100.01 x 10 and a level behind each.
    void usual_book(std::int64_t ms = 0) {
        level(ms, Side::buy, 99.98, 20);
        level(ms, Side::buy, 99.99, 10);
        level(ms, Side::sell, 100.01, 10);
        level(ms, Side::sell, 100.02, 20);
    }

    void act(std::int64_t ms, std::function<void(strategy::Context&)> what) {
        script.acts.emplace_back(at_ms(ms), std::move(what));
    }
    void place(std::int64_t ms, model::OrderTerms terms) {
        terms.instrument = a;
        act(ms, [terms](strategy::Context& c) {
            model::Request request;
            request.terms = terms;
            request.size.lots = terms.quantity.lots;
            c.place(request);
        });
    }
    static model::OrderTerms limit(Side side, double price, std::int64_t lots,
                                   model::TimeInForce tif = model::TimeInForce::gtc) {
        model::OrderTerms terms;
        terms.side = side;
        terms.type = model::OrderType::limit;
        terms.price = Price::of(price);
        terms.quantity = Quantity{lots};
        terms.time_in_force = tif;
        return terms;
    }
    static model::OrderTerms market(Side side, std::int64_t lots) {
        model::OrderTerms terms;
        terms.side = side;
        terms.quantity = Quantity{lots};
        return terms;
    }

    backtest::Result run() {
        const std::array<strategy::Strategy*, 1> strategies{&script};
        backtest::Data data;
        feed.rewind();
        data.ticks = &feed;
        data.ticked = {a};
        return backtest::run(universe, data, strategies, config);
    }
};

}  // namespace walras::tests
