#include "walras/core/schema.hpp"

#include <doctest/doctest.h>

#include <array>

#include "walras/core/error.hpp"

using namespace walras;
using namespace walras::core;

namespace {

const std::vector<Parameter> schema{{"period", std::int64_t{14}, 1, 1000, "bars", "Length."},
                                    {"width", 2.0, 0, 10, "", "Width."},
                                    {"seed", std::string{"sma"}, 0, 0, "", "Start.", {"sma", "first"}}};

}  // namespace

TEST_CASE("what is not given has its default, and a whole number may stand for a number") {
    const Parameters p = check("rsi", schema, {{"width", std::int64_t{3}}});
    CHECK(p.integer("period") == 14);
    CHECK(p.number("width") == 3.0);
    CHECK(p.text("seed") == "sma");
}

TEST_CASE("an unknown name, a wrong type, a number out of range and a strange choice are refused with their values") {
    CHECK_THROWS_WITH_AS(check("rsi", schema, {{"perod", std::int64_t{3}}}),
                         "rsi has no parameter \"perod\" (did you mean \"period\"?); it has: period, width, seed.",
                         ConfigError);
    CHECK_THROWS_WITH_AS(check("rsi", schema, {{"period", 2.5}}), "rsi: parameter period = 2.5 must be a whole number.",
                         ConfigError);
    CHECK_THROWS_WITH_AS(check("rsi", schema, {{"period", std::int64_t{0}}}),
                         "rsi: parameter period = 0 is outside 1 to 1000.", ConfigError);
    CHECK_THROWS_WITH_AS(check("rsi", schema, {{"seed", std::string{"last"}}}),
                         "rsi: parameter seed = \"last\" is not one of: sma, first.", ConfigError);
}

TEST_CASE("only a near name is suggested") {
    const std::array<std::string_view, 2> names{"sma_cross", "pairs"};
    CHECK(did_you_mean("sma_cros", names) == " (did you mean \"sma_cross\"?)");
    CHECK(did_you_mean("momentum", names).empty());
}
