// What agents see when they decide: the market as the last tick left it. Nobody writes it while they look.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "walras/book/order_book.hpp"
#include "walras/core/time.hpp"
#include "walras/sim/config.hpp"
#include "walras/sim/model_board.hpp"
#include "walras/sim/signals.hpp"

namespace walras::sim {

using book::Lots;
using book::Ticks;

inline constexpr Ticks no_price = INT64_MIN;

struct SymbolView {
    double tick_size = .01;              // in money
    std::int64_t tick_raw = 10'000'000;  // the same in 1e-9
    Ticks bid = no_price, ask = no_price;
    Lots bid_lots = 0, ask_lots = 0;  // at the best prices
    Ticks last = no_price;            // of the last trade; the initial price before the first
    double mid = 0;                   // in money; of the best prices, or the last price where a side is empty
    double last_price = 0;            // in money
    double fair = 0;                  // fundamental value, in money
    double fair_ahead = 0;            // what it will be `NewsConfig::preview` ticks from now, as informed traders know
    double sentiment = 0;             // of active news about it or its sector, -1 .. 1
    // Of the last tick.
    Lots volume = 0;
    Lots net_flow = 0;  // bought less sold by aggressors
    std::uint32_t trades = 0;
    double notional = 0;
    // From the first tick on.
    Lots total_volume = 0;
    double total_notional = 0;
    std::uint64_t total_trades = 0;

    [[nodiscard]] bool has_both() const { return bid != no_price && ask != no_price; }
    [[nodiscard]] double vwap() const {
        return total_volume > 0 ? total_notional / static_cast<double>(total_volume) : last_price;
    }
    [[nodiscard]] double price(Ticks ticks) const { return static_cast<double>(ticks * tick_raw) / 1e9; }
    // Prices as ticks, at least one: for buyers not above, for sellers not below what was meant.
    [[nodiscard]] Ticks at_most(double price) const { return in_range(std::floor(price / tick_size + 1e-9)); }
    [[nodiscard]] Ticks at_least(double price) const { return in_range(std::ceil(price / tick_size - 1e-9)); }
    [[nodiscard]] Ticks nearest(double price) const { return in_range(std::floor(price / tick_size + .5)); }

private:
    static Ticks in_range(double ticks) {
        constexpr double most = 1e12;
        return ticks >= 1 ? static_cast<Ticks>(ticks < most ? ticks : most) : 1;
    }
};

enum class NewsKind : std::uint8_t { earnings, guidance, rate, sector };

struct NewsEvent {
    NewsKind kind = NewsKind::earnings;
    std::uint32_t symbol = 0;      // of earnings and guidance
    Sector sector = Sector::tech;  // of sector news, and of the symbol
    double magnitude = 0;          // 0 .. 1
    double sentiment = 0;          // when it broke, -1 .. 1
    std::uint64_t tick = 0;        // when it broke
    std::uint32_t duration = 1;    // ticks
    bool operator==(const NewsEvent&) const = default;

    // Whether it is about this symbol.
    [[nodiscard]] bool concerns(std::uint32_t which, Sector its_sector) const {
        switch (kind) {
            case NewsKind::earnings:
            case NewsKind::guidance: return symbol == which;
            case NewsKind::sector: return sector == its_sector;
            case NewsKind::rate: return true;
        }
        return false;
    }
    // What is left of it: linear decay.
    [[nodiscard]] double weight(std::uint64_t now) const {
        const std::uint64_t age = now - tick;
        return age >= duration ? 0 : 1 - static_cast<double>(age) / duration;
    }
};

class MarketView {
public:
    explicit MarketView(const SignalBoard& board, const ModelBoard* models = nullptr)
        : board_(&board), models_(models) {}

    std::uint64_t tick = 0;  // of the decision: 1, 2, 3 ...
    TimeNs now{};
    std::vector<SymbolView> symbols;
    std::vector<Sector> sectors;  // of the symbols
    std::vector<std::vector<Candle>>
        candles;                  // by symbol, the newest last; the last 200 at least once there are so many
    std::vector<NewsEvent> news;  // active, in the order in which it broke

    [[nodiscard]] double signal(std::size_t symbol, SignalId id) const { return board_->now(symbol, id); }
    // One candle earlier.
    [[nodiscard]] double signal_before(std::size_t symbol, SignalId id) const { return board_->before(symbol, id); }
    // What a model said of a symbol at the end of the last tick.
    [[nodiscard]] const features::Probabilities& prediction(std::size_t symbol, ModelId id) const {
        return models_->of(symbol, id);
    }

private:
    const SignalBoard* board_;
    const ModelBoard* models_;
};

}  // namespace walras::sim
