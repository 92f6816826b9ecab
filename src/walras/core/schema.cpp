#include "walras/core/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "walras/core/error.hpp"

namespace walras::core {
namespace {

constexpr std::array<const char*, 4> type_names{"true or false", "a whole number", "a number", "text"};

std::string join(std::span<const std::string_view> names) {
    std::string out;
    for (const std::string_view name : names) { out.append(out.empty() ? "" : ", ").append(name); }
    return out;
}

std::string shown(const Value& value) {
    return std::visit(
        [](const auto& v) {
            if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::string>) {
                return fmt::format("\"{}\"", v);
            } else {
                return fmt::format("{}", v);
            }
        },
        value);
}

Value coerce(std::string_view owner, const Parameter& parameter, const Value& given) {
    Value value = given;
    if (std::holds_alternative<double>(parameter.default_value) && std::holds_alternative<std::int64_t>(given)) {
        value = static_cast<double>(std::get<std::int64_t>(given));
    }
    if (value.index() != parameter.default_value.index()) {
        throw ConfigError(fmt::format("{}: parameter {} = {} must be {}.", owner, parameter.name, shown(given),
                                      type_names[parameter.default_value.index()]));
    }
    if (const auto* text = std::get_if<std::string>(&value); text != nullptr && !parameter.choices.empty()) {
        if (std::ranges::find(parameter.choices, *text) == parameter.choices.end()) {
            const std::vector<std::string_view> choices(parameter.choices.begin(), parameter.choices.end());
            throw ConfigError(fmt::format("{}: parameter {} = \"{}\" is not one of: {}.", owner, parameter.name, *text,
                                          join(choices)));
        }
    }
    const auto* whole = std::get_if<std::int64_t>(&value);
    const auto* real = std::get_if<double>(&value);
    if (whole == nullptr && real == nullptr) { return value; }
    const double number = whole != nullptr ? static_cast<double>(*whole) : *real;
    if (!(number >= parameter.minimum && number <= parameter.maximum)) {
        throw ConfigError(fmt::format("{}: parameter {} = {} is outside {} to {}.", owner, parameter.name, number,
                                      parameter.minimum, parameter.maximum));
    }
    return value;
}

// Levenshtein's distance.
std::size_t edits(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({substituted, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

}  // namespace

int Parameters::integer(const std::string& name) const {
    return static_cast<int>(std::get<std::int64_t>(values_.at(name)));
}
double Parameters::number(const std::string& name) const { return std::get<double>(values_.at(name)); }
bool Parameters::flag(const std::string& name) const { return std::get<bool>(values_.at(name)); }
const std::string& Parameters::text(const std::string& name) const { return std::get<std::string>(values_.at(name)); }

Parameters check(std::string_view owner, std::span<const Parameter> schema, const std::map<std::string, Value>& given) {
    std::map<std::string, Value> values;
    for (const Parameter& parameter : schema) { values[parameter.name] = parameter.default_value; }
    for (const auto& [key, value] : given) {
        const auto found = std::ranges::find(schema, key, &Parameter::name);
        if (found == schema.end()) {
            const std::vector<std::string_view> names = [&] {
                std::vector<std::string_view> out;
                for (const Parameter& parameter : schema) { out.emplace_back(parameter.name); }
                return out;
            }();
            if (names.empty()) {
                throw ConfigError(fmt::format("{} has no parameter \"{}\"; it has none.", owner, key));
            }
            throw ConfigError(fmt::format("{} has no parameter \"{}\"{}; it has: {}.", owner, key,
                                          did_you_mean(key, names), join(names)));
        }
        values[key] = coerce(owner, *found, value);
    }
    return Parameters{std::move(values)};
}

std::string did_you_mean(std::string_view given, std::span<const std::string_view> known) {
    std::string_view nearest;
    std::size_t least = std::numeric_limits<std::size_t>::max();
    for (const std::string_view name : known) {
        const std::size_t distance = edits(given, name);
        if (distance < least) {
            least = distance;
            nearest = name;
        }
    }
    // A third of the letters may be wrong.
    if (nearest.empty() || least * 3 > std::max(given.size(), nearest.size())) { return {}; }
    return fmt::format(" (did you mean \"{}\"?)", nearest);
}

}  // namespace walras::core
