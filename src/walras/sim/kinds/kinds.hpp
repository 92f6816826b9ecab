// What kinds.cpp lists; defaults are those of the ancestor's market (simulation.md §2.3) where it has the kind.
#pragma once

#include "walras/sim/kind.hpp"

namespace walras::sim {

KindSpec market_maker_kind();
KindSpec momentum_kind();
KindSpec noise_kind();

}  // namespace walras::sim
