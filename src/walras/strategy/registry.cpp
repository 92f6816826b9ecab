#include "walras/strategy/registry.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "walras/core/error.hpp"
#include "walras/strategy/library.hpp"

namespace walras::strategy {

std::span<const Description> library() {
    static const std::vector<Description> all = [] {
        std::vector<Description> made{describe_buy_and_hold(),
                                      describe_ema_cross(),
                                      describe_momentum(),
                                      describe_pairs(),
                                      describe_pairs_kalman(),
                                      describe_sma_cross(),
                                      describe_rsi_reversion(),
                                      describe_bollinger_reversion(),
                                      describe_macd(),
                                      describe_donchian_breakout(),
                                      describe_momentum_ranking(),
                                      describe_volatility_target(),
                                      describe_imbalance_maker(),
                                      describe_grid(),
                                      describe_queue_joiner(),
                                      describe_execute()};
        std::ranges::sort(made, {}, &Description::name);
        return made;
    }();
    return all;
}

const Description& describe(std::string_view name) {
    const auto all = library();
    const auto found = std::ranges::find(all, name, &Description::name);
    if (found == all.end()) {
        std::vector<std::string_view> names;
        std::string listed;
        for (const Description& strategy : all) {
            names.emplace_back(strategy.name);
            listed += (listed.empty() ? "" : ", ") + strategy.name;
        }
        throw ConfigError(fmt::format("Strategy \"{}\" is unknown{}; the library has: {}.", name,
                                      core::did_you_mean(name, names), listed));
    }
    return *found;
}

Parameters check(const Description& strategy, const std::map<std::string, Value>& given) {
    return core::check(strategy.name, strategy.parameters, given);
}

std::unique_ptr<Strategy> make(std::string_view name, const std::map<std::string, Value>& given) {
    const Description& strategy = describe(name);
    return strategy.make(check(strategy, given));
}

}  // namespace walras::strategy
