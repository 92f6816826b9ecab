#include "walras/portfolio/bootstrap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "walras/core/error.hpp"
#include "walras/core/math.hpp"
#include "walras/core/random.hpp"
#include "walras/portfolio/parallel.hpp"

namespace walras::portfolio::stats {
namespace {

constexpr std::uint32_t random_stream = 0x626f6f74;  // "boot"

// Autocovariances by lag, computed as far as somebody asks.
class Autocovariance {
public:
    explicit Autocovariance(std::span<const double> values) : values_(values.begin(), values.end()) {
        const double mean = total(values_) / static_cast<double>(values_.size());
        for (double& value : values_) { value -= mean; }
    }
    double operator[](std::size_t lag) {
        while (found_.size() <= lag) {
            const std::size_t k = found_.size();
            const double products = sum(values_.size() - k, [&](std::size_t i) { return values_[i] * values_[i + k]; });
            found_.push_back(products / static_cast<double>(values_.size()));
        }
        return found_[lag];
    }

private:
    std::vector<double> values_;
    std::vector<double> found_;
};

// The flat-top window: 1 up to one half, then straight down to 0 at 1.
double window(double x) { return x <= 0.5 ? 1 : 2 * (1 - x); }

// Twice the first of K consecutive lags that are insignificant: Politis and White, section 3.2 (c = 2), as their own
// programs count it; the text's m is one lag less.
std::size_t bandwidth(Autocovariance& covariance, std::size_t n, std::size_t longest, std::size_t run) {
    const double log10_n = core::math::log(static_cast<double>(n)) / core::math::log(10);
    const double bar = 2 * std::sqrt(log10_n / static_cast<double>(n)) * covariance[0];
    std::size_t quiet = 0;
    for (std::size_t lag = 1; lag <= longest; ++lag) {
        quiet = std::abs(covariance[lag]) < bar ? quiet + 1 : 0;
        if (quiet == run) { return std::min(longest, 2 * (lag - run + 1)); }
    }
    return longest;
}

// Lengths of blocks that end after each period with probability 1 / mean. Short ones, which are many, are looked up:
// a logarithm would cost more than all the rest of a replicate.
class GeometricLength {
public:
    explicit GeometricLength(double mean) : log_goes_on_(core::math::log(1 - 1 / mean)) {
        double chance = 1;
        for (double& each : longer_) { each = chance *= 1 - 1 / mean; }
    }
    std::size_t operator()(core::Random& random, std::size_t most) const {
        const double draw = 1 - random.uniform();
        if (draw > longer_.back()) {
            std::size_t length = 1;
            while (draw <= longer_[length - 1]) { ++length; }
            return length;
        }
        return 1 + static_cast<std::size_t>(std::min(core::math::log(draw) / log_goes_on_, static_cast<double>(most)));
    }

private:
    double log_goes_on_;
    std::array<double, 12> longer_{};  // the chance that a block is longer than its index plus one
};

// Indices of one replicate as runs of consecutive periods around the circle.
template <class Take>
void draw_blocks(core::Random& random, std::size_t n, double mean_length, BootstrapKind kind, Take take) {
    const auto fixed = static_cast<std::size_t>(std::max(1.0, std::nearbyint(mean_length)));
    std::optional<GeometricLength> geometric;
    if (kind == BootstrapKind::stationary && mean_length > 1) { geometric.emplace(mean_length); }
    for (std::size_t done = 0; done < n;) {
        const std::size_t first = random.below(n);
        std::size_t length = kind == BootstrapKind::stationary ? 1 : fixed;
        if (geometric) { length = (*geometric)(random, n); }
        length = std::min(length, n - done);
        take(done, first, length);
        done += length;
    }
}

void copy_around(std::span<const double> from, std::size_t first, std::span<double> to) {
    for (std::size_t done = 0; done < to.size();) {
        const std::size_t count = std::min(to.size() - done, from.size() - first);
        std::ranges::copy(from.subspan(first, count), to.begin() + static_cast<std::ptrdiff_t>(done));
        done += count;
        first = 0;
    }
}

double measure(const Metric& metric, const MetricOptions& options, std::span<const double> returns,
               std::span<const double> benchmark, Workspace& workspace) {
    Sample sample{returns, {}, workspace};
    std::optional<Pairs> pairs;
    if (metric.needs == Needs::benchmark) { pairs.emplace(returns, benchmark); }
    return metric.measure(sample, pairs ? &*pairs : nullptr, options);
}

struct Worker {
    Workspace workspace;
    std::vector<double> returns, benchmark;
};

}  // namespace

void BootstrapConfig::validate() const {
    if (samples < 2) { throw ConfigError(fmt::format("A bootstrap of {} samples; give at least 2.", samples)); }
    if (samples > UINT32_MAX) {
        throw ConfigError(fmt::format("A bootstrap of {} samples; give at most {}.", samples, UINT32_MAX));
    }
    if (!(confidence > 0 && confidence < 1)) {
        throw ConfigError(fmt::format("confidence is {}; give a number between 0 and 1.", confidence));
    }
    if (!std::isnan(block_length) && !(block_length >= 1 && std::isfinite(block_length))) {
        throw ConfigError(fmt::format("block_length is {}; give at least 1 period.", block_length));
    }
}

double optimal_block_length(std::span<const double> returns, BootstrapKind kind) {
    std::vector<double> storage;
    const std::span<const double> seen = observed(returns, storage);
    const std::size_t n = seen.size();
    if (n < 10 || moments(seen).m2 == 0) { return 1; }
    const auto count = static_cast<double>(n);
    Autocovariance covariance{seen};
    const double log10_n = core::math::log(count) / core::math::log(10);
    const auto run = std::max<std::size_t>(5, static_cast<std::size_t>(std::ceil(std::sqrt(log10_n))));
    const std::size_t longest = std::min(n - 1, static_cast<std::size_t>(std::ceil(std::sqrt(count))) + run);
    const std::size_t m = bandwidth(covariance, n, longest, run);
    double slope = 0;
    double spectrum = covariance[0];
    for (std::size_t k = 1; k <= m; ++k) {
        const double weight = 2 * window(static_cast<double>(k) / static_cast<double>(m)) * covariance[k];
        slope += weight * static_cast<double>(k);
        spectrum += weight;
    }
    const double spread = (kind == BootstrapKind::stationary ? 2.0 : 4.0 / 3) * spectrum * spectrum;
    const double best = power(2 * slope * slope / spread * count, 1.0 / 3);
    const double most = std::ceil(std::min(3 * std::sqrt(count), count / 3));
    return std::isnan(best) ? 1 : std::clamp(best, 1.0, most);
}

Bootstrap bootstrap(std::span<const double> returns, std::span<const double> benchmark, const Metric& metric,
                    const MetricOptions& options, const BootstrapConfig& config) {
    config.validate();
    if (metric.needs == Needs::times) {
        throw ConfigError(
            fmt::format("The metric \"{}\" is about the calendar, which a resampled series has not; "
                        "choose one of returns alone.",
                        metric.key));
    }
    if (metric.needs == Needs::benchmark && returns.size() != benchmark.size()) {
        throw ConfigError(fmt::format("{} returns against {} of the benchmark; give one for each period.",
                                      returns.size(), benchmark.size()));
    }
    Bootstrap result;
    const std::size_t n = returns.size();
    if (n == 0) { return result; }
    result.block_length =
        std::isnan(config.block_length) ? optimal_block_length(returns, config.kind) : config.block_length;
    result.replicates.resize(config.samples);
    const bool compares = metric.needs == Needs::benchmark;
    {
        Workspace workspace;
        result.estimate = measure(metric, options, returns, benchmark, workspace);
    }
    const auto make = [&] { return Worker{{}, std::vector<double>(n), std::vector<double>(compares ? n : 0)}; };
    in_parallel(config.samples, config.threads, make, [&](Worker& worker, std::size_t k) {
        core::Random random{{.seed = config.seed, .stream = random_stream, .agent = static_cast<std::uint32_t>(k)}};
        draw_blocks(random, n, result.block_length, config.kind,
                    [&](std::size_t to, std::size_t first, std::size_t count) {
                        copy_around(returns, first, std::span{worker.returns}.subspan(to, count));
                        if (compares) { copy_around(benchmark, first, std::span{worker.benchmark}.subspan(to, count)); }
                    });
        result.replicates[k] = measure(metric, options, worker.returns, worker.benchmark, worker.workspace);
    });

    std::vector<double> storage;
    const std::span<const double> seen = observed(result.replicates, storage);
    const double outside = (1 - config.confidence) / 2;
    const Tails ends = tails(seen, outside);
    result.low = ends.low.quantile;
    result.high = ends.high;
    const Moments m = moments(seen);
    result.standard_error = m.deviation();
    result.bias = m.mean - result.estimate;
    return result;
}

}  // namespace walras::portfolio::stats
