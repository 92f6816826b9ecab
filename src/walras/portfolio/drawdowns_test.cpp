#include "walras/portfolio/drawdowns.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::portfolio::stats;

namespace {

std::vector<double> walk(std::size_t n, std::uint64_t seed, double drift) {
    core::Random random{{.seed = seed}};
    std::vector<double> curve(n);
    double value = 1;
    for (double& x : curve) { x = value *= 1 + drift + 0.02 * random.normal(); }
    return curve;
}

}  // namespace

TEST_CASE("drawdowns by eights are drawdowns one by one") {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        const auto curve = walk(1 + seed * 13, seed, seed % 3 == 0 ? 0.01 : -0.001);
        double peak = 1, deepest = 0, squares = 0;
        std::size_t under = 0, count = 0;
        bool was_under = false;
        for (const double value : curve) {
            peak = std::max(peak, value);
            const double fall = value / peak - 1;
            deepest = std::min(deepest, fall);
            squares += fall * fall;
            under += value < peak ? 1U : 0U;
            count += value < peak && !was_under ? 1U : 0U;
            was_under = value < peak;
        }
        const DrawdownSummary s = summarize_drawdowns(curve, {}, 1);
        CHECK(s.deepest == deepest);
        CHECK(s.peak == peak);
        CHECK(s.rows_under == under);
        CHECK(s.count == count);
        CHECK(s.ulcer == doctest::Approx(std::sqrt(squares / static_cast<double>(curve.size()))).epsilon(1e-12));
        CHECK(std::isnan(s.longest_days));
    }
}

TEST_CASE("the deepest drawdowns come first, with their peak, their lowest row and their end") {
    const std::vector<double> curve{1.1, 0.99, 1.1, 1.2, 1.14, 1.08, 1.2, 1.3, 0.65, 0.7};
    const auto all = deepest_drawdowns(curve, 1, 10);
    REQUIRE(all.size() == 3);
    CHECK(all[0].depth == doctest::Approx(-0.5));
    CHECK(all[0].peak_row == 7);
    CHECK(all[0].low_row == 8);
    CHECK(all[0].end_row == 9);
    CHECK_FALSE(all[0].is_recovered);
    CHECK(all[1].depth == doctest::Approx(-0.1));
    CHECK(all[1].peak_row == 0);  // 0.99 / 1.1 and 1.08 / 1.2 tie to a rounding
    CHECK(all[1].end_row == 2);
    CHECK(all[1].is_recovered);
    CHECK(all[2].low_row == 5);
    CHECK(deepest_drawdowns(curve, 1, 1).size() == 1);
    CHECK(deepest_drawdowns(curve, 1, 0).empty());
    CHECK(deepest_drawdowns({}, 1, 5).empty());
}

TEST_CASE("the deepest few of many drawdowns are the first of all of them") {
    const auto curve = walk(5'000, 9, 0.0005);
    const auto all = deepest_drawdowns(curve, 1, 5'000);
    const auto few = deepest_drawdowns(curve, 1, 7);
    REQUIRE(all.size() > 20);
    REQUIRE(few.size() == 7);
    for (std::size_t i = 0; i < few.size(); ++i) {
        CHECK(few[i].depth == all[i].depth);
        CHECK(few[i].peak_row == all[i].peak_row);
        CHECK(curve[few[i].low_row] / curve[few[i].peak_row] - 1 == doctest::Approx(few[i].depth));
    }
    CHECK(summarize_drawdowns(curve, {}, 1).count == all.size());
    CHECK(summarize_drawdowns(curve, {}, 1).deepest == all[0].depth);
}

TEST_CASE("a curve that only rises has drawdown 0 and none to describe") {
    const std::vector<double> curve{1, 1, 2, 3};
    const DrawdownSummary s = summarize_drawdowns(curve, {}, 1);
    CHECK(s.deepest == 0);
    CHECK(s.ulcer == 0);
    CHECK(s.count == 0);
    CHECK(std::isnan(s.mean));
    CHECK(std::isnan(summarize_drawdowns({}, {}, 1).deepest));
}
