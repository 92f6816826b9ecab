// MESA adaptive moving average and its follower (Ehlers 2001, "MESA Adaptive Moving Averages"; the steps and constants
// of TA-Lib): a Hilbert transformer measures the phase of the dominant cycle, and the faster the phase turns, the
// slower the average.
#pragma once

#include <cmath>

#include "walras/core/math.hpp"
#include "walras/features/node.hpp"

namespace walras::features {

class Mama {
public:
    Mama(double fast_limit, double slow_limit) : fast_limit_(fast_limit), slow_limit_(slow_limit) {}

    // mama, fama; ready with the 33rd observation.
    std::array<double, 2> update(double x) {
        shift(price_, x);
        ++count_;
        count_ = std::min(count_, ready_at);
        // A weighted average of four takes four observations; TA-Lib lets nine more settle it.
        if (count_ < first_step) { return none_ready<2>(); }
        const double smooth = (4 * price_[0] + 3 * price_[1] + 2 * price_[2] + price_[3]) * 0.1;
        const double gain = 0.075 * period_ + 0.54;
        const double detrended = transform(smooth_, smooth) * gain;
        const double in_phase = detrended_[2];
        const double quadrature = transform(detrended_, detrended) * gain;
        const double ji = transform(in_phase_, in_phase) * gain;
        const double jq = transform(quadrature_, quadrature) * gain;
        const double i2 = 0.2 * (in_phase - jq) + 0.8 * i2_;
        const double q2 = 0.2 * (quadrature + ji) + 0.8 * q2_;
        re_ = 0.2 * (i2 * i2_ + q2 * q2_) + 0.8 * re_;
        im_ = 0.2 * (i2 * q2_ - q2 * i2_) + 0.8 * im_;
        i2_ = i2;
        q2_ = q2;
        follow_period();
        follow_price(in_phase, quadrature);
        return count_ < ready_at ? none_ready<2>() : std::array{mama_, fama_};
    }
    void visit(auto& state) {
        for (auto* history : {&smooth_, &detrended_, &in_phase_, &quadrature_}) { state(*history); }
        state(price_);
        for (double* member : {&i2_, &q2_, &re_, &im_, &period_, &phase_, &mama_, &fama_}) { state(*member); }
        state.below(count_, ready_at + 1);
    }

private:
    static constexpr std::size_t first_step = 13;
    static constexpr std::size_t ready_at = 33;
    static constexpr double degrees = 57.29577951308232;  // of a radian

    template <std::size_t N>
    static void shift(std::array<double, N>& history, double newest) {
        for (std::size_t i = N - 1; i > 0; --i) { history[i] = history[i - 1]; }
        history[0] = newest;
    }
    // Hilbert transformer over seven observations.
    static double transform(std::array<double, 7>& history, double newest) {
        shift(history, newest);
        return 0.0962 * (history[0] - history[6]) + 0.5769 * (history[2] - history[4]);
    }
    void follow_period() {
        const double before = period_;
        double period = before;
        if (re_ != 0 && im_ != 0) { period = 360 / (core::math::atan(im_ / re_) * degrees); }
        period = std::clamp(period, 0.67 * before, std::max(0.67 * before, 1.5 * before));
        period_ = 0.2 * std::clamp(period, 6.0, 50.0) + 0.8 * before;
    }
    void follow_price(double in_phase, double quadrature) {
        const double phase = in_phase == 0 ? 0 : core::math::atan(quadrature / in_phase) * degrees;
        const double turn = std::max(1.0, phase_ - phase);
        phase_ = phase;
        const double alpha = turn > 1 ? std::max(fast_limit_ / turn, slow_limit_) : fast_limit_;
        mama_ = alpha * price_[0] + (1 - alpha) * mama_;
        fama_ = 0.5 * alpha * mama_ + (1 - 0.5 * alpha) * fama_;
    }

    double fast_limit_;
    double slow_limit_;
    std::array<double, 4> price_{};
    std::array<double, 7> smooth_{};
    std::array<double, 7> detrended_{};
    std::array<double, 7> in_phase_{};
    std::array<double, 7> quadrature_{};
    double i2_ = 0;
    double q2_ = 0;
    double re_ = 0;
    double im_ = 0;
    double period_ = 0;
    double phase_ = 0;
    double mama_ = 0;
    double fama_ = 0;
    std::size_t count_ = 0;
};

}  // namespace walras::features
