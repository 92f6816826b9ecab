// Traders of the moving average convergence/divergence.
#include "walras/core/error.hpp"
#include "walras/sim/entrance.hpp"
#include "walras/sim/kinds/common.hpp"
#include "walras/sim/kinds/crossing.hpp"
#include "walras/sim/kinds/kinds.hpp"

namespace walras::sim {
namespace {

class MacdTrader final : public AgentKind {
public:
    explicit MacdTrader(const core::Parameters& p)
        : fast_(p.integer("fast")), slow_(p.integer("slow")), signal_(p.integer("signal")), size_(p.integer("size")) {
        if (fast_ >= slow_) { throw ConfigError("fast must be below slow; lower fast or raise slow."); }
    }

    void start(const StartContext& context) override {
        constexpr std::size_t histogram_output = 2;
        histogram_ = context.signals.request(
            "macd", {{"fast", std::int64_t{fast_}}, {"slow", std::int64_t{slow_}}, {"signal", std::int64_t{signal_}}},
            histogram_output);
        crossing_.resize(context.group.size());
    }

    void decide(const MarketView& view, std::span<const Agent> awake, Entrance& entrance) override {
        const auto side = [&](const Trader& trader, std::uint32_t s) {
            return crossing_.see(trader.index(), view.signal(s, histogram_));
        };
        trade_now(view, awake.size(), entrance, side, [this](Trader&) { return size_; });
    }

    void save(core::ArchiveWriter& out) const override { crossing_.save(out); }
    void load(core::ArchiveReader& in) override { crossing_.load(in); }

private:
    int fast_, slow_, signal_;
    Lots size_;
    SignalId histogram_ = 0;
    Crossing crossing_;
};

}  // namespace

KindSpec macd_kind() {
    return {.name = "macd",
            .title = "MACD trader",
            .rule =
                "Buys `size` at the market when MACD(fast, slow) of the candles crosses above its `signal` average, "
                "sells when it crosses below.",
            .defaults = quantitative("macd"),
            .parameters = {{"fast", std::int64_t{8}, 1, 10'000, "candles", "Window of the fast average."},
                           {"slow", std::int64_t{16}, 2, 10'000, "candles", "Window of the slow average."},
                           {"signal", std::int64_t{4}, 1, 10'000, "candles", "Window of the signal line."},
                           {"size", std::int64_t{15}, 1, 1e9, "shares", "Size of an order."}},
            .make = [](const core::Parameters& p) { return std::make_unique<MacdTrader>(p); }};
}

}  // namespace walras::sim
