// The decoders of tick files in columns: Tardis, Binance's depth files, LEAN; and Bybit's JSON.
#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include "walras/codec/bybit/bybit.hpp"
#include "walras/codec/lean_ticks.hpp"
#include "walras/codec/tardis/tardis.hpp"
#include "walras/codec/tick_pieces.hpp"
#include "walras/core/error.hpp"

using namespace walras;
using namespace walras::codec;
using model::BookAction;
using model::BookState;
using model::Tick;

namespace {

using Make = TickDecoderPtr (*)(TickOptions);

TickOptions with(std::vector<std::string> symbols = {}, std::int64_t lot_size = 1'000'000) {
    TickOptions options;
    options.source = "a.csv";
    options.lot_size = lot_size;
    options.symbols = std::move(symbols);
    return options;
}

std::vector<Tick> read(Make make, std::string_view text, const TickOptions& options = with()) {
    const auto decoder = make(options);
    const auto whole = decode_all(*decoder, text);
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 50U, 333U}) {
        const auto again = make(options);
        const auto ticks = decode_all(*again, text, piece);
        REQUIRE(ticks.size() == whole.size());
        CHECK(std::memcmp(ticks.data(), whole.data(), whole.size() * sizeof(Tick)) == 0);
    }
    return whole;
}

std::string error_of(Make make, std::string_view text, const TickOptions& options = with()) {
    try {
        const auto decoder = make(options);
        (void)decode_all(*decoder, text);
    } catch (const WalrasError& error) { return error.what(); }
    return "no error";
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

constexpr std::string_view levels = R"(exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount
binance,BTC,1598918400000000,1598918400001000,true,bid,100.5,2
binance,BTC,1598918400000000,1598918400001000,true,ask,100.6,1.5
binance,BTC,1598918401000000,1598918401002000,false,bid,100.5,0
binance,BTC,1598918401000000,1598918401002000,false,bid,100.4,1e-02
binance,BTC,1598918402000000,1598918402002000,false,ask,100.6,1
)";

}  // namespace

TEST_CASE("rows of a Tardis book with equal times are one message, and those of a snapshot begin with a clear") {
    const auto ticks = read(tardis_decoder, levels);
    REQUIRE(ticks.size() == 6);
    CHECK(ticks[0].delta.action == BookAction::clear);
    CHECK(ticks[0].flags == model::flag_snapshot);
    CHECK(ticks[2].flags == (model::flag_snapshot | model::flag_last));
    CHECK(ticks[3].flags == 0);
    CHECK(ticks[3].delta.size.lots == 0);
    CHECK(ticks[4].flags == model::flag_last);
    CHECK(ticks[4].delta.size.lots == 10);  // 1e-02
    CHECK(ticks[5].ts_event.ns == 1'598'918'402'000'000'000);
    CHECK(ticks[5].ts_init.ns == 1'598'918'402'002'000'000);
}

TEST_CASE("each row of a Tardis book_snapshot is a snapshot of its own") {
    const auto ticks = read(tardis_decoder,
                            "exchange,symbol,timestamp,local_timestamp,asks[0].price,asks[0].amount,bids[0].price,"
                            "bids[0].amount,asks[1].price,asks[1].amount,bids[1].price,bids[1].amount\n"
                            "b,X,1598918400000000,1598918400000001,101,1,100,2,102,3,,\n"
                            "b,X,1598918400000002,1598918400000003,101,1,100,2,102,3,99,4\r\n");
    REQUIRE(ticks.size() == 4 + 5);
    CHECK(ticks[1].delta.side == model::OrderSide::buy);
    CHECK(ticks[3].flags == (model::flag_snapshot | model::flag_last));
    CHECK(ticks[8].delta.price == Price::of(102));
}

TEST_CASE("Tardis trades and quotes keep who took, sizes and both times") {
    const auto trades = read(tardis_decoder,
                             "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n"
                             "b,X,1598918400000000,1598918400000001,77,sell,101,0.5\n"
                             "b,X,1598918400000000,1598918400000001,,unknown,101,0.5");
    REQUIRE(trades.size() == 2);
    CHECK(trades[0].trade.aggressor == model::AggressorSide::seller);
    CHECK(trades[0].trade.trade.value == 77);
    CHECK(trades[1].trade.aggressor == model::AggressorSide::none);
    const auto quotes =
        read(tardis_decoder,
             "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount\n"
             "b,X,1598918400000000,1598918400000001,1,101,100,2\nb,Y,1598918400000000,1598918400000001,,,100,2\n");
    REQUIRE(quotes.size() == 2);
    CHECK(quotes[0].quote.ask == Price::of(101));
    CHECK(quotes[1].quote.ask.is_zero());
    CHECK(quotes[1].instrument.value == 1);
}

