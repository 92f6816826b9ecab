#include "walras/backtest/slippage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "walras/core/error.hpp"

namespace walras::backtest {
namespace {

double require_non_negative(const char* name, double value) {
    if (!(value >= 0) || !std::isfinite(value)) {
        throw ConfigError(fmt::format("Slippage: {} = {} must be a finite number of at least 0.", name, value));
    }
    return value;
}

double share_of_volume(const SlippageFacts& facts, double unknown) {
    return facts.volume > 0 ? facts.instrument.units(facts.quantity) / facts.volume : unknown;
}

class SpreadSlippage final : public SlippageModel {
public:
    explicit SpreadSlippage(double half_spread) : half_spread_(require_non_negative("half_spread", half_spread)) {}
    [[nodiscard]] double cost(const SlippageFacts&) const override { return half_spread_; }
    [[nodiscard]] bool is_constant() const override { return true; }
    [[nodiscard]] std::string describe() const override {
        return half_spread_ == 0 ? "none" : fmt::format("{:g} bp of each market fill", half_spread_ * 1e4);
    }

private:
    double half_spread_;
};

class VolumeShareSlippage final : public SlippageModel {
public:
    VolumeShareSlippage(double limit, double impact)
        : limit_(require_non_negative("limit", limit)), impact_(require_non_negative("impact", impact)) {}
    [[nodiscard]] double cost(const SlippageFacts& facts) const override {
        const double share = std::min(share_of_volume(facts, limit_), limit_);
        return impact_ * share * share;
    }
    [[nodiscard]] std::string describe() const override {
        return fmt::format("{:g} x share of volume squared, share at most {:g}", impact_, limit_);
    }

private:
    double limit_;
    double impact_;
};

class SquareRootSlippage final : public SlippageModel {
public:
    explicit SquareRootSlippage(double coefficient) : coefficient_(require_non_negative("coefficient", coefficient)) {}
    [[nodiscard]] double cost(const SlippageFacts& facts) const override {
        return coefficient_ * facts.volatility * std::sqrt(share_of_volume(facts, 1.0));
    }
    [[nodiscard]] std::string describe() const override {
        return fmt::format("{:g} x volatility x square root of the share of volume", coefficient_);
    }

private:
    double coefficient_;
};

}  // namespace

SlippageModelPtr no_slippage() { return spread_slippage(0); }
SlippageModelPtr spread_slippage(double half_spread) { return std::make_shared<SpreadSlippage>(half_spread); }
SlippageModelPtr volume_share_slippage(double limit, double impact) {
    return std::make_shared<VolumeShareSlippage>(limit, impact);
}
SlippageModelPtr square_root_slippage(double coefficient) { return std::make_shared<SquareRootSlippage>(coefficient); }

}  // namespace walras::backtest
