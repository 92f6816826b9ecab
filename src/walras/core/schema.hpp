// Typed parameters by name: what a library of strategies, indicators or models publishes about each of its members, and
// the check of what a user gives. The command line, Python and the dashboard read the same schema.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace walras::core {

using Value = std::variant<bool, std::int64_t, double, std::string>;

struct Parameter {
    std::string name;
    Value default_value;  // its alternative is the parameter's type
    double minimum = 0;   // of numbers
    double maximum = 0;
    std::string unit;
    std::string help;
    std::vector<std::string> choices{};  // of text; empty: any
};

// Values by name, already checked against a schema.
class Parameters {
public:
    explicit Parameters(std::map<std::string, Value> values) : values_(std::move(values)) {}
    [[nodiscard]] int integer(const std::string& name) const;
    [[nodiscard]] double number(const std::string& name) const;
    [[nodiscard]] bool flag(const std::string& name) const;
    [[nodiscard]] const std::string& text(const std::string& name) const;
    [[nodiscard]] const std::map<std::string, Value>& values() const { return values_; }

private:
    std::map<std::string, Value> values_;
};

// `given` over the defaults. Throws ConfigError that begins with `owner` for an unknown name, a wrong type, a number
// out of range or a text that is not among the choices. A whole number may stand for a number.
Parameters check(std::string_view owner, std::span<const Parameter> schema, const std::map<std::string, Value>& given);

// The names of `known` nearest to a misspelt one, as a remedy: `did you mean "fast"?`; empty if none is near.
std::string did_you_mean(std::string_view given, std::span<const std::string_view> known);

}  // namespace walras::core