TEST_CASE("Binance's depth files say their gaps") {
    const std::string head = "symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu\n";
    const auto ticks =
        read(tardis_decoder, head +
                                 "X,1667346579146,5,5,b,snap,100,1,-1\nX,1667346579146,5,5,a,snap,101,1,-1\n"
                                 "X,1667346579200,4,7,b,set,100,2,3\nX,1667346579300,8,9,b,set,100,3,7\n"
                                 "X,1667346579400,12,13,b,set,100,3,11\n");
    REQUIRE(ticks.size() == 3 + 1 + 1 + 1 + 1 + 1 + 1);
    CHECK(static_cast<BookState>(ticks[3].delta.order) == BookState::resyncing);  // until a diff bridges the snapshot
    CHECK(static_cast<BookState>(ticks[4].delta.order) == BookState::valid);
    CHECK(static_cast<BookState>(ticks[7].delta.order) == BookState::resyncing);
    CHECK(ticks[8].sequence == 13);
}

TEST_CASE("broken Tardis rows are refused with line, column and remedy") {
    const std::string head(levels.substr(0, levels.find('\n') + 1));
    const auto says = [&](std::string_view row, std::string_view part) {
        const std::string error = error_of(tardis_decoder, head + std::string(row));
        INFO(error);
        CHECK(error.starts_with("a.csv, line 2: "));
        CHECK(has(error, part));
    };
    says("b,X,1598918400000000,1598918400000001,true,bid,NaN,2", "the column price is 'NaN', which is no price");
    says("b,X,1598918400000000,1598918400000001,true,bid,-5,2", "prices are positive");
    says("b,X,1598918400000000,1598918400000001,true,bid,5,-2", "lot_size");
    says("b,X,1598918400000000,1598918400000001,true,bid,5,0.0001", "lot_size");
    says("b,X,1598918400000000,1598918400000001,true,buyer,5,1", "neither bid nor ask");
    says("b,X,1598918400000000,1598918400000001,maybe,bid,5,1", "neither true nor false");
    says("b,X,yesterday,1598918400000001,true,bid,5,1", "no whole number");
    says("b,X,1598918400000000,1598918400000001,true,bid,5", "7 fields, the header has 8");
    says("b,,1598918400000000,1598918400000001,true,bid,5,1", "symbol is empty");
    CHECK(has(error_of(tardis_decoder, "a,b,c\n"), "none of incremental_book_L2"));
    CHECK(has(error_of(tardis_decoder, std::string(levels) + "b,X,1,1,false,bid,5,1\n"), "before the line above"));
}

