// What a search does to its best result: probabilistic and deflated Sharpe ratio, and the probability of backtest
// overfitting.
//
// Pure functions. Sharpe ratios are per period here, never annualised: divide an annual one by sqrt(periods_per_year).
// Kurtosis is raw (3 is normal). What cannot be known (fewer than two observations, NaN in) is NaN.
// Bailey, Lopez de Prado, "The Sharpe ratio efficient frontier" (2012) and "The deflated Sharpe ratio" (2014); Bailey,
// Borwein, Lopez de Prado, Zhu, "The probability of backtest overfitting" (2017).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace walras::portfolio::stats {

// A Sharpe ratio as it was measured.
struct SharpeEstimate {
    double sharpe = 0;        // mean / standard deviation of the returns, per period
    double observations = 0;  // number of returns
    double skew = 0;
    double kurtosis = 3;
};

// The probability that the true Sharpe ratio is above `benchmark` (per period):
// Phi((SR - b) sqrt(n - 1) / sqrt(1 - skew SR + (kurtosis - 1) / 4 SR^2)).
double probabilistic_sharpe(const SharpeEstimate& estimate, double benchmark = 0);

// The highest Sharpe ratio to expect from `trials` independent trials of no skill whose Sharpe ratios vary by
// `variance`: sqrt(variance) ((1 - g) Z(1 - 1/N) + g Z(1 - 1/(N e))), g Euler's constant. 0 for one trial: nothing was
// chosen. Throws ConfigError if trials < 1 or variance < 0.
double expected_maximum_sharpe(double trials, double variance);

// probabilistic_sharpe against expected_maximum_sharpe: the probability that the best of a search is not just luck.
double deflated_sharpe(const SharpeEstimate& best, double trials, double variance);

struct Overfitting {
    double probability = 0;      // share of splits in which the best half is no better than the median in the other
    double mean_logit = 0;       // mean of log(w / (1 - w)), w the relative rank out of sample
    std::vector<double> logits;  // one a split, in a fixed order of the splits
};

// Combinatorially symmetric cross-validation: the rows are cut into `blocks` equal blocks; for each way to choose half
// of them the trial with the highest Sharpe ratio in the chosen half is ranked by its Sharpe ratio in the other half.
// `returns`: one row of `periods` returns a trial, trial after trial, without NaN; rows that do not fill a block are
// left out at the front. 16 blocks make 12,870 splits. Trials that tie share a rank.
// Throws ConfigError unless there are two trials, and blocks is even, from 2 to 20, with two rows a block.
Overfitting probability_of_overfitting(std::span<const double> returns, std::size_t periods, int blocks = 16);

}  // namespace walras::portfolio::stats
