// The replay of ticks as a whole: Session, BookVenue with latency of 5 ms each way and a queue model, and a strategy
// that keeps 0, 2 or 40 limit orders around the best prices. Input: books and trades of the Binance capture of
// ../shared/data, decoded before the clock starts; skipped without it.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "walras/backtest/backtest.hpp"
#include "walras/codec/binance/binance.hpp"
#include "walras/codec/gzip.hpp"

using namespace walras;

namespace {

using Side = model::OrderSide;
constexpr Price tick_size{100'000'000};

std::vector<model::Tick> capture() {
    const char* const name = "hftbacktest_binance_usdm_btcusdt_20240808.jsonl.gz";
    const std::filesystem::path path = std::filesystem::path("../shared/data/crypto") / name;
    std::ifstream file(path, std::ios::binary);
    const std::string packed((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (packed.empty()) { return {}; }
    const std::string text = codec::gunzip(packed, name);
    codec::TickOptions options;
    options.lot_size = 1'000'000;
    const auto decoder = codec::binance_decoder(options);
    std::vector<model::Tick> ticks;
    std::vector<model::Tick> piece;
    for (auto bytes = std::as_bytes(std::span(text)); !bytes.empty();) {
        piece.clear();
        bytes = bytes.subspan(decoder->decode(bytes, true, piece));
        std::erase_if(piece, [](const model::Tick& t) { return t.kind == model::EventKind::quote; });
        ticks.insert(ticks.end(), piece.begin(), piece.end());
    }
    TimeNs exchange = time_min;
    TimeNs local = time_min;
    for (model::Tick& t : ticks) {
        t.ts_event = exchange = std::max(exchange, t.ts_event);
        t.ts_init = local = std::max({local, t.ts_init, exchange});
    }
    return ticks;
}

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
    static const std::vector<model::Tick> ticks = capture();
    if (ticks.empty()) {
        state.SkipWithError("shared/data is not here");
        return;
    }
    model::Universe universe;
    const CurrencyId usd = universe.currency("USDT");
    model::Instrument instrument;
    instrument.symbol = "BTCUSDT";
    instrument.venue = "BINANCE";
    instrument.kind = model::InstrumentKind::perpetual;
    instrument.currency = usd;
    instrument.tick_size = tick_size;
    instrument.lot_size = 1'000'000;
    instrument.max_quantity = Quantity{1'000'000'000};
    const InstrumentId id = universe.add(instrument);
    std::size_t fills = 0;
    std::size_t placed = 0;
    for (auto _ : state) {
        const auto stream = data::memory_ticks(ticks, {"BTCUSDT"});
        Maker maker(static_cast<int>(state.range(0)));
        backtest::RunConfig config;
        portfolio::AccountConfig account;
        account.base_currency = usd;
        account.balances = {{usd, Money::of(1e9)}};
        config.session.accounts = {account};
        config.replay.latency = backtest::constant_latency(milliseconds(5), milliseconds(5));
        config.books.window_ticks = config.session.book_window = static_cast<std::size_t>(state.range(1));
        config.books.queue = backtest::power_queue(2, 1);
        backtest::Data data;
        data.ticks = stream.get();
        data.ticked = {id};
        const std::array<strategy::Strategy*, 1> strategies{&maker};
        const backtest::Result result = backtest::run(universe, data, strategies, config);
        fills = result.fills.size();
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
