// Trend followers: two moving averages.
#include "walras/core/error.hpp"
#include "walras/sim/kinds/common.hpp"
#include "walras/sim/kinds/crossing.hpp"
#include "walras/sim/kinds/kinds.hpp"

namespace walras::sim {
namespace {

class TrendFollower final : public AgentKind {
public:
    explicit TrendFollower(const core::Parameters& p)
        : fast_(p.integer("fast")),
          slow_(p.integer("slow")),
          is_level_(p.text("trigger") == "level"),
          sizes_(SizeLaw::of(p)) {
        if (fast_ >= slow_) { throw ConfigError("fast must be below slow; lower fast or raise slow."); }
    }

    void start(const StartContext& context) override {
        fast_line_ = context.signals.request("sma", {{"period", std::int64_t{fast_}}});
        slow_line_ = context.signals.request("sma", {{"period", std::int64_t{slow_}}});
        crossing_.resize(context.group.size());
    }

    void decide(const MarketView& view, std::span<const Agent> awake, Entrance& entrance) override {
        const auto side = [&](const Trader& trader, std::uint32_t s) {
            const double gap = view.signal(s, fast_line_) - view.signal(s, slow_line_);
            return is_level_ ? (gap > 0) - (gap < 0) : crossing_.see(trader.index(), gap);
        };
        trade_now(view, awake.size(), entrance, side, [this](Trader& trader) { return sizes_.draw(trader.random()); });
    }

    void save(core::ArchiveWriter& out) const override { crossing_.save(out); }
    void load(core::ArchiveReader& in) override { crossing_.load(in); }

private:
    int fast_, slow_;
    bool is_level_;
    SizeLaw sizes_;
    SignalId fast_line_ = 0, slow_line_ = 0;
    Crossing crossing_;
};

}  // namespace

KindSpec trend_follower_kind() {
    std::vector<core::Parameter> parameters{
        {"fast", std::int64_t{8}, 1, 10'000, "candles", "Window of the fast average."},
        {"slow", std::int64_t{16}, 2, 10'000, "candles", "Window of the slow average."},
        {"trigger",
         std::string{"cross"},
         0,
         0,
         "",
         "Trade once at a cross, or whenever awake while it lasts.",
         {"cross", "level"}}};
    std::ranges::move(SizeLaw::parameters("fixed", 15), std::back_inserter(parameters));
    return {.name = "trend_follower",
            .title = "Trend follower",
            .rule =
                "Buys `size` at the market when SMA(fast) of the candles crosses above SMA(slow), sells when it "
                "crosses below. With trigger \"level\": each time it is awake, on the side where the fast one is.",
            .defaults = quantitative("trend_follower"),
            .parameters = std::move(parameters),
            .make = [](const core::Parameters& p) { return std::make_unique<TrendFollower>(p); }};
}

}  // namespace walras::sim
