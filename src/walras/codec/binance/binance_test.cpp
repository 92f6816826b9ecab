#include "walras/codec/binance/binance.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include "walras/codec/tick_pieces.hpp"
#include "walras/core/error.hpp"

using namespace walras;
using namespace walras::codec;
using model::BookAction;
using model::BookState;
using model::EventKind;
using model::Tick;

namespace {

TickOptions thousandths() {
    TickOptions options;
    options.source = "a.jsonl";
    options.lot_size = 1'000'000;
    return options;
}

std::vector<Tick> read(std::string_view text, TickOptions options = thousandths()) {
    const auto decoder = binance_decoder(std::move(options));
    return decode_all(*decoder, text);
}

std::string error_of(std::string_view text, TickOptions options = thousandths()) {
    try {
        (void)read(text, std::move(options));
    } catch (const DataError& error) { return error.what(); }
    return "no error";
}

// Futures: each names the update before it.
std::string diff(int ms, int before, int last, std::string_view bids = R"(["100.5","1.000"])") {
    return std::to_string(1'700'000'000'000 + ms) + R"(000000 {"stream":"btcusdt@depth","data":{"e":"depthUpdate","E":)" +
           std::to_string(1'700'000'000'000 + ms) + R"(,"T":)" + std::to_string(1'700'000'000'000 + ms - 1) +
           R"(,"s":"BTCUSDT","U":)" + std::to_string(before + 1) + R"(,"u":)" + std::to_string(last) + R"(,"pu":)" +
           std::to_string(before) + R"(,"b":[)" + std::string(bids) + R"(],"a":[]}})" + "\n";
}

std::string snapshot(int ms, int last) {
    return std::to_string(1'700'000'000'000 + ms) + R"(000000 {"lastUpdateId":)" + std::to_string(last) +
           R"(,"bids":[["100.5","2.000"],["100.4","1.500"]],"asks":[["100.6","3.000"]]})" + "\n";
}

std::vector<BookState> states(const std::vector<Tick>& ticks) {
    std::vector<BookState> out;
    for (const Tick& tick : ticks) {
        if (tick.kind == EventKind::book_delta && tick.delta.action == BookAction::state) {
            out.push_back(static_cast<BookState>(tick.delta.order));
        }
    }
    return out;
}

}  // namespace

