// The catalogue's candles indicators.
#include "walras/features/catalog.hpp"

namespace walras::features {

void add_candles(std::vector<Spec>& /*out*/) {}

}  // namespace walras::features
