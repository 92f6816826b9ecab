#include "walras/core/math_array.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

#include "walras/core/error.hpp"
#include "walras/core/math.hpp"
#include "walras/core/random.hpp"

using namespace walras;

namespace {

void check_same_bits(const std::vector<double>& values) {
    std::vector<double> out(values.size());
    core::math::log(values, out);
    std::size_t different = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double one = core::math::log(values[i]);
        if (std::bit_cast<std::uint64_t>(out[i]) != std::bit_cast<std::uint64_t>(one) && one == one) { ++different; }
        if ((one != one) != (out[i] != out[i])) { ++different; }
    }
    CHECK(different == 0);
}

}  // namespace

TEST_CASE("the logarithm of an array is the logarithm of each element, bit for bit") {
    core::Random random{{.seed = 11}};
    std::vector<double> values(20'000);
    for (double& value : values) { value = core::math::exp(40 * random.normal()); }
    check_same_bits(values);
    for (double& value : values) { value = 1 + 1e-3 * random.normal(); }
    check_same_bits(values);
    // Any bits at all: negative, subnormal, infinite, NaN.
    for (double& value : values) { value = std::bit_cast<double>(random.bits()); }
    check_same_bits(values);
}

TEST_CASE("the logarithm of an array knows zero, infinity and the ends of the range") {
    using Limits = std::numeric_limits<double>;
    check_same_bits({1.0, 0.0, -0.0, -1.0, Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN()});
    check_same_bits({Limits::min(), Limits::max(), 0x1.6a09e667f3bccp-1, 0x1.6a09e667f3bcdp-1, 0.5, 2.0});
    check_same_bits({Limits::denorm_min(), Limits::min() / 2});
    check_same_bits({});
}

TEST_CASE("the logarithm of an array asks for room for each value") {
    const std::vector<double> values{1, 2};
    std::vector<double> out(1);
    CHECK_THROWS_AS(core::math::log(values, out), InvariantError);
}
