// Records a simulated market: its trades, news, the books every so often, and what agents have every so often.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "walras/sim/market.hpp"
#include "walras/store/recorder.hpp"

namespace walras::store {

struct MarketRecorderOptions {
    std::uint64_t portfolio_ticks = 1000;  // between snapshots of agents' portfolios; 0: none
    std::uint64_t book_ticks = 100;        // between snapshots of the books; 0: none
    std::size_t levels = 10;               // of a book
    RecorderOptions recorder{};
};

// A hook of the market; remove it before it goes. `run` has name, created, version and config; the market tells the
// rest.
class MarketRecorder final : public sim::MarketHook {
public:
    MarketRecorder(const sim::Market& market, std::filesystem::path path, RunDescription run,
                   const MarketRecorderOptions& options = {});

    void on_trades(std::uint32_t symbol, std::span<const sim::TapeTrade> trades) override;
    void on_tick(const sim::MarketView& view, const sim::TickCounts& counts) override;

    void finish(std::string_view state, std::string_view summary);
    [[nodiscard]] const Recorder& recorder() const { return recorder_; }
    void flush() { recorder_.flush(); }

private:
    void add_news(const sim::MarketView& view);
    void add_books(const sim::MarketView& view);
    void add_portfolios(const sim::MarketView& view);

    const sim::Market& market_;
    MarketRecorderOptions options_;
    Recorder recorder_;
    std::vector<RecordedTrade> trades_;  // of the tick
    std::vector<RecordedPosition> positions_;
    std::vector<RecordedLevel> bids_, asks_;
};

}  // namespace walras::store
