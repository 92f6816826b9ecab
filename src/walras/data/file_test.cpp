#include <doctest/doctest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "walras/core/error.hpp"
#include "walras/data/journal_file.hpp"
#include "walras/data/load.hpp"

using namespace walras;
using namespace walras::data;

namespace {

// A folder of its own that goes away with the test.
struct Folder {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("walras_data_test_" + std::to_string(::getpid()));
    Folder() { std::filesystem::create_directories(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }
};

model::Event timer_at(std::int64_t ns) { return {model::EventKind::timer, InstrumentId{0}, TimeNs{ns}, TimeNs{ns}}; }

// ../shared of a clone, or of a worktree one level deeper.
std::filesystem::path shared(const char* name) {
    const auto root = std::filesystem::path(WALRAS_SOURCE_DIR);
    for (const auto& base : {root.parent_path(), root.parent_path().parent_path()}) {
        if (std::filesystem::exists(base / "shared/data" / name)) { return base / "shared/data" / name; }
    }
    return {};
}

}  // namespace

TEST_CASE("a journal file holds what was appended, also beyond its buffer") {
    const Folder folder;
    const auto path = folder.path / "a.journal";
    constexpr std::int64_t count = 40'000;
    {
        JournalWriter writer(path, "{\"seed\": 1}");
        for (std::int64_t i = 0; i < count; ++i) {
            writer.append(timer_at(i), i % 3 == 0 ? codec::JournalSide::outbound : codec::JournalSide::inbound);
        }
        writer.sync();
        writer.close();
        CHECK_THROWS_AS(writer.flush(), DataError);
    }
    const JournalContents contents = read_journal(path);
    CHECK(contents.metadata == "{\"seed\": 1}");
    CHECK(contents.fault.empty());
    REQUIRE(contents.events.size() == count);
    CHECK(contents.events.back().ts_event.ns == count - 1);
    CHECK(contents.sides[3] == codec::JournalSide::outbound);
}

TEST_CASE("a journal that a crash cut short is read as far as it is whole, and goes on from there") {
    const Folder folder;
    const auto path = folder.path / "a.journal";
    {
        JournalWriter writer(path, "");
        for (int i = 0; i < 3; ++i) { writer.append(timer_at(i), codec::JournalSide::inbound); }
    }
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - 5);
    const JournalContents cut = read_journal(path);
    CHECK(cut.events.size() == 2);
    CHECK(cut.fault.find("a.journal: the journal is truncated, at byte") != std::string::npos);
    {
        JournalWriter writer = JournalWriter::resume(path);
        CHECK(writer.records() == 2);
        writer.append(timer_at(9), codec::JournalSide::outbound);
        writer.close();
    }
    const JournalContents whole = read_journal(path);
    CHECK(whole.fault.empty());
    REQUIRE(whole.events.size() == 3);
    CHECK(whole.events[2].ts_event.ns == 9);
}

TEST_CASE("a journal that is damaged inside is not continued") {
    const Folder folder;
    const auto path = folder.path / "a.journal";
    {
        JournalWriter writer(path, "");
        for (int i = 0; i < 3; ++i) { writer.append(timer_at(i), codec::JournalSide::inbound); }
    }
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(50);
    file.put('x');
    file.close();
    CHECK_THROWS_WITH_AS(JournalWriter::resume(path), doctest::Contains("the journal is damaged"), DataError);
    CHECK(read_journal(path).events.empty());
}

TEST_CASE("files that cannot be opened or are no journals are errors that name them") {
    const Folder folder;
    CHECK_THROWS_WITH_AS(read_journal(folder.path / "none"),
                         doctest::Contains("none: cannot open the file: No such file"), DataError);
    CHECK_THROWS_AS(JournalWriter(folder.path / "no/such/folder", ""), DataError);
    std::ofstream(folder.path / "b") << "hello";
    CHECK_THROWS_WITH_AS(read_journal(folder.path / "b"), doctest::Contains("not a journal"), DataError);
    CHECK_THROWS_AS(JournalWriter::resume(folder.path / "b"), DataError);
}

TEST_CASE("a CSV file becomes a series, and its rows are checked") {
    const Folder folder;
    const auto path = folder.path / "a.csv";
    std::ofstream(path) << "date,open,high,low,close\n2024-01-02,1,2,1,2\n2024-01-03,2,3,1,3\n";
    const BarSeries bars = load_bars(path, {});
    CHECK(bars.size() == 2);
    CHECK_FALSE(bars.closes_only());
    std::ofstream(path) << "date,close\n2024-01-03,2\n2024-01-02,2\n";
    CHECK_THROWS_WITH_AS(load_bars(path, {}), doctest::Contains("a.csv, row 1 (counted from 0): the time"), DataError);
    std::ofstream(path) << "ts,bid,ask\n1381152660,2,1\n";
    CHECK_THROWS_WITH_AS(load_quotes(path, {}), doctest::Contains("the quote is crossed"), DataError);
    std::ofstream(path) << "ts,price,size\n1381152660,2,1\n";
    CHECK(load_trades(path, {})[0].value.size.lots == 1);
}

TEST_CASE("real files: Google's daily bars and SPY's week of minutes") {
    if (shared("daily").empty()) {
        MESSAGE("skipped: ../shared/data is absent");
        return;
    }
    const BarSeries goog = load_bars(shared("daily/backtestingpy_goog_2004_2013.csv.gz"), {});
    CHECK(goog.size() == 2148);
    CHECK(goog[2147].value.close == Price{806'190'000'000});
    const BarSeries spy = load_bars(shared("minute/lean_spy_minute_trade_20131007_11.csv.gz"), {.step = seconds(60)});
    CHECK(spy.size() == 4128);
    const QuoteSeries quotes =
        load_quotes(shared("minute/lean_spy_minute_quote_20131007_11.csv.gz"), {.step = seconds(60)});
    CHECK(quotes.size() == 4557);
}
