// What kinds.cpp lists; defaults are those of the ancestor's market (simulation.md §2.3) where it has the kind.
#pragma once

#include "walras/sim/kind.hpp"

namespace walras::sim {

KindSpec avellaneda_stoikov_kind();
KindSpec bollinger_kind();
KindSpec breakout_kind();
KindSpec chiarella_kind();
KindSpec decision_tree_kind();
KindSpec dip_buyer_kind();
KindSpec fundamental_exit_kind();
KindSpec gaussian_naive_bayes_kind();
KindSpec gradient_boosted_kind();
KindSpec informed_kind();
KindSpec ladder_maker_kind();
KindSpec linear_softmax_kind();
KindSpec linear_svm_kind();
KindSpec macd_kind();
KindSpec market_maker_kind();
KindSpec metaorder_splitter_kind();
KindSpec model_ensemble_kind();
KindSpec momentum_kind();
KindSpec news_reactor_kind();
KindSpec noise_kind();
KindSpec noise_once_kind();
KindSpec pairs_kind();
KindSpec poisson_flow_kind();
KindSpec random_forest_kind();
KindSpec reactive_kind();
KindSpec sector_rotator_kind();
KindSpec stop_loss_kind();
KindSpec take_profit_kind();
KindSpec threshold_buyer_kind();
KindSpec threshold_seller_kind();
KindSpec timed_kind();
KindSpec trailing_stop_kind();
KindSpec trend_follower_kind();
KindSpec value_kind();
KindSpec vwap_executor_kind();
KindSpec zero_intelligence_kind();

}  // namespace walras::sim
