#include "walras/features/moving_average.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "walras/core/error.hpp"

namespace walras::features {
namespace {

constexpr double not_ready = std::numeric_limits<double>::quiet_NaN();

int require_period(const char* name, int period) {
    if (period < 1) { throw ConfigError(fmt::format("{}: period {} must be at least 1.", name, period)); }
    return period;
}

}  // namespace

Sma::Sma(int period) : window_(static_cast<std::size_t>(require_period("Sma", period))), value_(not_ready) {}

void Sma::add(double term) {
    const double total = sum_ + term;
    compensation_ += std::abs(sum_) >= std::abs(term) ? (sum_ - total) + term : (term - total) + sum_;
    sum_ = total;
}

double Sma::update(double value) {
    if (count_ >= window_.size()) { add(-window_[next_]); }
    add(value);
    window_[next_] = value;
    next_ = next_ + 1 == window_.size() ? 0 : next_ + 1;
    ++count_;
    if (is_ready()) { value_ = (sum_ + compensation_) / static_cast<double>(window_.size()); }
    return value_;
}

void Sma::reset() { *this = Sma(period()); }

Ema::Ema(int period, EmaSeed seed)
    : period_(require_period("Ema", period)),
      seed_(seed),
      alpha_(2.0 / (period + 1.0)),
      needed_(seed == EmaSeed::sma ? static_cast<std::size_t>(period) : 1),
      value_(not_ready) {}

double Ema::update(double value) {
    ++count_;
    if (count_ < needed_) {
        average_ += value;
        return value_;
    }
    if (count_ == needed_) {
        average_ = (average_ + value) / static_cast<double>(needed_);
    } else {
        average_ += alpha_ * (value - average_);
    }
    value_ = average_;
    return value_;
}

void Ema::reset() { *this = Ema(period_, seed_); }

}  // namespace walras::features
