#include "walras/core/normal.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <span>

#include "walras/core/math.hpp"

namespace walras::core::math {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Coefficients by falling power.
double polynomial(std::span<const double> coefficients, double x) {
    double value = 0;
    for (const double c : coefficients) { value = value * x + c; }
    return value;
}

// exp(-x^2 / 2): x^2 is split, so that its rounding does not become a relative error of the result.
double bell(double x) {
    const double high = std::trunc(x * 16) / 16;  // its square is exact
    const double low = (x - high) * (x + high);
    return exp(-0.5 * high * high) * exp(-0.5 * low);
}

// W. J. Cody, "Rational Chebyshev approximation for the error function", Math. Comp. 23 (1969), in terms of the normal
// distribution: near zero, for |x| up to sqrt(32), and beyond.
constexpr std::array near_top{0.065682337918207449113, 2.2352520354606839287, 161.02823106855587881,
                              1067.6894854603709582, 18154.981253343561249};
constexpr std::array near_bottom{1.0, 47.20258190468824187, 976.09855173777669322, 10260.932208618978205,
                                 45507.789335026729956};
constexpr std::array middle_top{1.0765576773720192317e-8, 0.39894151208813466764, 8.8831497943883759412,
                                93.506656132177855979,    597.27027639480026226,  2494.5375852903726711,
                                6848.1904505362823326,    11602.651437647350124,  9842.7148383839780218};
constexpr std::array middle_bottom{1.0,
                                   22.266688044328115691,
                                   235.38790178262499861,
                                   1519.377599407554805,
                                   6485.558298266760755,
                                   18615.571640885098091,
                                   34900.952721145977266,
                                   38912.003286093271411,
                                   19685.429676859990727};
constexpr std::array far_top{0.02307344176494017303, 0.21589853405795699,     0.1274011611602473639,
                             0.022235277870649807,   0.001421619193227893466, 2.9112874951168792e-5};
constexpr std::array far_bottom{1.0,
                                1.28426009614491121,
                                0.468238212480865118,
                                0.0659881378689285515,
                                0.00378239633202758244,
                                7.29751555083966205e-5};

// M. J. Wichura, "Algorithm AS 241", Applied Statistics 37 (1988): the centre, the shoulders and the tails.
constexpr std::array centre_top{2.5090809287301226727e+3, 3.3430575583588128105e+4, 6.7265770927008700853e+4,
                                4.5921953931549871457e+4, 1.3731693765509461125e+4, 1.9715909503065514427e+3,
                                1.3314166789178437745e+2, 3.3871328727963666080e+0};
constexpr std::array centre_bottom{
    5.2264952788528545610e+3, 2.8729085735721942674e+4, 3.9307895800092710610e+4, 2.1213794301586595867e+4,
    5.3941960214247511077e+3, 6.8718700749205790830e+2, 4.2313330701600911252e+1, 1.0};
constexpr std::array shoulder_top{7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
                                  1.27045825245236838258e+0, 3.64784832476320460504e+0, 5.76949722146069140550e+0,
                                  4.63033784615654529590e+0, 1.42343711074968357734e+0};
constexpr std::array shoulder_bottom{
    1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
    6.89767334985100004550e-1, 1.67638483018380384940e+0, 2.05319162663775882187e+0, 1.0};
constexpr std::array tail_top{2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
                              2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e+0,
                              5.46378491116411436990e+0, 6.65790464350110377720e+0};
constexpr std::array tail_bottom{
    2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
    1.48753612908506148525e-2,  1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0};

}  // namespace

double normal_cdf(double x) {
    if (std::isnan(x)) { return x; }
    const double y = std::abs(x);
    if (y <= 0.67448975) {
        const double square = y * y;
        return 0.5 + x * polynomial(near_top, square) / polynomial(near_bottom, square);
    }
    double tail = 0;  // P(Z > y)
    if (y <= 5.656854249492381) {
        tail = bell(y) * (polynomial(middle_top, y) / polynomial(middle_bottom, y));
    } else if (y < 40) {
        constexpr double one_over_root_two_pi = 0.39894228040143267794;
        const double inverse = 1 / (y * y);
        const double series = inverse * polynomial(far_top, inverse) / polynomial(far_bottom, inverse);
        tail = bell(y) * ((one_over_root_two_pi - series) / y);
    }
    return x < 0 ? tail : 1 - tail;
}

double normal_quantile(double p) {
    if (!(p >= 0 && p <= 1)) { return std::numeric_limits<double>::quiet_NaN(); }
    if (p == 0 || p == 1) { return p == 0 ? -infinity : infinity; }
    const double q = p - 0.5;
    if (std::abs(q) <= 0.425) {
        const double r = 0.180625 - q * q;
        return q * polynomial(centre_top, r) / polynomial(centre_bottom, r);
    }
    const double r = std::sqrt(-log(q < 0 ? p : 1 - p));
    const double x = r <= 5 ? polynomial(shoulder_top, r - 1.6) / polynomial(shoulder_bottom, r - 1.6)
                            : polynomial(tail_top, r - 5) / polynomial(tail_bottom, r - 5);
    return q < 0 ? -x : x;
}

}  // namespace walras::core::math