TEST_CASE("a diff is one update for each level, the last flagged, with both clocks and the feed's number") {
    const auto ticks = read(diff(5, 10, 12, R"(["100.5","1.000"],["100.4","0.000"])"));
    REQUIRE(ticks.size() == 3);
    CHECK(ticks[0].delta.action == BookAction::state);
    CHECK(static_cast<BookState>(ticks[0].delta.order) == BookState::unverifiable);
    CHECK(ticks[1].delta.price.raw == 100'500'000'000);
    CHECK(ticks[1].delta.size.lots == 1000);
    CHECK(ticks[1].delta.side == model::OrderSide::buy);
    CHECK(ticks[1].flags == 0);
    CHECK(ticks[2].delta.size.lots == 0);
    CHECK(ticks[2].flags == model::flag_last);
    CHECK(ticks[2].sequence == 12);
    CHECK(ticks[2].ts_init.ns == 1'700'000'000'005'000'000);
    CHECK(ticks[2].ts_event.ns == 1'700'000'000'004'000'000);
}

TEST_CASE("keys may come in any order") {
    const std::string a =
        R"(1700000000000000000 {"data":{"a":[["2.0","1"]],"b":[],"u":7,"U":6,"pu":5,"s":"X","T":1,"E":2,"e":"depthUpdate"}})";
    const std::string b =
        R"(1700000000000000000 {"stream":"x","data":{"e":"depthUpdate","E":2,"T":1,"s":"X","U":6,"u":7,"pu":5,"b":[],"a":[["2.0","1"]]}})";
    const auto one = read(a);
    const auto two = read(b);
    REQUIRE(one.size() == two.size());
    CHECK(std::memcmp(one.data(), two.data(), one.size() * sizeof(Tick)) == 0);
}

TEST_CASE("a snapshot takes the diffs that came before it and are newer, and is valid from the one that bridges it") {
    const auto ticks = read(diff(1, 10, 20) + diff(2, 20, 30) + diff(3, 30, 40) + snapshot(4, 25) + diff(5, 40, 50));
    // After the snapshot (clear and 3 levels) the diffs to 30 and to 40 come again at the time of the snapshot.
    CHECK(states(ticks) == std::vector{BookState::unverifiable});
    REQUIRE(ticks.size() == 4 + 4 + 2 + 1);
    CHECK(ticks[4].delta.action == BookAction::clear);
    CHECK(ticks[4].flags == model::flag_snapshot);
    CHECK(ticks[7].flags == (model::flag_snapshot | model::flag_last));
    CHECK(ticks[7].sequence == 25);
    CHECK(ticks[8].sequence == 30);
    CHECK(ticks[8].ts_init == ticks[7].ts_init);
    CHECK(ticks[8].ts_event < ticks[7].ts_init);
    CHECK(ticks[9].sequence == 40);
    CHECK(ticks[10].sequence == 50);
}

TEST_CASE("a snapshot that no diff has bridged yet is resyncing until one does") {
    const auto ticks = read(diff(1, 10, 20) + snapshot(4, 25) + diff(5, 20, 30));
    CHECK(states(ticks) == std::vector{BookState::unverifiable, BookState::resyncing, BookState::valid});
    CHECK(states(read(diff(1, 10, 20) + snapshot(4, 25) + diff(5, 26, 30))) ==
          std::vector{BookState::unverifiable, BookState::resyncing, BookState::resyncing});
}

TEST_CASE("every gap is said, until a snapshot closes it") {
    const std::string begin = diff(1, 10, 20) + snapshot(2, 20) + diff(3, 20, 30);
    CHECK(states(read(begin + diff(4, 30, 40))) == std::vector{BookState::unverifiable});
    const auto ticks = read(begin + diff(5, 35, 40) + diff(6, 40, 50) + diff(7, 55, 60) + snapshot(8, 58) +
                            diff(9, 60, 70));
    CHECK(states(ticks) ==
          std::vector{BookState::unverifiable, BookState::resyncing, BookState::resyncing});
    CHECK(ticks.back().sequence == 70);
}

TEST_CASE("a message that was said already changes nothing") {
    const std::string begin = diff(1, 10, 20) + snapshot(2, 20) + diff(3, 20, 30) + diff(4, 30, 40);
    CHECK(read(begin + diff(5, 20, 30)).size() == read(begin).size());
}

TEST_CASE("spot counts without holes") {
    const auto spot = [](int first, int last) {
        return R"(1700000000000000000 {"e":"depthUpdate","E":1700000000000,"s":"X","U":)" + std::to_string(first) +
               R"(,"u":)" + std::to_string(last) + R"(,"b":[["1.00000000","2.00000000"]],"a":[]})" + "\n";
    };
    CHECK(states(read(spot(1, 5) + spot(6, 6) + spot(7, 9))) == std::vector{BookState::unverifiable});
    CHECK(states(read(spot(1, 5) + spot(7, 9))) == std::vector{BookState::unverifiable, BookState::resyncing});
    // lastUpdateId 5: the diff 6 .. 9 follows, one that ends at 5 is old.
    const std::string at5 = R"(1700000000000000000 {"lastUpdateId":5,"bids":[["1.0","1"]],"asks":[["2.0","1"]]})" "\n";
    CHECK(states(read(spot(1, 4) + at5 + spot(5, 5) + spot(6, 9))) ==
          std::vector{BookState::unverifiable, BookState::resyncing, BookState::valid});
}

TEST_CASE("bookTicker is a quote; trades say who took; where both kinds of trades come the first counts") {
    const auto ticks = read(
        R"(1700000000000000001 {"data":{"e":"bookTicker","u":7,"s":"X","b":"1.5","B":"2","a":"1.6","A":"0.5","T":1,"E":2}}
1700000000000000002 {"u":8,"s":"X","b":"1.5","B":"2","a":"1.6","A":"0.5"}
1700000000000000003 {"e":"trade","E":5,"T":4,"s":"X","t":77,"p":"1.6","q":"0.25","X":"MARKET","m":false}
1700000000000000004 {"e":"aggTrade","E":5,"s":"X","a":5,"p":"1.6","q":"0.25","f":77,"l":77,"T":4,"m":true}
1700000000000000005 {"e":"aggTrade","E":5,"s":"Y","a":5,"p":"1.6","q":"0.25","f":77,"l":77,"T":4,"m":true}
1700000000000000006 {"e":"kline","E":5,"s":"X","k":{"t":1,"o":"1.0","v":"nonsense"}}
1700000000000000007 {"result":null,"id":1}
)");
    REQUIRE(ticks.size() == 4);
    CHECK(ticks[0].kind == EventKind::quote);
    CHECK(ticks[0].quote.ask_size.lots == 500);
    CHECK(ticks[1].ts_event == ticks[1].ts_init);  // spot's has no time
    CHECK(ticks[2].trade.aggressor == model::AggressorSide::buyer);
    CHECK(ticks[2].trade.trade.value == 77);
    CHECK(ticks[3].instrument.value == 1);
    CHECK(ticks[3].trade.aggressor == model::AggressorSide::seller);
}

TEST_CASE("only the symbols that are asked for come, and lots of the others do not matter") {
    TickOptions options = thousandths();
    options.symbols = {"Y"};
    const auto ticks = read(R"(1700000000000000003 {"e":"trade","T":4,"s":"X","t":7,"p":"1.6","q":"0.00025","m":false}
1700000000000000003 {"e":"trade","T":4,"s":"Y","t":7,"p":"1.6","q":"0.25","m":false})",
                            options);
    REQUIRE(ticks.size() == 1);
    CHECK(ticks[0].instrument.value == 0);
}

