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

#include "walras/strategy/strategy.hpp"
#include "walras/strategy/vector_form.hpp"

namespace walras::strategy {

using Value = std::variant<bool, std::int64_t, double, std::string>;

struct Parameter {
    std::string name;
    Value default_value;  // its alternative is the parameter's type
    double minimum = 0;   // of numbers
    double maximum = 0;
    std::string unit;
    std::string help;
};

// Values by name, already checked against the schema.
class Parameters {
public:
    explicit Parameters(std::map<std::string, Value> values) : values_(std::move(values)) {}
    [[nodiscard]] int integer(const std::string& name) const;
    [[nodiscard]] double number(const std::string& name) const;
    [[nodiscard]] bool flag(const std::string& name) const;
    [[nodiscard]] const std::string& text(const std::string& name) const;

private:
    std::map<std::string, Value> values_;
};

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
