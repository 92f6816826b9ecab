#include "walras/core/worker_pool.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

#include "walras/core/archive.hpp"
#include "walras/core/random_lanes.hpp"

namespace walras::core {
namespace {

TEST_CASE("a pool does each piece once, however many threads and pieces") {
    for (const int threads : {1, 2, 5}) {
        WorkerPool pool(threads);
        CHECK(pool.threads() == threads);
        for (std::size_t count = 0; count < 200; count = count * 2 + 1) {
            std::vector<int> done(count);
            for (int round = 0; round < 20; ++round) {
                pool.run(count, [&](std::size_t i) { ++done[i]; });
            }
            CHECK(done == std::vector<int>(count, 20));
        }
    }
}

TEST_CASE("a run is over when the last of its pieces is, and not before") {
    WorkerPool pool(4);
    for (int round = 0; round < 20; ++round) {
        std::atomic<int> over{0};
        pool.run(8, [&](std::size_t i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(i == 7 ? 3 : 1));
            ++over;
        });
        REQUIRE(over == 8);
    }
}

TEST_CASE("of exceptions in a pool the one of the lowest piece arrives, all others being done, and the pool goes on") {
    WorkerPool pool(3);
    std::vector<int> done(50);
    const auto work = [&](std::size_t i) {
        done[i] = 1;
        if (i == 7 || i == 40) { throw std::runtime_error(i == 7 ? "seven" : "forty"); }
    };
    CHECK_THROWS_WITH(pool.run(done.size(), work), "seven");
    CHECK(std::accumulate(done.begin(), done.end(), 0) == 50);
    pool.run(done.size(), [&](std::size_t i) { done[i] = 2; });
    CHECK(std::accumulate(done.begin(), done.end(), 0) == 100);
}

TEST_CASE("words for many agents are the first that each of them would draw") {
    std::vector<std::uint32_t> agents(37);
    std::iota(agents.begin(), agents.end(), 5U);
    agents.back() = UINT32_MAX;
    std::vector<RandomWords> words(agents.size());
    const RandomKey key{0x123456789abcdefULL, 42, 0, 0xfedcba9876543210ULL};
    first_words(key, agents, words);
    for (std::size_t i = 0; i < agents.size(); ++i) {
        Random one({key.seed, key.stream, agents[i], key.tick});
        Random rest = Random::after_first_block({key.seed, key.stream, agents[i], key.tick});
        CHECK(one.bits() == (words[i][0] | static_cast<std::uint64_t>(words[i][1]) << 32));
        CHECK(one.bits() == (words[i][2] | static_cast<std::uint64_t>(words[i][3]) << 32));
        CHECK(one.bits() == rest.bits());
    }
}

TEST_CASE("an archive gives back what was put in, and refuses what is too short or says too much of itself") {
    ArchiveWriter out;
    out.value(7);
    out.text("walras");
    out.array(std::vector<double>{1, 2, 3});
    ArchiveReader in(out.data());
    CHECK(in.value<int>() == 7);
    CHECK(in.text() == "walras");
    std::vector<double> numbers;
    in.array(numbers);
    CHECK(numbers == std::vector<double>{1, 2, 3});
    CHECK(in.left() == 0);
    ArchiveReader cut(out.data().first(out.data().size() - 1));
    cut.value<int>();
    cut.text();
    CHECK_THROWS_AS(cut.array(numbers), DataError);
    ArchiveWriter huge;
    huge.value(UINT64_MAX);
    ArchiveReader liar(huge.data());
    CHECK_THROWS_AS(liar.array(numbers), DataError);
}

}  // namespace
}  // namespace walras::core
