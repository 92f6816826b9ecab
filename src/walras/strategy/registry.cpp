#include "walras/strategy/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "walras/core/error.hpp"
#include "walras/strategy/library.hpp"

namespace walras::strategy {
namespace {

std::string known_names(const auto& range, auto projection) {
    std::string out;
    for (const auto& item : range) { out += (out.empty() ? "" : ", ") + std::invoke(projection, item); }
    return out;
}

// An integer may stand for a number; anything else must have the schema's own type.
Value coerce(const Description& strategy, const Parameter& parameter, const Value& given) {
    Value value = given;
    if (std::holds_alternative<double>(parameter.default_value) && std::holds_alternative<std::int64_t>(given)) {
        value = static_cast<double>(std::get<std::int64_t>(given));
    }
    if (value.index() != parameter.default_value.index()) {
        constexpr std::array<const char*, 4> names{"true or false", "a whole number", "a number", "text"};
        const std::string shown = std::visit(
            [](const auto& v) {
                if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::string>) {
                    return fmt::format("\"{}\"", v);
                } else {
                    return fmt::format("{}", v);
                }
            },
            given);
        throw ConfigError(fmt::format("{}: parameter {} = {} must be {}.", strategy.name, parameter.name, shown,
                                      names[parameter.default_value.index()]));
    }
    double number = 0;
    if (const auto* i = std::get_if<std::int64_t>(&value)) { number = static_cast<double>(*i); }
    if (const auto* d = std::get_if<double>(&value)) { number = *d; }
    const bool numeric = value.index() == 1 || value.index() == 2;
    if (numeric && !(number >= parameter.minimum && number <= parameter.maximum)) {
        throw ConfigError(fmt::format("{}: parameter {} = {} is outside {} to {}.", strategy.name, parameter.name,
                                      number, parameter.minimum, parameter.maximum));
    }
    return value;
}

}  // namespace

int Parameters::integer(const std::string& name) const {
    return static_cast<int>(std::get<std::int64_t>(values_.at(name)));
}
double Parameters::number(const std::string& name) const { return std::get<double>(values_.at(name)); }
bool Parameters::flag(const std::string& name) const { return std::get<bool>(values_.at(name)); }
const std::string& Parameters::text(const std::string& name) const { return std::get<std::string>(values_.at(name)); }

std::span<const Description> library() {
    static const std::vector<Description> all{describe_buy_and_hold(), describe_ema_cross(), describe_momentum(),
                                              describe_pairs(), describe_sma_cross()};
    return all;
}

const Description& describe(std::string_view name) {
    const auto all = library();
    const auto found = std::ranges::find(all, name, &Description::name);
    if (found == all.end()) {
        throw ConfigError(fmt::format("Strategy \"{}\" is unknown; the library has: {}.", name,
                                      known_names(all, &Description::name)));
    }
    return *found;
}

std::unique_ptr<Strategy> make(std::string_view name, const std::map<std::string, Value>& given) {
    const Description& strategy = describe(name);
    std::map<std::string, Value> values;
    for (const Parameter& parameter : strategy.parameters) { values[parameter.name] = parameter.default_value; }
    for (const auto& [key, value] : given) {
        const auto found = std::ranges::find(strategy.parameters, key, &Parameter::name);
        if (found == strategy.parameters.end()) {
            throw ConfigError(fmt::format("{} has no parameter \"{}\"; it has: {}.", name, key,
                                          known_names(strategy.parameters, &Parameter::name)));
        }
        values[key] = coerce(strategy, *found, value);
    }
    return strategy.make(Parameters{std::move(values)});
}

}  // namespace walras::strategy