TEST_CASE("each exchange of a LEAN equity is a symbol whose quote keeps the side that a row leaves out") {
    const auto ticks = read(lean_decoder,
                            "date,ms_ny,bid_e4,bid_size,ask_e4,ask_size,exchange,conditions,suspicious\n"
                            "20131007,14400151,0,0,140200,500,Q,1,0\n20131007,14400554,138400,700,0,0,P,1,0\n"
                            "20131007,14400555,0,0,139500,20000,P,1,0\n20131007,14400556,0,0,1,1,P,1,1\n",
                            with({"BAC"}, 1'000'000'000));
    REQUIRE(ticks.size() == 3);
    const auto pair =
        read(lean_decoder, "date,ms,bid,bid_size,ask,ask_size,exchange\n20131007,5,13,1,0,0,P\n20131007,5,0,0,14,2,P\n",
             with({"BAC"}, 1'000'000'000));
    REQUIRE(pair.size() == 1);  // both sides of one change
    CHECK(pair[0].quote.bid == Price::of(13));
    CHECK(pair[0].quote.ask == Price::of(14));
    CHECK(ticks[0].instrument.value == 0);
    CHECK(ticks[0].quote.bid.is_zero());
    CHECK(ticks[0].quote.ask == Price::of(14.02));
    CHECK(ticks[2].instrument.value == 1);
    CHECK(ticks[2].quote.bid == Price::of(13.84));
    CHECK(ticks[2].quote.ask_size.lots == 20'000);
    const auto decoder = lean_decoder(with({"BAC@P"}, 1'000'000'000));
    (void)decode_all(*decoder,
                     "date,ms,bid,bid_size,ask,ask_size,exchange\n20131007,1,0,0,5,1,Q\n20131007,2,0,0,5,1,P\n");
    CHECK(decoder->symbols() == std::vector<std::string>{"BAC@P"});
}

TEST_CASE("LEAN's days of a wall clock become UTC by the table of the zone") {
    TickOptions options = with({"X"});
    constexpr std::int64_t hour = 3'600'000'000'000;
    // To the winter clock at 2013-11-03 02:00 wall time: +4 h before, +5 h from then on.
    options.zone = {{time_min, {4 * hour}}, {TimeNs{1'383'444'000'000'000'000}, {5 * hour}}};
    const auto ticks = read(lean_decoder, "date,ms,price,size\n20131101,0,5,1\n20131104,0,5,1\n", options);
    REQUIRE(ticks.size() == 2);
    CHECK(ticks[0].ts_init.ns == 1'383'264'000'000'000'000 + 4 * hour);
    CHECK(ticks[1].ts_init.ns == 1'383'523'200'000'000'000 + 5 * hour);
}

TEST_CASE("LEAN's own files have no header; their day is given") {
    TickOptions options = with({"EURUSD"});
    options.date = 1'398'902'400'000'000'000;
    options.source = "20140501_eurusd_tick_quote.csv";
    const auto ticks = read(lean_decoder, "1787,1.38727,1.38729\n1813,1.38726,1.38729\n", options);
    REQUIRE(ticks.size() == 2);
    CHECK(ticks[0].ts_event.ns == 1'398'902'401'787'000'000);
    CHECK(ticks[1].quote.bid.raw == 1'387'260'000);
    CHECK(has(error_of(lean_decoder, "1,2,3,4\n"), "4 cells"));
    CHECK(has(error_of(lean_decoder, "20140501,x,3\n"), "number 2 is 'x'") == false);
    CHECK(has(error_of(lean_decoder, "1,x,3\n"), "the column bid is 'x', which is no price"));
    CHECK(has(error_of(lean_decoder, "1,2,3\n", with({"A", "B"})), "name one"));
}

TEST_CASE("Bybit's books begin with a snapshot, count by one and say their gaps") {
    const std::string snapshot =
        R"({"topic":"orderbook.500.X","type":"snapshot","ts":1733011200693,"data":{"s":"X","b":[["1.95","6203"]],"a":[["1.96","10"]],"u":7,"seq":1},"cts":1733011200589})"
        "\n";
    const auto delta = [](int u) {
        return R"({"topic":"orderbook.500.X","type":"delta","ts":1733011200693,"data":{"s":"X","b":[["1.95","0"],["1.94","5"]],"a":[],"u":)" +
               std::to_string(u) + R"(,"seq":2},"cts":1733011200691})" + "\n";
    };
    const auto ticks = read(bybit_decoder, snapshot + delta(8) + delta(10) + snapshot + delta(8));
    REQUIRE(ticks.size() == 3 + 2 + 3 + 3 + 2);
    CHECK(ticks[2].flags == (model::flag_snapshot | model::flag_last));
    CHECK(ticks[4].flags == model::flag_last);
    CHECK(ticks[4].ts_event.ns == 1'733'011'200'691'000'000);
    CHECK(ticks[4].ts_init.ns == 1'733'011'200'693'000'000);
    CHECK(static_cast<BookState>(ticks[5].delta.order) == BookState::resyncing);
    const auto trades = read(
        bybit_decoder,
        R"(1733011200700000000 {"topic":"publicTrade.X","type":"snapshot","ts":1733011200691,"data":[{"T":1733011200690,"s":"X","S":"Buy","v":"0.5","p":"1.96","L":"PlusTick","i":"2100000000000000-rest","BT":false}]})");
    REQUIRE(trades.size() == 1);
    CHECK(trades[0].trade.aggressor == model::AggressorSide::buyer);
    CHECK(trades[0].trade.trade.value == 0x2100000000000000);
    CHECK(has(
        error_of(bybit_decoder, R"({"topic":"orderbook.1.X","type":"delta","ts":1,"data":{"s":"X","b":[],"a":[]}})"),
        "no \"u\""));
    CHECK(has(error_of(bybit_decoder,
                       R"({"topic":"orderbook.1.X","type":"delta","ts":1,"data":{"s":"X","u":1,"b":[["1","-1"]]}})"),
              "lot_size"));
    CHECK(has(error_of(bybit_decoder,
                       R"({"topic":"orderbook.1.X","type":"delta","ts":1,"data":{"s":"X","u":1,"b":[["nan","1"]]}})"),
              "price"));
}
