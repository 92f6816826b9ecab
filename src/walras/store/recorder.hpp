// Records a run while it goes on: trades, candles, portfolios, books and news into one SQLite file (schema.hpp).
//
// The run's thread copies rows into a batch; every `flush_ticks` ticks the batch goes to a thread of its own, which
// commits it as one transaction. At most `queue` batches wait: a disk that is too slow slows the run down, and loses
// nothing. What was committed survives a kill of the process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "walras/core/time.hpp"

namespace walras::store {

struct RecordedSymbol {
    std::string name;
    std::string sector{};
    std::int64_t price_unit = 1;            // money, in 1e-9: what a price counts
    std::int64_t lot_unit = 1'000'000'000;  // units, in 1e-9: what a quantity counts
};

struct RunDescription {
    std::string kind;  // "simulation", "backtest" or "live"
    std::string name;
    std::string created;  // ISO 8601, UTC: the caller has a clock
    std::string version;
    std::string config = "{}";  // JSON
    std::optional<std::uint64_t> seed{};
    TimeNs start{};  // of what is recorded
    std::uint64_t first_tick = 1;
    std::vector<RecordedSymbol> symbols{};
};

// Actors: agents or accounts, from 0; -1 is the crowd.
struct RecordedTrade {
    std::uint64_t tick = 0;
    TimeNs ts{};
    std::int64_t price = 0, quantity = 0;  // in the symbol's units
    std::int64_t buyer = -1, seller = -1;
    std::uint32_t symbol = 0;
    std::int8_t side = 0;  // 1: the buyer took, -1: the seller, 0: nobody
};

struct RecordedCandle {
    std::string timeframe;  // "100 ticks", "1m"
    std::uint32_t symbol = 0;
    std::uint64_t tick = 0;  // of its opening
    TimeNs open_time{}, close_time{};
    std::int64_t open = 0, high = 0, low = 0, close = 0;
    std::int64_t volume = 0, trades = 0;
};

struct RecordedPosition {
    std::uint32_t symbol = 0;
    double units = 0;
};

struct RecordedLevel {
    std::int64_t price = 0, quantity = 0, orders = 0;
};

struct RecordedNews {
    std::string kind, subject;  // a symbol, a sector, or "" for all
    double sentiment = 0, magnitude = 0;
    std::uint64_t duration = 0;  // ticks
};

struct RecorderOptions {
    std::uint64_t flush_ticks = 100;
    std::size_t queue = 4;                               // batches that may wait
    std::vector<std::uint64_t> candles{100, 300, 3600};  // ticks; made of the trades
};

class Recorder {
public:
    // Adds a run to the file, which is made where there is none. Throws DataError, ConfigError.
    Recorder(std::filesystem::path path, const RunDescription& run, RecorderOptions options = {});
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;
    ~Recorder();  // what was not finished is kept and marked as interrupted

    // ---- rows, in the order of time. Each may throw DataError: what the thread that writes could not write.
    void add_trades(std::span<const RecordedTrade> trades);  // one symbol's, at one tick
    void add_candle(RecordedCandle candle);
    void add_portfolio(std::uint64_t tick, TimeNs ts, std::int64_t actor, std::string_view group, double cash,
                       double equity, std::span<const RecordedPosition> positions);
    void add_book(std::uint64_t tick, TimeNs ts, std::uint32_t symbol, std::span<const RecordedLevel> bids,
                  std::span<const RecordedLevel> asks);
    void add_news(std::uint64_t tick, TimeNs ts, RecordedNews news);
    // The tick is over. Every `flush_ticks` of them are committed together.
    void end_tick(std::uint64_t tick, TimeNs ts);

    void flush();  // everything so far is committed when it returns
    // Ends the run: "complete" or "interrupted". `summary` is JSON.
    void finish(std::string_view state, std::string_view signature, std::string_view summary);

    [[nodiscard]] std::int64_t run() const;  // its number in the file
    [[nodiscard]] const std::filesystem::path& path() const;

private:
    class Writer;
    struct Batch;
    void hand_over();
    std::unique_ptr<Writer> writer_;
    std::unique_ptr<Batch> batch_;
    RecorderOptions options_;
    std::size_t symbols_ = 0;
    bool is_finished_ = false;
};

}  // namespace walras::store
