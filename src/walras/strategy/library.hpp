// The strategies that come with the house; one .cpp each.
#pragma once

#include "walras/strategy/registry.hpp"

namespace walras::strategy {

Description describe_buy_and_hold();
Description describe_sma_cross();
Description describe_ema_cross();
Description describe_momentum();
Description describe_pairs();

}  // namespace walras::strategy
