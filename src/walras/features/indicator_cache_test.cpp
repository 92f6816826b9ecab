#include "walras/features/indicator_cache.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

using namespace walras::features;

namespace {

const IndicatorCache::Compute doubled = [](std::span<const double> closes, std::span<double> out) {
    std::ranges::transform(closes, out.begin(), [](double x) { return 2 * x; });
};

}  // namespace

TEST_CASE("a column is computed once for each kind and period") {
    const IndicatorCache cache{{1, 2, 3}};
    int computed = 0;
    const IndicatorCache::Compute count = [&](std::span<const double> closes, std::span<double> out) {
        ++computed;
        doubled(closes, out);
    };
    const auto first = cache.column("double", 5, count);
    CHECK(*first == std::vector<double>{2, 4, 6});
    CHECK(cache.column("double", 5, count) == first);
    CHECK(computed == 1);
    CHECK(cache.column("double", 6, count) != first);
    CHECK(cache.column("other", 5, count) != first);
    CHECK(computed == 3);
    CHECK(cache.size() == 3);
}

TEST_CASE("beyond its bytes a cache computes and forgets") {
    const IndicatorCache cache{{1, 2, 3}, 6 * sizeof(double)};
    for (int period = 0; period < 10; ++period) {
        CHECK(cache.column("double", period, doubled)->size() == 3);
        CHECK(cache.size() <= 2);
    }
    CHECK(cache.size() == 2);
    CHECK(*cache.column("double", 9, doubled) == std::vector<double>{2, 4, 6});
}

TEST_CASE("threads that ask at once are given the same column") {
    const IndicatorCache cache{std::vector<double>(1'000, 1.5)};
    std::vector<IndicatorCache::Column> seen(8);
    {
        std::vector<std::jthread> threads;
        threads.reserve(seen.size());
        for (auto& column : seen) {
            threads.emplace_back([&] {
                for (int period = 1; period <= 50; ++period) { column = cache.column("double", period, doubled); }
            });
        }
    }
    CHECK(cache.size() == 50);
    CHECK(std::ranges::all_of(seen, [&](const auto& column) { return column == seen.front(); }));
}
