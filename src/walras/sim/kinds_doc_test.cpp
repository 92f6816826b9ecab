// The table of kinds in docs/concepts/simulation.md is what the registry says. WALRAS_WRITE=1 writes it.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "walras/sim/kind.hpp"

namespace walras::sim {
namespace {

std::string text_of(const core::Value& value) {
    return std::visit([](const auto& x) { return fmt::format("{}", x); }, value);
}

// A bar would end the cell.
std::string cell(const std::string& text) {
    std::string out;
    for (const char c : text) { out += c == '|' ? std::string{"\\|"} : std::string{c}; }
    return out;
}

std::string kinds_table() {
    std::string out = "| kind | tier | rule | parameters | of an agent |\n|---|---|---|---|---|\n";
    for (const KindSpec* spec : agent_kinds()) {
        std::string parameters;
        for (const core::Parameter& p : spec->parameters) {
            parameters += fmt::format("{}`{}` {}", parameters.empty() ? "" : ", ", p.name, text_of(p.default_value));
        }
        const GroupConfig& d = spec->defaults;
        std::string agent =
            fmt::format("cash {:.0f}, shares {}, long ≤ {}, short ≤ {}", d.cash.value_or(Money{}).to_double(),
                        d.shares.value_or(0), d.max_long.value_or(0), d.max_short.value_or(0));
        const Wake wake = d.wake.value_or(Wake{});
        if (wake.every != 1) { agent += fmt::format(", every {} ticks", wake.every); }
        if (wake.chance < 1) { agent += fmt::format(", chance {}", wake.chance); }
        if (d.order_life.value_or(0) > 0) { agent += fmt::format(", orders live {}", *d.order_life); }
        out += fmt::format("| `{}` {} | {} | {} | {} | {} |\n", spec->name, spec->title, spec->tier, cell(spec->rule),
                           parameters, agent);
    }
    return out;
}

TEST_CASE("the table of kinds in the documentation is the registry's") {
    const std::string path = WALRAS_SOURCE_DIR "/docs/concepts/simulation.md";
    std::ifstream file(path);
    REQUIRE(file.good());
    std::stringstream content;
    content << file.rdbuf();
    const std::string page = content.str();
    const std::string begin = "<!-- kinds: begin -->\n";
    const std::size_t from = page.find(begin);
    const std::size_t to = page.find("<!-- kinds: end -->");
    REQUIRE(from != std::string::npos);
    REQUIRE(to != std::string::npos);
    const std::size_t start = from + begin.size();
    if (std::getenv("WALRAS_WRITE") != nullptr) {
        std::ofstream(path) << page.substr(0, start) << kinds_table() << page.substr(to);
        return;
    }
    // Where it differs: WALRAS_WRITE=1 build/dev/sim_test --test-case="*table of kinds*"
    CHECK(page.substr(start, to - start) == kinds_table());
}

TEST_CASE("every kind says what it does, and has defaults for all of a group") {
    for (const KindSpec* spec : agent_kinds()) {
        CAPTURE(spec->name);
        CHECK(spec->rule.size() > 20);
        CHECK(spec->defaults.kind == spec->name);
        CHECK(spec->defaults.cash.has_value());
        CHECK(spec->defaults.shares.has_value());
        CHECK(spec->defaults.max_long.has_value());
        CHECK(spec->defaults.max_short.has_value());
        CHECK(spec->defaults.wake.has_value());
        CHECK(spec->defaults.order_life.has_value());
        CHECK_NOTHROW(spec->make(core::check(spec->name, spec->parameters, {})));
    }
}

}  // namespace
}  // namespace walras::sim
