#include "walras/portfolio/trades.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cmath>

#include "walras/model/money.hpp"

using namespace walras;
using namespace walras::portfolio;
using model::Event;
using model::EventKind;
using model::FillRule;
using model::OrderSide;

namespace {

TimeNs day(std::int64_t n) { return TimeNs{n * 86'400'000'000'000}; }

// One share, one future and one spot pair; every event goes to the ledger and then to the log.
struct Desk {
    model::Universe universe;
    CurrencyId usd = universe.currency("USD"), btc = universe.currency("BTC");
    InstrumentId ko = add("KO", model::InstrumentKind::equity, model::Settlement::full);
    InstrumentId pep = add("PEP", model::InstrumentKind::equity, model::Settlement::full);
    InstrumentId es = add("ES", model::InstrumentKind::future, model::Settlement::variation);
    InstrumentId btcusd = add("BTCUSD", model::InstrumentKind::currency_pair, model::Settlement::full);
    Portfolio ledger;
    TradeLog log;

    explicit Desk(PositionMode mode = PositionMode::netting) : ledger{universe, {account(mode)}, 2} {}

    InstrumentId add(const char* symbol, model::InstrumentKind kind, model::Settlement settlement) {
        model::Instrument i;
        i.symbol = symbol;
        i.venue = "XNAS";
        i.kind = kind;
        i.settlement = settlement;
        i.currency = usd;
        if (kind == model::InstrumentKind::currency_pair) { i.base = btc; }
        return universe.add(i);
    }
    AccountConfig account(PositionMode mode) const {
        AccountConfig a;
        a.mode = mode;
        a.base_currency = usd;
        a.balances = {{usd, Money::of(1'000'000)}};
        return a;
    }
    void post(const Event& e) {
        ledger.apply(e);
        log.apply(e, ledger);
    }
    Event fill(InstrumentId i, std::int64_t lots, double price, double fee = 0, std::int64_t on = 1) const {
        Event e{EventKind::order, i, day(on), day(on)};
        e.report.step = model::OrderStep::filled;
        e.report.side = lots > 0 ? OrderSide::buy : OrderSide::sell;
        e.report.quantity = Quantity{std::abs(lots)};
        e.report.price = Price::of(price);
        e.report.fee = Money::of(fee);
        e.report.rule = lots > 0 ? FillRule::next_open : FillRule::stop_gap;
        e.report.order = OrderId{static_cast<std::uint64_t>(on)};
        return e;
    }
    void trade(InstrumentId i, std::int64_t lots, double price, double fee = 0, std::int64_t on = 1) {
        post(fill(i, lots, price, fee, on));
    }
    void act(const Event& e) {
        std::vector<Event> flows;
        ledger.expand(e, flows);
        for (const Event& f : flows) { post(f); }
        post(e);
    }
    Event split(InstrumentId i, std::int64_t n, std::int64_t d) const {
        Event e{EventKind::corporate_action, i, day(5), day(5)};
        e.action.numerator = n;
        e.action.denominator = d;
        return e;
    }
    Money gross() const {
        Money total{};
        for (const RoundTrip& t : log.closed()) { total += t.gross; }
        return total;
    }
    Money realized() const {
        Money total{};
        for (const Position& p : ledger.positions()) { total += p.realized; }
        return total;
    }
};

}  // namespace

TEST_CASE("a bought and sold share is one round trip with its prices, times, rules and fees") {
    Desk d;
    Event entry = d.fill(d.ko, 10, 50, 1, 2);
    entry.report.reference = Price::of(49.9);
    d.post(entry);
    d.trade(d.ko, -10, 55, 2, 5);
    REQUIRE(d.log.closed().size() == 1);
    const RoundTrip& t = d.log.closed()[0];
    CHECK(t.side == OrderSide::buy);
    CHECK(t.quantity == Quantity{10});
    CHECK(t.entry_price == Price::of(50));
    CHECK(t.entry_reference == Price::of(49.9));
    CHECK(t.exit_price == Price::of(55));
    CHECK(t.entry_rule == FillRule::next_open);
    CHECK(t.exit_rule == FillRule::stop_gap);
    CHECK(t.entry_order == OrderId{2});
    CHECK(t.exit_order == OrderId{5});
    CHECK(t.gross == Money::of(50));
    CHECK(t.fees == Money::of(3));
    CHECK(t.net() == Money::of(47));
    CHECK(t.net_in_base == Money::of(47));
    CHECK(t.return_on_entry() == doctest::Approx(0.094));
    CHECK(t.duration() == days(3));
    CHECK_FALSE(t.is_open);
    CHECK(d.log.open(d.ledger).empty());
}

