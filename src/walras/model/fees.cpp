#include "walras/model/fees.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "walras/core/error.hpp"
#include "walras/model/money.hpp"

namespace walras::model {
namespace {

// Rounding point "fee".
Money round_fee(Money fee, std::optional<int> decimals) { return decimals ? round_to_decimals(fee, *decimals) : fee; }

double in_bps(Rate rate) { return rate.to_double() * 1e4; }

std::string rounding(std::optional<int> decimals) {
    return decimals ? fmt::format(", rounded to {} decimals", *decimals) : std::string{};
}

Rate of_side(LiquiditySide side, Rate maker, Rate taker) { return side == LiquiditySide::maker ? maker : taker; }

class RateFees final : public FeeModel {
public:
    RateFees(Rate maker, Rate taker, std::optional<int> decimals) : maker_(maker), taker_(taker), decimals_(decimals) {}
    [[nodiscard]] Money fee(const FeeFacts& facts) const override {
        return round_fee(apply_rate(facts.notional, of_side(facts.liquidity, maker_, taker_)), decimals_);
    }
    [[nodiscard]] Rate proportional() const override { return std::max({maker_, taker_, Rate{}}); }
    [[nodiscard]] std::string describe() const override {
        if (maker_ == taker_) {
            return maker_.is_zero() ? "none"
                                    : fmt::format("{:g} bp of each fill{}", in_bps(maker_), rounding(decimals_));
        }
        return fmt::format("maker {:g} bp, taker {:g} bp{}", in_bps(maker_), in_bps(taker_), rounding(decimals_));
    }

private:
    Rate maker_;
    Rate taker_;
    std::optional<int> decimals_;
};

class PerUnitFees final : public FeeModel {
public:
    PerUnitFees(Money per_unit, Money minimum, Rate maximum_rate, std::optional<int> decimals)
        : per_unit_(per_unit), minimum_(minimum), maximum_rate_(maximum_rate), decimals_(decimals) {}
    [[nodiscard]] Money fee(const FeeFacts& facts) const override {
        const core::int128 lots = core::checked_mul(per_unit_.raw, core::int128{facts.quantity.lots});
        Money fee{core::divide_half_even(core::checked_mul(lots, core::int128{facts.instrument.lot_size}),
                                         core::fixed_scale)};
        if (facts.first_fill) { fee = std::max(fee, minimum_); }
        if (!maximum_rate_.is_zero()) { fee = std::min(fee, apply_rate(facts.notional, maximum_rate_)); }
        return round_fee(fee, decimals_);
    }
    [[nodiscard]] Rate proportional() const override { return maximum_rate_; }
    [[nodiscard]] std::string describe() const override {
        std::string text = fmt::format("{} a unit", core::format_fixed(per_unit_.raw));
        if (!minimum_.is_zero()) { text += fmt::format(", at least {} an order", core::format_fixed(minimum_.raw)); }
        if (!maximum_rate_.is_zero()) { text += fmt::format(", at most {:g} bp", in_bps(maximum_rate_)); }
        return text + rounding(decimals_);
    }

private:
    Money per_unit_;
    Money minimum_;
    Rate maximum_rate_;
    std::optional<int> decimals_;
};

class TieredFees final : public FeeModel {
public:
    TieredFees(std::vector<FeeTier> tiers, std::optional<int> decimals)
        : tiers_(std::move(tiers)), decimals_(decimals) {
        if (tiers_.empty() || !tiers_.front().from.is_zero() || !std::ranges::is_sorted(tiers_, {}, &FeeTier::from)) {
            throw ConfigError("Fee tiers must be sorted by traded notional and begin at 0.");
        }
    }
    [[nodiscard]] Money fee(const FeeFacts& facts) const override {
        const auto next = std::ranges::upper_bound(tiers_, facts.traded_before, {}, &FeeTier::from);
        const FeeTier& tier = *(next - 1);
        return round_fee(apply_rate(facts.notional, of_side(facts.liquidity, tier.maker, tier.taker)), decimals_);
    }
    [[nodiscard]] Rate proportional() const override {
        Rate most{};
        for (const FeeTier& tier : tiers_) { most = std::max({most, tier.maker, tier.taker}); }
        return most;
    }
    [[nodiscard]] std::string describe() const override {
        std::string text;
        for (const FeeTier& tier : tiers_) {
            text += fmt::format("{}from {}: maker {:g} bp, taker {:g} bp", text.empty() ? "" : "; ",
                                core::format_fixed(tier.from.raw), in_bps(tier.maker), in_bps(tier.taker));
        }
        return text + rounding(decimals_);
    }

private:
    std::vector<FeeTier> tiers_;
    std::optional<int> decimals_;
};

}  // namespace

FeeModelPtr no_fees() { return rate_fees(Rate{}, Rate{}); }
FeeModelPtr rate_fees(Rate maker, Rate taker, std::optional<int> decimals) {
    return std::make_shared<RateFees>(maker, taker, decimals);
}
FeeModelPtr per_unit_fees(Money per_unit, Money minimum, Rate maximum_rate, std::optional<int> decimals) {
    return std::make_shared<PerUnitFees>(per_unit, minimum, maximum_rate, decimals);
}
FeeModelPtr tiered_fees(std::vector<FeeTier> tiers, std::optional<int> decimals) {
    return std::make_shared<TieredFees>(std::move(tiers), decimals);
}

}  // namespace walras::model
