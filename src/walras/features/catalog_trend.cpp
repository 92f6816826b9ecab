// The catalogue's trend indicators, and Wilder's ranges, which they stand on.
#include "walras/features/aroon.hpp"
#include "walras/features/bars.hpp"
#include "walras/features/catalog.hpp"
#include "walras/features/directional.hpp"
#include "walras/features/stops.hpp"
#include "walras/features/swing.hpp"
#include "walras/features/true_range.hpp"

namespace walras::features {
namespace {

using core::Parameters;
const std::vector<std::string>& bar() {
    static const std::vector<std::string> inputs = {"high", "low", "close"};
    return inputs;
}

void add_ranges(std::vector<Spec>& out) {
    out.push_back({"trange",
                   "Trange",
                   "True range",
                   "volatility",
                   bar(),
                   {"trange"},
                   {},
                   "max(high, close[1]) - min(low, close[1]) (Wilder 1978); ready with the second bar.",
                   "TRANGE",
                   node<TrueRange>()});
    out.push_back({"atr",
                   "Atr",
                   "Average true range",
                   "volatility",
                   bar(),
                   {"atr"},
                   {period_parameter(14), seed_parameter()},
                   "Wilder's average of the true range, from the second bar on; ready with bar period + 1.",
                   "ATR",
                   made_of([](const Parameters& p) { return Atr(p.integer("period"), seed_of(p)); })});
    out.push_back({"natr",
                   "Natr",
                   "Normalised average true range",
                   "volatility",
                   bar(),
                   {"natr"},
                   {period_parameter(14), seed_parameter()},
                   "100 atr / close; 0 where the close is zero.",
                   "NATR",
                   made_of([](const Parameters& p) { return Natr(p.integer("period"), seed_of(p)); })});
    out.push_back({"adr",
                   "Adr",
                   "Average range of the bar",
                   "volatility",
                   {"high", "low"},
                   {"adr"},
                   {period_parameter(14)},
                   "sma(high - low, period).",
                   "ADR",
                   node<AverageRange>("period")});
    out.push_back(
        {"massi",
         "Massi",
         "Mass index",
         "volatility",
         {"high", "low"},
         {"massi"},
         periods({{"fast", 9}, {"slow", 25}}),
         "Sum over `slow` bars of e / ema(e, fast), e = ema(high - low, fast); 1 for a ratio where nothing moved "
         "(Dorsey 1992).",
         "MASSI",
         node<MassIndex>("fast", "slow")});
    out.push_back(
        {"chop",
         "Chop",
         "Choppiness index",
         "trend",
         bar(),
         {"chop"},
         {period_parameter(14, 2)},
         "100 log(sum of true ranges / (highest - lowest)) / log(period); the first bar counts with high - low; "
         "100 where nothing moved (Dreiss).",
         "",
         node<Choppiness>("period")});
}

void add_directional(std::vector<Spec>& out) {
    struct Row {
        const char* name;
        const char* class_name;
        const char* title;
        const char* formula;
        const char* talib;
        bool takes_close;
        std::function<std::unique_ptr<Indicator>(const Parameters&)> make;
    };
    const std::array rows = {
        Row{"plus_dm", "PlusDm", "Plus directional movement",
            "Wilder's sum of +DM (the rise of the high where it exceeds the fall of the low): s += x - s / period, "
            "which "
            "begins with the first period - 1 and is ready with it (Wilder 1978).",
            "PLUS_DM", false, node<PlusDm>("period")},
        Row{"minus_dm", "MinusDm", "Minus directional movement",
            "Wilder's sum of -DM (the fall of the low where it exceeds the rise of the high).", "MINUS_DM", false,
            node<MinusDm>("period")},
        Row{"plus_di", "PlusDi", "Plus directional indicator",
            "100 Wilder's sum of +DM / Wilder's sum of the true range; 0 where that is zero. Ready with bar period + "
            "1.",
            "PLUS_DI", true,
            made_of([](const Parameters& p) { return PlusDi(DirectionalIndicators(p.integer("period"))); })},
        Row{"minus_di", "MinusDi", "Minus directional indicator",
            "100 Wilder's sum of -DM / Wilder's sum of the true range; 0 where that is zero. Ready with bar period + "
            "1.",
            "MINUS_DI", true,
            made_of([](const Parameters& p) { return MinusDi(DirectionalIndicators(p.integer("period"))); })},
        Row{"dx", "Dx", "Directional movement index",
            "100 |+DI - -DI| / (+DI + -DI); 0 where that is zero (TA-Lib repeats the value before).", "DX", true,
            node<Dx>("period")},
        Row{"adx", "Adx", "Average directional index",
            "Wilder's average of dx, which begins with the mean of the first `period`; ready with bar 2 period.", "ADX",
            true, made_of([](const Parameters& p) { return Adx(Dmi(p.integer("period"))); })},
        Row{"adxr", "Adxr", "Average directional index rating",
            "(adx + adx[period - 1]) / 2; ready with bar 3 period - 1.", "ADXR", true, node<Adxr>("period")}};
    for (const Row& row : rows) {
        const bool rating = std::string_view{row.name} == "adxr";
        out.push_back({row.name,
                       row.class_name,
                       row.title,
                       "trend",
                       row.takes_close ? bar() : std::vector<std::string>{"high", "low"},
                       {row.name},
                       {period_parameter(14, rating ? 2 : 1)},
                       row.formula,
                       row.talib,
                       row.make});
    }
    out.push_back({"dmi",
                   "Dmi",
                   "Directional movement: +DI, -DI, ADX",
                   "trend",
                   bar(),
                   {"plus_di", "minus_di", "adx"},
                   {period_parameter(14)},
                   "The three of Wilder's system at once: see plus_di, minus_di and adx.",
                   "",
                   node<Dmi>("period")});
    out.push_back(
        {"vortex",
         "Vortex",
         "Vortex indicator",
         "trend",
         bar(),
         {"plus", "minus"},
         {period_parameter(14)},
         "Sums over `period` of |high - low[1]| and |low - high[1]| over the sum of true ranges; 0 where nothing "
         "moved (Botes and Siepman 2010).",
         "VORTEX",
         node<Vortex>("period")});
    out.push_back({"aroon",
                   "Aroon",
                   "Aroon",
                   "trend",
                   {"high", "low"},
                   {"down", "up"},
                   {period_parameter(14)},
                   "100 (period - bars since the lowest low, or the highest high, of the last period + 1) / period; of "
                   "equal ones the latest counts (Chande 1995).",
                   "AROON",
                   node<Aroon>("period")});
    out.push_back({"aroonosc",
                   "Aroonosc",
                   "Aroon oscillator",
                   "trend",
                   {"high", "low"},
                   {"aroonosc"},
                   {period_parameter(14)},
                   "aroon up - aroon down.",
                   "AROONOSC",
                   node<AroonOscillator>("period")});
}

void add_channels(std::vector<Spec>& out) {
    out.push_back({"donchian",
                   "Donchian",
                   "Donchian channel",
                   "trend",
                   {"high", "low"},
                   {"upper", "middle", "lower"},
                   {period_parameter(20)},
                   "Highest high and lowest low of the last `period` bars, this one included, and their middle.",
                   "DONCHIAN",
                   node<Donchian>("period")});
    out.push_back(
        {"keltner",
         "Keltner",
         "Keltner channel",
         "trend",
         bar(),
         {"upper", "middle", "lower"},
         {period_parameter(20), period_parameter(10, 1, "atr_period", "Length of the average true range."),
          number_parameter("multiplier", 2, 0, 1000, "Half width in average true ranges.")},
         "middle = ema((high + low + close) / 3, period), bands multiplier atr(atr_period) around it. The shorter "
         "average begins with the mean of the rows before the longer one's first.",
         "KC",
         made_of([](const Parameters& p) {
             return Keltner(p.integer("period"), p.integer("atr_period"), p.number("multiplier"));
         })});
    out.push_back(
        {"ichimoku",
         "Ichimoku",
         "Ichimoku Kinko Hyo",
         "trend",
         bar(),
         {"tenkan", "kijun", "senkou_a", "senkou_b", "chikou"},
         periods({{"tenkan", 9}, {"kijun", 26}, {"senkou", 52}, {"displacement", 26}}),
         "tenkan, kijun: midprice over their windows; senkou_a = (tenkan + kijun) / 2 and senkou_b = midprice over "
         "`senkou`, both of `displacement` bars ago: the cloud over the present bar; chikou: the close of "
         "`displacement` bars ago, which the present close is compared with. Nothing of the future is used.",
         "",
         node<Ichimoku>("tenkan", "kijun", "senkou", "displacement")});
    out.push_back(
        {"heikin_ashi",
         "HeikinAshi",
         "Heikin-Ashi bars",
         "trend",
         {"open", "high", "low", "close"},
         {"open", "high", "low", "close"},
         {},
         "close = (open + high + low + close) / 4, open = (open[1] + close[1]) / 2 of the Heikin-Ashi bar before, "
         "at first of the bar itself; high and low reach the body.",
         "HA",
         node<HeikinAshi>()});
}

void add_stops(std::vector<Spec>& out) {
    out.push_back(
        {"sar",
         "Sar",
         "Parabolic stop and reverse",
         "trend",
         {"high", "low"},
         {"sar"},
         {number_parameter("acceleration", 0.02, 0, 100, "Step of the acceleration factor."),
          number_parameter("maximum", 0.2, 0, 100, "Greatest acceleration factor.")},
         "sar += af (extreme - sar), never inside of the last two bars; af grows by `acceleration` with each new "
         "extreme; turns when the bar reaches it (Wilder 1978). The first side is short if the low fell by more "
         "than the high rose. Ready with the second bar.",
         "SAR",
         made_of([](const Parameters& p) { return ParabolicSar(p.number("acceleration"), p.number("maximum")); })});
    out.push_back(
        {"supertrend",
         "Supertrend",
         "SuperTrend",
         "trend",
         bar(),
         {"supertrend", "trend"},
         {period_parameter(10), number_parameter("multiplier", 3, 0, 1000, "Distance in average true ranges.")},
         "Bands (high + low) / 2 +- multiplier atr(period), each of which only closes in while the close is on "
         "its side; the lower one while the trend is up (1), the upper one while it is down (-1). Begins up.",
         "SUPERTREND",
         made_of([](const Parameters& p) { return SuperTrend(p.integer("period"), p.number("multiplier")); })});
    out.push_back(
        {"chande_kroll",
         "ChandeKroll",
         "Chande-Kroll stop",
         "trend",
         bar(),
         {"short_stop", "long_stop"},
         {period_parameter(10, 1, "atr_period", "Length of the average true range and of the first extremes."),
          number_parameter("multiplier", 1.5, 0, 1000, "Distance in average true ranges."), period_parameter(9)},
         "short_stop = highest of (highest high over atr_period - multiplier atr) over `period`, long_stop = lowest "
         "of (lowest low + multiplier atr) (Chande and Kroll 1994).",
         "",
         made_of([](const Parameters& p) {
             return ChandeKroll(p.integer("atr_period"), p.number("multiplier"), p.integer("period"));
         })});
    out.push_back(
        {"zigzag",
         "Zigzag",
         "Zigzag",
         "trend",
         {"high", "low"},
         {"pivot", "side"},
         {number_parameter("threshold", 0.05, 0, 1, "Share of the price that makes a turn."),
          period_parameter(1, 1, "length", "Least bars from one turn to the next.")},
         "The last turning point and its side, -1 a low, 1 a high. A move of `threshold` against it makes a turn; "
         "until then a new extreme moves it: it is known only afterwards. Begins with the low of the first bar.",
         "",
         made_of([](const Parameters& p) { return ZigZag(p.number("threshold"), p.integer("length")); })});
    for (const bool total : {false, true}) {
        out.push_back(
            {total ? "asi" : "si",
             total ? "Asi" : "Si",
             total ? "Accumulative swing index" : "Swing index",
             "trend",
             {"open", "high", "low", "close"},
             {total ? "asi" : "si"},
             {number_parameter("limit_move", 1, 1e-9, 1e18, "Limit move of a session, in price units.")},
             total
                 ? "Running total of si."
                 : "50 (n / r) (k / limit_move) (Wilder 1978, see swing.hpp for n, r and k); 0 where r is zero. Ready "
                   "with the second bar.",
             "",
             total ? made_of([](const Parameters& p) { return AccumulativeSwingIndex(p.number("limit_move")); })
                   : made_of([](const Parameters& p) { return SwingIndex(p.number("limit_move")); })});
    }
}

}  // namespace

void add_trend(std::vector<Spec>& out) {
    add_ranges(out);
    add_directional(out);
    add_channels(out);
    add_stops(out);
}

}  // namespace walras::features
