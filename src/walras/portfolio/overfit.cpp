#include "walras/portfolio/overfit.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstdint>

#include "walras/core/error.hpp"
#include "walras/core/math.hpp"
#include "walras/core/normal.hpp"
#include "walras/portfolio/numeric.hpp"

namespace walras::portfolio::stats {
namespace {

constexpr double euler_gamma = 0.57721566490153286061;
constexpr double e = 2.71828182845904523536;

// Sums of returns and of their squares, less the trial's own mean, by block and trial.
class Blocks {
public:
    Blocks(std::span<const double> returns, std::size_t periods, std::size_t blocks)
        : trials_(returns.size() / periods), length_(periods / blocks), mean_(trials_), sums_(blocks) {
        const std::size_t skipped = periods - length_ * blocks;
        for (auto& block : sums_) { block.assign(trials_, {}); }
        for (std::size_t trial = 0; trial < trials_; ++trial) {
            const auto used = returns.subspan(trial * periods + skipped, length_ * blocks);
            const double mean =
                sum(used.size(), [&](std::size_t i) { return used[i]; }) / static_cast<double>(used.size());
            mean_[trial] = mean;
            for (std::size_t block = 0; block < blocks; ++block) {
                const auto part = used.subspan(block * length_, length_);
                sums_[block][trial] = {
                    sum(length_, [&](std::size_t i) { return part[i] - mean; }),
                    sum(length_, [&](std::size_t i) { return (part[i] - mean) * (part[i] - mean); })};
            }
        }
    }

    // The order of Sharpe ratios, over the blocks that `mask` names.
    void rate(std::uint32_t mask, std::vector<double>& out) const {
        const auto n = static_cast<double>(length_) * std::popcount(mask);
        for (std::size_t trial = 0; trial < trials_; ++trial) {
            Sums total;
            for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
                const Sums& part = sums_[static_cast<std::size_t>(std::countr_zero(rest))][trial];
                total.first += part.first;
                total.second += part.second;
            }
            const double shift = total.first / n;
            const double variance = std::max(total.second / n - shift * shift, 0.0);
            const double sharpe = ratio(mean_[trial] + shift, std::sqrt(variance));
            out[trial] = std::isnan(sharpe) ? 0 : sharpe;  // a trial that never traded
        }
    }

    [[nodiscard]] std::size_t trials() const { return trials_; }

private:
    struct Sums {
        double first = 0, second = 0;
    };
    std::size_t trials_;
    std::size_t length_;
    std::vector<double> mean_;
    std::vector<std::vector<Sums>> sums_;
};

// log(w / (1 - w)) of the relative rank w = rank / (trials + 1); equals share the mean of their ranks.
double logit_of(const std::vector<double>& rating, std::size_t chosen) {
    double below = 0;
    double equal = 0;
    for (const double other : rating) {
        below += other < rating[chosen] ? 1 : 0;
        equal += other == rating[chosen] ? 1 : 0;
    }
    const double w = (below + 0.5 * (equal + 1)) / static_cast<double>(rating.size() + 1);
    return core::math::log(w / (1 - w));
}

}  // namespace

double probabilistic_sharpe(const SharpeEstimate& s, double benchmark) {
    if (!(s.observations >= 2)) { return no_value; }
    const double spread = 1 - s.skew * s.sharpe + 0.25 * (s.kurtosis - 1) * s.sharpe * s.sharpe;
    if (!(spread >= 0)) { return no_value; }  // no distribution has such moments
    return core::math::normal_cdf(ratio((s.sharpe - benchmark) * std::sqrt(s.observations - 1), std::sqrt(spread)));
}

double expected_maximum_sharpe(double trials, double variance) {
    if (trials < 1) { throw ConfigError(fmt::format("trials = {} must be at least 1.", trials)); }
    if (variance < 0) { throw ConfigError(fmt::format("The variance of Sharpe ratios {} is negative.", variance)); }
    if (trials == 1) { return 0; }
    const double highest = (1 - euler_gamma) * core::math::normal_quantile(1 - 1 / trials) +
                           euler_gamma * core::math::normal_quantile(1 - 1 / (trials * e));
    return std::sqrt(variance) * highest;
}

double deflated_sharpe(const SharpeEstimate& best, double trials, double variance) {
    return probabilistic_sharpe(best, expected_maximum_sharpe(trials, variance));
}

Overfitting probability_of_overfitting(std::span<const double> returns, std::size_t periods, int blocks) {
    if (blocks < 2 || blocks > 20 || blocks % 2 != 0) {
        throw ConfigError(fmt::format("blocks = {} must be an even number from 2 to 20.", blocks));
    }
    const auto count = static_cast<std::size_t>(blocks);
    if (periods < 2 * count) {
        throw ConfigError(
            fmt::format("{} periods are too few for {} blocks of two rows; use fewer blocks.", periods, blocks));
    }
    if (returns.size() % periods != 0 || returns.size() / periods < 2) {
        throw ConfigError(
            fmt::format("{} returns are not at least two trials of {} periods.", returns.size(), periods));
    }
    for (const double r : returns) {
        if (!std::isfinite(r)) { throw ConfigError("A return is not finite; leave such trials out."); }
    }
    const Blocks data{returns, periods, count};
    std::vector<double> inside(data.trials());
    std::vector<double> outside(data.trials());
    Overfitting result;
    const std::uint32_t all = (1U << blocks) - 1;
    // Every number with half of the bits set, ascending; each mask's complement comes up by itself.
    for (std::uint32_t mask = (1U << (blocks / 2)) - 1; mask <= all;) {
        data.rate(mask, inside);
        data.rate(all & ~mask, outside);
        std::size_t best = 0;
        for (std::size_t i = 1; i < inside.size(); ++i) { best = inside[i] > inside[best] ? i : best; }
        result.logits.push_back(logit_of(outside, best));
        const std::uint32_t lowest = mask & (~mask + 1);
        const std::uint32_t ripple = mask + lowest;
        mask = (((ripple ^ mask) >> 2) / lowest) | ripple;
    }
    double not_above = 0;
    for (const double logit : result.logits) { not_above += logit <= 0 ? 1 : 0; }
    const auto splits = static_cast<double>(result.logits.size());
    result.probability = not_above / splits;
    result.mean_logit = sum(result.logits.size(), [&](std::size_t i) { return result.logits[i]; }) / splits;
    return result;
}

}  // namespace walras::portfolio::stats
