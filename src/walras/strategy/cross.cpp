// Moving-average crosses: one strategy over two kinds of average.
#include <fmt/format.h>

#include "walras/core/error.hpp"
#include "walras/features/moving_average.hpp"
#include "walras/strategy/sides.hpp"

namespace walras::strategy {
namespace {

// Long while the fast average is above the slow one, short while it is below.
template <class Average>
class Cross {
public:
    static constexpr bool closes_only = true;

    Cross(const char* name, int fast, int slow) : fast_(fast), slow_(slow) {
        if (fast >= slow) {
            throw ConfigError(fmt::format("{}: fast = {} must be smaller than slow = {}.", name, fast, slow));
        }
    }
    std::int8_t side(double, double, double close) {
        const double fast = fast_.update(close);
        const double slow = slow_.update(close);
        if (slow_.is_ready() && fast != slow) { side_ = fast > slow ? std::int8_t{1} : std::int8_t{-1}; }
        return side_;
    }

private:
    Average fast_;
    Average slow_;
    std::int8_t side_ = 0;
};

// The same sides from whole columns.
template <class Average>
VectorForm cross_form(const char* average) {
    const auto column = [average](const features::IndicatorCache& cache, int period) {
        return cache.column(average, period, [period](std::span<const double> closes, std::span<double> out) {
            Average node(period);
            for (std::size_t row = 0; row < closes.size(); ++row) { out[row] = node.update(closes[row]); }
        });
    };
    return {[column](const Parameters& p, const features::IndicatorCache& cache, std::vector<SideChange>& changes) {
                const auto fast_column = column(cache, p.integer("fast"));
                const auto slow_column = column(cache, p.integer("slow"));
                const std::vector<double>& fast = *fast_column;
                const std::vector<double>& slow = *slow_column;
                const auto below = static_cast<std::int8_t>(p.flag("allow_short") ? -1 : 0);
                std::int8_t side = 0;
                for (auto row = static_cast<std::size_t>(p.integer("slow")) - 1; row < slow.size(); ++row) {
                    const std::int8_t wanted = fast[row] > slow[row] ? std::int8_t{1} : below;
                    if (wanted == side || fast[row] == slow[row]) { continue; }
                    side = wanted;
                    changes.push_back({static_cast<std::uint32_t>(row), side});
                }
            },
            equal_invested};
}

template <class Average>
Description describe_cross(const char* name, const char* title, const char* average) {
    return {name,
            title,
            std::string("Holds an instrument while the ") + average +
                " of the last `fast` closes is above that of the last `slow` closes. It bets that trends persist: it "
                "gains in long moves and pays for every false cross (Brock, Lakonishok, LeBaron 1992)." +
                equal_share,
            with_sizes({{"fast", std::int64_t{10}, 1, 10'000, "bars", "Length of the fast average."},
                        {"slow", std::int64_t{30}, 2, 10'000, "bars", "Length of the slow average; larger than fast."}},
                       "Go short instead of flat below the slow average."),
            [name](const Parameters& p) {
                return std::make_unique<Sides<Cross<Average>>>(
                    Cross<Average>(name, p.integer("fast"), p.integer("slow")), p.number("invested"),
                    p.flag("allow_short"));
            },
            cross_form<Average>(average)};
}

}  // namespace

Description describe_sma_cross() {
    return describe_cross<features::Sma>("sma_cross", "Simple moving-average cross", "simple average");
}

Description describe_ema_cross() {
    return describe_cross<features::Ema>("ema_cross", "Exponential moving-average cross", "exponential average");
}

}  // namespace walras::strategy
