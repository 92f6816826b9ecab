// Statistics of a window as formulas over its sums (rolling_sums.hpp).
#pragma once

#include <cmath>

#include "walras/features/rolling_sums.hpp"

namespace walras::features {

template <std::size_t P>
struct Powers {
    static constexpr std::size_t inputs = 1;
    static constexpr std::size_t count = P;
    static void of(const double* d, double* out) {
        double power = 1;
        for (std::size_t p = 0; p < P; ++p) { out[p] = power *= d[0]; }
    }
};

struct Products {  // of two series
    static constexpr std::size_t inputs = 2;
    static constexpr std::size_t count = 5;
    static void of(const double* d, double* out) {
        out[0] = d[0];
        out[1] = d[1];
        out[2] = d[0] * d[0];
        out[3] = d[1] * d[1];
        out[4] = d[0] * d[1];
    }
};

// Mean square about the mean from sums about K. What is below the rounding of the sums is no variance: 0.
inline double central_square(double share, double sum, double squares) {
    constexpr double rounding = 2 * std::numeric_limits<double>::epsilon();
    const double square = squares * share - (sum * share) * (sum * share);
    return square > rounding * squares ? square : 0;
}

struct MeanFormula {
    static constexpr std::size_t outputs = 1;
    void operator()(const WindowSums<Powers<1>>& w, double* out) const { out[0] = w.shift[0] + w.sums[0] * w.share; }
};

struct VarianceFormula {
    static constexpr std::size_t outputs = 1;
    double scale = 1;  // n / (n - ddof)
    bool root = false;
    double deviations = 1;
    void operator()(const WindowSums<Powers<2>>& w, double* out) const {
        const double variance = central_square(w.share, w.sums[0], w.sums[1]) * scale;
        out[0] = root ? std::sqrt(variance) * deviations : variance;
    }
};

struct ZScoreFormula {
    static constexpr std::size_t outputs = 1;
    double scale = 1;
    void operator()(const WindowSums<Powers<2>>& w, double* out) const {
        const double mean = w.shift[0] + w.sums[0] * w.share;
        const double deviation = std::sqrt(central_square(w.share, w.sums[0], w.sums[1]) * scale);
        out[0] = deviation > 0 ? (w.newest[0] - mean) / deviation : 0;
    }
};

// upper, middle, lower
struct BollingerFormula {
    static constexpr std::size_t outputs = 3;
    double width = 2;
    void operator()(const WindowSums<Powers<2>>& w, double* out) const {
        const double mean = w.shift[0] + w.sums[0] * w.share;
        const double half = width * std::sqrt(central_square(w.share, w.sums[0], w.sums[1]));
        out[0] = mean + half;
        out[1] = mean;
        out[2] = mean - half;
    }
};

// bandwidth = (upper - lower) / middle, %b = (x - lower) / (upper - lower); 0.5 where the bands meet
struct BollingerShapeFormula {
    static constexpr std::size_t outputs = 2;
    double width = 2;
    void operator()(const WindowSums<Powers<2>>& w, double* out) const {
        const double mean = w.shift[0] + w.sums[0] * w.share;
        const double half = width * std::sqrt(central_square(w.share, w.sums[0], w.sums[1]));
        out[0] = mean != 0 ? 2 * half / mean : 0;
        out[1] = half > 0 ? (w.newest[0] - mean + half) / (2 * half) : 0.5;
    }
};

// Sample skewness with Fisher's correction, G1 = sqrt(n (n - 1)) / (n - 2) m3 / m2^1.5 (pandas); 0 where flat.
struct SkewFormula {
    static constexpr std::size_t outputs = 1;
    void operator()(const WindowSums<Powers<3>>& w, double* out) const {
        const double a = w.sums[0] * w.share;
        const double m2 = central_square(w.share, w.sums[0], w.sums[1]);
        const double m3 = w.sums[2] * w.share - 3 * a * (w.sums[1] * w.share) + 2 * a * a * a;
        out[0] = m2 > 0 ? std::sqrt(w.n * (w.n - 1)) / (w.n - 2) * m3 / (m2 * std::sqrt(m2)) : 0;
    }
};

// Sample excess kurtosis, G2 = (n - 1) / ((n - 2) (n - 3)) ((n + 1) m4 / m2^2 - 3 (n - 1)) (pandas); -3 where flat.
struct KurtosisFormula {
    static constexpr std::size_t outputs = 1;
    void operator()(const WindowSums<Powers<4>>& w, double* out) const {
        const double a = w.sums[0] * w.share;
        const double m2 = central_square(w.share, w.sums[0], w.sums[1]);
        const double m4 =
            w.sums[3] * w.share - 4 * a * (w.sums[2] * w.share) + 6 * a * a * (w.sums[1] * w.share) - 3 * a * a * a * a;
        const double correction = (w.n - 1) / ((w.n - 2) * (w.n - 3));
        out[0] = m2 > 0 ? correction * ((w.n + 1) * m4 / (m2 * m2) - 3 * (w.n - 1)) : -3;
    }
};

// Pearson; 0 where one of the two does not vary (TA-Lib).
struct CorrelationFormula {
    static constexpr std::size_t outputs = 1;
    void operator()(const WindowSums<Products>& w, double* out) const {
        const double xx = central_square(w.share, w.sums[0], w.sums[2]);
        const double yy = central_square(w.share, w.sums[1], w.sums[3]);
        const double xy = w.sums[4] * w.share - (w.sums[0] * w.share) * (w.sums[1] * w.share);
        out[0] = xx > 0 && yy > 0 ? std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0) : 0;
    }
};

struct CovarianceFormula {
    static constexpr std::size_t outputs = 1;
    double scale = 1;
    void operator()(const WindowSums<Products>& w, double* out) const {
        out[0] = (w.sums[4] * w.share - (w.sums[0] * w.share) * (w.sums[1] * w.share)) * scale;
    }
};

// Slope of the first series on the second; 0 where the second does not vary.
struct SlopeOnFormula {
    static constexpr std::size_t outputs = 1;
    void operator()(const WindowSums<Products>& w, double* out) const {
        const double xx = central_square(w.share, w.sums[1], w.sums[3]);
        const double xy = w.sums[4] * w.share - (w.sums[0] * w.share) * (w.sums[1] * w.share);
        out[0] = xx > 0 ? xy / xx : 0;
    }
};

// Slope of the simple returns of one series on those of another.
class ReturnsBeta {
public:
    explicit ReturnsBeta(int period) : slope_(period) {}
    double update(double value, double benchmark) {
        double out = not_ready;
        if (has_before_) {
            const double y = value_ != 0 ? value / value_ - 1 : 0;
            const double x = benchmark_ != 0 ? benchmark / benchmark_ - 1 : 0;
            slope_.run({&y, &x}, {&out}, 1);
        }
        value_ = value;
        benchmark_ = benchmark;
        has_before_ = true;
        return out;
    }
    void visit(auto& state) {
        slope_.visit(state);
        state(value_);
        state(benchmark_);
        state(has_before_);
    }

private:
    RollingSums<Products, SlopeOnFormula> slope_;
    double value_ = 0, benchmark_ = 0;
    bool has_before_ = false;
};

}  // namespace walras::features
