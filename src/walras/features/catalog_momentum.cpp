// The catalogue's momentum indicators.
#include "walras/features/catalog.hpp"

namespace walras::features {

void add_momentum(std::vector<Spec>& /*out*/) {}

}  // namespace walras::features
