// The catalogue's rolling statistics.
#include <cmath>

#include "walras/core/math.hpp"
#include "walras/features/catalog.hpp"
#include "walras/features/persistence.hpp"
#include "walras/features/rolling_extreme.hpp"
#include "walras/features/rolling_line.hpp"
#include "walras/features/sorted_window.hpp"
#include "walras/features/window_statistics.hpp"

namespace walras::features {
namespace {

using core::Parameters;

core::Parameter ddof_parameter(std::int64_t value) {
    return {"ddof", value, 0, 1, "", "Degrees of freedom taken off: 0 for the population, 1 for a sample."};
}
core::Parameter window_parameter(std::int64_t value, std::int64_t least) { return period_parameter(value, least); }

double scale_of(const Parameters& p) {
    const double n = p.integer("period");
    const double ddof = p.integer("ddof");
    if (n <= ddof) { throw ConfigError(fmt::format("period = {} must be above ddof = {}.", n, ddof)); }
    return n / (n - ddof);
}

template <std::size_t P, class Formula>
auto powers(int period, Formula formula) {
    return as_indicator(RollingSums<Powers<P>, Formula>(period, std::move(formula)));
}
template <class Formula>
auto products(int period, Formula formula) {
    return as_indicator(RollingSums<Products, Formula>(period, std::move(formula)));
}

enum class LineOutput { value, slope, intercept, angle, forecast, r2 };

template <LineOutput Output>
struct LineFormula {
    static constexpr bool needs_variance = Output == LineOutput::r2;
    static double of(const FittedLine& line) {
        switch (Output) {
            case LineOutput::value: return line.at(line.n - 1);
            case LineOutput::slope: return line.slope;
            case LineOutput::intercept: return line.intercept;
            case LineOutput::angle: return core::math::atan(line.slope) * (180 / 3.14159265358979323846);
            case LineOutput::forecast: return line.at(line.n);
            case LineOutput::r2: break;
        }
        const double explained = line.slope * line.slope * (line.n * line.n - 1) / 12;
        return line.variance > 0 ? std::min(explained / line.variance, 1.0) : 0;
    }
};

class Table {
public:
    explicit Table(std::vector<Spec>& out) : out_(out) {}

