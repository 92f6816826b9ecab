#include "walras/backtest/queue_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "walras/core/error.hpp"
#include "walras/core/math.hpp"

namespace walras::backtest {
namespace {

class RiskAverse final : public QueueModel {
public:
    [[nodiscard]] double ahead_after(double ahead, double, double) const override { return ahead; }
    [[nodiscard]] std::string describe() const override { return "risk_averse"; }
};

// What was canceled is split between front and back by the probability that it was behind us; what one side does not
// have the other one lost.
template <class Share>
class Probable final : public QueueModel {
public:
    Probable(Share share, std::string text) : share_(share), text_(std::move(text)) {}
    [[nodiscard]] double ahead_after(double ahead, double canceled, double before) const override {
        const double back = before - ahead;
        double behind = share_(ahead, back);
        if (std::isinf(behind)) { behind = 1; }
        return ahead - (1 - behind) * canceled + std::min(back - behind * canceled, 0.0);
    }
    [[nodiscard]] std::string describe() const override { return text_; }

private:
    Share share_;
    std::string text_;
};

template <class Share>
QueueModelPtr probable(Share share, std::string text) {
    return std::make_shared<Probable<Share>>(share, std::move(text));
}

}  // namespace

QueueModelPtr risk_averse_queue() { return std::make_shared<RiskAverse>(); }

QueueModelPtr power_queue(double n, int form) {
    if (!(n > 0) || !std::isfinite(n)) {
        throw ConfigError(fmt::format("queue model power: n = {} must be a positive number, such as 2.", n));
    }
    const auto f = [n](double x) { return x == 0 ? 0.0 : core::math::exp(n * core::math::log(x)); };
    const std::string text = fmt::format("power(n={:g}, form={})", n, form);
    switch (form) {
        case 1: return probable([f](double a, double b) { return f(b) / (f(b) + f(a)); }, text);
        case 2: return probable([f](double a, double b) { return f(b) / f(b + a); }, text);
        case 3: return probable([f](double a, double b) { return 1 - f(a / (a + b)); }, text);
        default: throw ConfigError(fmt::format("queue model power: form = {} is unknown; choose 1, 2 or 3.", form));
    }
}

QueueModelPtr log_queue(int form) {
    const auto f = [](double x) { return core::math::log(1 + x); };
    const std::string text = fmt::format("log(form={})", form);
    switch (form) {
        case 1: return probable([f](double a, double b) { return f(b) / (f(b) + f(a)); }, text);
        case 2: return probable([f](double a, double b) { return f(b) / f(b + a); }, text);
        default: throw ConfigError(fmt::format("queue model log: form = {} is unknown; choose 1 or 2.", form));
    }
}

}  // namespace walras::backtest
