// The catalogue's averages.
#include "walras/features/catalog.hpp"
#include "walras/features/moving_average.hpp"

namespace walras::features {

void add_averages(std::vector<Spec>& out) {
    using core::Parameters;
    out.push_back({"sma",
                   "Sma",
                   "Simple moving average",
                   "average",
                   {"values"},
                   {"sma"},
                   {period_parameter(20)},
                   "Mean of the last `period` values. Summed in blocks: no drift, no cancellation.",
                   "SMA",
                   [](const Parameters& p) { return as_indicator(Sma(p.integer("period"))); }});
    out.push_back(
        {"ema",
         "Ema",
         "Exponential moving average",
         "average",
         {"values"},
         {"ema"},
         {period_parameter(20), seed_parameter()},
         "ema += alpha (x - ema), alpha = 2 / (period + 1); begins with the mean of the first `period` values.",
         "EMA",
         [](const Parameters& p) { return as_indicator(Ema(p.integer("period"), seed_of(p))); }});
    out.push_back({"rma",
                   "Rma",
                   "Wilder's moving average",
                   "average",
                   {"values"},
                   {"rma"},
                   {period_parameter(14), seed_parameter()},
                   "rma += (x - rma) / period (Wilder 1978); begins with the mean of the first `period` values.",
                   "RMA",
                   [](const Parameters& p) { return as_indicator(Ema::wilder(p.integer("period"), seed_of(p))); }});
}

}  // namespace walras::features
