// Every indicator of the catalogue keeps the promises of indicator.hpp. No test here knows a formula.
#include "walras/features/indicator.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string_view>

#include "walras/features/catalog.hpp"

using namespace walras;
using namespace walras::features;

namespace {

constexpr std::size_t rows = 1200;

// Prices that walk, with bars that are bars; a stretch of constants; for other inputs something positive.
std::vector<std::vector<double>> make_inputs(const Spec& spec, std::uint64_t seed) {
    std::mt19937_64 random{seed};
    std::normal_distribution<double> step{0, 1};
    std::uniform_real_distribution<double> share{0, 1};
    std::vector<std::vector<double>> columns(spec.inputs.size());
    double close = 100;
    for (std::size_t i = 0; i < rows; ++i) {
        const double open = close + 0.3 * step(random);
        const bool flat = i >= 700 && i < 760;
        close = flat ? close : std::max(1.0, close + step(random));
        const double high = flat ? close : std::max(open, close) + share(random);
        const double low = flat ? close : std::min(open, close) - 0.5 * share(random);
        for (std::size_t k = 0; k < spec.inputs.size(); ++k) {
            const std::string& name = spec.inputs[k];
            double value = 0;
            if (name == "open") {
                value = flat ? close : open;
            } else if (name == "high") {
                value = high;
            } else if (name == "low") {
                value = low;
            } else if (name == "close" || name == "values") {
                value = close;
            } else if (name == "session") {
                value = std::floor(static_cast<double>(i) / 100);
            } else {
                value = 1000 * share(random) + 1;
            }
            columns[k].push_back(value);
        }
    }
    return columns;
}

using Columns = std::vector<std::vector<double>>;

Columns run(Indicator& indicator, const Columns& in, std::size_t from, std::size_t to) {
    Columns out(indicator.outputs(), std::vector<double>(to - from));
    std::vector<const double*> reads;
    std::vector<double*> writes;
    for (const auto& column : in) { reads.push_back(column.data() + from); }
    for (auto& column : out) { writes.push_back(column.data()); }
    indicator.run(reads.data(), writes.data(), to - from);
    return out;
}

Columns stream(Indicator& indicator, const Columns& in, std::size_t from, std::size_t to) {
    Columns out(indicator.outputs());
    std::vector<double> row(in.size());
    std::vector<double> result(indicator.outputs());
    for (std::size_t i = from; i < to; ++i) {
        for (std::size_t k = 0; k < in.size(); ++k) { row[k] = in[k][i]; }
        indicator.update(row.data(), result.data());
        for (std::size_t k = 0; k < out.size(); ++k) { out[k].push_back(result[k]); }
    }
    return out;
}

bool same_bits(const Columns& a, const Columns& b) {
    for (std::size_t k = 0; k < a.size(); ++k) {
        if (a[k].size() != b[k].size()) { return false; }
        for (std::size_t i = 0; i < a[k].size(); ++i) {
            const bool both_nan = std::isnan(a[k][i]) && std::isnan(b[k][i]);
            if (!both_nan && std::bit_cast<std::uint64_t>(a[k][i]) != std::bit_cast<std::uint64_t>(b[k][i])) {
                MESSAGE("output " << k << " row " << i << ": " << a[k][i] << " against " << b[k][i]);
                return false;
            }
        }
    }
    return true;
}

Columns tail(const Columns& columns, std::size_t from) {
    Columns out;
    for (const auto& column : columns) {
        out.emplace_back(column.begin() + static_cast<std::ptrdiff_t>(from), column.end());
    }
    return out;
}

void for_each_indicator(auto test) {
    for (const Spec& spec : catalog()) {
        CAPTURE(spec.name);
        const auto indicator = spec.make(core::check(spec.name, spec.parameters, {}));
        REQUIRE(indicator->inputs() == spec.inputs.size());
        REQUIRE(indicator->outputs() == spec.outputs.size());
        test(spec, *indicator, make_inputs(spec, 7));
    }
}

}  // namespace

TEST_CASE("one observation at a time gives the same bits as many at once, however they are cut") {
    for_each_indicator([](const Spec&, Indicator& indicator, const Columns& in) {
        const Columns batch = run(indicator, in, 0, rows);
        indicator.reset();
        CHECK(same_bits(stream(indicator, in, 0, rows), batch));
        indicator.reset();
        Columns pieces = run(indicator, in, 0, 333);
        const Columns second = stream(indicator, in, 333, 401);
        const Columns third = run(indicator, in, 401, rows);
        for (std::size_t k = 0; k < pieces.size(); ++k) {
            pieces[k].insert(pieces[k].end(), second[k].begin(), second[k].end());
            pieces[k].insert(pieces[k].end(), third[k].begin(), third[k].end());
        }
        CHECK(same_bits(pieces, batch));
    });
}

