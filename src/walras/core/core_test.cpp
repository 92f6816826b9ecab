#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <thread>

#include "walras/core/column.hpp"
#include "walras/core/error.hpp"
#include "walras/core/fixed.hpp"
#include "walras/core/hash.hpp"
#include "walras/core/math.hpp"
#include "walras/core/random.hpp"
#include "walras/core/time.hpp"

using namespace walras;
using core::DecimalError;
using core::parse_fixed;

TEST_CASE("decimal text becomes fixed point exactly") {
    CHECK(*parse_fixed("1") == 1'000'000'000);
    CHECK(*parse_fixed("-12.50") == -12'500'000'000);
    CHECK(*parse_fixed("1e-8") == 10);
    CHECK(*parse_fixed("0.000000001") == 1);
    CHECK(*parse_fixed("0.0000000010") == 1);
    CHECK(*parse_fixed("2.5E3") == 2'500'000'000'000);
    CHECK(*parse_fixed(".5") == 500'000'000);
}

TEST_CASE("decimal text that is not a number, too fine or too large is refused with its cause") {
    CHECK(parse_fixed("").error() == DecimalError::empty);
    CHECK(parse_fixed("abc").error() == DecimalError::malformed);
    CHECK(parse_fixed("1.2.3").error() == DecimalError::malformed);
    CHECK(parse_fixed("1e").error() == DecimalError::malformed);
    CHECK(parse_fixed("0.0000000001").error() == DecimalError::too_precise);
    CHECK(parse_fixed("9300000000").error() == DecimalError::out_of_range);
    CHECK(parse_fixed("1e999").error() == DecimalError::out_of_range);
    CHECK(core::fixed_from_double(std::nan("")).error() == DecimalError::not_finite);
    CHECK(core::fixed_from_double(1e30).error() == DecimalError::out_of_range);
}

TEST_CASE("fixed point and decimal text are inverse") {
    std::mt19937_64 random{7};
    for (int i = 0; i < 20'000; ++i) {
        const auto raw = static_cast<std::int64_t>(random()) >> (random() % 60);
        CHECK(*parse_fixed(core::format_fixed(raw)) == raw);
    }
    CHECK(core::format_fixed(17'200'000'000, 2) == "17.20");
    CHECK(core::format_fixed(-1) == "-0.000000001");
}

TEST_CASE("a double becomes the nearest 1e-9") {
    CHECK(*core::fixed_from_double(0.1) == 100'000'000);
    CHECK(*core::fixed_from_double(167.45) == 167'450'000'000);
    CHECK(*core::fixed_from_double(-0.0000000005) == 0);  // a tie goes to even
}

TEST_CASE("ledger arithmetic throws instead of wrapping") {
    CHECK_THROWS_AS(static_cast<void>(Price{INT64_MAX} + Price{1}), LedgerError);
    CHECK_THROWS_AS(static_cast<void>(-Quantity{INT64_MIN}), LedgerError);
    const Money huge{core::int128{1} << 126};
    CHECK_THROWS_AS(static_cast<void>(huge + huge), LedgerError);
    CHECK_THROWS_AS(core::checked_narrow(core::int128{1} << 80), LedgerError);
}

TEST_CASE("division rounds half to even, for both signs") {
    CHECK(core::divide_half_even(5, 2) == 2);
    CHECK(core::divide_half_even(7, 2) == 4);
    CHECK(core::divide_half_even(-5, 2) == -2);
    CHECK(core::divide_half_even(-7, 2) == -4);
    CHECK(core::divide_half_even(8, 3) == 3);
    CHECK(core::divide_half_even(-8, 3) == -3);
    CHECK(core::divide_floor(-1, 10) == -1);
}

TEST_CASE("Philox gives the published known answers") {
    // Random123 kat_vectors, philox4x32 10 rounds.
    using Block = std::array<std::uint32_t, 4>;
    CHECK(core::philox4x32({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(core::philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
          Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(core::philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("random draws have the moments of their distribution") {
    constexpr int n = 200'000;
    core::Random random{{.seed = 42, .stream = 1}};
    double sum = 0, square = 0, exponential = 0, uniform = 0;
    for (int i = 0; i < n; ++i) {
        const double z = random.normal();
        sum += z;
        square += z * z;
        exponential += random.exponential();
        uniform += random.uniform();
    }
    // Four standard errors of each mean.
    CHECK(std::abs(sum / n) < 4 / std::sqrt(n));
    CHECK(std::abs(square / n - 1) < 4 * std::sqrt(2.0 / n));
    CHECK(std::abs(exponential / n - 1) < 4 / std::sqrt(n));
    CHECK(std::abs(uniform / n - 0.5) < 4 * std::sqrt(1.0 / 12 / n));
}

TEST_CASE("a key fixes its draws and another agent's draws differ") {
    core::Random a{{.seed = 1, .agent = 3}};
    core::Random b{{.seed = 1, .agent = 3}};
    core::Random c{{.seed = 1, .agent = 4}};
    const auto first = a.bits();
    CHECK(first == b.bits());
    CHECK(first != c.bits());
}

TEST_CASE("log and exp agree with long double to one ulp") {
    std::mt19937_64 random{11};
    std::uniform_real_distribution<double> exponent{-700, 700};
    for (int i = 0; i < 100'000; ++i) {
        const double e = exponent(random);
        const double x = std::exp(e);
        const double log_exact = static_cast<double>(std::log(static_cast<long double>(x)));
        const double exp_exact = static_cast<double>(std::exp(static_cast<long double>(e)));
        CHECK(std::abs(core::math::log(x) - log_exact) <= std::abs(std::nextafter(log_exact, 1e300) - log_exact));
        CHECK(std::abs(core::math::exp(e) - exp_exact) <= std::nextafter(exp_exact, 1e308) - exp_exact);
    }
    CHECK(core::math::exp(0) == 1);
    CHECK(core::math::log(1) == 0);
    CHECK(std::isnan(core::math::log(-1)));
    CHECK(std::isinf(core::math::log(0)));
}

TEST_CASE("the running hash depends on every word and on their order") {
    core::RunningHash a, b, c;
    a.add(1), a.add(2);
    b.add(2), b.add(1);
    c.add(1), c.add(2);
    CHECK(a.value() != b.value());
    CHECK(a.value() == c.value());
    CHECK(core::format_hash(0xab).size() == 16);
}

TEST_CASE("times print as ISO 8601 in UTC, also before 1970") {
    CHECK(format_time(from_civil(2013, 10, 7)) == "2013-10-07T00:00:00Z");
    CHECK(format_time(TimeNs{-1}) == "1969-12-31T23:59:59.999999999Z");
    CHECK(format_time(from_civil(2024, 2, 29) + milliseconds(1500)) == "2024-02-29T00:00:01.5Z");
    CHECK(utc_day(TimeNs{-1}) == -1);
    CHECK(utc_day(TimeNs{0}) == 0);
}

TEST_CASE("a column grows and shrinks like a vector, also past the size at which it asks for huge pages") {
    core::Column<std::int64_t> column;
    column.resize(3);
    column.assign({1, 2, 3});
    column.resize(2);
    CHECK(column == std::vector<std::int64_t>{1, 2});
    const std::size_t rows = 3'000'000;  // 24 MB
    column.resize(rows);
    CHECK(reinterpret_cast<std::uintptr_t>(column.data()) % (1 << 21) == 0);
    for (std::size_t i = 0; i < rows; ++i) { column[i] = static_cast<std::int64_t>(i); }
    const core::Column<std::int64_t> copy = column;
    CHECK(copy.back() == 2'999'999);
    column.resize(2);
    column.shrink_to_fit();
    CHECK(column == std::vector<std::int64_t>{0, 1});
}

TEST_CASE("columns that threads free serve other threads, one at a time") {
    const auto work = [](std::int64_t own) {
        bool is_own = true;
        for (int round = 0; round < 50; ++round) {
            core::Column<std::int64_t> column;
            column.resize(300'000 + 300'000 * static_cast<std::size_t>(round % 3));
            std::ranges::fill(column, own);
            is_own = is_own && std::ranges::count(column, own) == static_cast<std::ptrdiff_t>(column.size());
        }
        return is_own;
    };
    bool other = false;
    std::jthread thread{[&] { other = work(2); }};
    CHECK(work(1));
    thread.join();
    CHECK(other);
}

TEST_CASE("asking for huge pages leaves what is there, whatever the range") {
    std::vector<int> values(2'000'000, 7);
    for (const std::size_t skip : {0UZ, 1UZ, 1'000'000UZ, 1'999'999UZ, 2'000'000UZ}) {
        core::prefer_huge_pages(values.data() + skip, (values.size() - skip) * sizeof(int));
    }
    CHECK(std::ranges::count(values, 7) == 2'000'000);
}