TEST_CASE("an exit closes the oldest lots first and shares its fee among them") {
    Desk d;
    d.trade(d.ko, 10, 50, 1, 1);
    d.trade(d.ko, 30, 60, 3, 2);
    d.trade(d.ko, -20, 70, 2, 3);
    REQUIRE(d.log.closed().size() == 2);
    CHECK(d.log.closed()[0].gross == Money::of(200));
    CHECK(d.log.closed()[0].fees == Money::of(2));
    CHECK(d.log.closed()[1].gross == Money::of(100));
    CHECK(d.log.closed()[1].fees == Money::of(2));
    d.ledger.mark(d.ko, Price::of(65), day(4));
    const auto open = d.log.open(d.ledger);
    REQUIRE(open.size() == 1);
    CHECK(open[0].is_open);
    CHECK(open[0].quantity == Quantity{20});
    CHECK(open[0].gross == Money::of(100));
    CHECK(open[0].fees == Money::of(2));
    CHECK(open[0].exit_time == day(4));
}

TEST_CASE("a reversal closes the long with its share of the fee and opens a short with the rest") {
    Desk d;
    d.trade(d.ko, 10, 50);
    d.trade(d.ko, -15, 55, 3);
    d.trade(d.ko, 5, 52, 1);
    REQUIRE(d.log.closed().size() == 2);
    CHECK(d.log.closed()[0].gross == Money::of(50));
    CHECK(d.log.closed()[0].fees == Money::of(2));
    CHECK(d.log.closed()[1].side == OrderSide::sell);
    CHECK(d.log.closed()[1].gross == Money::of(15));
    CHECK(d.log.closed()[1].fees == Money::of(2));
    CHECK(d.gross() == d.realized());
}

TEST_CASE("a hedging account's positions make their own round trips") {
    Desk d{PositionMode::hedging};
    for (const auto& [lots, price, id] :
         {std::tuple{10, 50.0, 1U}, std::tuple{-10, 52.0, 2U}, std::tuple{-10, 51.0, 1U}, std::tuple{10, 51.0, 2U}}) {
        Event e = d.fill(d.ko, lots, price);
        e.report.position = PositionId{id};
        d.post(e);
    }
    REQUIRE(d.log.closed().size() == 2);
    CHECK(d.log.closed()[0].gross == Money::of(10));
    CHECK(d.log.closed()[1].gross == Money::of(10));
    CHECK(d.log.closed()[1].position == PositionId{2});
}

TEST_CASE("daily settlement leaves the entry price of a future's lots alone") {
    Desk d;
    d.trade(d.es, 2, 100);
    std::vector<Event> flows;
    d.ledger.settle(d.es, Price::of(110), day(2), flows);
    for (const Event& f : flows) { d.post(f); }
    d.trade(d.es, -2, 105, 0, 3);
    REQUIRE(d.log.closed().size() == 1);
    CHECK(d.log.closed()[0].entry_price == Price::of(100));
    CHECK(d.log.closed()[0].gross == Money::of(10));
    CHECK(d.gross() == d.realized());
}

TEST_CASE("a split rescales lots and entry prices; cash in lieu is profit of what stays") {
    Desk d;
    d.trade(d.ko, 3, 10);
    d.trade(d.ko, 22, 12);
    d.ledger.mark(d.ko, Price::of(20), day(4));
    d.act(d.split(d.ko, 1, 10));  // 25 -> 2 and half a share for 100
    const auto open = d.log.open(d.ledger);
    REQUIRE(open.size() == 1);  // the first lot's 0.3 of a share joined the second
    CHECK(open[0].quantity == Quantity{2});
    CHECK(open[0].entry_price == Price::of(120));
    CHECK(open[0].entry_notional == Money::of(294));
    d.trade(d.ko, -2, 210, 0, 6);
    CHECK(d.gross() == Money::of(100 + 420 - 294));
    CHECK(d.gross() == d.realized());
}

