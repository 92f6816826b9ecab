#include "walras/features/rolling.hpp"
#include "walras/strategy/sides.hpp"

namespace walras::strategy {
namespace {

// Time-series momentum: the sign of the return over `lookback` bars, looked at every `hold` bars.
class Momentum {
public:
    static constexpr bool closes_only = true;

    Momentum(int lookback, int hold) : closes_(lookback + 1), hold_(hold) {}
    std::int8_t side(double, double, double close) {
        closes_.push(close);
        if (closes_.is_full() && age_++ % hold_ == 0) {
            side_ = closes_.newest() > closes_[0] ? std::int8_t{1} : std::int8_t{-1};
        }
        return side_;
    }

private:
    features::Window closes_;
    int hold_;
    int age_ = 0;
    std::int8_t side_ = 0;
};

}  // namespace

Description describe_momentum() {
    return describe_sides<Momentum>(
        "momentum", "Time-series momentum",
        "Holds what has risen over the last `lookback` bars, decided anew every `hold` bars: sign(P_t / P_{t-lookback} "
        "- 1). "
        "Past winners tended to go on for up to a year (Moskowitz, Ooi, Pedersen 2012).",
        {{"lookback", std::int64_t{252}, 1, 10'000, "bars", "Bars over which the return is measured."},
         {"hold", std::int64_t{21}, 1, 10'000, "bars", "Bars between decisions."}},
        "Go short what has fallen.",
        [](const Parameters& p) { return Momentum(p.integer("lookback"), p.integer("hold")); });
}

}  // namespace walras::strategy
