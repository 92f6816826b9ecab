// The catalogue's momentum indicators.
#include "walras/features/adaptive.hpp"
#include "walras/features/bars.hpp"
#include "walras/features/catalog.hpp"
#include "walras/features/commodity_channel.hpp"
#include "walras/features/cycles.hpp"
#include "walras/features/macd.hpp"
#include "walras/features/rate_of_change.hpp"
#include "walras/features/relative_strength.hpp"
#include "walras/features/stochastic.hpp"
#include "walras/features/true_range.hpp"

namespace walras::features {
namespace {

using core::Parameters;

core::Parameter average_parameter() {
    return {"average", std::string{"ema"}, 0, 0, "", "Kind of the two averages.", {"ema", "sma"}};
}
AverageKind kind_of(const Parameters& p) { return p.text("average") == "sma" ? AverageKind::sma : AverageKind::ema; }

std::vector<core::Parameter> pair_parameters() {
    auto out = periods({{"fast", 12}, {"slow", 26}});
    out.push_back(average_parameter());
    out.push_back(seed_parameter());
    return out;
}

void add_change(std::vector<Spec>& out) {
    struct Row {
        const char* name;
        const char* class_name;
        const char* title;
        const char* formula;
        const char* talib;
        std::function<std::unique_ptr<Indicator>(const Parameters&)> make;
    };
    const std::array rows = {
        Row{"mom", "Mom", "Momentum", "x - x[period].", "MOM", node<Momentum>("period")},
        Row{"roc", "Roc", "Rate of change in percent", "100 (x - x[period]) / x[period]; 0 where x[period] is zero.",
            "ROC", node<Roc>("period")},
        Row{"rocp", "Rocp", "Rate of change", "(x - x[period]) / x[period]; 0 where x[period] is zero.", "ROCP",
            node<Rocp>("period")},
        Row{"rocr", "Rocr", "Ratio of change", "x / x[period]; 0 where x[period] is zero.", "ROCR",
            node<Rocr>("period")},
        Row{"rocr100", "Rocr100", "Ratio of change in percent", "100 x / x[period]; 0 where x[period] is zero.",
            "ROCR100", node<Rocr100>("period")}};
    for (const Row& row : rows) {
        out.push_back({row.name,
                       row.class_name,
                       row.title,
                       "momentum",
                       {"values"},
                       {row.name},
                       {period_parameter(10)},
                       row.formula,
                       row.talib,
                       row.make});
    }
    out.push_back({"trix",
                   "Trix",
                   "TRIX",
                   "momentum",
                   {"values"},
                   {"trix"},
                   {period_parameter(30)},
                   "Percent change since the row before of ema(ema(ema(x))) (Hutson 1983).",
                   "TRIX",
                   node<Trix>("period")});
    out.push_back({"coppock",
                   "Coppock",
                   "Coppock curve",
                   "momentum",
                   {"values"},
                   {"coppock"},
                   periods({{"period", 10}, {"short", 11}, {"long", 14}}),
                   "wma(roc(x, short) + roc(x, long), period) (Coppock 1962).",
                   "COPPOCK",
                   node<Coppock>("period", "short", "long")});
    out.push_back(
        {"kst",
         "Kst",
         "Know sure thing",
         "momentum",
         {"values"},
         {"kst", "signal"},
         periods({{"roc1", 10},
                  {"roc2", 15},
                  {"roc3", 20},
                  {"roc4", 30},
                  {"sma1", 10},
                  {"sma2", 10},
                  {"sma3", 10},
                  {"sma4", 15},
                  {"signal", 9}}),
         "sma(roc1) + 2 sma(roc2) + 3 sma(roc3) + 4 sma(roc4) of rates of change in percent; signal = sma(kst) "
         "(Pring 1992).",
         "",
         made_of([](const Parameters& p) {
             return Kst({p.integer("roc1"), p.integer("roc2"), p.integer("roc3"), p.integer("roc4")},
                        {p.integer("sma1"), p.integer("sma2"), p.integer("sma3"), p.integer("sma4")},
                        p.integer("signal"));
         })});
    out.push_back({"dpo",
                   "Dpo",
                   "Detrended price oscillator",
                   "momentum",
                   {"values"},
                   {"dpo"},
                   {period_parameter(20)},
                   "x[period / 2 + 1] - sma(x, period), half rounded down.",
                   "DPO",
                   node<DetrendedPrice>("period")});
    out.push_back(
        {"tsi",
         "Tsi",
         "True strength index",
         "momentum",
         {"values"},
         {"tsi"},
         periods({{"first", 25}, {"second", 13}}),
         "100 ema(ema(x - x[1], first), second) / ema(ema(|x - x[1]|, first), second); 0 where nothing changed "
         "(Blau 1991).",
         "TSI",
         node<Tsi>("first", "second")});
    out.push_back({"er",
                   "Er",
                   "Kaufman's efficiency ratio",
                   "momentum",
                   {"values"},
                   {"er"},
                   {period_parameter(10)},
                   "|x - x[period]| / sum of |x - x[1]| over `period`; 1 where nothing moved (Kaufman 1995).",
                   "ER",
                   node<EfficiencyRatio>("period")});
    out.push_back(
        {"aps",
         "Aps",
         "Augen's price spike",
         "momentum",
         {"values"},
         {"aps"},
         {period_parameter(22, 3)},
         "(x - x[1]) / (x[1] times the standard deviation, ddof 0, of the period - 2 log returns up to x[1]); 0 "
         "where that is zero (Augen 2008).",
         "",
         node<PriceSpike>("period")});
}

void add_strength(std::vector<Spec>& out) {
    out.push_back({"rsi",
                   "Rsi",
                   "Relative strength index",
                   "momentum",
                   {"values"},
                   {"rsi"},
                   {period_parameter(14)},
                   "100 g / (g + l), g and l Wilder's averages of gains and losses, which begin with the means of the "
                   "first `period` changes (Wilder 1978); 0 where nothing ever changed. Ready with value period + 1.",
                   "RSI",
                   node<Rsi>("period")});
    out.push_back(
        {"cmo",
         "Cmo",
         "Chande's momentum oscillator",
         "momentum",
         {"values"},
         {"cmo"},
         {period_parameter(14)},
         "100 (g - l) / (g + l), g and l Wilder's averages of gains and losses; 0 where nothing ever changed.",
         "CMO",
         node<Cmo>("period")});
    out.push_back({"stoch_rsi",
                   "StochRsi",
                   "Stochastic RSI",
                   "momentum",
                   {"values"},
                   {"fast_k", "fast_d"},
                   periods({{"period", 14}, {"fast_k", 5}, {"fast_d", 3}}),
                   "fast_k = 100 (rsi - lowest) / (highest - lowest) of the last `fast_k` RSI, 0 where they are equal "
                   "within 1e-10; fast_d = sma(fast_k, fast_d) (Chande and Kroll 1994). Both begin together.",
                   "STOCHRSI",
                   node<StochRsi>("period", "fast_k", "fast_d")});
    out.push_back({"crsi",
                   "Crsi",
                   "Connors RSI",
                   "momentum",
                   {"values"},
                   {"crsi"},
                   periods({{"period", 3}, {"streak", 2}, {"rank", 100}}),
                   "Mean of rsi(x, period), rsi(streak, streak), where streak counts rows up (or down, negative) in a "
                   "row, and the percent of the last `rank` relative changes that are smaller than the present one "
                   "(Connors 2012).",
                   "",
                   node<ConnorsRsi>("period", "streak", "rank")});
    out.push_back({"derivative_oscillator",
                   "DerivativeOscillator",
                   "Derivative oscillator",
                   "momentum",
                   {"values"},
                   {"derivative_oscillator"},
                   periods({{"period", 14}, {"first", 5}, {"second", 3}, {"signal", 9}}),
                   "s - sma(s, signal), s = ema(ema(rsi(x, period), first), second) (Brown 1999).",
                   "",
                   node<DerivativeOscillator>("period", "first", "second", "signal")});
}

void add_differences(std::vector<Spec>& out) {
    out.push_back(
        {"macd",
         "Macd",
         "Moving average convergence/divergence",
         "momentum",
         {"values"},
         {"macd", "signal", "histogram"},
         [] {
             auto all = periods({{"fast", 12}, {"slow", 26}, {"signal", 9}});
             all.push_back(seed_parameter());
             return all;
         }(),
         "macd = ema(x, fast) - ema(x, slow), signal = ema(macd, signal), histogram = macd - signal (Appel 1979). "
         "With seed \"sma\" the fast average begins with the mean of the `fast` values before the slow one's "
         "first, and all three outputs begin with the signal.",
         "MACD",
         made_of([](const Parameters& p) {
             return Macd(p.integer("fast"), p.integer("slow"), p.integer("signal"), seed_of(p));
         })});
    out.push_back({"apo",
                   "Apo",
                   "Absolute price oscillator",
                   "momentum",
                   {"values"},
                   {"apo"},
                   pair_parameters(),
                   "Fast average minus slow average, each with its own warm-up.",
                   "APO",
                   made_of([](const Parameters& p) {
                       return Apo(p.integer("fast"), p.integer("slow"), kind_of(p), seed_of(p));
                   })});
    out.push_back(
        {"ppo",
         "Ppo",
         "Percentage price oscillator",
         "momentum",
         {"values"},
         {"ppo"},
         pair_parameters(),
         "100 (fast average - slow average) / slow average; 0 where that is zero. Each average has its own warm-up.",
         "PPO",
         made_of(
             [](const Parameters& p) { return Ppo(p.integer("fast"), p.integer("slow"), kind_of(p), seed_of(p)); })});
    out.push_back({"ao",
                   "Ao",
                   "Awesome oscillator",
                   "momentum",
                   {"high", "low"},
                   {"ao"},
                   periods({{"fast", 5}, {"slow", 34}}),
                   "sma(m, fast) - sma(m, slow), m = (high + low) / 2 (Williams).",
                   "AO",
                   node<Awesome>("fast", "slow")});
    out.push_back(
        {"stc",
         "Stc",
         "Schaff trend cycle",
         "momentum",
         {"values"},
         {"stc"},
         periods({{"cycle", 10}, {"fast", 23}, {"slow", 50}, {"smooth", 3}}),
         "d = ema(k(ema(x, fast) - ema(x, slow))), stc = ema(k(d)), k the place in percent in the range of the "
         "last `cycle`, 0 where that is zero, averages over `smooth` (Schaff 1999).",
         "",
         node<SchaffCycle>("cycle", "fast", "slow", "smooth")});
}

void add_places(std::vector<Spec>& out) {
    const std::vector<std::string> bar = {"high", "low", "close"};
    out.push_back(
        {"stoch",
         "Stoch",
         "Slow stochastic",
         "momentum",
         bar,
         {"slow_k", "slow_d"},
         periods({{"fast_k", 5}, {"slow_k", 3}, {"slow_d", 3}}),
         "k = 100 (close - lowest) / (highest - lowest) over `fast_k` bars, 0 where the range is zero; slow_k = "
         "sma(k, slow_k), slow_d = sma(slow_k, slow_d) (Lane). Both begin together.",
         "STOCH",
         node<SlowStochastic>("fast_k", "slow_k", "slow_d")});
    out.push_back({"stochf",
                   "Stochf",
                   "Fast stochastic",
                   "momentum",
                   bar,
                   {"fast_k", "fast_d"},
                   periods({{"fast_k", 5}, {"fast_d", 3}}),
                   "fast_k = 100 (close - lowest) / (highest - lowest) over `fast_k` bars, 0 where the range is zero; "
                   "fast_d = sma(fast_k, fast_d) (Lane). Both begin together.",
                   "STOCHF",
                   node<FastStochastic>("fast_k", "fast_d")});
    out.push_back({"willr",
                   "Willr",
                   "Williams %R",
                   "momentum",
                   bar,
                   {"willr"},
                   {period_parameter(14)},
                   "-100 (highest - close) / (highest - lowest) over `period` bars; 0 where the range is zero.",
                   "WILLR",
                   node<WilliamsR>("period")});
    out.push_back(
        {"cci",
         "Cci",
         "Commodity channel index",
         "momentum",
         bar,
         {"cci"},
         {period_parameter(14)},
         "(p - sma(p)) / (0.015 d), p = (high + low + close) / 3, d the mean of |p - sma(p)| over the window; 0 "
         "where d is no more than the rounding of the mean (Lambert 1980).",
         "CCI",
         node<Cci>("period")});
    out.push_back({"ultosc",
                   "Ultosc",
                   "Ultimate oscillator",
                   "momentum",
                   bar,
                   {"ultosc"},
                   periods({{"first", 7}, {"second", 14}, {"third", 28}}),
                   "100 (4 a1 + 2 a2 + a3) / 7, a = sum of close - min(low, close[1]) over sum of true range in each "
                   "window, 0 where that is zero (Williams 1976).",
                   "ULTOSC",
                   node<UltimateOscillator>("first", "second", "third")});
    out.push_back(
        {"fisher",
         "Fisher",
         "Fisher transform",
         "momentum",
         {"values"},
         {"fisher"},
         {period_parameter(10), number_parameter("feedback", 0.5, 0, 1, "Share of the transform before that stays.")},
         "v = 0.66 (place - 1/2) + 0.67 v[1] within 0.9999, place = (x - lowest) / (highest - lowest) over "
         "`period`, 1/2 where that is zero; fisher = ln((1 + v) / (1 - v)) / 2 + feedback fisher[1] (Ehlers "
         "2002). It begins from v = fisher = 0.",
         "",
         made_of([](const Parameters& p) { return Fisher(p.integer("period"), p.number("feedback")); })});
    out.push_back({"bop",
                   "Bop",
                   "Balance of power",
                   "momentum",
                   {"open", "high", "low", "close"},
                   {"bop"},
                   {},
                   "(close - open) / (high - low); 0 where the bar has no range.",
                   "BOP",
                   node<BalanceOfPower>()});
    out.push_back({"ibs",
                   "Ibs",
                   "Internal bar strength",
                   "momentum",
                   bar,
                   {"ibs"},
                   {},
                   "(close - low) / (high - low); 0.5 where the bar has no range.",
                   "",
                   node<BarStrength>()});
    out.push_back(
        {"rvi",
         "Rvi",
         "Relative vigor index",
         "momentum",
         {"open", "high", "low", "close"},
         {"rvi", "signal"},
         {period_parameter(10)},
         "sum of w(close - open) over sum of w(high - low), w(x) = (x + 2 x[1] + 2 x[2] + x[3]) / 6; 0 where "
         "there was no range; signal = w(rvi) (Ehlers 2002). TA-Lib's RVI is another indicator, of volatility.",
         "",
         node<RelativeVigor>("period")});
}

}  // namespace

void add_momentum(std::vector<Spec>& out) {
    add_change(out);
    add_strength(out);
    add_differences(out);
    add_places(out);
}

}  // namespace walras::features
