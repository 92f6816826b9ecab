// The library of strategies by name, each with a typed parameter schema that the command line, Python and the dashboard
// read. Values outside their range are refused before a strategy is built.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "walras/core/schema.hpp"
#include "walras/strategy/strategy.hpp"
#include "walras/strategy/vector_form.hpp"

namespace walras::strategy {

using core::Parameter;
using core::Parameters;
using core::Value;

struct Description {
    std::string name;    // "sma_cross"
    std::string title;   // "Moving-average cross"
    std::string theory;  // a paragraph: what it bets on, formula, source
    std::vector<Parameter> parameters;
    std::function<std::unique_ptr<Strategy>(const Parameters&)> make;
    std::optional<VectorForm> vector_form{};  // where there is one, it decides as the strategy does
};

std::span<const Description> library();
const Description& describe(std::string_view name);  // throws ConfigError naming what exists
// The values that a strategy is made of. Throws as `make` does.
Parameters check(const Description& strategy, const std::map<std::string, Value>& given);
// Unknown names, wrong types and values out of range throw ConfigError; what is not given has its default.
std::unique_ptr<Strategy> make(std::string_view name, const std::map<std::string, Value>& given = {});

}  // namespace walras::strategy