TEST_CASE("a position that a reverse split dissolves ends as a settled round trip") {
    Desk d;
    d.trade(d.ko, 2, 10, 1);
    d.trade(d.ko, 3, 12);
    d.ledger.mark(d.ko, Price::of(20), day(4));
    d.act(d.split(d.ko, 1, 10));
    REQUIRE(d.log.closed().size() == 1);
    CHECK(d.log.closed()[0].exit_rule == FillRule::settlement);
    CHECK(d.log.closed()[0].quantity == Quantity{5});
    CHECK(d.log.closed()[0].exit_price == Price::of(20));
    CHECK(d.log.closed()[0].gross == Money::of(100 - 56));
    CHECK(d.log.closed()[0].fees == Money::of(1));
    CHECK(d.gross() == d.realized());
    CHECK(d.log.open(d.ledger).empty());
}

TEST_CASE("lots follow a rename, close against an opposite position, and end at a delisting") {
    Desk d;
    d.trade(d.ko, 10, 50);
    d.trade(d.pep, -4, 60);
    Event rename{EventKind::corporate_action, d.ko, day(5), day(5)};
    rename.action.kind = model::CorporateActionKind::rename;
    rename.action.successor = d.pep;
    d.act(rename);
    REQUIRE(d.log.closed().size() == 1);
    CHECK(d.log.closed()[0].gross == Money::of(40));
    Event delisting{EventKind::corporate_action, d.pep, day(6), day(6)};
    delisting.action.kind = model::CorporateActionKind::delisting;
    delisting.action.amount = Price::of(7);
    d.act(delisting);
    REQUIRE(d.log.closed().size() == 2);
    CHECK(d.log.closed()[1].entry_price == Price::of(50));
    CHECK(d.log.closed()[1].gross == Money::of(-258));
    CHECK(d.log.closed()[1].exit_rule == FillRule::settlement);
    CHECK(d.gross() == d.realized());
}

TEST_CASE("a fee in a pair's base currency counts at the price of its fill") {
    Desk d;
    Event e = d.fill(d.btcusd, 2, 30'000, 0.001);
    e.report.fee_currency = d.btc;
    d.post(e);
    d.trade(d.btcusd, -2, 31'000, 0, 2);
    CHECK(d.log.closed()[0].fees == Money::of(30));
    CHECK(d.log.closed()[0].gross == Money::of(2'000));
}

TEST_CASE("where everything is flat, the round trips sum to the ledger's realised profit and fees, to the last 1e-9") {
    CHECK(rc::check("round trips", [] {
        Desk d{*rc::gen::elementOf(std::vector{PositionMode::netting, PositionMode::hedging})};
        const auto below = [](int n) { return *rc::gen::inRange(0, n); };
        std::map<std::pair<InstrumentId, PositionId>, std::int64_t> held;
        const auto trade = [&](InstrumentId i, PositionId id, std::int64_t lots) {
            Event e = d.fill(i, lots, 0);
            e.report.price = Price{1 + below(2'000'000'000)};
            e.report.fee = Money{below(1'000'000)};
            e.report.position = id;
            d.post(e);
            held[{i, id}] += lots;
        };
        const int steps = below(40);
        for (int n = 0; n < steps; ++n) {
            const InstrumentId i = *rc::gen::elementOf(std::vector{d.ko, d.es, d.btcusd});
            if (i == d.ko && below(6) == 0) {
                d.act(d.split(i, 1 + below(5), 1 + below(5)));
            } else {
                trade(i, PositionId{static_cast<std::uint32_t>(below(2))},
                      std::int64_t{1 + below(300)} * (below(2) == 0 ? 1 : -1));
            }
        }
        for (const Position& p : std::vector<Position>(d.ledger.positions().begin(), d.ledger.positions().end())) {
            if (!p.is_flat()) { trade(p.instrument, p.id, -p.quantity.lots); }
        }
        RC_ASSERT(d.log.open(d.ledger).empty());
        RC_ASSERT(d.gross() == d.realized());
        Money fees{}, paid{};
        for (const RoundTrip& t : d.log.closed()) { fees += t.fees; }
        for (const Position& p : d.ledger.positions()) { paid += p.fees; }
        RC_ASSERT(fees == paid);
    }));
}
