// The catalogue's volatility indicators.
#include "walras/features/catalog.hpp"

namespace walras::features {

void add_volatility(std::vector<Spec>& /*out*/) {}

}  // namespace walras::features
