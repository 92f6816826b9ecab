#include "walras/data/tick_stream.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "walras/core/error.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::data;
using model::EventKind;
using model::Tick;

namespace {

struct Folder {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("walras_tick_stream_test_" + std::to_string(::getpid()));
    Folder() { std::filesystem::create_directories(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }
};

Tick tick_at(std::int64_t ns, std::uint32_t instrument = 0, std::uint64_t sequence = 0) {
    Tick tick(EventKind::trade, InstrumentId{instrument}, TimeNs{ns}, TimeNs{ns});
    tick.sequence = sequence;
    return tick;
}

std::vector<Tick> all(TickStream& stream) {
    std::vector<Tick> out;
    for (auto chunk = stream.next(); !chunk.empty(); chunk = stream.next()) {
        out.insert(out.end(), chunk.begin(), chunk.end());
    }
    return out;
}

bool is_equal(const std::vector<Tick>& a, const std::vector<Tick>& b) {
    // Ticks are zeroed: their bytes are what is compared. NOLINTNEXTLINE(bugprone-suspicious-memory-comparison)
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(Tick)) == 0;
}

std::filesystem::path lobster_file(const std::filesystem::path& path, int lines) {
    std::ofstream out(path);
    for (int i = 1; i <= lines; ++i) { out << 34200 + i << ",1," << i << ",100,5853300,1\n"; }
    return path;
}

}  // namespace

