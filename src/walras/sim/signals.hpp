// The indicators that agents read, one stream each per symbol whoever asks for it: the house's own (features), over the
// candles of the market.
//
// Requests come before the first tick. Then each symbol's signals are written by the thread that works on the symbol,
// and read by everybody in the next tick.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "walras/core/archive.hpp"
#include "walras/core/schema.hpp"
#include "walras/features/indicator.hpp"

namespace walras::sim {

struct Candle {
    double open = 0, high = 0, low = 0, close = 0;
    double volume = 0;       // lots
    double notional = 0;     // sum of price * lots
    std::uint64_t tick = 0;  // its last
    bool operator==(const Candle&) const = default;
};

using SignalId = std::uint32_t;

class SignalBoard {
public:
    explicit SignalBoard(std::size_t symbols) : of_symbol_(symbols) {}

    // The same request again gives the same id. `output` by number (the catalogue names them). Throws ConfigError.
    SignalId request(const std::string& indicator, const std::map<std::string, core::Value>& parameters = {},
                     std::size_t output = 0);
    // After the last request.
    void open();

    void update(std::size_t symbol, const Candle& candle);
    // NaN until there are candles enough.
    [[nodiscard]] double now(std::size_t symbol, SignalId id) const { return of_symbol_[symbol].now[id]; }
    [[nodiscard]] double before(std::size_t symbol, SignalId id) const { return of_symbol_[symbol].before[id]; }

    void save(core::ArchiveWriter& out) const;
    void load(core::ArchiveReader& in);

private:
    struct Source {  // one indicator; its outputs are neighbours in the columns
        std::string key;
        std::unique_ptr<features::Indicator> prototype;
        std::vector<std::uint8_t> inputs;  // which part of a candle
        std::uint32_t first = 0;
    };
    struct Column {
        std::vector<std::unique_ptr<features::Indicator>> indicators;
        std::vector<double> now, before;
    };
    std::vector<Source> sources_;
    std::vector<Column> of_symbol_;
    std::uint32_t outputs_ = 0;
};

}  // namespace walras::sim
