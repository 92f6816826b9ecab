#include "walras/codec/csv.hpp"

#include <doctest/doctest.h>
#include <zlib.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "walras/codec/fuzz_targets.hpp"
#include "walras/codec/gzip.hpp"
#include "walras/codec/lean.hpp"
#include "walras/core/error.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::codec;

namespace {

std::vector<model::Event> read(std::string_view text, CsvKind kind, CsvOptions options = {}) {
    CsvReader reader(text, kind, std::move(options));
    std::vector<model::Event> out;
    model::Event event;
    while (reader.next(event)) { out.push_back(event); }
    return out;
}

std::string error_of(std::string_view text, CsvKind kind, CsvOptions options = {}) {
    options.source = "a.csv";
    try {
        (void)read(text, kind, std::move(options));
    } catch (const DataError& error) { return error.what(); }
    return "no error";
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string gzip(std::string_view text) {
    z_stream stream{};
    REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string out(text.size() + 200, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

}  // namespace

TEST_CASE("a date is a session: it closes 1 ns before the next midnight") {
    const auto bars =
        read("Date,Open,High,Low,Close,Volume\n2004-08-19,100,104.06,95.96,100.34,22351900\n", CsvKind::bars);
    REQUIRE(bars.size() == 1);
    CHECK(format_time(bars[0].bar.open_time) == "2004-08-19T00:00:00Z");
    CHECK(format_time(bars[0].ts_event) == "2004-08-19T23:59:59.999999999Z");
    CHECK(bars[0].ts_init == bars[0].ts_event);
    CHECK(bars[0].bar.high.raw == 104'060'000'000);
    CHECK(bars[0].bar.volume == 22351900);
}

TEST_CASE("a bar of a session uses the zone that its caller knows") {
    CsvOptions options;
    options.to_utc = [](TimeNs wall) { return TimeNs{wall.ns + 4 * 3'600'000'000'000}; };
    const auto bars = read("date,close\n2013-10-07,5\n", CsvKind::bars, options);
    CHECK(format_time(bars[0].bar.open_time) == "2013-10-07T04:00:00Z");
    CHECK(format_time(bars[0].ts_event) == "2013-10-08T03:59:59.999999999Z");
}

TEST_CASE("an intraday stamp is the open, or the close where the caller says so") {
    const std::string_view text = "timestamp,open,high,low,close\n2021-12-31 23:01:00.500,1,2,1,2\n";
    const auto open = read(text, CsvKind::bars, {.step = seconds(60)});
    CHECK(format_time(open[0].ts_event) == "2021-12-31T23:02:00.5Z");
    CHECK(std::isnan(open[0].bar.volume));
    const auto close = read(text, CsvKind::bars, {.step = seconds(60), .stamp_is_close = true});
    CHECK(format_time(close[0].bar.open_time) == "2021-12-31T23:00:00.5Z");
    CHECK(contains(error_of(text, CsvKind::bars), "a.csv, line 2: nobody says how long the bar is; give `step`"));
}

TEST_CASE("times may be written in many ways") {
    const auto at = [](const std::string& time) {
        return format_time(read("ts,bid,ask\n" + time + ",1,2\n", CsvKind::quotes)[0].ts_event);
    };
    for (const char* time : {"2013-10-07 13:31:00", "2013-10-07T13:31", "20131007 133100", "2013-10-07T13:31:00Z",
                             "2013/10/07 13:31", "2013-10-07 09:31:00-04:00", "2013-10-07 09:31:00-0400", "1381152660",
                             "1381152660000", "1381152660000000", "1381152660000000000"}) {
        CHECK_MESSAGE(at(time) == "2013-10-07T13:31:00Z", time);
    }
    CHECK(at("2013-10-07 13:31:00.000000001") == "2013-10-07T13:31:00.000000001Z");
    CHECK(at("20131007") == "2013-10-07T00:00:00Z");
    for (const char* time :
         {"", "x", "2013-13-01", "2013-02-29", "2013-10-07 25:00", "2013-10-07 13:31:00.", "2013-10-07 13:31:00+5",
          "2013-1-1", "99999999999999999999", "2013-10-07 13:31:00Zx", "12345"}) {
        CHECK_MESSAGE(
            contains(error_of("ts,bid,ask\n" + std::string(time) + ",1,2\n", CsvKind::quotes), "a.csv, line 2: '"),
            time);
    }
}

TEST_CASE("a broken line is an error that names file, line, fact and remedy") {
    const std::string head = "date,open,high,low,close,volume\n2024-01-02,1,2,1,2,10\n";
    const auto with = [&](const std::string& line) { return error_of(head + line, CsvKind::bars); };
    CHECK(with("2024-01-03,1,x,1,2,10\n") ==
          "a.csv, line 3: the high 'x' is not a finite number; repair or remove the row");
    CHECK(contains(with("2024-01-03,1,,1,2,10\n"), "line 3: the high is missing"));
    CHECK(contains(with("2024-01-03,1,nan,1,2,10\n"), "is not a finite number"));
    CHECK(contains(with("2024-01-03,1,2,1,2\n"),
                   "line 3: the line has 5 fields and 6 are expected: '2024-01-03,1,2,1,2'"));
    CHECK(contains(with("2024-01-03,1,2,1,2,3,4\n"), "has 7 fields"));
    CHECK(contains(with("\n2024-01-03,1,2,1,2,10\n"), "line 3: the line is blank; remove it"));
    CHECK(contains(with("2024-01-03,1,1e30,1,2,10\n"), "the number is outside"));
    CHECK(contains(with("2024-01-03,1,\"2,1,2,10\n"), "quoted field does not end"));
    CHECK(with("\n\r\n\n") == "no error");
    CHECK(error_of("", CsvKind::bars) == "a.csv: the file is empty; fetch or write it again");
    CHECK(contains(error_of("date,close\n", CsvKind::bars), "a.csv: the file has no rows"));
    CHECK(contains(error_of("date,price\n1,1\n", CsvKind::bars), "line 1: there is no column for 'close'"));
    CHECK(contains(error_of("a,b,c\n", CsvKind::quotes), "no column for 'time'"));
    CHECK(contains(error_of("date,close\n2024-01-01,1\n", CsvKind::bars, {.columns = {{"close", "Adj"}}}),
                   "there is no column 'Adj'"));
}

TEST_CASE(
    "columns are found by name, by choice, or by position, behind a BOM, with CRLF, quotes and other delimiters") {
    CHECK(read("\xef\xbb\xbf"
               "date;CLOSE\r\n2024-01-01;1.5\r\n",
               CsvKind::bars)[0]
              .bar.close.raw == 1'500'000'000);
    CHECK(read("\"date\",\"close\"\n\"2024-01-01\",\"1.5\"\n", CsvKind::bars)[0].bar.close.raw == 1'500'000'000);
    CHECK(read("date,close,adj\n2024-01-01,1,2\n", CsvKind::bars, {.columns = {{"close", "adj"}}})[0].bar.close.raw ==
          2'000'000'000);
    CHECK(read("2024-01-01,1.5\n", CsvKind::bars, {.names = {"date", "close"}})[0].bar.close.raw == 1'500'000'000);
}

TEST_CASE("trades carry side, id and whole lots") {
    const auto trades =
        read("ts,price,size,side,trade_id\n1381152660,10,3,buy,77\n1381152660,10,2,sell,78\n", CsvKind::trades);
    CHECK(trades[0].trade.aggressor == model::AggressorSide::buyer);
    CHECK(trades[1].trade.aggressor == model::AggressorSide::seller);
    CHECK(trades[1].trade.trade == TradeId{78});
    CHECK(trades[0].trade.size.lots == 3);
    CHECK(contains(error_of("ts,price,size\n1381152660,10,0.5\n", CsvKind::trades),
                   "'0.5' is not a whole number of lots of 1"));
    CHECK(
        contains(error_of("ts,price,size,side\n1381152660,10,1,up\n", CsvKind::trades), "the side 'up' is not known"));
}

TEST_CASE("LEAN's minute bars: milliseconds are the start of the bar, prices are times 10,000") {
    // From LEAN's 20131007_spy_minute_trade.csv.
    CsvOptions options;
    set_lean(options, LeanLayout::minute_trade, true, lean_date("20131007_spy_minute_trade.csv"));
    const auto bars = read("34200000,1674700,1675000,1674000,1674500,10\n", CsvKind::bars, options);
    CHECK(format_time(bars[0].bar.open_time) == "2013-10-07T09:30:00Z");  // New York's wall time, for want of a zone
    CHECK(format_time(bars[0].ts_event) == "2013-10-07T09:31:00Z");
    CHECK(bars[0].bar.close.raw == 167'450'000'000);
    const auto joined = read(
        "date,ms_ny,open_e4,high_e4,low_e4,close_e4,volume\n20131007,34200000,1674700,1675000,1674000,1674500,10\n",
        CsvKind::bars, {.step = seconds(60)});
    CHECK(joined[0].bar.close == bars[0].bar.close);
    CHECK(joined[0].ts_event == bars[0].ts_event);
}

TEST_CASE("LEAN's minute quotes become the closing quote, at the close; or bars of one side") {
    const std::string_view text = "34200000,1674700,1675000,1674000,1674400,100,1674800,1675100,1674100,1674500,200\n";
    CsvOptions options;
    set_lean(options, LeanLayout::minute_quote, true, 15985);
    const auto quotes = read(text, CsvKind::quotes, options);
    CHECK(quotes[0].quote.ask.raw == 167'450'000'000);
    CHECK(quotes[0].quote.ask_size.lots == 200);
    CHECK(format_time(quotes[0].ts_event) == "2013-10-07T09:31:00Z");
    options.side = QuoteSide::ask;
    CHECK(read(text, CsvKind::bars, options)[0].bar.high.raw == 167'510'000'000);
    options.side = QuoteSide::mid;
    CHECK(read(text, CsvKind::bars, options)[0].bar.close.raw == 167'445'000'000);
}

TEST_CASE("LEAN's daily files and ticks") {
    CsvOptions options;
    set_lean(options, LeanLayout::daily_trade, true, {});
    const auto bars = read("19980102 00:00,973100,975300,965300,973600,2150000\n", CsvKind::bars, options);
    CHECK(format_time(bars[0].ts_event) == "1998-01-02T23:59:59.999999999Z");
    CHECK(bars[0].bar.close.raw == 97'360'000'000);
    CsvOptions tick;
    set_lean(tick, LeanLayout::tick_trade, true, 15985);
    CHECK(read("14400614,139400,500,P,20002020,0\n", CsvKind::trades, tick)[0].trade.price.raw == 13'940'000'000);
    CHECK(lean_layout("20131007_bac_Trade_Tick.csv", 6) == LeanLayout::tick_trade);
    CHECK(lean_layout("20131007_spy_minute_trade.csv", 6) == LeanLayout::minute_trade);
    CHECK(lean_layout("20131007_spy_minute_quote.csv", 11) == LeanLayout::minute_quote);
    CHECK(lean_layout("spy.csv", 6) == LeanLayout::daily_trade);
    CHECK_FALSE(lean_layout("spy.csv", 7).has_value());
    CHECK(lean_date("20131007_x").value() == 15985);
    CHECK_FALSE(lean_date("20139907_x").has_value());
}

TEST_CASE("gzip unpacks one stream and several, and says when it is cut or damaged") {
    const std::string text(100'000, 'x');
    const std::string packed = gzip(text);
    CHECK(is_gzip(packed));
    CHECK(gunzip(packed, "a.gz") == text);
    CHECK(gunzip(packed + gzip("tail"), "a.gz") == text + "tail");
    for (std::size_t cut = 2; cut < packed.size(); ++cut) {
        CHECK_THROWS_AS(gunzip(packed.substr(0, cut), "a.gz"), DataError);
    }
    auto broken = packed;
    broken[broken.size() - 6] = static_cast<char>(broken[broken.size() - 6] ^ 1);
    CHECK_THROWS_WITH_AS(gunzip(broken, "a.gz"), doctest::Contains("the gzip stream is damaged"), DataError);
    CHECK_THROWS_WITH_AS(gunzip(packed, "a.gz", 1000), doctest::Contains("more than 1000 bytes"), DataError);
}

TEST_CASE("mutated text never breaks the readers") {
    const std::array<std::string, 6> seeds{
        "\x04"
        "timestamp,open,high,low,close,volume\n2021-12-31 23:01:00.5,1.5,2,1,2,10\n2021-12-31T23:02:00Z,1,2,1,2,\n",
        "\x01"
        "ts,bid,ask,bid_size,ask_size\n1381152660000,1,2,3,4\n1381152660001,1,2,3,4\n",
        "\x02"
        "ts,price,size,side,trade_id\n2013-10-07 09:31:00-04:00,1,2,buy,7\n",
        "\x14"
        "\"2021-12-31\",1,2,1,2,\"10\"\n20220103 00:00,1,2,1,2,10\n",
        std::string("\x00"
                    "34200000,1674700,1675000,1674000,1674500,10\n",
                    45),
        "\x82"
        "19980102 00:00,973100,975300,965300,973600,2150000\n",
    };
    constexpr std::string_view letters = "0123456789-+.,;:\"\n\r eExnZT\t|/\0\xff";
    core::Random random({.seed = 5});
    for (int i = 0; i < 30'000; ++i) {
        std::string text = seeds[random.below(seeds.size())];
        for (auto n = random.below(5); n > 0; --n) {
            const auto at = random.below(text.size());
            switch (random.below(3)) {
                case 0: text[at] = letters[random.below(letters.size())]; break;
                case 1: text.insert(at, 1, letters[random.below(letters.size())]); break;
                default: text.erase(at, 1 + random.below(3)); break;
            }
            if (text.empty()) { text = ","; }
        }
        const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
        fuzz_csv(bytes);
        fuzz_lean(bytes);
        fuzz_gzip(bytes);
    }
}
