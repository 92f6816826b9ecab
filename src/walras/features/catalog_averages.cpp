// The catalogue's averages.
#include "walras/features/adaptive.hpp"
#include "walras/features/averages.hpp"
#include "walras/features/catalog.hpp"
#include "walras/features/mesa.hpp"
#include "walras/features/stochastic.hpp"

namespace walras::features {
namespace {

using core::Parameters;

void add_simple(std::vector<Spec>& out) {
    out.push_back({"sma",
                   "Sma",
                   "Simple moving average",
                   "average",
                   {"values"},
                   {"sma"},
                   {period_parameter(20)},
                   "Mean of the last `period` values. Summed in blocks: no drift, no cancellation.",
                   "SMA",
                   node<Sma>("period")});
    out.push_back(
        {"wma",
         "Wma",
         "Weighted moving average",
         "average",
         {"values"},
         {"wma"},
         {period_parameter(20)},
         "Mean of the last `period` values with weights 1 (oldest) to `period` (newest). Summed in blocks: no "
         "drift.",
         "WMA",
         node<Wma>("period")});
    out.push_back(
        {"trima",
         "Trima",
         "Triangular moving average",
         "average",
         {"values"},
         {"trima"},
         {period_parameter(20)},
         "sma(sma(x, (period + 1) / 2), period / 2 + 1), halves rounded down: weights rise to the middle of the "
         "window and fall again.",
         "TRIMA",
         node<Trima>("period")});
    out.push_back({"hma",
                   "Hma",
                   "Hull moving average",
                   "average",
                   {"values"},
                   {"hma"},
                   {period_parameter(20, 2)},
                   "wma(2 wma(x, period / 2) - wma(x, period), sqrt(period)), half and root rounded down (Hull 2005).",
                   "HMA",
                   node<Hma>("period")});
    out.push_back(
        {"vwma",
         "Vwma",
         "Volume-weighted moving average",
         "average",
         {"values", "volume"},
         {"vwma"},
         {period_parameter(20)},
         "Sum of value times volume over sum of volume, both over `period`; the newest value where there was no "
         "volume (TA-Lib: NaN).",
         "VWMA",
         node<Vwma>("period")});
    out.push_back({"midpoint",
                   "Midpoint",
                   "Midpoint of the range",
                   "average",
                   {"values"},
                   {"midpoint"},
                   {period_parameter(14)},
                   "(highest + lowest) / 2 of the last `period` values.",
                   "MIDPOINT",
                   node<Midpoint>("period")});
    out.push_back({"midprice",
                   "Midprice",
                   "Middle between highest high and lowest low",
                   "average",
                   {"high", "low"},
                   {"midprice"},
                   {period_parameter(14)},
                   "(highest high + lowest low) / 2 of the last `period` bars.",
                   "MIDPRICE",
                   node<Midprice>("period")});
}

void add_exponential(std::vector<Spec>& out) {
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
         made_of([](const Parameters& p) { return Ema(p.integer("period"), seed_of(p)); })});
    out.push_back({"rma",
                   "Rma",
                   "Wilder's moving average",
                   "average",
                   {"values"},
                   {"rma"},
                   {period_parameter(14), seed_parameter()},
                   "rma += (x - rma) / period (Wilder 1978); begins with the mean of the first `period` values.",
                   "RMA",
                   made_of([](const Parameters& p) { return Ema::wilder(p.integer("period"), seed_of(p)); })});
    out.push_back({"dema",
                   "Dema",
                   "Double exponential moving average",
                   "average",
                   {"values"},
                   {"dema"},
                   {period_parameter(20), seed_parameter()},
                   "2 e1 - e2, e1 = ema(x), e2 = ema(e1) (Mulloy 1994); ready with value 2 (period - 1) + 1.",
                   "DEMA",
                   made_of([](const Parameters& p) { return Dema(p.integer("period"), seed_of(p)); })});
    out.push_back(
        {"tema",
         "Tema",
         "Triple exponential moving average",
         "average",
         {"values"},
         {"tema"},
         {period_parameter(20), seed_parameter()},
         "3 e1 - 3 e2 + e3, each the ema of the one before (Mulloy 1994); ready with value 3 (period - 1) + 1.",
         "TEMA",
         made_of([](const Parameters& p) { return Tema(p.integer("period"), seed_of(p)); })});
    out.push_back(
        {"t3",
         "T3",
         "Tillson's T3",
         "average",
         {"values"},
         {"t3"},
         {period_parameter(5), number_parameter("volume_factor", 0.7, 0, 1, "v: 0 is an ema of an ema of an ema.")},
         "gd(gd(gd(x))), gd(x) = (1 + v) ema(x) - v ema(ema(x)) (Tillson 1998); ready with value 6 (period - 1) + 1.",
         "T3",
         made_of([](const Parameters& p) { return T3(p.integer("period"), p.number("volume_factor")); })});
    out.push_back({"zlema",
                   "Zlema",
                   "Zero-lag exponential moving average",
                   "average",
                   {"values"},
                   {"zlema"},
                   {period_parameter(20)},
                   "ema of x + (x - x[lag]), lag = (period - 1) / 2 rounded down (Ehlers and Way 2010).",
                   "ZLEMA",
                   node<Zlema>("period")});
}

void add_adaptive(std::vector<Spec>& out) {
    out.push_back({"kama",
                   "Kama",
                   "Kaufman's adaptive moving average",
                   "average",
                   {"values"},
                   {"kama"},
                   periods({{"period", 10}, {"fast", 2}, {"slow", 30}}),
                   "kama += c (x - kama), c = (er (a_fast - a_slow) + a_slow)^2, a = 2 / (n + 1), er the efficiency "
                   "ratio, 1 where nothing moved (Kaufman 1995); begins with the value before the first ratio.",
                   "KAMA",
                   node<Kama>("period", "fast", "slow")});
    out.push_back({"mcginley",
                   "McGinley",
                   "McGinley dynamic",
                   "average",
                   {"values"},
                   {"mcginley"},
                   {period_parameter(14)},
                   "md += (x - md) / (period (x / md)^4) (McGinley 1991); begins with the mean of the first `period` "
                   "values, stays where it is when x or md is zero.",
                   "",
                   node<McGinley>("period")});
    out.push_back(
        {"mama",
         "Mama",
         "MESA adaptive moving average",
         "average",
         {"values"},
         {"mama", "fama"},
         {number_parameter("fast_limit", 0.5, 0.01, 0.99, "Greatest alpha."),
          number_parameter("slow_limit", 0.05, 0.01, 0.99, "Least alpha.")},
         "alpha = fast_limit / (turn of the phase of the dominant cycle in degrees), the phase from a Hilbert "
         "transformer (Ehlers 2001); fama follows mama with half the alpha. Ready with value 33.",
         "MAMA",
         made_of([](const Parameters& p) { return Mama(p.number("fast_limit"), p.number("slow_limit")); })});
}

}  // namespace

void add_averages(std::vector<Spec>& out) {
    add_simple(out);
    add_exponential(out);
    add_adaptive(out);
}

}  // namespace walras::features
