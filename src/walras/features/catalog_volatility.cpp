// The catalogue's volatilities and bands of deviation.
#include "walras/features/catalog.hpp"
#include "walras/features/range_volatility.hpp"

namespace walras::features {
namespace {

using core::Parameters;

std::vector<core::Parameter> volatility_parameters() {
    return {period_parameter(20, 2),
            number_parameter("periods_per_year", 1, 1e-9, 1e9,
                             "The result is multiplied by its square root: 252 for daily bars; 1 leaves it per bar.")};
}

template <class Bar>
void add_range(std::vector<Spec>& out, const char* name, const char* class_name, const char* title,
               const char* formula) {
    out.push_back({name,
                   class_name,
                   title,
                   "volatility",
                   {"open", "high", "low", "close"},
                   {name},
                   volatility_parameters(),
                   formula,
                   "",
                   [](const Parameters& p) {
                       return as_indicator(RangeVolatility<Bar>(p.integer("period"), p.number("periods_per_year")));
                   }});
}

}  // namespace

void add_volatility(std::vector<Spec>& out) {
    out.push_back({"bollinger",
                   "Bollinger",
                   "Bollinger bands",
                   "volatility",
                   {"values"},
                   {"upper", "middle", "lower"},
                   {period_parameter(20, 2), number_parameter("deviations", 2, 0, 1e6, "Distance of the bands.")},
                   "Mean of the window plus and minus `deviations` population deviations (J. Bollinger).",
                   "BBANDS",
                   [](const Parameters& p) {
                       return as_indicator(RollingSums<Powers<2>, BollingerFormula>(
                           p.integer("period"), BollingerFormula{p.number("deviations")}));
                   }});
    out.push_back(
        {"bollinger_shape",
         "BollingerShape",
         "Bollinger bandwidth and %b",
         "volatility",
         {"values"},
         {"bandwidth", "percent_b"},
         {period_parameter(20, 2), number_parameter("deviations", 2, 0, 1e6, "Distance of the bands.")},
         "bandwidth = (upper - lower) / middle; percent_b = (x - lower) / (upper - lower), 0.5 where the bands meet.",
         "",
         [](const Parameters& p) {
             return as_indicator(RollingSums<Powers<2>, BollingerShapeFormula>(
                 p.integer("period"), BollingerShapeFormula{p.number("deviations")}));
         }});
    out.push_back({"close_volatility",
                   "CloseVolatility",
                   "Realised volatility of closes",
                   "volatility",
                   {"values"},
                   {"close_volatility"},
                   volatility_parameters(),
                   "Sample deviation (ddof = 1) of the last `period` log returns.",
                   "",
                   [](const Parameters& p) {
                       return as_indicator(CloseVolatility(p.integer("period"), p.number("periods_per_year")));
                   }});
    add_range<ParkinsonBar>(out, "parkinson_volatility", "ParkinsonVolatility", "Parkinson volatility",
                            "sqrt(mean(ln(high / low)^2) / (4 ln 2)) (M. Parkinson 1980): no drift, no gaps.");
    add_range<GarmanKlassBar>(
        out, "garman_klass_volatility", "GarmanKlassVolatility", "Garman-Klass volatility",
        "sqrt(mean(ln(high / low)^2 / 2 - (2 ln 2 - 1) ln(close / open)^2)) (M. Garman, M. Klass 1980).");
    add_range<RogersSatchellBar>(
        out, "rogers_satchell_volatility", "RogersSatchellVolatility", "Rogers-Satchell volatility",
        "sqrt(mean(ln(h/c) ln(h/o) + ln(l/c) ln(l/o))) (L. Rogers, S. Satchell 1991): allows drift.");
    out.push_back(
        {"yang_zhang_volatility",
         "YangZhangVolatility",
         "Yang-Zhang volatility",
         "volatility",
         {"open", "high", "low", "close"},
         {"yang_zhang_volatility"},
         volatility_parameters(),
         "sqrt(var(ln(open / close before)) + k var(ln(close / open)) + (1 - k) RogersSatchell^2), k = 0.34 / (1.34 + "
         "(n + 1) / (n - 1)) (D. Yang, Q. Zhang 2000): allows drift and gaps.",
         "",
         [](const Parameters& p) {
             return as_indicator(YangZhangVolatility(p.integer("period"), p.number("periods_per_year")));
         }});
}

}  // namespace walras::features
