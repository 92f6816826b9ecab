// The catalogue's volume indicators.
#include "walras/features/catalog.hpp"
#include "walras/features/macd.hpp"
#include "walras/features/sessions.hpp"
#include "walras/features/volume.hpp"

namespace walras::features {
namespace {

using core::Parameters;

void add_flows(std::vector<Spec>& out) {
    const std::vector<std::string> bar = {"high", "low", "close", "volume"};
    out.push_back({"ad",
                   "Ad",
                   "Accumulation/distribution line",
                   "volume",
                   bar,
                   {"ad"},
                   {},
                   "Running total of volume ((close - low) - (high - close)) / (high - low); 0 for a bar without range "
                   "(Chaikin).",
                   "AD",
                   node<AccumulationDistribution>()});
    out.push_back(
        {"adosc",
         "Adosc",
         "Chaikin oscillator",
         "volume",
         bar,
         {"adosc"},
         periods({{"fast", 3}, {"slow", 10}}),
         "ema(ad, fast) - ema(ad, slow), both of which begin with the first value of ad; ready with bar `slow`.",
         "ADOSC",
         node<ChaikinOscillator>("fast", "slow")});
    out.push_back(
        {"cmf",
         "Cmf",
         "Chaikin money flow",
         "volume",
         bar,
         {"cmf"},
         {period_parameter(20)},
         "Sum of money flow volume (see ad) over sum of volume, both over `period`; 0 where there was no volume.",
         "CMF",
         node<ChaikinMoneyFlow>("period")});
    out.push_back(
        {"mfi",
         "Mfi",
         "Money flow index",
         "volume",
         bar,
         {"mfi"},
         {period_parameter(14)},
         "100 up / (up + down), sums over `period` of p volume where p = (high + low + close) / 3 rose or fell; 0 "
         "where there was none (TA-Lib: where the sum is below 1). Ready with bar period + 1.",
         "MFI",
         node<MoneyFlowIndex>("period")});
}

void add_totals(std::vector<Spec>& out) {
    const std::vector<std::string> both = {"close", "volume"};
    out.push_back(
        {"obv",
         "Obv",
         "On-balance volume",
         "volume",
         both,
         {"obv"},
         {},
         "Running total of the volume of bars that closed higher, minus that of bars that closed lower; the first "
         "bar counts as higher (Granville 1963).",
         "OBV",
         node<Obv>()});
    out.push_back({"sobv",
                   "Sobv",
                   "Smoothed on-balance volume",
                   "volume",
                   both,
                   {"sobv"},
                   {period_parameter(20)},
                   "sma(obv, period).",
                   "",
                   node<SmoothedObv>("period")});
    out.push_back({"efi",
                   "Efi",
                   "Elder's force index",
                   "volume",
                   both,
                   {"efi"},
                   {period_parameter(13)},
                   "ema((close - close[1]) volume, period) (Elder 1993); ready with bar period + 1.",
                   "EFI",
                   node<ForceIndex>("period")});
    out.push_back(
        {"pvt",
         "Pvt",
         "Price volume trend",
         "volume",
         both,
         {"pvt"},
         {},
         "Running total of volume (close - close[1]) / close[1]; 0 with the first bar, and for a close[1] of zero.",
         "PVT",
         node<PriceVolumeTrend>()});
    out.push_back(
        {"nvi",
         "Nvi",
         "Negative volume index",
         "volume",
         both,
         {"nvi"},
         {},
         "Begins at 1000; multiplied by close / close[1] on bars with less volume than the bar before (Dysart "
         "1936).",
         "NVI",
         node<VolumeIndex<-1>>()});
    out.push_back({"pvi",
                   "Pvi",
                   "Positive volume index",
                   "volume",
                   both,
                   {"pvi"},
                   {},
                   "Begins at 1000; multiplied by close / close[1] on bars with more volume than the bar before.",
                   "PVI",
                   node<VolumeIndex<1>>()});
    out.push_back({"pvo",
                   "Pvo",
                   "Percentage volume oscillator",
                   "volume",
                   {"volume"},
                   {"pvo"},
                   periods({{"fast", 12}, {"slow", 26}}),
                   "ppo of the volume.",
                   "PVO",
                   made_of([](const Parameters& p) {
                       return Ppo(p.integer("fast"), p.integer("slow"), AverageKind::ema, EmaSeed::sma);
                   })});
}

void add_sessions(std::vector<Spec>& out) {
    out.push_back(
        {"vwap",
         "Vwap",
         "Volume-weighted average price of the session",
         "volume",
         {"high", "low", "close", "volume", "session"},
         {"vwap"},
         {},
         "Sum of p volume over sum of volume since the session began, p = (high + low + close) / 3; p where there "
         "was no volume. `session`: a number that changes when a session begins; constant, it is TA-Lib's.",
         "VWAP",
         node<SessionVwap>()});
    out.push_back(
        {"rolling_vwap",
         "RollingVwap",
         "Volume-weighted average price of the last bars",
         "volume",
         {"high", "low", "close", "volume"},
         {"rolling_vwap"},
         {period_parameter(20)},
         "Sum of p volume over sum of volume, both over `period`, p = (high + low + close) / 3; the newest p where "
         "there was no volume.",
         "",
         node<RollingVwap>("period")});
    out.push_back(
        {"rdv",
         "Rdv",
         "Relative daily volume",
         "volume",
         {"volume", "session"},
         {"rdv"},
         {period_parameter(2, 1, "period", "Sessions to compare with."),
          period_parameter(390, 1, "bars", "Bars of the longest session.")},
         "Volume since the session began over the mean of what it was after as many bars in the last `period` "
         "sessions (a shorter one counts whole); 0 where they had none. Ready with the session after those.",
         "",
         node<RelativeDailyVolume>("period", "bars")});
}

}  // namespace

void add_volume(std::vector<Spec>& out) {
    add_flows(out);
    add_totals(out);
    add_sessions(out);
}

}  // namespace walras::features
