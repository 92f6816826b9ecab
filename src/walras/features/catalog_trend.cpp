// The catalogue's trend indicators.
#include "walras/features/catalog.hpp"

namespace walras::features {

void add_trend(std::vector<Spec>& /*out*/) {}

}  // namespace walras::features
