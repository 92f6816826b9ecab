// Elementary functions over arrays: the bits of math.hpp, several elements at a time.
#pragma once

#include <span>

namespace walras::core::math {

// out[i] = log(values[i]), bit for bit. The spans have one length and are the same memory or disjoint.
void log(std::span<const double> values, std::span<double> out);

}  // namespace walras::core::math