    void add(const char* name, const char* class_name, const char* title, std::vector<std::string> inputs,
             std::vector<core::Parameter> parameters, const char* formula, const char* talib,
             std::function<std::unique_ptr<Indicator>(const Parameters&)> make, std::vector<std::string> outputs = {}) {
        if (outputs.empty()) { outputs = {name}; }
        out_.push_back({name, class_name, title, "statistics", std::move(inputs), std::move(outputs),
                        std::move(parameters), formula, talib, std::move(make)});
    }
    template <LineOutput Output>
    void add_line(const char* name, const char* class_name, const char* title, const char* formula, const char* talib) {
        add(name, class_name, title, {"values"}, {period_parameter(14, 2)}, formula, talib,
            [](const Parameters& p) { return as_indicator(RollingLine<LineFormula<Output>>(p.integer("period"))); });
    }

private:
    std::vector<Spec>& out_;
};

void add_moments(Table& t) {
    t.add("variance", "Variance", "Rolling variance", {"values"}, {window_parameter(20, 1), ddof_parameter(0)},
          "Mean square about the mean of the window; with ddof = 1 over period - 1. Taken about the mean of the block "
          "before: "
          "no cancellation, never negative.",
          "VAR", [](const Parameters& p) { return powers<2>(p.integer("period"), VarianceFormula{scale_of(p)}); });
    t.add("stddev", "Stddev", "Rolling standard deviation", {"values"},
          {window_parameter(20, 1), number_parameter("deviations", 1, -1e9, 1e9, "The result is multiplied by it."),
           ddof_parameter(0)},
          "sqrt(variance) * deviations.", "STDDEV", [](const Parameters& p) {
              return powers<2>(p.integer("period"), VarianceFormula{scale_of(p), true, p.number("deviations")});
          });
    t.add("z_score", "ZScore", "Rolling z-score", {"values"}, {window_parameter(20, 2), ddof_parameter(0)},
          "(x - mean) / deviation of the window that ends with x; 0 where the window is flat.", "",
          [](const Parameters& p) { return powers<2>(p.integer("period"), ZScoreFormula{scale_of(p)}); });
    t.add("skew", "Skew", "Rolling skewness", {"values"}, {window_parameter(20, 3)},
          "sqrt(n (n - 1)) / (n - 2) * m3 / m2^1.5, the sample skewness of pandas; 0 where the window is flat.", "",
          [](const Parameters& p) { return powers<3>(p.integer("period"), SkewFormula{}); });
    t.add("kurtosis", "Kurtosis", "Rolling excess kurtosis", {"values"}, {window_parameter(20, 4)},
          "(n - 1) / ((n - 2)(n - 3)) * ((n + 1) m4 / m2^2 - 3 (n - 1)), the sample excess kurtosis of pandas; -3 "
          "where flat.",
          "", [](const Parameters& p) { return powers<4>(p.integer("period"), KurtosisFormula{}); });
    t.add("avgdev", "Avgdev", "Mean absolute deviation", {"values"}, {window_parameter(14, 1)},
          "Mean of |x - mean| over the window.", "AVGDEV",
          [](const Parameters& p) { return as_indicator(MeanDeviation(p.integer("period"))); });
}

void add_order_statistics(Table& t) {
    t.add("lowest", "Lowest", "Rolling minimum", {"values"}, {window_parameter(30, 1)},
          "Smallest of the last `period` values.", "MIN",
          [](const Parameters& p) { return as_indicator(RollingMin(p.integer("period"))); });
    t.add("highest", "Highest", "Rolling maximum", {"values"}, {window_parameter(30, 1)},
          "Largest of the last `period` values.", "MAX",
          [](const Parameters& p) { return as_indicator(RollingMax(p.integer("period"))); });
    t.add("rolling_sum", "RollingSum", "Rolling sum", {"values"}, {window_parameter(30, 1)},
          "Sum of the last `period` values.", "SUM",
          [](const Parameters& p) { return as_indicator(RollingSum(p.integer("period"))); });
    t.add("quantile", "Quantile", "Rolling quantile", {"values"},
          {window_parameter(20, 1), number_parameter("q", 0.5, 0, 1, "Which quantile; 0.5 is the median.")},
          "Linear interpolation between the order statistics of the window (NumPy, pandas).", "",
          [](const Parameters& p) { return as_indicator(RollingQuantile(p.integer("period"), p.number("q"))); });
    t.add("percentile", "Percentile", "Rolling percentile by the nearest rank", {"values"},
          {window_parameter(30, 1),
           number_parameter("percentile", 50, 0, 100, "Percent of the window at or below the result.")},
          "The smallest value of the window that at least `percentile` percent do not exceed.", "PERCENTILE",
          [](const Parameters& p) { return as_indicator(NearestRank(p.integer("period"), p.number("percentile"))); });
    t.add("rank", "Rank", "Rolling rank", {"values"},
          {window_parameter(20, 1), {"share", false, 0, 1, "", "Divide by the period: 1 is the largest."}},
          "Rank of the newest value in its window, 1 for the smallest; ties share the mean of their ranks (pandas).",
          "", [](const Parameters& p) { return as_indicator(RollingRank(p.integer("period"), p.flag("share"))); });
    t.add("percent_rank", "PercentRank", "Percent rank", {"values"}, {window_parameter(100, 1)},
          "Percent of the `period` values before the newest that lie below it.", "PERCENTRANK",
          [](const Parameters& p) { return as_indicator(PercentRank(p.integer("period"))); });
}

void add_pairs(Table& t) {
    t.add("correlation", "Correlation", "Rolling correlation", {"values", "benchmark"}, {window_parameter(30, 2)},
          "Pearson's correlation of two series over the window; 0 where one does not vary.", "CORREL",
          [](const Parameters& p) { return products(p.integer("period"), CorrelationFormula{}); });
    t.add("rank_correlation", "RankCorrelation", "Rolling rank correlation", {"values", "benchmark"},
          {window_parameter(30, 2)},
          "Spearman's correlation: Pearson's of the ranks within the window, ties share the mean; 0 where one does not "
          "vary.",
          "", [](const Parameters& p) { return as_indicator(RankCorrelation(p.integer("period"))); });
    t.add("covariance", "Covariance", "Rolling covariance", {"values", "benchmark"},
          {window_parameter(30, 2), ddof_parameter(1)},
          "Mean product about the means of the window; with ddof = 1 over period - 1.", "",
          [](const Parameters& p) { return products(p.integer("period"), CovarianceFormula{scale_of(p)}); });
    t.add("beta", "Beta", "Rolling beta", {"values", "benchmark"}, {window_parameter(60, 2)},
          "Least-squares slope of the simple returns of `values` on those of `benchmark` over `period` returns; 0 "
          "where the "
          "benchmark does not vary. TA-Lib's BETA takes the two the other way round.",
          "", [](const Parameters& p) { return as_indicator(ReturnsBeta(p.integer("period"))); });
}

void add_lines(Table& t) {
    t.add_line<LineOutput::value>("linreg", "Linreg", "Linear regression, last point",
                                  "Value of the least-squares line through the window at its newest observation.",
                                  "LINEARREG");
    t.add_line<LineOutput::slope>("linreg_slope", "LinregSlope", "Linear regression, slope",
                                  "Slope of the least-squares line through the window, per observation.",
                                  "LINEARREG_SLOPE");
    t.add_line<LineOutput::intercept>("linreg_intercept", "LinregIntercept", "Linear regression, intercept",
                                      "Value of the least-squares line at the oldest observation of the window.",
                                      "LINEARREG_INTERCEPT");
    t.add_line<LineOutput::angle>("linreg_angle", "LinregAngle", "Linear regression, angle", "atan(slope) in degrees.",
                                  "LINEARREG_ANGLE");
    t.add_line<LineOutput::r2>(
        "linreg_r2", "LinregR2", "Linear regression, R squared",
        "Share of the window's variance that the line explains, 0 to 1; 0 where the window is flat.", "");
    t.add_line<LineOutput::forecast>("tsf", "Tsf", "Time series forecast",
                                     "Value of the least-squares line one observation ahead.", "TSF");
}

}  // namespace

void add_statistics(std::vector<Spec>& out) {
    Table t{out};
    add_moments(t);
    add_order_statistics(t);
    add_pairs(t);
    add_lines(t);
    t.add("hurst", "Hurst", "Hurst exponent", {"values"},
          {window_parameter(252, 6), period_parameter(20, 3, "max_lag", "Lags from 2 to it.")},
          "Twice the slope of ln sqrt(sd(x[t] - x[t - lag])) on ln lag over the window (E. Chan): 0.5 a random walk, "
          "below it "
          "reverts, above it trends; 0.5 where the window is flat.",
          "",
          [](const Parameters& p) { return as_indicator(HurstExponent(p.integer("period"), p.integer("max_lag"))); });
    t.add("ou_half_life", "OuHalfLife", "Half-life of mean reversion", {"values"}, {window_parameter(60, 3)},
          "ln(1/2) / ln b with x[t] = a + b x[t-1] + e by least squares over `period` pairs, in observations; infinite "
          "where "
          "nothing reverts.",
          "", [](const Parameters& p) { return as_indicator(OuHalfLife(p.integer("period"))); });
}

}  // namespace walras::features
