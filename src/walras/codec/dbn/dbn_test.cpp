#include "walras/codec/dbn/dbn.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "walras/codec/dbn/dbn_metadata.hpp"
#include "walras/codec/tick_splits.hpp"
#include "walras/core/error.hpp"

using namespace walras;
using namespace walras::codec;
using model::AggressorSide;
using model::BookAction;
using model::BookState;
using model::EventKind;
using model::OrderSide;
using model::Tick;

namespace {

constexpr std::int64_t day = 1'704'153'600'000'000'000;  // 2024-01-02

// Written by Databento's encoder: tests/data/dbn/make.py.
std::string file(int version) {
    std::ifstream in(std::filesystem::path(WALRAS_SOURCE_DIR) / ("tests/data/dbn/v" + std::to_string(version) + ".dbn"),
                     std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

Decoded decode(const std::string& bytes, TickOptions options = {}) {
    const auto decoder = dbn::make_decoder(std::move(options));
    return decode_in_steps(*decoder, std::as_bytes(std::span(bytes)), 0);
}

template <class T>
void put(std::string& record, std::size_t at, T value) {
    std::memcpy(record.data() + at, &value, sizeof value);
}

// The head of version 1 without symbols, by hand.
std::string head() {
    std::string out = "DBN\1";
    out += std::string(4, '\0') + "TEST" + std::string(12 + 26 + 8, '\0');
    out += std::string{1, 0, 0} + std::string(47, '\0') + std::string(20, '\0');
    put(out, 4, static_cast<std::uint32_t>(out.size() - 8));
    return out;
}

struct Mbo {
    char action = 'A';
    char side = 'B';
    std::uint64_t order = 1;
    std::int64_t price = 10'000'000'000;
    std::uint32_t size = 5;
    unsigned flags = 0x80;
    std::uint64_t ts_event = 100;
    std::uint64_t ts_recv = 200;
    std::uint32_t instrument = 7;
    std::uint16_t publisher = 1;
};
std::string record(const Mbo& m) {
    std::string out(56, '\0');
    out[0] = 14;
    out[1] = '\xa0';
    put(out, 2, m.publisher);
    put(out, 4, m.instrument);
    put(out, 8, m.ts_event);
    put(out, 16, m.order);
    put(out, 24, m.price);
    put(out, 32, m.size);
    out[36] = static_cast<char>(m.flags);
    out[38] = m.action;
    out[39] = m.side;
    put(out, 40, m.ts_recv);
    return out;
}

void check_delta(const Tick& tick, BookAction action, std::uint64_t order, OrderSide side, double price, int size,
                 int flags) {
    CHECK(tick.kind == EventKind::book_delta);
    CHECK(tick.delta.action == action);
    CHECK(tick.delta.order == order);
    CHECK(tick.delta.side == side);
    CHECK(tick.delta.price == Price::of(price));
    CHECK(tick.delta.size.lots == size);
    CHECK(tick.flags == flags);
}
void check_trade(const Tick& tick, double price, int size, AggressorSide aggressor, int flags) {
    CHECK(tick.kind == EventKind::trade);
    CHECK(tick.trade.price == Price::of(price));
    CHECK(tick.trade.size.lots == size);
    CHECK(tick.trade.aggressor == aggressor);
    CHECK(tick.flags == flags);
}

constexpr int last = model::flag_last;
constexpr int snapshot = model::flag_snapshot;

}  // namespace

TEST_CASE("records of Databento's encoder mean the same in DBN 1, 2 and 3") {
    for (const int version : {1, 2, 3}) {
        CAPTURE(version);
        const Decoded got = decode(file(version));
        CHECK(got.fault.empty());
        CHECK(got.symbols == std::vector<std::string>{"ABC", "XYZ", "LATEST", "12"});
        REQUIRE(got.ticks.size() == 27);
        const auto* t = got.ticks.data();
        check_delta(t[0], BookAction::clear, 0, OrderSide::buy, 0, 0, snapshot);
        check_delta(t[1], BookAction::add, 1, OrderSide::buy, 10.0, 5, snapshot);
        check_delta(t[2], BookAction::add, 2, OrderSide::sell, 10.25, 6, snapshot | last);
        check_delta(t[3], BookAction::add, 3, OrderSide::buy, 9.75, 7, last);
        CHECK(t[3].ts_event.ns == day + 1);
        CHECK(t[3].ts_init.ns == day + 101);
        CHECK(t[3].sequence == 3);
        check_delta(t[4], BookAction::update, 3, OrderSide::buy, 9.75, 4, last);
        check_trade(t[5], 10.0, 2, AggressorSide::seller, 0);
        check_delta(t[6], BookAction::fill_notice, 1, OrderSide::buy, 10.0, 2, 0);
        check_delta(t[7], BookAction::reduce, 1, OrderSide::buy, 10.0, 2, last);
        check_trade(t[8], 10.25, 1, AggressorSide::none, 0);
        check_delta(t[9], BookAction::clear, 0, OrderSide::buy, 0, 0, snapshot | last);
        check_delta(t[10], BookAction::state, static_cast<std::uint64_t>(BookState::resyncing), OrderSide::buy, 0, 0,
                    0);
        check_delta(t[11], BookAction::add, 4, OrderSide::sell, 10.25, 1, last);
        // Trades and quotes of XYZ, a quote of what a symbol mapping record named.
        check_trade(t[12], 20.5, 3, AggressorSide::buyer, last);
        CHECK(t[12].instrument.value == 1);
        CHECK(t[13].kind == EventKind::quote);
        CHECK(t[13].quote.bid == Price::of(20.25));
        CHECK(t[13].quote.bid_size.lots == 4);
        CHECK(t[13].quote.ask.is_zero());  // a level without size is none
        CHECK(t[13].flags == 0);
        check_trade(t[14], 20.5, 3, AggressorSide::seller, last);
        CHECK(t[15].kind == EventKind::quote);
        CHECK(t[15].instrument.value == 2);
        CHECK(t[15].quote.ask == Price::of(3));
        CHECK(t[15].ts_init.ns == day + 110);
        // Ten levels: a snapshot first, then what changed, what goes before what comes.
        check_delta(t[16], BookAction::clear, 0, OrderSide::buy, 0, 0, snapshot);
        check_delta(t[17], BookAction::update, 0, OrderSide::buy, 10.0, 5, snapshot);
        check_delta(t[18], BookAction::update, 0, OrderSide::buy, 9.75, 7, snapshot);
        check_delta(t[19], BookAction::update, 0, OrderSide::sell, 10.25, 6, snapshot);
        check_delta(t[20], BookAction::update, 0, OrderSide::sell, 10.5, 8, snapshot | last);
        check_delta(t[21], BookAction::update, 0, OrderSide::buy, 10.0, 0, 0);
        check_delta(t[22], BookAction::update, 0, OrderSide::buy, 9.5, 2, 0);
        check_delta(t[23], BookAction::update, 0, OrderSide::sell, 10.25, 4, 0);
        check_trade(t[24], 10.0, 2, AggressorSide::seller, last);
    }
}

TEST_CASE("a DBN instrument id is the symbol of its day, and a symbol that means another id begins an empty book") {
    const Decoded got = decode(file(3));
    REQUIRE(got.ticks.size() >= 2);
    const Tick& cleared = got.ticks[got.ticks.size() - 2];
    const Tick& added = got.ticks.back();
    CHECK(cleared.instrument.value == 1);  // XYZ was id 8, from the second day on it is 9
    check_delta(cleared, BookAction::clear, 0, OrderSide::buy, 0, 0, 0);
    check_delta(added, BookAction::add, 5, OrderSide::sell, 30.5, 2, last);
    CHECK(added.instrument.value == 1);
}

TEST_CASE("of DBN only symbols that are wanted become ticks") {
    const Decoded got = decode(file(2), {.symbols = {"XYZ"}});
    CHECK(got.symbols == std::vector<std::string>{"XYZ"});
    CHECK(got.ticks.size() == 5);
}

TEST_CASE("any cut of DBN gives the same ticks") {
    const std::string bytes = file(3);
    for (std::size_t step = 0; step < 60; ++step) {
        check_splits([] { return dbn::make_decoder({}); }, std::as_bytes(std::span(bytes)), step);
    }
}

TEST_CASE("a DBN snapshot without R and without its end is begun and ended by ours") {
    const Decoded got = decode(head() + record({.flags = 0x28}) + record({.order = 2, .flags = 0x28}) +
                               record({.order = 3, .ts_recv = 300}));
    CHECK(got.fault.empty());
    CHECK(got.symbols == std::vector<std::string>{"7"});
    REQUIRE(got.ticks.size() == 5);
    check_delta(got.ticks[0], BookAction::clear, 0, OrderSide::buy, 0, 0, snapshot);
    check_delta(got.ticks[1], BookAction::add, 1, OrderSide::buy, 10, 5, snapshot);
    check_delta(got.ticks[2], BookAction::add, 2, OrderSide::buy, 10, 5, snapshot);
    check_delta(got.ticks[3], BookAction::state, static_cast<std::uint64_t>(BookState::valid), OrderSide::buy, 0, 0, 0);
    check_delta(got.ticks[4], BookAction::add, 3, OrderSide::buy, 10, 5, last);
}

TEST_CASE("a bad receive time of DBN does not go back, an undefined one is the event's") {
    const Decoded got = decode(head() + record({.ts_recv = 500}) + record({.order = 2, .flags = 0x88, .ts_recv = 300}) +
                               record({.order = 3, .ts_event = 700, .ts_recv = UINT64_MAX}));
    REQUIRE(got.ticks.size() == 3);
    CHECK(got.ticks[1].ts_init.ns == 500);
    CHECK(got.ticks[2].ts_init.ns == 700);
}

TEST_CASE("each publisher of a DBN instrument has a book of its own") {
    const Decoded got = decode(head() + record({}) + record({.publisher = 2}));
    CHECK(got.symbols == std::vector<std::string>{"7", "7:2"});
}

TEST_CASE("DBN records with a time of sending are eight bytes longer") {
    std::string bytes = head();
    bytes[8 + 52] = 1;
    std::string sent = record({}) + std::string(8, '\1');
    sent[0] = 16;
    CHECK(decode(bytes + sent + sent).ticks.size() == 2);
    CHECK(decode(bytes + record({})).fault.find("record 1: 56 bytes where its type has 64") != std::string::npos);
}

TEST_CASE("broken DBN is a DataError with file, record and fact") {
    const auto fault = [](const std::string& bytes) { return decode(bytes, {.source = "f.dbn"}).fault; };
    const auto says = [](const std::string& text, const char* part) {
        CAPTURE(text);
        CHECK(text.find(part) != std::string::npos);
    };
    const std::string good = head() + record({});
    CHECK(fault(good).empty());
    says(fault(""), "the file ends inside the metadata");
    says(fault("hello, world"), "f.dbn: the file does not begin with DBN");
    says(fault(std::string("DBN\4\0\0\0\0\0", 9)), "f.dbn: DBN of version 4; versions 1 to 3 are known");
    says(fault(good.substr(0, 90)), "the file ends inside the metadata");
    says(fault(good + record({}).substr(0, 30)), "f.dbn, record 2: the file ends 30 bytes into it");
    says(fault(good + std::string(16, '\0')), "f.dbn, record 2: a record of 0 bytes");
    says(fault(good + record({.action = 'x'})), "record 2: the action 0x78 of an order");
    says(fault(good + record({.side = 'N'})), "record 2: an order without side");
    says(fault(good + record({.price = INT64_MAX})), "record 2: an order without price");
    says(fault(good + record({.action = 'T', .price = INT64_MAX})), "record 2: a trade without price");
    says(fault(good + record({.ts_event = UINT64_MAX, .ts_recv = UINT64_MAX})), "neither event nor receive time");
    std::string cut = head();
    put(cut, cut.size() - 4, std::uint32_t{9});
    says(fault(cut), "the metadata of DBN announce 9 items");
}

TEST_CASE("the head of a DBN file has its data set, its days and its names") {
    for (const int version : {1, 2, 3}) {
        const std::string bytes = file(version);
        const auto size = dbn::metadata_size(std::as_bytes(std::span(bytes)), "f");
        REQUIRE(size.has_value());
        const auto metadata = dbn::read_metadata(std::as_bytes(std::span(bytes)).first(*size), "f");
        CHECK(metadata.version == version);
        CHECK(metadata.dataset == "GLBX.MDP3");
        CHECK(metadata.symbol_size == (version == 1 ? 22 : 71));
        REQUIRE(metadata.mappings.size() == 3);
        CHECK(metadata.mappings[2].instrument == 9);
        CHECK(metadata.mappings[2].symbol == "XYZ");
        CHECK(metadata.mappings[2].begin.ns == day + 86'400'000'000'000);
    }
}
