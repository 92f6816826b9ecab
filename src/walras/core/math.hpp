// Elementary functions whose bits do not depend on the machine's libm. Error below 1 ulp for `log`, 1 ulp for `exp`, 2
// ulp for `atan`.
#pragma once

namespace walras::core::math {

// Natural logarithm. log(0) = -inf, log(x < 0) = NaN.
double log(double x);

// e^x. Overflows to +inf, underflows to 0.
double exp(double x);

// Arc tangent, in (-pi/2, pi/2).
double atan(double x);

}  // namespace walras::core::math
