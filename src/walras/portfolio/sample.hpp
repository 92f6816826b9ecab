// A series of returns under measurement: what several statistics share (moments, tails, drawdowns) is computed once,
// when the first of them asks. Each statistic has its one definition here; returns.hpp, metrics.hpp and statistics.hpp
// call these.
//
// One thread owns a sample and its workspace. The spans that it is made of outlive it.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "walras/portfolio/drawdowns.hpp"
#include "walras/portfolio/numeric.hpp"
#include "walras/portfolio/times.hpp"
#include "walras/portfolio/trade_statistics.hpp"

namespace walras::portfolio::stats {

// Buffers that a sample works in; reused from series to series.
struct Workspace {
    std::vector<double> returns, observed, curve, benchmark;
};

class Sample {
public:
    // Simple returns; NaN is a period without observation. `times`: one a return, or none.
    Sample(std::span<const double> returns, Times times, Workspace& workspace);
    // A curve of equity and its value before the first row. The step from `start` to the first row is a return where
    // they differ; a return from equity of 0 or less is NaN.
    static Sample of_equity(std::span<const double> equity, double start, Times times, Workspace& workspace);

    [[nodiscard]] double rows() const { return rows_; }                         // periods, observed or not
    [[nodiscard]] std::span<const double> returns() const { return returns_; }  // the observed ones
    [[nodiscard]] double count() const { return static_cast<double>(returns_.size()); }
    [[nodiscard]] double growth() const { return growth_; }  // 1 + total return; NaN without observation
    [[nodiscard]] std::span<const double> curve();           // growth of `start` at each row
    [[nodiscard]] double start() const { return start_; }
    [[nodiscard]] bool first_counts() const { return first_counts_; }
    [[nodiscard]] const Times& times() const { return times_; }

    [[nodiscard]] const Moments& moments();
    [[nodiscard]] const Tails& tails(double cutoff);
    [[nodiscard]] const DrawdownSummary& falls();
    [[nodiscard]] double autocorrelation();
    // Sums over the observed returns: gains and losses of r - bar, and the squares of the losses.
    struct Sides {
        double gains = 0, losses = 0, loss_squares = 0;
    };
    [[nodiscard]] const Sides& sides(double bar);
    // Each observed return as a trade: win rate, payoff, streaks.
    [[nodiscard]] const TradeStatistics& outcomes();

    // The statistics. `per_year` is periods_per_year; risk_free and required are per period.
    [[nodiscard]] double total_return() const { return growth_ - 1; }
    [[nodiscard]] double cagr(double per_year) const;
    [[nodiscard]] double cagr_calendar() const;
    [[nodiscard]] double annual_return(double per_year) const;
    [[nodiscard]] double volatility(double per_year);
    [[nodiscard]] double volatility_geometric(double per_year);
    [[nodiscard]] double sharpe(double per_year, double risk_free);
    [[nodiscard]] double sharpe_geometric(double per_year);
    [[nodiscard]] double sharpe_smart(double per_year, double risk_free);
    [[nodiscard]] double sharpe_lo(double per_year, double risk_free);
    [[nodiscard]] double downside_risk(double per_year, double required);
    [[nodiscard]] double sortino(double per_year, double required);
    [[nodiscard]] double sortino_geometric(double per_year);
    [[nodiscard]] double calmar(double per_year);
    [[nodiscard]] double calmar_geometric(double per_year);
    [[nodiscard]] double omega(double bar);
    [[nodiscard]] double recovery_factor();
    [[nodiscard]] double tail_ratio(double cutoff);
    [[nodiscard]] double value_at_risk_parametric(double cutoff);
    [[nodiscard]] double conditional_value_at_risk_parametric(double cutoff);
    [[nodiscard]] double stability();
    [[nodiscard]] double skew();
    [[nodiscard]] double kurtosis();

private:
    Sample() = default;
    void observe(std::span<const double> returns);

    Workspace* workspace_ = nullptr;
    std::span<const double> all_;  // returns with their gaps
    std::span<const double> returns_;
    double total_ = 0;  // sum of returns_
    std::span<const double> equity_;
    Times times_;
    double rows_ = 0;
    double growth_ = no_value;
    double start_ = 1;
    bool first_counts_ = true;
    bool is_equity_ = false;
    bool has_curve_ = false;
    std::optional<Moments> moments_;
    std::optional<Tails> tails_;
    double tails_cutoff_ = no_value;
    std::optional<DrawdownSummary> falls_;
    std::optional<double> autocorrelation_;
    std::optional<Sides> sides_;
    double sides_bar_ = no_value;
    std::optional<TradeStatistics> outcomes_;
};

}  // namespace walras::portfolio::stats