// WALRAS_PROVE=1: a hundred million. Sums that are carried along by adding and subtracting would be left with what
// values of 1e12 rounded away: a mean that is wrong in its third digit.
TEST_CASE("windows forget: after a million wild observations they say what new ones say") {
    const char* prove = std::getenv("WALRAS_PROVE");
    const std::size_t wild_blocks = prove != nullptr && *prove == '1' ? 100'000 : 1'000;
    constexpr std::size_t block = 1'000;
    std::mt19937_64 random{17};
    std::uniform_real_distribution<double> wild{-1e12, 1e12};
    std::normal_distribution<double> calm{100, 1};
    Columns noise(2, std::vector<double>(block));
    Columns end(2, std::vector<double>(block));
    for (std::size_t k = 0; k < 2; ++k) {
        for (double& value : noise[k]) { value = wild(random); }
        for (double& value : end[k]) { value = calm(random); }
    }
    for (const Spec& spec : catalog()) {
        constexpr std::array<std::string_view, 13> names{
            "sma",    "wma",          "rolling_sum", "variance", "stddev", "skew",       "kurtosis",
            "linreg", "linreg_slope", "linreg_r2",   "z_score",  "rank",   "correlation"};
        if (std::ranges::find(names, spec.name) == names.end()) { continue; }
        CAPTURE(spec.name);
        const auto old = spec.make(core::check(spec.name, spec.parameters, {}));
        const auto fresh = spec.make(core::check(spec.name, spec.parameters, {}));
        Columns in = noise;
        in.resize(old->inputs());
        for (std::size_t i = 0; i < wild_blocks; ++i) { run(*old, in, 0, block); }
        in = end;
        in.resize(old->inputs());
        const Columns after = run(*old, in, 0, block);
        const Columns expected = run(*fresh, in, 0, block);
        for (std::size_t i = block / 2; i < block; ++i) {
            REQUIRE(after[0][i] == doctest::Approx(expected[0][i]).epsilon(1e-9));
        }
    }
}

TEST_CASE("a snapshot in mid-stream, restored elsewhere, goes on as if nothing had happened") {
    for_each_indicator([](const Spec& spec, Indicator& indicator, const Columns& in) {
        const Columns whole = run(indicator, in, 0, rows);
        for (const std::size_t cut : {std::size_t{0}, std::size_t{5}, std::size_t{337}, std::size_t{730}}) {
            indicator.reset();
            run(indicator, in, 0, cut);
            const auto restored = spec.make(core::check(spec.name, spec.parameters, {}));
            restored->load(indicator.save());
            CHECK(same_bits(run(*restored, in, cut, rows), tail(whole, cut)));
            CHECK(same_bits(run(*indicator.clone(), in, cut, rows), tail(whole, cut)));
        }
    });
}

TEST_CASE("a damaged snapshot is refused and loses nothing") {
    for_each_indicator([](const Spec&, Indicator& indicator, const Columns& in) {
        run(indicator, in, 0, 500);
        const auto before = indicator.save();
        if (before.empty()) { return; }  // no memory, nothing to damage
        auto longer = before;
        longer.push_back(std::byte{0});
        CHECK_THROWS_AS(indicator.load(std::span{before}.first(before.size() - 1)), DataError);
        CHECK_THROWS_AS(indicator.load(longer), DataError);
        CHECK(indicator.save() == before);
        // Whatever the bytes say, nothing is read or written outside of its memory (the sanitizers look).
        std::mt19937_64 random{3};
        for (int i = 0; i < 50; ++i) {
            auto damaged = before;
            damaged[random() % damaged.size()] ^= static_cast<std::byte>(1U << (random() % 8));
            try {
                indicator.load(damaged);
                run(indicator, in, 500, 520);
            } catch (const DataError& error) { CHECK(std::string_view{error.what()}.size() > 0); }
        }
    });
}

