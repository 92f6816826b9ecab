// One delta into a MarketBook, by price and by order. The feeds are made before the clock starts, seed 1.
//
//   by price   sizes of levels near a best price that walks: 60 % within 8 ticks of it, one update in six removes a
//              level, prices that the market leaves are cleared; window 4096
//   by order   about 2,000 resting orders: 45 % adds, 35 % cancels of any, 10 % reductions, 10 % fills of the first
#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

#include "walras/book/market_book.hpp"
#include "walras/core/random.hpp"

namespace walras::book {
namespace {

constexpr std::int64_t tick_raw = 10'000'000;
constexpr std::size_t count = 200'000;
using Side = model::OrderSide;

class Maker {
public:
    std::vector<model::Tick> ticks;

    std::int64_t below(std::uint64_t n) { return static_cast<std::int64_t>(random_.below(n)); }
    void add(model::BookAction action, Side side, std::int64_t tick, Lots lots, std::uint64_t order) {
        const TimeNs now{static_cast<std::int64_t>(ticks.size())};
        model::Tick& t = ticks.emplace_back(model::EventKind::book_delta, InstrumentId{0}, now, now);
        t.flags = model::flag_last;
        t.delta.action = action;
        t.delta.side = side;
        t.delta.price = Price{tick * tick_raw};
        t.delta.size = Quantity{lots};
        t.delta.order = order;
    }

private:
    core::Random random_{{.seed = 1, .stream = 0, .agent = 0, .tick = 0}};
};

std::vector<model::Tick> levels() {
    Maker make;
    std::int64_t middle = 100'000;
    while (make.ticks.size() < count) {
        if (make.below(20) == 0) {  // the price moves: what it passes goes, what it leaves comes
            const bool up = make.below(2) == 0;
            const Side passed = up ? Side::sell : Side::buy;
            make.add(model::BookAction::update, passed, middle + (up ? 1 : -1), 0, 0);
            middle += up ? 1 : -1;
            make.add(model::BookAction::update, model::opposite(passed), middle + (up ? -1 : 1), 1 + make.below(500),
                     0);
            continue;
        }
        const Side side = make.below(2) == 0 ? Side::buy : Side::sell;
        const std::int64_t away = make.below(10) < 6 ? 1 + make.below(8) : 1 + make.below(200);
        const std::int64_t at = side == Side::buy ? middle - away : middle + away;
        make.add(model::BookAction::update, side, at, make.below(6) == 0 ? 0 : 1 + make.below(500), 0);
    }
    return std::move(make.ticks);
}

std::vector<model::Tick> orders() {
    Maker make;
    struct Known {
        std::uint64_t id;
        Lots lots;
    };
    std::vector<Known> known;
    MarketBook book({Price{tick_raw}, 4096, 4096});
    std::uint64_t next = 0;
    while (make.ticks.size() < count) {
        const std::int64_t what = known.size() < 2000 ? 0 : make.below(100);
        const std::size_t i = known.empty() ? 0 : static_cast<std::size_t>(make.below(known.size()));
        if (what < 45) {
            const Side side = make.below(2) == 0 ? Side::buy : Side::sell;
            const std::int64_t away = make.below(10) < 6 ? 1 + make.below(8) : 1 + make.below(200);
            const Lots lots = 1 + make.below(9);
            known.push_back({++next * 7, lots});
            make.add(model::BookAction::add, side, 100'000 + (side == Side::buy ? -away : away), lots, next * 7);
        } else if (what < 80 || known[i].lots == 1) {
            make.add(model::BookAction::remove, Side::buy, 0, 0, known[i].id);
            known[i] = known.back();
            known.pop_back();
        } else if (what < 90) {
            make.add(model::BookAction::reduce, Side::buy, 0, 1, known[i].id);
            --known[i].lots;
        } else {
            const Side side = make.below(2) == 0 ? Side::buy : Side::sell;
            if (!book.has(side)) { continue; }
            const auto& level = book.orders().ladder(side).best_level();
            const OrderNode& first = book.orders().node(level.head);
            const auto it = std::ranges::find(known, first.id, &Known::id);
            const Lots lots = 1 + make.below(static_cast<std::uint64_t>(it->lots));
            make.add(model::BookAction::fill, side, 0, lots, it->id);
            it->lots -= lots;
            if (it->lots == 0) {
                *it = known.back();
                known.pop_back();
            }
        }
        book.apply(make.ticks.back());
    }
    return std::move(make.ticks);
}

void apply_all(benchmark::State& state, const std::vector<model::Tick>& ticks) {
    const MarketBook empty({Price{tick_raw}, 4096, 4096});
    for (auto _ : state) {
        state.PauseTiming();
        MarketBook book = empty;
        state.ResumeTiming();
        Lots sum = 0;
        for (const model::Tick& tick : ticks) { sum += book.apply(tick).lots; }
        benchmark::DoNotOptimize(sum);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(ticks.size()));
}

void market_book_level(benchmark::State& state) {
    static const std::vector<model::Tick> ticks = levels();
    apply_all(state, ticks);
}

void market_book_order(benchmark::State& state) {
    static const std::vector<model::Tick> ticks = orders();
    apply_all(state, ticks);
}

}  // namespace
}  // namespace walras::book

BENCHMARK(walras::book::market_book_level)->Name("market_book_level")->Unit(benchmark::kMillisecond);
BENCHMARK(walras::book::market_book_order)->Name("market_book_order")->Unit(benchmark::kMillisecond);
