// The recorded market of the benchmarks of ticks: books and trades of BTCUSDT of ../shared/data, in order of both
// clocks, and a run of them on an account that bears all.
#pragma once

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "walras/backtest/backtest.hpp"
#include "walras/codec/binance/binance.hpp"
#include "walras/codec/gzip.hpp"

namespace walras::backtest {

inline std::string unpacked(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string packed((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    return packed.empty() ? "" : codec::gunzip(packed, path.string());
}

// Empty where the data are absent.
inline std::vector<model::Tick> bench_capture() {
    const std::string text = unpacked("../shared/data/crypto/hftbacktest_binance_usdm_btcusdt_20240808.jsonl.gz");
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

struct BenchMarket {
    model::Universe universe;
    InstrumentId id{};
    RunConfig config;

    BenchMarket() {
        const CurrencyId usd = universe.currency("USDT");
        model::Instrument instrument;
        instrument.symbol = "BTCUSDT";
        instrument.venue = "BINANCE";
        instrument.kind = model::InstrumentKind::perpetual;
        instrument.currency = usd;
        instrument.tick_size = Price{100'000'000};
        instrument.lot_size = 1'000'000;
        instrument.max_quantity = Quantity{1'000'000'000};
        id = universe.add(instrument);
        portfolio::AccountConfig account;
        account.base_currency = usd;
        account.balances = {{usd, Money::of(9e9)}};
        config.session.accounts = {account};
        config.replay.latency = model::constant_latency(milliseconds(5), milliseconds(5));
        config.books.queue = power_queue(2, 1);
    }
    Result run(const std::vector<model::Tick>& ticks, strategy::Strategy& strategy) {
        const auto stream = data::memory_ticks(ticks, {"BTCUSDT"});
        Data data;
        data.ticks = stream.get();
        data.ticked = {id};
        const std::array<strategy::Strategy*, 1> strategies{&strategy};
        return backtest::run(universe, data, strategies, config);
    }
};

}  // namespace walras::backtest