TEST_CASE("a row with a NaN answers NaN and changes nothing; an infinite value is refused") {
    for_each_indicator([](const Spec&, Indicator& indicator, const Columns& in) {
        const Columns whole = run(indicator, in, 0, rows);
        Columns gaps(in.size());
        for (std::size_t i = 0; i < rows; ++i) {
            if (i % 7 == 3) {
                for (std::size_t k = 0; k < in.size(); ++k) {
                    gaps[k].push_back(k == i % in.size() ? not_ready : in[k][i]);
                }
            }
            for (std::size_t k = 0; k < in.size(); ++k) { gaps[k].push_back(in[k][i]); }
        }
        indicator.reset();
        const Columns got = run(indicator, gaps, 0, gaps[0].size());
        Columns kept(got.size());
        for (std::size_t i = 0, j = 0; i < rows; ++i, ++j) {
            if (i % 7 == 3) {
                for (const auto& column : got) { CHECK(std::isnan(column[j])); }
                ++j;
            }
            for (std::size_t k = 0; k < got.size(); ++k) { kept[k].push_back(got[k][j]); }
        }
        CHECK(same_bits(kept, whole));
        Columns infinite = in;
        infinite[0][40] = std::numeric_limits<double>::infinity();
        indicator.reset();
        CHECK_THROWS_AS(run(indicator, infinite, 0, rows), DataError);
    });
}

TEST_CASE("once an indicator is ready, it stays so") {
    for_each_indicator([](const Spec&, Indicator& indicator, const Columns& in) {
        for (const auto& column : run(indicator, in, 0, rows)) {
            const auto first = std::ranges::find_if_not(column, [](double x) { return std::isnan(x); });
            CHECK(first != column.end());
            CHECK(std::none_of(first, column.end(), [](double x) { return std::isnan(x); }));
        }
    });
}

TEST_CASE("a matrix of series gives each column what it gives alone, for any number of threads and either order") {
    constexpr std::size_t columns = 19;
    for_each_indicator([](const Spec& spec, Indicator& indicator, const Columns&) {
        std::vector<std::vector<double>> by_row(spec.inputs.size(), std::vector<double>(rows * columns));
        std::vector<std::vector<double>> by_column = by_row;
        std::vector<Columns> alone;
        for (std::size_t c = 0; c < columns; ++c) {
            const Columns in = make_inputs(spec, 100 + c);
            for (std::size_t k = 0; k < in.size(); ++k) {
                for (std::size_t r = 0; r < rows; ++r) {
                    by_row[k][r * columns + c] = in[k][r];
                    by_column[k][c * rows + r] = in[k][r];
                }
            }
            indicator.reset();
            alone.push_back(run(indicator, in, 0, rows));
        }
        for (const int threads : {1, 3}) {
            for (const bool c_order : {true, false}) {
                std::vector<std::vector<double>> got(spec.outputs.size(), std::vector<double>(rows * columns));
                std::vector<ConstMatrix> in;
                std::vector<Matrix> out;
                in.reserve(spec.inputs.size());
                out.reserve(got.size());
                const std::ptrdiff_t row_stride = c_order ? columns : 1;
                const std::ptrdiff_t column_stride = c_order ? 1 : rows;
                for (const auto& m : c_order ? by_row : by_column) {
                    in.push_back({m.data(), row_stride, column_stride});
                }
                for (auto& m : got) { out.push_back({m.data(), row_stride, column_stride}); }
                indicator.reset();
                run_columns(indicator, in, out, rows, columns, threads);
                for (std::size_t c = 0; c < columns; ++c) {
                    Columns column(got.size());
                    for (std::size_t k = 0; k < got.size(); ++k) {
                        for (std::size_t r = 0; r < rows; ++r) {
                            column[k].push_back(c_order ? got[k][r * columns + c] : got[k][c * rows + r]);
                        }
                    }
                    CHECK(same_bits(column, alone[c]));
                }
            }
        }
    });
}

TEST_CASE("an indicator reads the output of another") {
    const auto chained = chain(make_indicator("rma", {{"period", std::int64_t{5}}}), 0,
                               make_indicator("sma", {{"period", std::int64_t{4}}}));
    const Columns in = make_inputs(describe_indicator("rma"), 9);
    const Columns inner = run(*make_indicator("rma", {{"period", std::int64_t{5}}}), in, 0, rows);
    const Columns want = run(*make_indicator("sma", {{"period", std::int64_t{4}}}), inner, 0, rows);
    CHECK(same_bits(run(*chained, in, 0, rows), want));
    chained->reset();
    run(*chained, in, 0, 77);
    const auto restored = chained->clone();
    restored->reset();
    restored->load(chained->save());
    CHECK(same_bits(stream(*restored, in, 77, rows), tail(want, 77)));
    CHECK_THROWS_AS(chain(make_indicator("sma"), 1, make_indicator("sma")), ConfigError);
}
