// What a fill costs. A model is immutable and may be shared by any number of runs and threads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "walras/model/enums.hpp"
#include "walras/model/instrument.hpp"

namespace walras::model {

struct FeeFacts {
    const Instrument& instrument;
    Price price;
    Quantity quantity;  // positive
    Money notional;     // positive
    LiquiditySide liquidity;
    bool first_fill;      // of its order: minimum fees are charged once an order
    Money traded_before;  // notional of the run so far, for tiers
};

class FeeModel {
public:
    FeeModel() = default;
    FeeModel(const FeeModel&) = delete;
    FeeModel& operator=(const FeeModel&) = delete;
    virtual ~FeeModel() = default;
    // In the instrument's currency; positive is paid, negative is a rebate.
    [[nodiscard]] virtual Money fee(const FeeFacts& facts) const = 0;
    // The part of a purchase's value that it may take: sizes in percent of equity leave room for it.
    [[nodiscard]] virtual Rate proportional() const { return {}; }
    [[nodiscard]] virtual std::string describe() const = 0;
};

using FeeModelPtr = std::shared_ptr<const FeeModel>;

// `decimals`: round to this many decimals of the currency, as a broker's statement does; none keeps 1e-9.
FeeModelPtr no_fees();
FeeModelPtr rate_fees(Rate maker, Rate taker, std::optional<int> decimals = {});
// `per_unit` of money each share or contract, at least `minimum` an order, at most `maximum_rate` of its value (0 = no
// cap).
FeeModelPtr per_unit_fees(Money per_unit, Money minimum, Rate maximum_rate, std::optional<int> decimals = {});

struct FeeTier {
    Money from{};  // traded notional at which the tier begins
    Rate maker{};
    Rate taker{};
};
// Tiers sorted by `from`, the first at 0; throws ConfigError otherwise.
FeeModelPtr tiered_fees(std::vector<FeeTier> tiers, std::optional<int> decimals = {});

}  // namespace walras::model
