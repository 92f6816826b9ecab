#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "walras/core/error.hpp"
#include "walras/portfolio/bootstrap.hpp"
#include "walras/portfolio/calendar.hpp"
#include "walras/portfolio/columns.hpp"
#include "walras/portfolio/returns.hpp"
#include "walras/portfolio/statistics.hpp"
#include "walras/portfolio/trade_statistics.hpp"

namespace walras::python {
namespace {

namespace stats = portfolio::stats;

using StatSeries = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using StatMatrix = nb::ndarray<const double, nb::ndim<2>, nb::device::cpu>;
using StatTimes = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

std::span<const double> span_of(const StatSeries& series) { return {series.data(), series.shape(0)}; }
std::span<const std::int64_t> span_of(const StatTimes& times) { return {times.data(), times.shape(0)}; }

stats::Matrix matrix_of(const StatMatrix& m) { return {m.data(), m.shape(0), m.shape(1), m.stride(0), m.stride(1)}; }

stats::Calendar parse_calendar(std::string_view text) {
    if (text == "day") { return stats::Calendar::day; }
    if (text == "month") { return stats::Calendar::month; }
    if (text == "year") { return stats::Calendar::year; }
    throw ConfigError("A period is \"day\", \"month\" or \"year\".");
}

stats::BootstrapKind parse_kind(std::string_view text) {
    if (text == "stationary") { return stats::BootstrapKind::stationary; }
    if (text == "circular") { return stats::BootstrapKind::circular; }
    throw ConfigError("A bootstrap is \"stationary\" (blocks of geometric length) or \"circular\" (of one length).");
}

nb::list definitions() {
    nb::list out;
    for (const stats::Definition& d : stats::definitions()) {
        out.append(nb::make_tuple(std::string{d.key}, std::string{d.title}, std::string{d.group}, std::string{d.unit},
                                  std::string{d.formula}));
    }
    return out;
}

nb::list metrics() {
    nb::list out;
    for (const stats::Metric& m : stats::metrics()) {
        const char* needs = m.needs == stats::Needs::times       ? "times"
                            : m.needs == stats::Needs::benchmark ? "benchmark"
                                                                 : "returns";
        out.append(nb::make_tuple(std::string{m.key}, needs, m.is_annual));
    }
    return out;
}

nb::ndarray<nb::numpy, double, nb::ndim<2>> measure(const StatMatrix& returns, const StatMatrix& benchmark,
                                                    const StatTimes& times, const std::vector<std::string>& keys,
                                                    const stats::MetricOptions& options, unsigned threads) {
    std::vector<const stats::Metric*> wanted;
    wanted.reserve(keys.size());
    for (const std::string& key : keys) { wanted.push_back(&stats::metric(key)); }
    auto* values = new std::vector<double>(keys.size() * returns.shape(1));
    const nb::capsule owner(values, [](void* p) noexcept { delete static_cast<std::vector<double>*>(p); });
    {
        const nb::gil_scoped_release release;
        stats::measure_columns(matrix_of(returns), matrix_of(benchmark), stats::Times{span_of(times)}, wanted, options,
                               *values, threads);
    }
    return {values->data(), {keys.size(), returns.shape(1)}, owner};
}

nb::list summarize(const StatSeries& equity, const StatTimes& times, const StatSeries& benchmark,
                   std::size_t benchmark_start, double starting_equity, double periods_per_year, double risk_free) {
    stats::Statistics table{{}};
    {
        const nb::gil_scoped_release release;
        table = stats::summarize({.equity = span_of(equity),
                                  .starting_equity = starting_equity,
                                  .periods_per_year = periods_per_year,
                                  .risk_free = risk_free,
                                  .benchmark = span_of(benchmark),
                                  .benchmark_start = benchmark_start,
                                  .times_ns = span_of(times)});
    }
    nb::list out;
    for (const stats::Statistic& row : table.rows()) { out.append(nb::make_tuple(std::string{row.key}, row.value)); }
    return out;
}

nb::dict bootstrap(const StatSeries& returns, const StatSeries& benchmark, const std::string& metric,
                   const stats::MetricOptions& options, const std::string& kind, std::size_t samples,
                   double block_length, double confidence, std::uint64_t seed, unsigned threads) {
    stats::Bootstrap found;
    {
        const nb::gil_scoped_release release;
        found = stats::bootstrap(span_of(returns), span_of(benchmark), stats::metric(metric), options,
                                 {.kind = parse_kind(kind),
                                  .samples = samples,
                                  .block_length = block_length,
                                  .confidence = confidence,
                                  .seed = seed,
                                  .threads = threads});
    }
    nb::dict out;
    out["estimate"] = found.estimate;
    out["low"] = found.low;
    out["high"] = found.high;
    out["standard_error"] = found.standard_error;
    out["bias"] = found.bias;
    out["block_length"] = found.block_length;
    out["replicates"] = to_numpy(std::move(found.replicates));
    return out;
}

nb::tuple drawdowns(const StatSeries& curve, double start, std::size_t count) {
    std::vector<std::int64_t> peak, low, end, recovered;
    std::vector<double> depth;
    for (const stats::Drawdown& fall : stats::deepest_drawdowns(span_of(curve), start, count)) {
        peak.push_back(static_cast<std::int64_t>(fall.peak_row));
        low.push_back(static_cast<std::int64_t>(fall.low_row));
        end.push_back(static_cast<std::int64_t>(fall.end_row));
        depth.push_back(fall.depth);
        recovered.push_back(fall.is_recovered ? 1 : 0);
    }
    return nb::make_tuple(to_numpy(std::move(peak)), to_numpy(std::move(low)), to_numpy(std::move(end)),
                          to_numpy(std::move(depth)), to_numpy(std::move(recovered)));
}

nb::tuple period_returns(const StatSeries& curve, const StatTimes& times, double start, const std::string& period) {
    const auto found =
        stats::period_returns(span_of(curve), stats::Times{span_of(times)}, start, parse_calendar(period));
    std::vector<std::int64_t> begins;
    std::vector<double> values;
    for (const stats::PeriodReturn& each : found) {
        begins.push_back(each.start.ns);
        values.push_back(each.value);
    }
    return nb::make_tuple(to_numpy(std::move(begins)), to_numpy(std::move(values)));
}

nb::dict trades(const StatSeries& net, const StatSeries& returns, const StatSeries& days) {
    const stats::TradeStatistics t = stats::summarize_trades(span_of(net), span_of(returns), span_of(days));
    nb::dict out;
    out["trades"] = t.count;
    out["net"] = t.net;
    out["win_rate"] = t.win_rate;
    out["profit_factor"] = t.profit_factor;
    out["profit_factor_return"] = t.profit_factor_return;
    out["payoff_ratio"] = t.payoff_ratio;
    out["expectancy"] = t.expectancy;
    out["expectancy_return"] = t.expectancy_return;
    out["avg_trade"] = t.avg_trade;
    out["best_trade"] = t.best_trade;
    out["worst_trade"] = t.worst_trade;
    out["avg_win"] = t.avg_win;
    out["avg_loss"] = t.avg_loss;
    out["max_win_streak"] = t.max_win_streak;
    out["max_loss_streak"] = t.max_loss_streak;
    out["avg_trade_duration"] = t.avg_duration;
    out["max_trade_duration"] = t.max_duration;
    out["sqn"] = t.sqn;
    out["kelly"] = t.kelly;
    return out;
}

}  // namespace

void bind_stats(nb::module_& m) {
    nb::class_<stats::MetricOptions>(m, "MetricOptions")
        .def(
            "__init__",
            [](stats::MetricOptions* self, double periods_per_year, double risk_free, double required, double threshold,
               double cutoff) {
                if (!(cutoff > 0 && cutoff < 1)) {
                    throw ConfigError(
                        "cutoff is a probability: give a number between 0 and 1, 0.05 for the worst "
                        "twentieth.");
                }
                new (self) stats::MetricOptions{periods_per_year, risk_free, required, threshold, cutoff};
            },
            nb::kw_only(), nb::arg("periods_per_year"), nb::arg("risk_free") = 0.0, nb::arg("required") = 0.0,
            nb::arg("threshold") = 0.0, nb::arg("cutoff") = 0.05);
    m.def("stats_definitions", &definitions, "(key, title, group, unit, formula) of each statistic, in order.");
    m.def("stats_metrics", &metrics, "(key, what it needs, whether it uses periods_per_year) of each metric.");
    m.def("stats_measure", &measure, nb::arg("returns"), nb::arg("benchmark"), nb::arg("times"), nb::arg("keys"),
          nb::arg("options"), nb::arg("threads"), nb::rv_policy::automatic);
    m.def("stats_summarize", &summarize, nb::arg("equity"), nb::arg("times"), nb::arg("benchmark"),
          nb::arg("benchmark_start"), nb::arg("starting_equity"), nb::arg("periods_per_year"), nb::arg("risk_free"));
    m.def("stats_bootstrap", &bootstrap, nb::arg("returns"), nb::arg("benchmark"), nb::arg("metric"),
          nb::arg("options"), nb::arg("kind"), nb::arg("samples"), nb::arg("block_length"), nb::arg("confidence"),
          nb::arg("seed"), nb::arg("threads"));
    m.def(
        "stats_block_length",
        [](const StatSeries& returns, const std::string& kind) {
            return stats::optimal_block_length(span_of(returns), parse_kind(kind));
        },
        nb::arg("returns"), nb::arg("kind"));
    m.def("stats_drawdowns", &drawdowns, nb::arg("curve"), nb::arg("start"), nb::arg("count"));
    m.def("stats_period_returns", &period_returns, nb::arg("curve"), nb::arg("times"), nb::arg("start"),
          nb::arg("period"));
    m.def(
        "stats_periods_per_year",
        [](const StatTimes& times) { return stats::periods_per_year(stats::Times{span_of(times)}); }, nb::arg("times"));
    m.def("stats_trades", &trades, nb::arg("net"), nb::arg("returns"), nb::arg("days"));
}

}  // namespace walras::python
