#include "walras/portfolio/portfolio.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "walras/core/error.hpp"

using namespace walras;
using namespace walras::portfolio;
using model::CashFlowKind;
using model::CorporateActionKind;
using model::Event;
using model::EventKind;
using model::Instrument;
using model::InstrumentKind;
using model::OrderSide;
using model::Settlement;

namespace {

constexpr StrategyId first{0};
constexpr StrategyId second{1};

TimeNs day(std::int64_t n) { return TimeNs{n * 86'400'000'000'000}; }

// One venue each of shares, futures, spot pairs and margined pairs, in four currencies.
struct World {
    model::Universe universe;
    CurrencyId usd = universe.currency("USD"), eur = universe.currency("EUR"), jpy = universe.currency("JPY"),
               gbp = universe.currency("GBP");
    InstrumentId ko = share("KO", usd), pep = share("PEP", usd), sap = share("SAP", eur);
    InstrumentId es = universe.add(future());
    InstrumentId eurusd = pair("EURUSD", eur, usd, Settlement::full);
    InstrumentId usdjpy = pair("USDJPY", usd, jpy, Settlement::full);
    InstrumentId margined = pair("EURUSD.M", eur, usd, Settlement::variation);

    InstrumentId share(std::string symbol, CurrencyId currency) {
        Instrument i;
        i.symbol = std::move(symbol);
        i.venue = "XNYS";
        i.currency = currency;
        return universe.add(i);
    }
    Instrument future() const {
        Instrument i;
        i.symbol = "ESZ4";
        i.venue = "XCME";
        i.kind = InstrumentKind::future;
        i.settlement = Settlement::variation;
        i.currency = usd;
        i.multiplier = 50 * core::fixed_scale;
        return i;
    }
    InstrumentId pair(std::string symbol, CurrencyId base, CurrencyId quote, Settlement settlement) {
        Instrument i;
        i.symbol = std::move(symbol);
        i.venue = "FX";
        i.kind = InstrumentKind::currency_pair;
        i.settlement = settlement;
        i.base = base;
        i.currency = quote;
        i.tick_size = Price{10'000};
        return universe.add(i);
    }
    AccountConfig account(double cash = 10'000) const {
        AccountConfig a;
        a.base_currency = usd;
        a.balances = {{usd, Money::of(cash)}};
        return a;
    }
    Portfolio make(AccountConfig a) const { return Portfolio{universe, {std::move(a)}, 2}; }
    Portfolio make(double cash = 10'000) const { return make(account(cash)); }
};

Event fill(InstrumentId instrument, OrderSide side, std::int64_t lots, double price, StrategyId strategy = first,
           double fee = 0, CurrencyId fee_currency = {}, PositionId position = {}) {
    Event e{EventKind::order, instrument, day(1), day(1)};
    e.report.step = model::OrderStep::filled;
    e.report.side = side;
    e.report.quantity = Quantity{lots};
    e.report.price = Price::of(price);
    e.report.fee = Money::of(fee);
    e.report.fee_currency = fee_currency;
    e.report.strategy = strategy;
    e.report.position = position;
    return e;
}

Event buy(InstrumentId i, std::int64_t lots, double price, StrategyId s = first, double fee = 0) {
    return fill(i, OrderSide::buy, lots, price, s, fee);
}

Event sell(InstrumentId i, std::int64_t lots, double price, StrategyId s = first, double fee = 0) {
    return fill(i, OrderSide::sell, lots, price, s, fee);
}

Event flow(CashFlowKind kind, double amount, CurrencyId currency = {}) {
    Event e{EventKind::cash_flow, no_instrument, day(1), day(1)};
    e.cash.kind = kind;
    e.cash.amount = Money::of(amount);
    e.cash.currency = currency;
    return e;
}

Event action(InstrumentId instrument, CorporateActionKind kind) {
    Event e{EventKind::corporate_action, instrument, day(2), day(2)};
    e.action.kind = kind;
    e.action.numerator = 1;
    e.action.denominator = 1;
    return e;
}

Event split(InstrumentId instrument, std::int64_t n, std::int64_t d) {
    Event e = action(instrument, CorporateActionKind::split);
    e.action.numerator = n;
    e.action.denominator = d;
    return e;
}

// As the session does it: flows first, then the action.
std::vector<Event> act(Portfolio& p, const Event& event) {
    std::vector<Event> flows;
    p.expand(event, flows);
    for (const Event& f : flows) { p.apply(f); }
    p.apply(event);
    return flows;
}

void check_explained(const Portfolio& p, AccountId account = {}) {
    const EquityChange c = p.explain(account);
    CHECK(c.trading + c.fees + c.flows + c.carry + c.currency == p.equity(account) - p.starting_equity(account));
}

}  // namespace

TEST_CASE("golden G5: the arithmetic smoke ends at exactly 1,000,017.20, settled in full or by variation") {
    for (const Settlement settlement : {Settlement::full, Settlement::variation}) {
        World w;
        const CurrencyId aud = w.universe.currency("AUD");
        const InstrumentId audusd = w.pair("AUDUSD", aud, w.usd, settlement);
        Portfolio p = w.make(1'000'000);
        p.mark(audusd, Price::of(0.70000), day(0));
        p.apply(buy(audusd, 100'000, 0.70000, first, 1.40));
        CHECK(p.equity() == Money::of(999'998.60));
        CHECK(p.cash(aud) == (settlement == Settlement::full ? Money::of(100'000) : Money{}));
        p.mark(audusd, Price::of(0.70010), day(0));
        CHECK(p.equity() == Money::of(1'000'008.60));
        p.mark(audusd, Price::of(0.70020), day(0));
        p.apply(sell(audusd, 100'000, 0.70020, first, 1.40));
        CHECK(p.equity() == Money::of(1'000'017.20));
        CHECK(p.cash() == Money::of(1'000'017.20));
        CHECK(p.cash(aud) == Money{});
        CHECK(p.positions().size() == 1);
        CHECK(p.explain().trading == Money::of(20));
        CHECK(p.explain().fees == Money::of(-2.80));
        CHECK(p.explain().currency == Money{});
        check_explained(p);
    }
}

TEST_CASE("a share bought and marked up is worth its price, and cash is what was not paid") {
    World w;
    Portfolio p = w.make();
    p.apply(buy(w.ko, 100, 50, first, 1));
    p.mark(w.ko, Price::of(51.25), day(1));
    CHECK(p.cash() == Money::of(4'999));
    CHECK(p.equity() == Money::of(10'124));
    CHECK(p.unrealized(*p.position(w.ko, first)) == Money::of(125));
    CHECK(p.market_value(*p.position(w.ko, first)) == Money::of(5'125));
    CHECK(p.gross_exposure() == Money::of(5'125));
    check_explained(p);
}

TEST_CASE("average cost: partial closes take their share of the cost and leave the average alone") {
    World w;
    Portfolio p = w.make();
    p.apply(buy(w.ko, 30, 10));
    p.apply(buy(w.ko, 10, 14));
    CHECK(p.average_price(*p.position(w.ko, first)) == Price::of(11));
    p.apply(sell(w.ko, 20, 12));
    CHECK(p.position(w.ko, first)->realized == Money::of(20));
    CHECK(p.average_price(*p.position(w.ko, first)) == Price::of(11));
    p.apply(sell(w.ko, 20, 11));
    CHECK(p.position(w.ko, first)->is_flat());
    CHECK(p.position(w.ko, first)->cost == Money{});
    CHECK(p.position(w.ko, first)->fills == 4);
    CHECK(p.cash() == Money::of(10'020));
}

TEST_CASE("a cost that does not divide leaves no remainder when the position is closed") {
    World w;
    Portfolio p = w.make();
    Event odd = buy(w.ko, 3, 0);
    odd.report.price = Price{33'333'333'337};
    p.apply(odd);
    p.apply(buy(w.ko, 4, 7.01));
    for (int i = 0; i < 7; ++i) { p.apply(sell(w.ko, 1, 20)); }
    CHECK(p.position(w.ko, first)->cost == Money{});
    CHECK(p.cash() == Money::of(10'000) + p.position(w.ko, first)->realized);
}

TEST_CASE("a flip through zero closes the old side and opens the new one at the fill's price") {
    World w;
    Portfolio p = w.make();
    p.apply(buy(w.ko, 100, 10));
    p.apply(sell(w.ko, 150, 12));
    CHECK(p.quantity(w.ko, first) == Quantity{-50});
    CHECK(p.position(w.ko, first)->realized == Money::of(200));
    CHECK(p.average_price(*p.position(w.ko, first)) == Price::of(12));
    CHECK(p.cash() == Money::of(10'800));
    p.mark(w.ko, Price::of(12), day(1));
    CHECK(p.equity() == Money::of(10'200));
    p.apply(buy(w.ko, 60, 11));
    CHECK(p.quantity(w.ko, first) == Quantity{10});
    CHECK(p.position(w.ko, first)->realized == Money::of(250));
    check_explained(p);
}

TEST_CASE("a short sale raises cash, is worth less than nothing, and pays borrow each day") {
    World w;
    AccountConfig a = w.account();
    a.borrow_rate = Rate::of(0.365);
    Portfolio p = w.make(a);
    p.apply(sell(w.ko, 100, 50));
    CHECK(p.cash() == Money::of(15'000));
    CHECK(p.equity() == Money::of(10'000));
    CHECK(p.net_exposure() == Money::of(-5'000));
    CHECK(p.gross_exposure() == Money::of(5'000));
    std::vector<Event> flows;
    p.accrue(day(1), flows);
    CHECK(flows.empty());  // the first call only learns the day
    p.accrue(day(2) - DurationNs{1}, flows);
    CHECK(flows.empty());
    p.accrue(day(3), flows);
    REQUIRE(flows.size() == 1);
    CHECK(flows[0].cash.kind == CashFlowKind::borrow_fee);
    CHECK(flows[0].cash.amount == Money::of(-10));  // 5,000 * 0.365 / 365 * 2 days
    p.apply(flows[0]);
    CHECK(p.cash() == Money::of(14'990));
    CHECK(p.position(w.ko, first)->carry == Money::of(-10));
    CHECK(p.strategy_profit(first) == Money::of(-10));
    CHECK(p.explain().carry == Money::of(-10));
    check_explained(p);
}

TEST_CASE("interest is charged on debts and paid on credit, and a gap costs what its days cost one by one") {
    World w;
    AccountConfig a = w.account(1'000);
    a.initial_margin = Rate::of(0.5);
    a.debit_rate = Rate::of(0.0731);
    a.credit_rate = Rate::of(0.02);
    Portfolio daily = w.make(a);
    daily.apply(buy(w.ko, 100, 15));
    Portfolio at_once = daily;
    std::vector<Event> flows;
    for (int d = 1; d <= 11; ++d) {
        flows.clear();
        daily.accrue(day(d), flows);
        for (const Event& f : flows) { daily.apply(f); }
    }
    flows.clear();
    at_once.accrue(day(1), flows);
    at_once.accrue(day(11), flows);
    REQUIRE(flows.size() == 1);
    CHECK(flows[0].cash.kind == CashFlowKind::interest);
    at_once.apply(flows[0]);
    CHECK(at_once.cash() == daily.cash());
    CHECK(daily.cash() < Money::of(-501.0));  // 500 * 0.0731 / 365 * 10 = 1.0014, compounded
    CHECK(daily.cash() > Money::of(-501.01));
    CHECK(daily.strategy_profit(first) == Money{});  // interest belongs to the account
    check_explained(daily);
}

TEST_CASE("two strategies on one account are attributed apart, and their profits sum to the whole") {
    World w;
    Portfolio p = w.make();
    p.apply(buy(w.ko, 100, 10, first, 1));
    p.apply(sell(w.ko, 40, 11, second, 2));
    p.apply(buy(w.pep, 5, 100, second, 1));
    p.mark(w.ko, Price::of(12), day(1));
    p.mark(w.pep, Price::of(90), day(1));
    CHECK(p.quantity(w.ko, first) == Quantity{100});
    CHECK(p.quantity(w.ko, second) == Quantity{-40});
    CHECK(p.net_quantity(w.ko) == Quantity{60});
    CHECK(p.strategy_profit(first) == Money::of(199));
    CHECK(p.strategy_profit(second) == Money::of(-40 - 50 - 3));
    CHECK(p.strategy_profit(first) + p.strategy_profit(second) == p.equity() - p.starting_equity());
    // The broker sees 60 long shares of KO and 5 of PEP.
    CHECK(p.initial_margin() == Money::of(60 * 12 + 450));
}

TEST_CASE("a hedging account holds long and short side by side, each under its own id") {
    World w;
    AccountConfig a = w.account();
    a.mode = PositionMode::hedging;
    Portfolio p = w.make(a);
    p.apply(fill(w.ko, OrderSide::buy, 10, 50, first, 0, {}, PositionId{1}));
    p.apply(fill(w.ko, OrderSide::sell, 10, 52, first, 0, {}, PositionId{2}));
    CHECK(p.position(w.ko, first, PositionId{1})->quantity == Quantity{10});
    CHECK(p.position(w.ko, first, PositionId{2})->quantity == Quantity{-10});
    CHECK(p.position(w.ko, first) == nullptr);
    CHECK(p.quantity(w.ko, first) == Quantity{0});
    CHECK(p.equity() == Money::of(10'020));
    CHECK(p.gross_exposure() == Money::of(1'000));  // the first fill is the mark
    CHECK(p.initial_margin() == Money::of(1'000));
    p.apply(fill(w.ko, OrderSide::sell, 10, 51, first, 0, {}, PositionId{1}));
    CHECK(p.position(w.ko, first, PositionId{1})->realized == Money::of(10));
    CHECK(p.open_positions().size() == 1);
}

TEST_CASE("a netting account ignores position ids") {
    World w;
    Portfolio p = w.make();
    p.apply(fill(w.ko, OrderSide::buy, 10, 50, first, 0, {}, PositionId{1}));
    p.apply(fill(w.ko, OrderSide::sell, 10, 52, first, 0, {}, PositionId{2}));
    CHECK(p.positions().size() == 1);
    CHECK(p.position(w.ko, first, PositionId{7})->is_flat());
}

TEST_CASE("a margin account is called when equity falls below the maintenance margin") {
    World w;
    AccountConfig a = w.account(1'000);
    a.initial_margin = Rate::of(0.5);
    a.maintenance_margin = Rate::of(0.25);
    Portfolio p = w.make(a);
    CHECK_FALSE(p.is_margin_call());
    p.apply(buy(w.ko, 100, 20));  // 2,000 of stock on 1,000 of equity
    CHECK(p.free_margin() == Money{});
    CHECK_FALSE(p.is_margin_call());
    p.mark(w.ko, Price::of(13.34), day(1));  // equity 334, maintenance 333.50
    CHECK_FALSE(p.is_margin_call());
    p.mark(w.ko, Price::of(13.33), day(1));  // equity 333, maintenance 333.25
    CHECK(p.is_margin_call());
    CHECK(p.maintenance_margin() == Money::of(333.25));
}

TEST_CASE("an instrument's own margin rate replaces the account's, and only the one that is given") {
    World w;
    AccountConfig a = w.account();
    a.initial_margin = Rate::of(0.5);
    a.instruments = {{.instrument = w.es, .initial_margin = Rate::of(0.08), .maintenance_margin = Rate::of(0.07)},
                     {.instrument = w.pep, .borrow_rate = Rate::of(0.03)}};
    Portfolio p = w.make(a);
    CHECK(p.initial_margin_rate(w.es) == Rate::of(0.08));
    CHECK(p.initial_margin_rate(w.pep) == Rate::of(0.5));
    p.apply(sell(w.es, 1, 4'800));
    CHECK(p.initial_margin() == Money::of(4'800 * 50 * 0.08));
}

TEST_CASE("a cash account's free cash is its base balance less debts and what variation positions need") {
    World w;
    AccountConfig a = w.account(1'000'000);
    a.kind = AccountKind::cash;
    a.balances.push_back({w.eur, Money::of(500)});
    a.initial_margin = Rate::of(0.1);
    Portfolio p = w.make(a);
    p.mark(w.eurusd, Price::of(1.1), day(0));
    CHECK(p.free_margin() == Money::of(1'000'000));
    p.apply(buy(w.sap, 10, 100));  // 1,000 EUR paid from 500
    CHECK(p.free_margin() == Money::of(1'000'000 - 550));
    p.apply(buy(w.es, 2, 4'800));
    p.mark(w.es, Price::of(4'790), day(1));
    CHECK(p.free_margin() == Money::of(1'000'000 - 550 - 1'000 - 47'900));
}

TEST_CASE("a future pays its profit each day at the settlement price, and nothing else moves cash") {
    World w;
    Portfolio p = w.make(100'000);
    p.apply(buy(w.es, 2, 4'800, first, 5));
    CHECK(p.cash() == Money::of(99'995));
    p.mark(w.es, Price::of(4'810), day(1));
    CHECK(p.equity() == Money::of(100'995));
    std::vector<Event> flows;
    p.settle(w.es, Price::of(4'810), day(1), flows);
    REQUIRE(flows.size() == 1);
    CHECK(flows[0].cash.amount == Money::of(1'000));
    p.apply(flows[0]);
    CHECK(p.cash() == Money::of(100'995));
    CHECK(p.equity() == Money::of(100'995));
    CHECK(p.average_price(*p.position(w.es, first)) == Price::of(4'810));
    p.apply(sell(w.es, 2, 4'805));
    CHECK(p.cash() == Money::of(100'495));
    CHECK(p.position(w.es, first)->realized == Money::of(500));
    check_explained(p);
    flows.clear();
    p.settle(w.ko, Price::of(1), day(1), flows);
    CHECK(flows.empty());
}

TEST_CASE("a spot pair moves both balances, and equity counts them once") {
    World w;
    Portfolio p = w.make();
    p.mark(w.eurusd, Price::of(1.10), day(0));
    p.apply(buy(w.eurusd, 1'000, 1.10));
    CHECK(p.cash(w.eur) == Money::of(1'000));
    CHECK(p.cash(w.usd) == Money::of(8'900));
    CHECK(p.equity() == Money::of(10'000));
    p.mark(w.eurusd, Price::of(1.20), day(1));
    CHECK(p.equity() == Money::of(10'100));
    CHECK(p.explain().trading == Money::of(100));
    CHECK(p.explain().currency == Money{});
    CHECK(p.strategy_profit(first) == Money::of(100));
}

TEST_CASE("a fee in the base currency of a spot pair leaves that balance, also before any mark") {
    World w;
    Portfolio p = w.make();
    p.apply(fill(w.eurusd, OrderSide::buy, 1'000, 1.25, first, 2, w.eur));
    CHECK(p.cash(w.eur) == Money::of(998));
    CHECK(p.position(w.eurusd, first)->fees == Money::of(2.5));
    CHECK(p.explain().fees == Money::of(-2.5));
    CHECK(p.equity() == Money::of(9'997.5));
    check_explained(p);
}

TEST_CASE("money converts along the shortest chain of marked pairs, directly and inversely") {
    World w;
    Portfolio p = w.make();
    CHECK_THROWS_WITH_AS(static_cast<void>(p.convert(Money::of(1), w.eur, w.usd)),
                         "No marked currency pair leads from EUR to USD; feed prices of such a pair.", LedgerError);
    p.mark(w.eurusd, Price::of(1.25), day(0));
    p.mark(w.usdjpy, Price::of(150), day(0));
    CHECK(p.convert(Money::of(100), w.eur, w.usd) == Money::of(125));
    CHECK(p.convert(Money::of(100), w.usd, w.eur) == Money::of(80));
    CHECK(p.convert(Money::of(100), w.eur, w.jpy) == Money::of(18'750));
    CHECK(p.convert(Money::of(18'750), w.jpy, w.eur) == Money::of(100));
    CHECK(p.convert(Money::of(1), w.jpy, w.usd) == Money{6'666'667});  // 1/150 to the nearest 1e-9
    CHECK(p.convert(Money::of(7), w.gbp, w.gbp) == Money::of(7));
    CHECK_THROWS_AS(static_cast<void>(p.convert(Money::of(1), w.gbp, w.usd)), LedgerError);
}

TEST_CASE("a stock in another currency: its profit is trading, the revaluation of what it left behind is currency") {
    World w;
    AccountConfig a = w.account();
    a.balances.push_back({w.eur, Money::of(1'000)});
    Portfolio p = w.make(a);
    CHECK_FALSE(p.can_value());
    CHECK_THROWS_AS(static_cast<void>(p.equity()), LedgerError);
    p.mark(w.eurusd, Price::of(1.10), day(0));
    CHECK(p.can_value());
    CHECK(p.starting_equity() == Money::of(11'100));
    p.apply(buy(w.sap, 10, 100));
    p.mark(w.sap, Price::of(110), day(1));
    p.mark(w.eurusd, Price::of(1.20), day(1));
    CHECK(p.equity() == Money::of(10'000 + 1.2 * 1'100));
    CHECK(p.explain().trading == Money::of(120));
    CHECK(p.explain().currency == Money::of(100));
    CHECK(p.starting_equity() == Money::of(11'100));
    check_explained(p);
}

TEST_CASE("deposits are flows at the rate of their day, and a change of money is no flow") {
    World w;
    Portfolio p = w.make();
    p.apply(flow(CashFlowKind::deposit, 500));
    p.apply(flow(CashFlowKind::deposit, 100, w.eur));  // no rate yet
    p.mark(w.eurusd, Price::of(1.10), day(0));
    p.apply(flow(CashFlowKind::withdrawal, -200));
    CHECK(p.explain().flows == Money::of(410));
    p.apply(flow(CashFlowKind::conversion, -100, w.eur));
    p.apply(flow(CashFlowKind::conversion, 109));
    CHECK(p.explain().flows == Money::of(410));
    CHECK(p.explain().currency == Money::of(-1));
    CHECK(p.equity() == Money::of(10'409));
    CHECK_THROWS_AS(p.apply(flow(CashFlowKind::withdrawal, 200)), LedgerError);
    CHECK_THROWS_AS(p.apply(flow(CashFlowKind::deposit, -200)), LedgerError);
}

TEST_CASE("a dividend is received by the long and paid by the short") {
    World w;
    Portfolio p = w.make();
    p.apply(buy(w.ko, 100, 50));
    p.apply(sell(w.ko, 30, 50, second));
    Event dividend = action(w.ko, CorporateActionKind::dividend);
    dividend.action.amount = Price::of(0.46);
    dividend.action.currency = w.usd;
    const auto flows = act(p, dividend);
    REQUIRE(flows.size() == 2);
    CHECK(p.strategy_profit(first) == Money::of(46));
    CHECK(p.strategy_profit(second) == Money::of(-13.8));
    CHECK(p.equity() == Money::of(10'032.2));
    CHECK(p.explain().carry == Money::of(32.2));
    check_explained(p);
}

TEST_CASE("a split multiplies the quantity, divides the price and leaves cost and equity alone") {
    World w;
    Portfolio p = w.make(100'000);
    p.apply(buy(w.ko, 100, 645.57));
    p.mark(w.ko, Price::of(651.26), day(1));
    const Money before = p.equity();
    CHECK(act(p, split(w.ko, 7, 1)).empty());
    CHECK(p.quantity(w.ko, first) == Quantity{700});
    CHECK(p.net_quantity(w.ko) == Quantity{700});
    CHECK(p.position(w.ko, first)->cost == Money::of(64'557));
    CHECK(p.last_price(w.ko) == Price{93'037'142'857});
    // The mark is rounded to 1e-9 a share.
    CHECK(abs(p.equity() - before) <= Money{350});
}

TEST_CASE("a reverse split pays cash for the fraction of a share, to the short as a charge") {
    World w;
    Portfolio p = w.make();
    p.apply(buy(w.ko, 25, 4));
    p.apply(sell(w.ko, 13, 4, second));
    p.apply(buy(w.pep, 5, 2));
    p.mark(w.ko, Price::of(6), day(1));
    const Money before = p.equity();
    const auto flows = act(p, split(w.ko, 1, 10));
    REQUIRE(flows.size() == 2);
    CHECK(flows[0].cash.amount == Money::of(30));   // half a new share at 60
    CHECK(flows[1].cash.amount == Money::of(-18));  // three tenths
    CHECK(p.quantity(w.ko, first) == Quantity{2});
    CHECK(p.quantity(w.ko, second) == Quantity{-1});
    CHECK(p.last_price(w.ko) == Price::of(60));
    CHECK(p.position(w.ko, first)->cost == Money::of(80));      // 100 less the 20 that half a share had cost
    CHECK(p.position(w.ko, first)->realized == Money::of(10));  // 30 for what cost 20
    CHECK(p.equity() == before);
    check_explained(p);
    act(p, split(w.pep, 1, 10));
    CHECK(p.position(w.pep, first)->is_flat());
    CHECK(p.position(w.pep, first)->cost == Money{});
    CHECK(p.equity() == before);
    CHECK(p.strategy_profit(first) + p.strategy_profit(second) == p.equity() - p.starting_equity());
}

TEST_CASE("a split of an instrument that settles by variation pays only the fraction's profit") {
    World w;
    Portfolio p = w.make();
    p.apply(buy(w.es, 5, 100));
    p.mark(w.es, Price::of(104), day(1));
    const Money before = p.equity();
    const auto flows = act(p, split(w.es, 1, 2));
    REQUIRE(flows.size() == 1);
    CHECK(flows[0].cash.amount == Money::of(200));  // one of five contracts earned 4 * 50
    CHECK(p.equity() == before);
    CHECK(p.quantity(w.es, first) == Quantity{2});
    check_explained(p);
}

TEST_CASE("a rename moves the position and its price to the successor") {
    World w;
    Portfolio p = w.make();
    p.apply(buy(w.ko, 10, 50, first, 1));
    p.mark(w.ko, Price::of(55), day(1));
    const Money before = p.equity();
    Event rename = action(w.ko, CorporateActionKind::rename);
    rename.action.successor = w.pep;
    act(p, rename);
    CHECK(p.quantity(w.ko, first) == Quantity{0});
    CHECK(p.quantity(w.pep, first) == Quantity{10});
    CHECK(p.position(w.pep, first)->cost == Money::of(500));
    CHECK(p.last_price(w.pep) == Price::of(55));
    CHECK(p.equity() == before);
    check_explained(p);
    rename.action.successor = w.es;
    CHECK_THROWS_AS(p.apply(rename), LedgerError);
}

TEST_CASE("a rename onto an opposite position closes one against the other") {
    World w;
    Portfolio p = w.make();
    p.apply(buy(w.ko, 10, 50));
    p.apply(sell(w.pep, 4, 60));
    p.mark(w.ko, Price::of(55), day(1));
    p.mark(w.pep, Price::of(55), day(1));
    const Money before = p.equity();
    Event rename = action(w.ko, CorporateActionKind::rename);
    rename.action.successor = w.pep;
    act(p, rename);
    CHECK(p.quantity(w.pep, first) == Quantity{6});
    CHECK(p.position(w.pep, first)->realized == Money::of(40));
    CHECK(p.average_price(*p.position(w.pep, first)) == Price::of(50));
    CHECK(p.equity() == before);
    check_explained(p);
}

TEST_CASE("a delisting closes every position at the final price") {
    World w;
    Portfolio p = w.make();
    p.apply(buy(w.ko, 10, 50));
    p.apply(sell(w.ko, 4, 50, second));
    p.apply(buy(w.pep, 1, 80));
    Event delisting = action(w.ko, CorporateActionKind::delisting);
    delisting.action.amount = Price::of(3);
    act(p, delisting);
    CHECK(p.position(w.ko, first)->is_flat());
    CHECK(p.position(w.ko, first)->realized == Money::of(-470));
    CHECK(p.position(w.ko, second)->realized == Money::of(188));
    CHECK(p.position(w.ko, first)->fills == 1);
    CHECK(p.open_positions().size() == 1);
    CHECK(p.equity() == Money::of(10'000 - 282));
    check_explained(p);
}

TEST_CASE("accounts settle the venues that they name, and the unnamed one takes the rest") {
    World w;
    AccountConfig stocks = w.account();
    stocks.name = "stocks";
    AccountConfig futures = w.account(50'000);
    futures.name = "futures";
    futures.venues = {"XCME"};
    Portfolio p{w.universe, {stocks, futures}, 2};
    CHECK(p.account_of(w.ko) == AccountId{0});
    CHECK(p.account_of(w.es) == AccountId{1});
    p.apply(buy(w.es, 1, 4'800));
    p.mark(w.es, Price::of(4'801), day(1));
    CHECK(p.equity(AccountId{0}) == Money::of(10'000));
    CHECK(p.equity(AccountId{1}) == Money::of(50'050));
    CHECK(p.total_equity() == Money::of(60'050));
    CHECK(p.strategy_profit(first) == Money::of(50));

    CHECK_THROWS_AS((Portfolio{w.universe, {stocks, stocks}, 1}), ConfigError);
    CHECK_THROWS_AS((Portfolio{w.universe, {futures}, 1}), ConfigError);
    CHECK_THROWS_AS((Portfolio{w.universe, {}, 1}), ConfigError);
}

TEST_CASE("an account that contradicts itself is refused with the remedy") {
    World w;
    AccountConfig a = w.account();
    a.initial_margin = Rate::of(0.1);
    CHECK_THROWS_WITH_AS(
        a.validate(w.universe),
        "Account main: maintenance_margin 0.25 is above initial_margin 0.1, so that a new position would "
        "be called at once; lower maintenance_margin.",
        ConfigError);
    a = w.account();
    a.kind = AccountKind::cash;
    a.balances[0].amount = Money::of(-1);
    CHECK_THROWS_AS(a.validate(w.universe), ConfigError);
    a = w.account();
    a.balances.push_back(a.balances[0]);
    CHECK_THROWS_AS(a.validate(w.universe), ConfigError);
    a = w.account();
    a.debit_rate = Rate::of(-0.01);
    CHECK_THROWS_AS(a.validate(w.universe), ConfigError);
    a = w.account();
    a.day_count = 0;
    CHECK_THROWS_AS(a.validate(w.universe), ConfigError);
}

TEST_CASE("an event that cannot be posted throws and leaves the state unchanged") {
    World w;
    AccountConfig rich = w.account();
    rich.balances[0].amount = Money{(core::int128{1} << 126) + ((core::int128{1} << 126) - 1)};  // the largest
    Portfolio p = w.make(rich);
    p.apply(buy(w.ko, 1, 50));
    const Position before = *p.position(w.ko, first);
    const Money cash = p.cash();
    const auto unchanged = [&] {
        const Position now = *p.position(w.ko, first);
        return p.cash() == cash && now.quantity == before.quantity && now.cost == before.cost &&
               now.fees == before.fees && now.fills == before.fills && p.positions().size() == 1 &&
               p.net_quantity(w.ko) == before.quantity && p.position(w.pep, first) == nullptr;
    };
    CHECK_THROWS_AS(p.apply(sell(w.ko, 2, 100)), LedgerError);  // the balance overflows
    CHECK(unchanged());
    CHECK_THROWS_AS(p.apply(sell(w.pep, 2, 100)), LedgerError);  // on an instrument's first fill
    CHECK(unchanged());
    CHECK_THROWS_AS(p.apply(buy(w.ko, INT64_MAX, 1)), LedgerError);  // the quantity overflows
    CHECK(unchanged());
    CHECK_THROWS_AS(p.apply(flow(CashFlowKind::deposit, 1e9)), LedgerError);
    CHECK(unchanged());
    CHECK_THROWS_AS(p.apply(buy(w.ko, 0, 1)), LedgerError);
    CHECK_THROWS_AS(p.apply(buy(InstrumentId{99}, 1, 1)), LedgerError);
    CHECK_THROWS_AS(p.apply(buy(w.ko, 1, 1, StrategyId{2})), LedgerError);
    CHECK_THROWS_AS(p.apply(fill(w.ko, OrderSide::buy, 1, 1, first, 1, CurrencyId{9})), LedgerError);
    CHECK_THROWS_AS(p.apply(fill(w.ko, OrderSide::buy, 1, 1, first, 1, w.gbp)), LedgerError);  // a fee without a rate
    Event stranger = flow(CashFlowKind::deposit, 1);
    stranger.cash.account = AccountId{3};
    CHECK_THROWS_AS(p.apply(stranger), LedgerError);
    CHECK_THROWS_AS(p.apply(flow(CashFlowKind::deposit, 1, CurrencyId{9})), LedgerError);
    CHECK_THROWS_AS(p.apply(flow(CashFlowKind::settlement, 1)), LedgerError);  // settles no position
    CHECK_THROWS_AS(p.apply(split(w.ko, INT64_MAX, 0)), LedgerError);
    CHECK(unchanged());
}

TEST_CASE("a copy of the ledger is a checkpoint that goes its own way") {
    World w;
    Portfolio p = w.make();
    p.apply(buy(w.ko, 10, 50));
    Portfolio saved = p;
    p.apply(sell(w.ko, 10, 60));
    CHECK(saved.quantity(w.ko, first) == Quantity{10});
    saved.apply(sell(w.ko, 10, 60));
    CHECK(saved.equity() == p.equity());
}

TEST_CASE("a margined pair converts its profit from its quote currency") {
    World w;
    const InstrumentId gbpjpy = w.pair("GBPJPY", w.gbp, w.jpy, Settlement::variation);
    Portfolio p = w.make();
    p.mark(w.usdjpy, Price::of(150), day(0));
    p.apply(buy(gbpjpy, 1'000, 190));
    p.mark(gbpjpy, Price::of(193), day(0));
    CHECK(p.equity() == Money::of(10'020));
    p.apply(sell(gbpjpy, 1'000, 193));
    CHECK(p.cash(w.jpy) == Money::of(3'000));
    CHECK(p.cash(w.gbp) == Money{});
    CHECK(p.equity() == Money::of(10'020));
    check_explained(p);
}
