// The statistics of a series of returns by name, for callers that choose at run time: columns, bootstrap, Python.
//
// A metric that is also a row of the table of statistics has its key. Metrics are stateless; one sample is measured by
// one thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "walras/portfolio/relative.hpp"
#include "walras/portfolio/sample.hpp"

namespace walras::portfolio::stats {

struct MetricOptions {
    double periods_per_year = no_value;
    double risk_free = 0;  // per period
    double required = 0;   // per period, of downside_risk and sortino
    double threshold = 0;  // per period, of omega
    double cutoff = 0.05;  // of value_at_risk, conditional_value_at_risk and tail_ratio
};

enum class Needs : std::uint8_t { returns, times, benchmark };

struct Metric {
    std::string_view key;
    Needs needs = Needs::returns;
    bool is_annual = false;  // uses periods_per_year
    // `pairs` is null unless the metric needs a benchmark.
    double (*measure)(Sample& sample, Pairs* pairs, const MetricOptions& options) = nullptr;
};

std::span<const Metric> metrics();
const Metric& metric(std::string_view key);  // throws ConfigError naming the keys

}  // namespace walras::portfolio::stats
