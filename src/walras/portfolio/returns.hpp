// Statistics of a series of simple returns, one definition each; the table of statistics.hpp is made of these.
//
// Pure functions. `returns` are simple returns per period; NaN marks a period without observation: it counts as a row
// where time is counted (cagr), nowhere else. `periods_per_year` is 252 for business days, 52, 12, 4, 1, or what
// periods_per_year(times) says. `risk_free` and `required` are per period.
//
// The empty case has one rule: a statistic without the observations that it needs (one; two for deviations) is NaN, and
// so is 0 / 0. A ratio of something over nothing is infinite, signed like the something.
// Sums are taken in eight fixed lanes, so that a result does not depend on the machine.
// Several statistics of one series are quicker from a Sample (sample.hpp); many series at once are columns.hpp's.
#pragma once

#include <span>

#include "walras/core/time.hpp"
#include "walras/portfolio/times.hpp"

namespace walras::portfolio::stats {

// compounded: product of (1 + r) - 1
double total_return(std::span<const double> returns);
// (1 + total return)^(periods_per_year / rows) - 1; every row counts. -1 when everything was lost.
double cagr(std::span<const double> returns, double periods_per_year);
// standard deviation (ddof 1) * sqrt(periods_per_year)
double volatility(std::span<const double> returns, double periods_per_year);
// mean(r - rf) / standard deviation (ddof 1) * sqrt(periods_per_year)
double sharpe(std::span<const double> returns, double periods_per_year, double risk_free = 0);
// sqrt(mean(min(r - required, 0)^2) * periods_per_year), the mean over all observations
double downside_risk(std::span<const double> returns, double periods_per_year, double required = 0);
// mean(r - required) * periods_per_year / downside_risk
double sortino(std::span<const double> returns, double periods_per_year, double required = 0);
// (1 + total return)^(periods_per_year / observations) - 1: cagr without the rows that observe nothing.
double annual_return(std::span<const double> returns, double periods_per_year);
// The deviation of a compounded year: sqrt((var + g^2)^n - g^(2n)), g the geometric mean of 1 + r, var with ddof 1,
// n periods_per_year. backtesting.py's definition.
double volatility_geometric(std::span<const double> returns, double periods_per_year);
// annual_return / volatility_geometric. backtesting.py's definition.
double sharpe_geometric(std::span<const double> returns, double periods_per_year);
// annual_return / downside_risk. backtesting.py's definition.
double sortino_geometric(std::span<const double> returns, double periods_per_year);
// Correlation of each observed return with the one before it; NaN for fewer than three.
double autocorrelation(std::span<const double> returns);
// sharpe / sqrt(1 + 2 sum((1 - k / n) |autocorrelation|^k, k = 1 .. n - 1)), n returns: QuantStats' smart_sharpe.
double sharpe_smart(std::span<const double> returns, double periods_per_year, double risk_free = 0);
// mean(r - rf) / std(r) * q / sqrt(q + 2 sum((q - k) autocorrelation^k, k = 1 .. q - 1)), q = periods_per_year: the
// Sharpe ratio of a year where returns follow an AR(1). Lo, "The statistics of Sharpe ratios", Financial Analysts
// Journal 58 (2002), eq. 20 with rho_k = rho^k.
double sharpe_lo(std::span<const double> returns, double periods_per_year, double risk_free = 0);
// The deepest fall from a peak, as a negative fraction; the peak before the first return is 1.
double max_drawdown(std::span<const double> returns);
// cagr / |max_drawdown|
double calmar(std::span<const double> returns, double periods_per_year);
// sum of gains / sum of losses of r - rf - threshold
double omega(std::span<const double> returns, double risk_free = 0, double threshold = 0);
// The linearly interpolated quantile `cutoff`, sign kept.
double value_at_risk(std::span<const double> returns, double cutoff = 0.05);
// mean of the floor((n - 1) * cutoff) + 1 smallest returns
double conditional_value_at_risk(std::span<const double> returns, double cutoff = 0.05);
// Of a normal distribution with the mean and the deviation (ddof 1) of the returns.
double value_at_risk_parametric(std::span<const double> returns, double cutoff = 0.05);
double conditional_value_at_risk_parametric(std::span<const double> returns, double cutoff = 0.05);
// |quantile 0.95| / |quantile 0.05|
double tail_ratio(std::span<const double> returns);
// R^2 of a straight line through the cumulative log returns
double stability(std::span<const double> returns);
// m3 / m2^1.5 and m4 / m2^2 with central moments over n (kurtosis is 3 for a normal distribution).
double skew(std::span<const double> returns);
double kurtosis(std::span<const double> returns);
// cov(r, b) / var(b), over the periods in which both were observed. Throws ConfigError if the lengths differ.
double beta(std::span<const double> returns, std::span<const double> benchmark, double risk_free = 0);
// (1 + mean((r - rf) - beta * (b - rf)))^periods_per_year - 1
double alpha(std::span<const double> returns, std::span<const double> benchmark, double periods_per_year,
             double risk_free = 0);

// How many observations make a year, from their calendar. The median spacing decides: about a day is 252, or 365 where
// weekends hold more than 0.6 of their share; about a week 52; a month 12; a quarter 4; a year 1. Below a day it is
// observations per UTC day that has any, times 252 or 365. Otherwise 365.25 days / spacing. NaN for fewer than two
// times.
double periods_per_year(std::span<const TimeNs> times);
double periods_per_year(const Times& times);

}  // namespace walras::portfolio::stats
