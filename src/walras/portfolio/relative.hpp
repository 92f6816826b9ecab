// Returns against those of a benchmark.
//
// A pair is a period in which both were observed; the others are left out. One thread owns a Pairs; the spans that it
// is made of outlive it. ConfigError if the lengths differ.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "walras/portfolio/numeric.hpp"

namespace walras::portfolio::stats {

class Pairs {
public:
    Pairs(std::span<const double> returns, std::span<const double> benchmark);
    Pairs(const Pairs&) = delete;
    Pairs& operator=(const Pairs&) = delete;

    [[nodiscard]] double beta() const;         // cov(r, b) / var(b)
    [[nodiscard]] double beta_log() const;     // cov / var of log(1 + r) and log(1 + b)
    [[nodiscard]] double correlation() const;  // cov(r, b) / sqrt(var(r) var(b))
    // (1 + mean((r - rf) - beta (b - rf)))^per_year - 1
    [[nodiscard]] double alpha(double per_year, double risk_free) const;
    [[nodiscard]] double tracking_error(double per_year);     // std(r - b, ddof 1) * sqrt(per_year)
    [[nodiscard]] double information_ratio(double per_year);  // mean(r - b) * per_year / tracking_error

    [[nodiscard]] double held() const;  // total return of b
    // growth^(per_year / periods) - 1 of r over that of b, over all periods, those with b > 0, those with b < 0.
    [[nodiscard]] double total_capture(double per_year) const;
    [[nodiscard]] double up_capture(double per_year) const;
    [[nodiscard]] double down_capture(double per_year) const;
    [[nodiscard]] double capture_ratio(double per_year) const;  // up / down

private:
    template <class Takes>
    [[nodiscard]] double capture(double per_year, Takes takes) const;
    [[nodiscard]] double active_deviation();

    std::vector<double> my_storage_, their_storage_;
    std::span<const double> mine_, theirs_;
    Covariance moments_;  // x is the benchmark
    std::optional<double> active_deviation_;
};

}  // namespace walras::portfolio::stats
