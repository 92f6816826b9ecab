// Confidence intervals of statistics by resampling blocks of consecutive returns, so that the dependence between
// neighbours stays.
//
// stationary: blocks of geometric length around a circle: Politis, Romano, "The stationary bootstrap", Journal of the
// American Statistical Association 89 (1994). circular: blocks of one length around a circle: Politis, Romano, "A
// circular block-resampling procedure for stationary data" (1992).
// Replicate k draws from core::Random{seed, agent k}: results depend on the seed, not on the number of threads.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "walras/portfolio/metrics.hpp"

namespace walras::portfolio::stats {

enum class BootstrapKind : std::uint8_t { stationary, circular };

struct BootstrapConfig {
    BootstrapKind kind = BootstrapKind::stationary;
    std::size_t samples = 2'000;
    double block_length = no_value;  // mean length in periods, at least 1; optimal_block_length's if not given
    double confidence = 0.95;        // of the interval, in (0, 1)
    std::uint64_t seed = 0;
    unsigned threads = 0;  // 0: all cores

    void validate() const;  // throws ConfigError
};

struct Bootstrap {
    double estimate = no_value;        // of the series itself
    double low = no_value;             // percentile interval of the replicates
    double high = no_value;            //
    double standard_error = no_value;  // deviation (ddof 1) of the replicates
    double bias = no_value;            // their mean - estimate
    double block_length = no_value;
    std::vector<double> replicates;  // in the order of their numbers; NaN where nothing could be measured
};

// The block length that minimises the mean squared error of the variance of the mean: Politis, White, "Automatic
// block-length selection for the dependent bootstrap", Econometric Reviews 23 (2004), with the correction of Patton,
// Politis, White, Econometric Reviews 28 (2009). At least 1, at most ceil(min(3 sqrt(n), n / 3)); 1 for fewer than ten
// observations and for returns without deviation. NaN values are left out.
double optimal_block_length(std::span<const double> returns, BootstrapKind kind);

// Periods are drawn as they are: a period without observation stays one, and a benchmark's period goes with its
// return's. `benchmark` is empty unless the metric needs one. Throws ConfigError on a bad config or a metric of times.
Bootstrap bootstrap(std::span<const double> returns, std::span<const double> benchmark, const Metric& metric,
                    const MetricOptions& options, const BootstrapConfig& config);

}  // namespace walras::portfolio::stats
