#include "walras/store/recorder.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "walras/core/error.hpp"
#include "walras/store/database.hpp"
#include "walras/store/schema.hpp"
#include "walras/store/trade_reader.hpp"

namespace walras::store {
namespace {

namespace fs = std::filesystem;

struct Folder {
    fs::path path = fs::temp_directory_path() / ("walras_store_" + std::to_string(::getpid()));
    Folder() {
        fs::remove_all(path);
        fs::create_directories(path);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { fs::remove_all(path); }
    [[nodiscard]] fs::path file(const char* name = "run.db") const { return path / name; }
};

RunDescription description() {
    RunDescription run;
    run.kind = "simulation";
    run.name = "two symbols";
    run.created = "2026-01-01T00:00:00Z";
    run.version = "0.1.0";
    run.seed = 18'446'744'073'709'551'615U;
    run.start = TimeNs{1'000};
    run.symbols = {{"AAA", "tech", 10'000'000, 1'000'000'000}, {"BBB", "", 1, 1'000'000}};
    return run;
}

// Trades that depend on nothing but their place.
std::vector<RecordedTrade> trades_of(std::uint64_t tick, std::uint32_t symbol) {
    std::vector<RecordedTrade> out;
    for (std::uint64_t i = 0; i < (tick * 7 + symbol) % 5; ++i) {
        RecordedTrade t;
        t.tick = tick;
        t.ts = TimeNs{static_cast<std::int64_t>(1'000 + tick * 100 + i)};
        t.symbol = symbol;
        t.price = 10'000 + static_cast<std::int64_t>((tick * 31 + i * 17 + symbol) % 97) - 48;
        t.quantity = 1 + static_cast<std::int64_t>(i);
        t.buyer = static_cast<std::int64_t>(tick % 13) - 1;
        t.seller = static_cast<std::int64_t>(i);
        t.side = static_cast<std::int8_t>(static_cast<int>(i % 3) - 1);
        out.push_back(t);
    }
    return out;
}

void record(Recorder& recorder, std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t tick = first; tick <= last; ++tick) {
        for (const std::uint32_t symbol : {0U, 1U}) { recorder.add_trades(trades_of(tick, symbol)); }
        recorder.end_tick(tick, TimeNs{static_cast<std::int64_t>(1'000 + tick * 100)});
    }
}

TradeColumns all_trades(const fs::path& path, std::int64_t run, TradeReader::Choice choice = {}) {
    TradeReader reader(path, run, choice);
    TradeColumns out;
    while (reader.read(64, out)) {}
    return out;
}

}  // namespace

TEST_CASE("trades come back as they went in, and the view shows them in money") {
    const Folder folder;
    {
        Recorder recorder(folder.file(), description());
        record(recorder, 1, 730);
        recorder.finish("complete", "abc", R"({"x": 1})");
    }
    const TradeColumns read = all_trades(folder.file(), 1);
    std::size_t at = 0;
    double notional = 0;
    for (std::uint64_t tick = 1; tick <= 730; ++tick) {
        for (const std::uint32_t symbol : {0U, 1U}) {
            for (const RecordedTrade& t : trades_of(tick, symbol)) {
                REQUIRE(at < read.size());
                CHECK(read.ts[at] == t.ts.ns);
                CHECK(read.tick[at] == static_cast<std::int64_t>(tick));
                CHECK(read.symbol[at] == symbol);
                CHECK(read.price[at] == static_cast<double>(t.price) / (symbol == 0 ? 100 : 1e9));
                CHECK(read.quantity[at] == static_cast<double>(t.quantity) / (symbol == 0 ? 1 : 1000));
                CHECK(read.buyer[at] == t.buyer);
                CHECK(read.seller[at] == t.seller);
                CHECK(read.side[at] == t.side);
                notional += read.price[at] * read.quantity[at];
                ++at;
            }
        }
    }
    CHECK(at == read.size());
    Database database(folder.file(), Database::Access::read);
    Statement view = database.prepare("SELECT count(*), sum(price * quantity) FROM trades WHERE run = 1");
    REQUIRE(view.step());
    CHECK(view.integer(0) == static_cast<std::int64_t>(at));
    CHECK(view.real(1) == doctest::Approx(notional).epsilon(1e-12));
    Statement run = database.prepare("SELECT state, ticks, trades, signature, first_ts, last_ts, seed FROM runs");
    REQUIRE(run.step());
    CHECK(run.text(0) == "complete");
    CHECK(run.integer(1) == 730);
    CHECK(run.integer(2) == static_cast<std::int64_t>(at));
    CHECK(run.text(3) == "abc");
    CHECK(run.integer(4) == 1'000);
    CHECK(run.integer(5) == std::max(std::int64_t{74'000}, read.ts.back()));
    CHECK(run.integer(6) == -1);  // SQLite's integers have a sign; the bits are the seed's
}

TEST_CASE("a symbol and a span of ticks can be chosen") {
    const Folder folder;
    Recorder recorder(folder.file(), description());
    record(recorder, 1, 50);
    recorder.finish("complete", "", "{}");
    const TradeColumns some = all_trades(folder.file(), 1, {.symbol = 1, .first_tick = 10, .last_tick = 20});
    std::size_t wanted = 0;
    for (std::uint64_t tick = 10; tick <= 20; ++tick) { wanted += trades_of(tick, 1).size(); }
    CHECK(some.size() == wanted);
    CHECK(std::ranges::all_of(some.symbol, [](std::uint32_t s) { return s == 1; }));
    CHECK(std::ranges::all_of(some.tick, [](std::int64_t t) { return t >= 10 && t <= 20; }));
}

TEST_CASE("candles are those of the trades, the unfinished last one too") {
    const Folder folder;
    Recorder recorder(folder.file(), description());
    record(recorder, 1, 730);
    recorder.finish("complete", "", "{}");
    Database database(folder.file(), Database::Access::read);
    std::size_t found = 0;
    for (const std::uint64_t ticks : {100U, 300U, 3600U}) {
        struct Slow {
            std::int64_t open = 0, high = 0, low = 0, close = 0, volume = 0, trades = 0;
        };
        std::map<std::pair<std::uint32_t, std::uint64_t>, Slow> slow;
        for (std::uint64_t tick = 1; tick <= 730; ++tick) {
            for (const std::uint32_t symbol : {0U, 1U}) {
                for (const RecordedTrade& t : trades_of(tick, symbol)) {
                    Slow& c = slow[{symbol, (tick - 1) / ticks * ticks + 1}];
                    if (c.trades++ == 0) { c.open = c.high = c.low = t.price; }
                    c.high = std::max(c.high, t.price);
                    c.low = std::min(c.low, t.price);
                    c.close = t.price;
                    c.volume += t.quantity;
                }
            }
        }
        Statement read = database.prepare(
            "SELECT symbol, tick, open, high, low, close, volume, trades, ts_open, ts_close FROM candles "
            "WHERE timeframe = ?1");
        const std::string name = std::to_string(ticks) + " ticks";
        read.bind(1, name);
        for (; read.step(); ++found) {
            const auto tick = static_cast<std::uint64_t>(read.integer(1));
            const auto it = slow.find({static_cast<std::uint32_t>(read.integer(0)), tick});
            REQUIRE(it != slow.end());
            const Slow& c = it->second;
            CHECK(read.integer(2) == c.open);
            CHECK(read.integer(3) == c.high);
            CHECK(read.integer(4) == c.low);
            CHECK(read.integer(5) == c.close);
            CHECK(read.integer(6) == c.volume);
            CHECK(read.integer(7) == c.trades);
            CHECK(read.integer(8) == static_cast<std::int64_t>(1'000 + (tick - 1) * 100));
            CHECK(read.integer(9) ==
                  static_cast<std::int64_t>(1'000 + std::min<std::uint64_t>(tick - 1 + ticks, 730) * 100));
            slow.erase(it);
        }
        CHECK(slow.empty());
    }
    CHECK(found == 2 * (8 + 3 + 1));
}

TEST_CASE("portfolios, books, candles from outside and news are kept") {
    const Folder folder;
    Recorder recorder(folder.file(), description());
    const std::vector<RecordedPosition> positions{{0, 5}, {1, -2.5}};
    recorder.add_portfolio(7, TimeNs{70}, 3, "it's \"noise\"", 99.5, 120.25, positions);
    recorder.add_portfolio(7, TimeNs{70}, 4, "maker", 1, 2, {});
    const std::vector<RecordedLevel> bids{{9'999, 5, 2}, {9'998, 1, 1}};
    recorder.add_book(7, TimeNs{70}, 0, bids, {});
    recorder.add_news(7, TimeNs{70}, {"earnings", "AAA", .5, .75, 50});
    RecordedCandle candle;
    candle.timeframe = "1m";
    candle.symbol = 1;
    candle.open = 4;
    recorder.add_candle(candle);
    recorder.end_tick(7, TimeNs{70});
    recorder.finish("complete", "", "{}");
    Database database(folder.file(), Database::Access::read);
    const auto text = [&](const char* sql) {
        Statement s = database.prepare(sql);
        return s.step() ? std::string(s.text(0)) : "no row";
    };
    CHECK(text("SELECT positions FROM snapshots WHERE actor = 3") == R"({"0":5,"1":-2.5})");
    CHECK(text("SELECT json_extract(positions, '$.1') FROM snapshots WHERE actor = 3") == "-2.5");
    CHECK(text("SELECT grp FROM snapshots WHERE actor = 3") == "it's \"noise\"");
    CHECK(text("SELECT positions FROM snapshots WHERE actor = 4") == "{}");
    CHECK(text("SELECT bids FROM books") == "[[9999,5,2],[9998,1,1]]");
    CHECK(text("SELECT asks FROM books") == "[]");
    CHECK(text("SELECT kind || subject || sentiment || duration FROM news") == "earningsAAA0.550");
    CHECK(text("SELECT open FROM candles WHERE timeframe = '1m' AND symbol = 1") == "4");
}

TEST_CASE("runs share a file; one that is dropped is kept as interrupted") {
    const Folder folder;
    {
        Recorder first(folder.file(), description());
        record(first, 1, 30);
        Recorder second(folder.file(), description());
        record(second, 1, 10);
        CHECK(first.run() == 1);
        CHECK(second.run() == 2);
        second.finish("complete", "", "{}");
    }
    Database database(folder.file(), Database::Access::read);
    CHECK(database.integer_of("SELECT count(*) FROM runs WHERE state = 'interrupted' AND ticks = 30") == 1);
    CHECK(database.integer_of("SELECT count(*) FROM runs WHERE state = 'complete' AND ticks = 10") == 1);
    CHECK(all_trades(folder.file(), 2).size() < all_trades(folder.file(), 1).size());
}

TEST_CASE("what is flushed can be read while the run goes on") {
    const Folder folder;
    Recorder recorder(folder.file(), description());
    record(recorder, 1, 42);
    CHECK(all_trades(folder.file(), 1).size() == 0);
    recorder.flush();
    std::size_t wanted = 0;
    for (std::uint64_t tick = 1; tick <= 42; ++tick) {
        wanted += trades_of(tick, 0).size() + trades_of(tick, 1).size();
    }
    CHECK(all_trades(folder.file(), 1).size() == wanted);
    Database database(folder.file(), Database::Access::read);
    CHECK(database.integer_of("SELECT ticks FROM runs WHERE state = 'running'") == 42);
}

TEST_CASE("a short queue slows the run down and loses nothing") {
    const Folder folder;
    Recorder recorder(folder.file(), description(), {.flush_ticks = 1, .queue = 1, .candles = {}});
    record(recorder, 1, 400);
    recorder.finish("complete", "", "{}");
    std::size_t wanted = 0;
    for (std::uint64_t tick = 1; tick <= 400; ++tick) {
        wanted += trades_of(tick, 0).size() + trades_of(tick, 1).size();
    }
    CHECK(all_trades(folder.file(), 1).size() == wanted);
}

TEST_CASE("what is no recording is refused, and stays as it is") {
    const Folder folder;
    const auto says = [&](const fs::path& path, const char* what) {
        CHECK_THROWS_WITH_AS(Recorder(path, description()), doctest::Contains(what), DataError);
    };
    says(folder.path / "missing" / "run.db", "cannot open it");
    std::ofstream(folder.file("text.db")) << std::string(4096, 'x');
    says(folder.file("text.db"), "no recording, or a damaged one");
    {
        Database other(folder.file("other.db"), Database::Access::write);
        other.execute("CREATE TABLE mine (x)");
    }
    says(folder.file("other.db"), "database of another program");
    {
        Recorder recorder(folder.file("old.db"), description());
        recorder.finish("complete", "", "{}");
        Database old(folder.file("old.db"), Database::Access::write);
        old.execute("PRAGMA user_version = 7");
    }
    says(folder.file("old.db"), "has format 7, this version reads 1");
    CHECK_THROWS_WITH_AS(TradeReader(folder.file("none.db"), 1, {}), doctest::Contains("does not exist"), DataError);
    RunDescription odd = description();
    odd.kind = "dream";
    CHECK_THROWS_AS(Recorder(folder.file(), odd), ConfigError);
    CHECK_FALSE(fs::exists(folder.file()));
}

TEST_CASE("damage and nonsense are named") {
    const Folder folder;
    Recorder recorder(folder.file(), description());
    RecordedTrade wrong;
    wrong.symbol = 2;
    CHECK_THROWS_WITH_AS(recorder.add_trades(std::vector{wrong}), doctest::Contains("2 symbols"), ConfigError);
    record(recorder, 1, 20);
    recorder.finish("complete", "", "{}");
    CHECK_THROWS_WITH_AS(all_trades(folder.file(), 9), doctest::Contains("there is no run 9"), DataError);
    Database database(folder.file(), Database::Access::write);
    for (const char* rows : {"", "[", "[[1,2,3,4,5]]", "[[1,2,3,4,5,x]]", "[[0,99999999999999999999,1,1,1,1]]",
                             "[[0,9223372036854775807,1,1,1,1]]", "[[0,1,1,1,1,1]"}) {
        CAPTURE(rows);
        Statement damage = database.prepare("UPDATE trade_batches SET rows = ?1 WHERE tick = 12");
        damage.bind(1, rows).run();
        CHECK_THROWS_WITH_AS(all_trades(folder.file(), 1), doctest::Contains("at tick 12 are damaged"), DataError);
    }
}

}  // namespace walras::store
