#include "walras/store/market_recorder.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "walras/core/hash.hpp"
#include "walras/sim/presets.hpp"
#include "walras/store/database.hpp"
#include "walras/store/trade_reader.hpp"

namespace walras::store {
namespace {

sim::MarketConfig small_market() {
    sim::MarketConfig config = sim::preset("default");
    for (sim::GroupConfig& group : config.groups) { group.count = (group.count + 49) / 50 * 2; }
    return config;
}

struct Tape final : sim::MarketHook {
    std::vector<sim::TapeTrade> trades;
    void on_trades(std::uint32_t /*symbol*/, std::span<const sim::TapeTrade> some) override {
        trades.insert(trades.end(), some.begin(), some.end());
    }
};

}  // namespace

TEST_CASE("a recorded market has the tape's trades, and the run is the one without a recorder") {
    const auto path = std::filesystem::temp_directory_path() / ("walras_market_" + std::to_string(::getpid()) + ".db");
    std::filesystem::remove(path);
    sim::Market alone(small_market());
    for (int i = 0; i < 250; ++i) { alone.step(); }

    sim::Market market(small_market());
    Tape tape;
    RunDescription run;
    run.name = "small";
    run.created = "2026-01-01T00:00:00Z";
    MarketRecorder recorder(market, path, run, {.portfolio_ticks = 100, .book_ticks = 50});
    market.add_hook(&tape);
    market.add_hook(&recorder);
    for (int i = 0; i < 250; ++i) { market.step(); }
    market.remove_hook(&recorder);
    recorder.finish("complete", "{}");
    CHECK(market.signature() == alone.signature());

    TradeReader reader(path, 1, {});
    TradeColumns read;
    while (reader.read(1000, read)) {}
    REQUIRE(read.size() == tape.trades.size());
    REQUIRE(read.size() > 1000);
    bool is_equal = true;
    for (std::size_t i = 0; i < read.size(); ++i) {
        const sim::TapeTrade& t = tape.trades[i];
        const bool bought = t.aggressor == model::OrderSide::buy;
        const double price = Price{t.price * market.config().symbols[read.symbol[i]].tick_size.raw}.to_double();
        is_equal = is_equal && read.price[i] == price && read.quantity[i] == static_cast<double>(t.lots) &&
                   read.tick[i] == static_cast<std::int64_t>(t.tick) && read.side[i] == (bought ? 1 : -1) &&
                   (bought ? read.buyer : read.seller)[i] == std::int64_t{t.taker_owner} - 1 &&
                   (bought ? read.seller : read.buyer)[i] == std::int64_t{t.maker_owner} - 1;
    }
    CHECK(is_equal);

    Database database(path, Database::Access::read);
    CHECK(database.integer_of("SELECT count(*) FROM books") ==
          static_cast<std::int64_t>(5 * market.view().symbols.size()));
    CHECK(database.integer_of("SELECT count(*) FROM snapshots") == 2 * std::int64_t{market.population().size()});
    Statement cash = database.prepare("SELECT cash, equity FROM snapshots WHERE tick = 200 AND actor = 0");
    CHECK(cash.step());
    Statement done = database.prepare("SELECT signature, state, first_ts < last_ts FROM runs");
    REQUIRE(done.step());
    CHECK(done.text(0) == core::format_hash(market.signature()));
    CHECK(done.text(1) == "complete");
    CHECK(done.integer(2) == 1);
    for (const char* suffix : {"", "-wal", "-shm"}) { std::filesystem::remove(path.string() + suffix); }
}

}  // namespace walras::store
