// The normal distribution with the core's own exp and log: the same bits on every machine.
#pragma once

namespace walras::core::math {

// P(Z <= x) of a standard normal Z, to a relative error below 1e-14 wherever the result is a normal number.
// cdf(-inf) = 0, cdf(inf) = 1, NaN for NaN.
double normal_cdf(double x);

// The x with normal_cdf(x) = p, to a relative error below 1e-14 (absolute near p = 1/2).
// quantile(0) = -inf, quantile(1) = inf, NaN outside [0, 1].
double normal_quantile(double p);

}  // namespace walras::core::math
