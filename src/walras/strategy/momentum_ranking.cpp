#include <fmt/format.h>

#include <algorithm>

#include "walras/core/error.hpp"
#include "walras/features/rolling.hpp"
#include "walras/strategy/library.hpp"

namespace walras::strategy {
namespace {

// Cross-sectional momentum: every `hold` timestamps the instruments are ranked by their return over `lookback` bars
// that ended `skip` bars ago; the best are held in equal parts, and where shorts are allowed the worst are sold.
class MomentumRanking final : public Strategy {
public:
    MomentumRanking(int lookback, int skip, int hold, int top, double invested, bool allow_short)
        : lookback_(lookback),
          skip_(skip),
          hold_(hold),
          top_(static_cast<std::size_t>(top)),
          invested_(invested),
          allow_short_(allow_short) {}

    void on_start(Context& context) override {
        const std::size_t n = context.universe().size();
        const std::size_t sides = allow_short_ ? 2 : 1;
        if (n < top_ * sides) {
            throw ConfigError(fmt::format("momentum_ranking: top = {} needs at least {} instruments, this run has {}.",
                                          top_, top_ * sides, n));
        }
        closes_.assign(n, features::Window(lookback_ + skip_ + 1));
        sides_.assign(n, 0);
        weight_ = invested_ / static_cast<double>(top_ * sides);
    }

    void on_bars(Context& context, std::span<const ClosedBar> bars) override {
        for (const ClosedBar& bar : bars) { closes_[bar.instrument.value].push(bar.bar.close.to_double()); }
        if (age_++ % hold_ == 0) { rank(context, bars); }
    }

private:
    // Only what trades now is ranked: an instrument without a bar keeps what it has.
    void rank(Context& context, std::span<const ClosedBar> bars) {
        ranked_.clear();
        for (const ClosedBar& bar : bars) {
            const features::Window& closes = closes_[bar.instrument.value];
            if (!closes.is_full() || !(closes[0] > 0)) { continue; }
            ranked_.push_back({closes[static_cast<std::size_t>(lookback_)] / closes[0], bar.instrument});
        }
        if (ranked_.size() < top_ * (allow_short_ ? 2 : 1)) {
            --age_;  // too few have a history: asked again at the next timestamp
            return;
        }
        // Equal returns in the order of the instruments: the same everywhere.
        std::ranges::sort(ranked_, [](const Ranked& a, const Ranked& b) {
            return a.growth != b.growth ? a.growth > b.growth : a.instrument.value < b.instrument.value;
        });
        wanted_.assign(sides_.size(), 0);
        for (std::size_t i = 0; i < top_; ++i) {
            wanted_[ranked_[i].instrument.value] = 1;
            if (allow_short_) { wanted_[ranked_[ranked_.size() - 1 - i].instrument.value] = -1; }
        }
        // Sales first: they pay for the purchases.
        for (const bool entering : {false, true}) {
            for (const Ranked& ranked : ranked_) {
                const std::size_t i = ranked.instrument.value;
                if (wanted_[i] == sides_[i] || (wanted_[i] != 0) != entering) { continue; }
                sides_[i] = wanted_[i];
                context.target_percent(ranked.instrument, Rate::of(wanted_[i] * weight_));
            }
        }
    }

    struct Ranked {
        double growth;
        InstrumentId instrument;
    };
    int lookback_, skip_, hold_;
    std::size_t top_;
    double invested_;
    bool allow_short_;
    double weight_ = 0;
    int age_ = 0;
    std::vector<features::Window> closes_;
    std::vector<std::int8_t> sides_;
    std::vector<std::int8_t> wanted_;
    std::vector<Ranked> ranked_;
};

}  // namespace

Description describe_momentum_ranking() {
    return {"momentum_ranking",
            "Momentum ranking across instruments",
            "Every `hold` bars ranks the instruments by their return over `lookback` bars that ended `skip` bars ago "
            "and holds the "
            "`top` best in equal parts; where shorts are allowed it sells the `top` worst. Relative winners tended to "
            "go on winning, "
            "except in the last month (Jegadeesh, Titman 1993). Positions are opened and closed on a change of rank, "
            "not resized.",
            {{"lookback", std::int64_t{252}, 1, 10'000, "bars", "Bars over which the return is measured."},
             {"skip", std::int64_t{21}, 0, 10'000, "bars", "Latest bars that are left out."},
             {"hold", std::int64_t{21}, 1, 10'000, "bars", "Bars between rankings."},
             {"top", std::int64_t{3}, 1, 10'000, "instruments", "How many are held."},
             {"invested", 0.97, 0.01, 10.0, "fraction of equity", "Gross size of all positions together."},
             {"allow_short", false, 0, 1, "", "Sell the worst short."}},
            [](const Parameters& p) {
                return std::make_unique<MomentumRanking>(p.integer("lookback"), p.integer("skip"), p.integer("hold"),
                                                         p.integer("top"), p.number("invested"), p.flag("allow_short"));
            }};
}

}  // namespace walras::strategy
