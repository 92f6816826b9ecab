// The strategies that come with the house; one .cpp each.
#pragma once

#include "walras/strategy/registry.hpp"

namespace walras::strategy {

Description describe_buy_and_hold();
Description describe_sma_cross();
Description describe_ema_cross();
Description describe_momentum();
Description describe_pairs();
Description describe_pairs_kalman();
Description describe_rsi_reversion();
Description describe_bollinger_reversion();
Description describe_macd();
Description describe_donchian_breakout();
Description describe_momentum_ranking();
Description describe_volatility_target();
Description describe_imbalance_maker();
Description describe_grid();
Description describe_queue_joiner();
Description describe_execute();

}  // namespace walras::strategy
