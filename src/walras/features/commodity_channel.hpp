// Commodity channel index (Lambert 1980): (p - mean) / (0.015 mean deviation) of the typical price p = (high + low +
// close) / 3; 0 where the deviation is no more than the rounding of the mean.
#pragma once

#include <cmath>

#include "walras/features/lag.hpp"
#include "walras/features/lookback.hpp"
#include "walras/features/moving_average.hpp"
#include "walras/features/typical_price.hpp"

namespace walras::features {

class Cci {
public:
    explicit Cci(int period)
        : period_(static_cast<std::size_t>(require_period("Cci", period))), past_(period), mean_(period) {}
    std::size_t run(Reads<3> in, Writes<1> out, std::size_t rows) {
        const auto [high, low, close] = in;
        Column typical;
        Column mean;
        for (std::size_t i = 0; i < rows; ++i) { typical[i] = typical_price(high[i], low[i], close[i]); }
        const double* oldest = past_.extend(typical.data(), rows) - (period_ - 1);
        const std::size_t missing = mean_.run(typical.data(), mean.data(), rows);
        double* result = out[0];
        fill_not_ready(result, missing);
        std::size_t i = missing;
        for (; i < rows && rows - i >= lanes; i += lanes) {
            deviations<lanes>(oldest + i, mean.data() + i, result + i);
        }
        for (; i < rows; ++i) { deviations<1>(oldest + i, mean.data() + i, result + i); }
        const double n = static_cast<double>(period_);
        for (i = missing; i < rows; ++i) {
            const double rounding = n * n * std::numeric_limits<double>::epsilon() * std::abs(mean[i]);
            const double deviation = result[i] > rounding ? result[i] / n : 0;
            result[i] = ratio_or(typical[i] - mean[i], 0.015 * deviation, 0);
        }
        return missing;
    }
    // What is kept of the past is moved once a stretch.
    [[nodiscard]] static std::size_t rows_at_once() { return stretch_rows; }
    void visit(auto& state) {
        past_.visit(state);
        mean_.visit(state);
    }

private:
    static constexpr std::size_t lanes = 16;
    // Sums of |x - mean| over the window that begins at `oldest`, oldest first, of neighbouring rows side by side.
    template <std::size_t Lanes>
    void deviations(const double* __restrict oldest, const double* __restrict mean, double* __restrict out) const {
        std::array<double, Lanes> sums{};
        for (std::size_t k = 0; k < period_; ++k) {
            for (std::size_t j = 0; j < Lanes; ++j) { sums[j] += std::abs(oldest[k + j] - mean[j]); }
        }
        for (std::size_t j = 0; j < Lanes; ++j) { out[j] = sums[j]; }
    }

    std::size_t period_;
    Lookback past_;
    Sma mean_;
};

}  // namespace walras::features
