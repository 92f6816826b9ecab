// The replay of ticks as a whole: Session, BookVenue with latency of 5 ms each way and a queue model, and a strategy
// that keeps 0, 2 or 40 limit orders around the best prices. Input: books and trades of the Binance capture of
// ../shared/data, decoded before the clock starts; skipped without it.
#include <benchmark/benchmark.h>

#include <vector>

#include "walras/backtest/capture_bench.hpp"

using namespace walras;

namespace {

using Side = model::OrderSide;

// Keeps `orders_` limits: half at the best bid and behind it, half at the best ask and behind it. When a best price has
// moved by more than two ticks, the orders of its side are canceled and placed again.
class Maker final : public strategy::Strategy {
public:
    explicit Maker(int orders) : orders_(orders) {}
    void on_book(strategy::Context& c, InstrumentId id, const book::MarketBook& book) override {
        ++packets;
        if (orders_ == 0 || !book.is_valid() || !book.has_both()) { return; }
        for (const Side side : {Side::buy, Side::sell}) { follow(c, id, side, book.best_tick(side), book); }
    }
    std::size_t packets = 0;
    std::size_t placed = 0;

private:
    void follow(strategy::Context& c, InstrumentId id, Side side, book::Ticks best, const book::MarketBook& book) {
        Half& half = halves_[side == Side::buy ? 0 : 1];
        if (!half.ids.empty() && std::abs(best - half.at) <= 2) { return; }
        for (const OrderId order : half.ids) { c.cancel(order); }
        half.ids.clear();
        half.at = best;
        for (int k = 0; k < orders_ / 2; ++k) {
            model::Request request;
            request.terms.instrument = id;
            request.terms.side = side;
            request.terms.type = model::OrderType::limit;
            request.terms.time_in_force = model::TimeInForce::gtc;
            request.terms.price = book.scale().price(side == Side::buy ? best - k : best + k);
            request.terms.quantity = Quantity{10};
            request.size.lots = request.terms.quantity.lots;
            half.ids.push_back(c.place(request));
            ++placed;
        }
    }

    struct Half {
        std::vector<OrderId> ids;
        book::Ticks at = 0;
    };
    int orders_;
    Half halves_[2];
};

void replay_l2(benchmark::State& state) {
    static const std::vector<model::Tick> ticks = backtest::bench_capture();
    if (ticks.empty()) {
        state.SkipWithError("shared/data is not here");
        return;
    }
    backtest::BenchMarket market;
    market.config.books.window_ticks = market.config.session.book_window = static_cast<std::size_t>(state.range(1));
    std::size_t fills = 0;
    std::size_t placed = 0;
    for (auto _ : state) {
        Maker maker(static_cast<int>(state.range(0)));
        fills = market.run(ticks, maker).fills.size();
        placed = maker.placed;
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(ticks.size()));
    state.counters["fills"] = static_cast<double>(fills);
    state.counters["placed"] = static_cast<double>(placed);
}

}  // namespace

BENCHMARK(replay_l2)
    ->ArgNames({"orders", "window"})
    ->ArgsProduct({{0, 2, 40}, {1 << 14, 1 << 16}})
    ->Unit(benchmark::kMillisecond);