TEST_CASE("ticks in memory come in chunks, and again after a rewind") {
    std::vector<Tick> ticks;
    ticks.reserve(10'000);
    for (int i = 0; i < 10'000; ++i) { ticks.push_back(tick_at(i / 3)); }
    const auto stream = memory_ticks(ticks, {"A"});
    CHECK(stream->progress() == 0.0);
    CHECK(stream->next().size() == codec::TickDecoder::chunk);
    stream->rewind();
    CHECK(is_equal(all(*stream), ticks));
    CHECK(stream->progress() == 1.0);
    CHECK(stream->next().empty());
    CHECK(stream->symbols() == std::vector<std::string>{"A"});
}

TEST_CASE("a tick from before the one before it is a DataError with its row") {
    std::vector<Tick> ticks;
    ticks.reserve(5000);
    for (int i = 0; i < 5000; ++i) { ticks.push_back(tick_at(i)); }
    ticks[4500].ts_init = TimeNs{17};
    const auto stream = memory_ticks(ticks, {"A"}, "column");
    CHECK(stream->next().size() == 4096);
    CHECK_THROWS_WITH_AS(
        stream->next(),
        doctest::Contains("column, tick 4500 (counted from 0): the time 1970-01-01T00:00:00.000000017Z "
                          "lies before 1970-01-01T00:00:00.000004499Z"),
        DataError);
    const std::vector<Tick> unnamed{tick_at(1, 3)};
    const auto other = memory_ticks(unnamed, {"A"});
    CHECK_THROWS_WITH_AS(other->next(), doctest::Contains("has the instrument 3, there are 1 symbols"), DataError);
}

TEST_CASE("a format is named, or known by the file") {
    const Folder folder;
    const auto path = lobster_file(folder.path / "AAPL_2012_message_5.csv", 9000);
    const auto named = open_ticks(path, "lobster", {.symbols = {"AAPL"}});
    const auto ticks = all(*named);
    CHECK(ticks.size() == 9000);
    CHECK(ticks.back().delta.order == 9000);
    CHECK(named->progress() == 1.0);
    named->rewind();
    CHECK(is_equal(all(*named), ticks));
    CHECK(is_equal(all(*open_ticks(path, "", {.symbols = {"AAPL"}})), ticks));
    CHECK_THROWS_WITH_AS(open_ticks(path, "fix", {}),
                         doctest::Contains("there is no format of ticks fix; known are dbn"), ConfigError);
    std::ofstream(folder.path / "what") << "1,2,3\n";
    CHECK_THROWS_WITH_AS(open_ticks(folder.path / "what", "", {}),
                         doctest::Contains("neither the name nor the first bytes say what format"), DataError);
    CHECK(all(*open_ticks(std::filesystem::path(WALRAS_SOURCE_DIR) / "tests/data/dbn/v2.dbn", "", {})).size() == 27);
}

TEST_CASE("a LOBSTER file whose order book file lies beside it begins with that book") {
    const Folder folder;
    const auto path = lobster_file(folder.path / "AAPL_2012_message_5.csv", 1);
    std::ofstream(folder.path / "AAPL_2012_orderbook_5.csv") << "5859400,200,5853300,118\n";
    const auto ticks = all(*open_ticks(path, "", {}));
    REQUIRE(ticks.size() == 4);
    CHECK(ticks[1].delta.size.lots == 18);  // without the message itself
    CHECK(ticks[2].delta.price == Price::of(585.94));
}

TEST_CASE("a file whose times go back names the row and the remedy") {
    const Folder folder;
    std::ofstream(folder.path / "a_message_1.csv") << "34200,1,7,100,100000,1\n34199,1,8,100,100000,1\n";
    const auto stream = open_ticks(folder.path / "a_message_1.csv", "", {});
    CHECK_THROWS_WITH_AS(stream->next(), doctest::Contains("tick 1 (counted from 0): the time"), DataError);
}

TEST_CASE("merged streams are in the order of time, then of streams, with one list of symbols") {
    const std::vector<Tick> first{tick_at(1, 0, 1), tick_at(5, 1, 2), tick_at(5, 0, 3)};
    const std::vector<Tick> second{tick_at(0, 0, 4), tick_at(5, 1, 5), tick_at(9, 0, 6)};
    std::vector<TickStreamPtr> streams;
    streams.push_back(memory_ticks(first, {"A", "B"}));
    streams.push_back(memory_ticks({}, {}));
    streams.push_back(memory_ticks(second, {"B", "C"}));
    const auto merged = merge_ticks(std::move(streams));
    for (int round = 0; round < 2; ++round) {
        const auto ticks = all(*merged);
        CHECK(merged->symbols() == std::vector<std::string>{"A", "B", "C"});
        std::vector<std::uint64_t> order;
        std::vector<std::uint32_t> instruments;
        for (const Tick& tick : ticks) {
            order.push_back(tick.sequence);
            instruments.push_back(tick.instrument.value);
        }
        CHECK(order == std::vector<std::uint64_t>{4, 1, 2, 3, 5, 6});
        CHECK(instruments == std::vector<std::uint32_t>{1, 0, 1, 0, 2, 1});
        CHECK(merged->progress() == 1.0);
        merged->rewind();
    }
    CHECK(all(*merge_ticks({})).empty());
}

TEST_CASE("merging is sorting, stable, whatever the lengths") {
    core::Random random({.seed = 3});
    for (int round = 0; round < 20; ++round) {
        std::vector<std::vector<Tick>> parts(1 + random.below(6));
        std::vector<Tick> expected;
        std::vector<TickStreamPtr> streams;
        for (std::size_t p = 0; p < parts.size(); ++p) {
            std::int64_t now = 0;
            for (std::uint64_t i = 0, count = random.below(9000); i < count; ++i) {
                now += static_cast<std::int64_t>(random.below(3));
                parts[p].push_back(tick_at(now, 0, p * 10'000 + i));
            }
            expected.insert(expected.end(), parts[p].begin(), parts[p].end());
            streams.push_back(memory_ticks(parts[p], {"A"}));
        }
        std::vector<std::size_t> places(expected.size());
        for (std::size_t i = 0; i < places.size(); ++i) { places[i] = i; }
        std::ranges::stable_sort(places, {}, [&](std::size_t i) { return expected[i].ts_init; });
        std::vector<Tick> sorted;
        sorted.reserve(places.size());
        for (const std::size_t i : places) { sorted.push_back(expected[i]); }
        CHECK(is_equal(all(*merge_ticks(std::move(streams))), sorted));
    }
}
