// The typical price of a bar: (high + low + close) / 3.
#pragma once

#include "walras/features/divisor.hpp"

namespace walras::features {

inline double typical_price(double high, double low, double close) {
    constexpr Divisor three{3};
    return three.divide(high + low + close);
}

}  // namespace walras::features
