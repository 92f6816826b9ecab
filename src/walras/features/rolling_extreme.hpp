// The lowest and the highest of the last `period` observations (RollingMin, RollingMax: see rolling_fold.hpp), and how
// many observations ago they were.
#pragma once

#include "walras/features/rolling_fold.hpp"

namespace walras::features {

using RollingMin = RollingFold<MinFold>;
using RollingMax = RollingFold<MaxFold>;

}  // namespace walras::features