TEST_CASE("a snapshot is that of the address it came from, or of the only symbol") {
    const auto ticks = read(
        "https://api.binance.com/api/v3/depth?symbol=NKN&limit=1000 -> 1633998512.320639: "
        R"({"lastUpdateId":5,"bids":[["1.0","1"]],"asks":[["2.0","1"]]})" "\n");
    REQUIRE(ticks.size() == 4);
    CHECK(ticks[0].ts_init.ns == 1'633'998'512'320'639'000);
    CHECK(error_of(snapshot(1, 5)).find("names no symbol") != std::string::npos);
}

TEST_CASE("broken messages are refused with line, fact and remedy") {
    const auto says = [](std::string_view line, std::string_view part) {
        const std::string text = std::string("\n") + std::string(line);
        const std::string error = error_of(text);
        INFO(error);
        CHECK(error.starts_with("a.jsonl, line 2: "));
        CHECK(error.find(part) != std::string::npos);
    };
    says("hello", "no recorded message");
    says("17 {", "string");
    says(R"(1700000000000000000 {"e":"depthUpdate")", "no end");
    says(R"(1700000000000000000 {"e":"depthUpdate","E":1,"s":"X","U":1,"b":[],"a":[]})", R"(no "u")");
    says(R"(1700000000000000000 {"e":"depthUpdate","E":1,"s":"X","U":9,"u":3,"b":[],"a":[]})", "from U = 9 to u = 3");
    says(R"(1700000000000000000 {"e":"depthUpdate","E":1,"U":1,"u":3,"b":[],"a":[]})", "no symbol");
    says(R"(1700000000000000000 {"e":"depthUpdate","E":1,"s":"X","U":1,"u":3,"b":[["NaN","1"]],"a":[]})", "price");
    says(R"(1700000000000000000 {"e":"depthUpdate","E":1,"s":"X","U":1,"u":3,"b":[["-1","1"]],"a":[]})", "price");
    says(R"(1700000000000000000 {"e":"depthUpdate","E":1,"s":"X","U":1,"u":3,"b":[["1","-1"]],"a":[]})", "'-1'");
    says(R"(1700000000000000000 {"e":"depthUpdate","E":1,"s":"X","U":1,"u":3,"b":[["1","0.00015"]],"a":[]})", "lot_size");
    says(R"(1700000000000000000 {"e":"trade","E":1,"s":"X","t":1,"p":"NaN","q":"1","m":true})", "\"p\" of trade");
    says(R"(1700000000000000000 {"e":"trade","E":1,"s":"X","t":1,"p":"1","q":"-1","m":true})", "\"q\" of trade");
    CHECK(error_of(diff(5, 1, 2) + diff(4, 2, 3)).find("before the line above") != std::string::npos);
}

TEST_CASE("any division into pieces gives the same ticks") {
    const std::string text = diff(1, 10, 20) + snapshot(2, 15) + diff(3, 20, 30) + diff(4, 35, 40) + "\n" +
                             diff(5, 40, 45).substr(0, diff(5, 40, 45).size() - 1);
    const auto whole = read(text);
    for (std::size_t piece = 1; piece < 200; ++piece) {
        const auto decoder = binance_decoder(thousandths());
        const auto ticks = decode_all(*decoder, text, piece);
        REQUIRE(ticks.size() == whole.size());
        CHECK(std::memcmp(ticks.data(), whole.data(), whole.size() * sizeof(Tick)) == 0);
    }
}
