#include "walras/strategy/registry.hpp"

#include <doctest/doctest.h>

#include <string>

#include "walras/core/error.hpp"

using namespace walras;
using strategy::make;
using strategy::Value;

namespace {

std::string message(std::string_view name, const std::map<std::string, Value>& given) {
    try {
        make(name, given);
    } catch (const ConfigError& error) { return error.what(); }
    return "";
}

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("every strategy of the library can be built with its defaults and explains itself") {
    CHECK(strategy::library().size() >= 5);
    std::string last;
    for (const auto& d : strategy::library()) {
        CAPTURE(d.name);
        CHECK(d.name > last);  // sorted, unique
        last = d.name;
        CHECK(make(d.name) != nullptr);
        CHECK(d.title.size() > 5);
        CHECK(d.theory.size() > 80);
        for (const auto& p : d.parameters) {
            CAPTURE(p.name);
            CHECK_FALSE(p.help.empty());
            if (p.default_value.index() == 1 || p.default_value.index() == 2) {
                const double value = p.default_value.index() == 1
                                         ? static_cast<double>(std::get<std::int64_t>(p.default_value))
                                         : std::get<double>(p.default_value);
                CHECK(value >= p.minimum);
                CHECK(value <= p.maximum);
            }
        }
    }
}

TEST_CASE("an unknown strategy names those that exist") {
    const std::string text = message("sma_crosss", {});
    CHECK(says(text, "sma_crosss"));
    CHECK(says(text, "buy_and_hold"));
}

TEST_CASE("an unknown parameter names those that exist") {
    const std::string text = message("sma_cross", {{"quick", std::int64_t{3}}});
    CHECK(says(text, "quick"));
    CHECK(says(text, "fast"));
    CHECK(says(text, "slow"));
}

TEST_CASE("a wrong type says which type is wanted; a whole number may stand for a number") {
    CHECK(says(message("sma_cross", {{"fast", 2.5}}), "whole number"));
    CHECK(says(message("sma_cross", {{"fast", std::string{"ten"}}}), "fast"));
    CHECK(says(message("sma_cross", {{"allow_short", std::int64_t{1}}}), "true or false"));
    CHECK(says(message("sma_cross", {{"fast", true}}), "whole number"));
    CHECK(message("sma_cross", {{"invested", std::int64_t{1}}}).empty());
}

TEST_CASE("every numeric parameter is refused just outside its range") {
    for (const auto& d : strategy::library()) {
        for (const auto& p : d.parameters) {
            CAPTURE(d.name);
            CAPTURE(p.name);
            const bool whole = p.default_value.index() == 1;
            if (!whole && p.default_value.index() != 2) { continue; }
            for (const double outside : {p.minimum - 1, p.maximum + 1}) {
                const Value value = whole ? Value{static_cast<std::int64_t>(outside)} : Value{outside};
                const std::string text = message(d.name, {{p.name, value}});
                CHECK(says(text, p.name));
                CHECK(says(text, "outside"));
            }
            if (!whole) { CHECK_FALSE(message(d.name, {{p.name, std::numeric_limits<double>::quiet_NaN()}}).empty()); }
        }
    }
}

TEST_CASE("parameters that contradict each other are refused") {
    CHECK(says(message("sma_cross", {{"fast", std::int64_t{30}}, {"slow", std::int64_t{30}}}), "fast"));
    CHECK(says(message("pairs", {{"entry", 1.0}, {"exit", 1.0}}), "exit"));
    CHECK(says(message("pairs", {{"entry", 2.0}, {"stop", 1.5}}), "stop"));
}
