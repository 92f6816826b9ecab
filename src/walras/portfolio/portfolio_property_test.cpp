// The ledger against a slow and obvious one. The slow ledger knows no average cost, no realised profit and no
// settlement: it pays for everything in full and values net quantities at the marks, so that equity in each currency
// must agree.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <map>
#include <tuple>
#include <vector>

#include "walras/core/error.hpp"
#include "walras/model/money.hpp"
#include "walras/portfolio/portfolio.hpp"

using namespace walras;
using namespace walras::portfolio;
using model::Event;
using model::EventKind;
using model::Instrument;
using model::InstrumentKind;
using model::Settlement;

namespace {

constexpr std::int64_t cents = 10'000'000;

struct World {
    model::Universe universe;
    CurrencyId usd = universe.currency("USD"), eur = universe.currency("EUR"), btc = universe.currency("BTC");
    std::vector<InstrumentId> all{
        add("KO", "XNYS", InstrumentKind::equity, Settlement::full, usd, {}, 1, 1),
        add("SAP", "XNYS", InstrumentKind::equity, Settlement::full, eur, {}, 1, 1),
        add("ES", "XCME", InstrumentKind::future, Settlement::variation, usd, {}, 1, 50),
        add("EURUSD", "FX", InstrumentKind::currency_pair, Settlement::full, usd, eur, 1, 1),
        add("EURUSD.M", "FX", InstrumentKind::currency_pair, Settlement::variation, usd, eur, 1, 1),
        add("BTCEUR", "COIN", InstrumentKind::currency_pair, Settlement::full, eur, btc, 0.001, 1),
        add("PEP", "SOLO", InstrumentKind::equity, Settlement::full, usd, {}, 1, 1),
        add("NQ", "SOLO", InstrumentKind::future, Settlement::variation, usd, {}, 1, 20),
    };

    InstrumentId add(const char* symbol, const char* venue, InstrumentKind kind, Settlement settlement,
                     CurrencyId quote, std::optional<CurrencyId> base, double lot, std::int64_t multiplier) {
        Instrument i;
        i.symbol = symbol;
        i.venue = venue;
        i.kind = kind;
        i.settlement = settlement;
        i.currency = quote;
        i.base = base;
        i.lot_size = static_cast<std::int64_t>(lot * 1e9);
        i.multiplier = multiplier * core::fixed_scale;
        return universe.add(i);
    }

    // Netting in several currencies, hedging in several, and one in dollars alone.
    std::vector<AccountConfig> accounts() const {
        AccountConfig main;
        main.base_currency = usd;
        main.balances = {{usd, Money::of(1'000'000)}, {eur, Money::of(5'000)}};
        main.debit_rate = Rate::of(0.06);
        main.credit_rate = Rate::of(0.01);
        main.borrow_rate = Rate::of(0.02);
        AccountConfig coin = main;
        coin.name = "coin";
        coin.mode = PositionMode::hedging;
        coin.base_currency = eur;
        coin.balances = {{btc, Money::of(10)}, {eur, Money::of(100'000)}};
        coin.venues = {"COIN"};
        AccountConfig solo = main;
        solo.name = "solo";
        solo.mode = PositionMode::hedging;
        solo.balances = {{usd, Money::of(50'000)}};
        solo.venues = {"SOLO"};
        return {main, coin, solo};
    }
};

class SlowLedger {
public:
    SlowLedger(const World& world, const std::vector<AccountConfig>& accounts, const Portfolio& fast)
        : world_(world), fast_(fast) {
        for (std::size_t a = 0; a < accounts.size(); ++a) {
            for (const Balance& b : accounts[a].balances) { money_[{a, b.currency}] = b.amount; }
        }
    }

    void mark(InstrumentId i, Price p) { marks_[i] = p; }

    void apply(const Event& e) {
        if (e.kind == EventKind::order) { fill(e); }
        if (e.kind == EventKind::cash_flow) { flow(e); }
        if (e.kind == EventKind::corporate_action && e.action.kind == model::CorporateActionKind::split) { split(e); }
    }

    // Balance and position values in one currency, had everything been settled in full.
    [[nodiscard]] Money worth(AccountId account, CurrencyId currency) const {
        Money total = at(account, currency);
        for (const auto& [key, quantity] : quantities_) {
            const Instrument& i = world_.universe.at(std::get<0>(key));
            if (fast_.account_of(i.id) != account || i.currency != currency || is_spot(i)) { continue; }
            total += model::notional(marks_.at(i.id), quantity, i);
        }
        return total;
    }
    [[nodiscard]] Quantity net(InstrumentId instrument) const {
        Quantity total{};
        for (const auto& [key, quantity] : quantities_) {
            if (std::get<0>(key) == instrument) { total += quantity; }
        }
        return total;
    }
    [[nodiscard]] Money fees(AccountId a, CurrencyId c) const { return find(fees_, a, c); }
    [[nodiscard]] Money flows(AccountId a, CurrencyId c) const { return find(flows_, a, c); }
    [[nodiscard]] Money carry(AccountId a, CurrencyId c) const { return find(carry_, a, c); }
    [[nodiscard]] Money interest(AccountId a, CurrencyId c) const { return find(interest_, a, c); }

private:
    using Key = std::pair<std::size_t, CurrencyId>;
    static bool is_spot(const Instrument& i) {
        return i.kind == InstrumentKind::currency_pair && i.settlement == Settlement::full;
    }
    static Money find(const std::map<Key, Money>& in, AccountId a, CurrencyId c) {
        const auto found = in.find({a.value, c});
        return found == in.end() ? Money{} : found->second;
    }
    [[nodiscard]] Money at(AccountId a, CurrencyId c) const { return find(money_, a, c); }

    void fill(const Event& e) {
        const Instrument& i = world_.universe.at(e.instrument);
        const AccountId a = fast_.account_of(i.id);
        const Quantity q{e.report.quantity.lots * model::sign(e.report.side)};
        const bool hedges = fast_.config(a).mode == PositionMode::hedging;
        quantities_[{i.id, e.report.strategy, hedges ? e.report.position : PositionId{}}] += q;
        money_[{a.value, i.currency}] -= model::notional(e.report.price, q, i);
        if (is_spot(i)) { money_[{a.value, *i.base}] += Money{core::int128{q.lots} * i.lot_size}; }
        money_[{a.value, e.report.fee_currency}] -= e.report.fee;
        fees_[{a.value, e.report.fee_currency}] += e.report.fee;
        marks_.try_emplace(i.id, e.report.price);
    }

    void flow(const Event& e) {
        const model::CashFlow& f = e.cash;
        const Key key{f.account.value, f.currency};
        if (f.kind == model::CashFlowKind::settlement) { return; }  // everything was paid in full already
        money_[key] += f.amount;
        switch (f.kind) {
            case model::CashFlowKind::deposit:
            case model::CashFlowKind::withdrawal: flows_[key] += f.amount; break;
            case model::CashFlowKind::cash_in_lieu: break;
            default:
                carry_[key] += f.amount;
                if (e.instrument == no_instrument) { interest_[key] += f.amount; }
        }
    }

    void split(const Event& e) {
        for (auto& [key, quantity] : quantities_) {
            if (std::get<0>(key) == e.instrument) {
                quantity.lots = quantity.lots * e.action.numerator / e.action.denominator;
            }
        }
        marks_[e.instrument] = model::split_price(marks_.at(e.instrument), e.action.numerator, e.action.denominator);
    }

    const World& world_;
    const Portfolio& fast_;
    std::map<Key, Money> money_, fees_, flows_, carry_, interest_;
    std::map<std::tuple<InstrumentId, StrategyId, PositionId>, Quantity> quantities_;
    std::map<InstrumentId, Price> marks_;
};

// What the ledger itself says of one currency: cash, plus positions by how they settle.
Money worth(const Portfolio& p, AccountId account, CurrencyId currency) {
    Money total = p.cash(currency, account);
    for (const Position& position : p.positions()) {
        const Instrument& i = p.universe().at(position.instrument);
        if (position.account != account || i.currency != currency || position.is_flat()) { continue; }
        if (i.settlement == Settlement::variation) {
            total += p.unrealized(position);
        } else if (i.kind != InstrumentKind::currency_pair) {
            total += p.market_value(position);
        }
    }
    return total;
}

void check_all(const World& w, const Portfolio& p, const SlowLedger& slow) {
    Money whole{};
    Money parts{};
    Worth total;
    for (std::uint16_t n = 0; n < p.account_count(); ++n) {
        const AccountId a{n};
        const CurrencyId base = p.config(a).base_currency;
        total.equity += p.convert(p.equity(a), base, p.config().base_currency);
        total.cash += p.convert(p.cash(a), base, p.config().base_currency);
        total.gross += p.convert(p.gross_exposure(a), base, p.config().base_currency);
        Money expected{}, fees{}, carry{}, interest{};
        for (const CurrencyId c : {w.usd, w.eur, w.btc}) {
            RC_ASSERT(worth(p, a, c) == slow.worth(a, c));
            expected += p.convert(slow.worth(a, c), c, base);
            fees += p.convert(slow.fees(a, c), c, base);
            carry += p.convert(slow.carry(a, c), c, base);
            interest += p.convert(slow.interest(a, c), c, base);
        }
        // Each converted amount is rounded twice at most; rates stay below 500.
        const Money tolerance{n == 2 ? 0 : 1'000 * (4 + core::int128{p.open_positions(a).size()})};
        RC_ASSERT(abs(p.equity(a) - expected) <= tolerance);
        const EquityChange c = p.explain(a);
        RC_ASSERT(c.trading + c.fees + c.flows + c.carry + c.currency == p.equity(a) - p.starting_equity(a));
        RC_ASSERT(c.fees == -fees);
        RC_ASSERT(c.carry == carry);
        if (n == 2) {
            RC_ASSERT(c.currency == Money{});
            RC_ASSERT(c.flows == slow.flows(a, w.usd));
        }
        whole += p.convert(c.trading + c.fees + c.carry - interest, base, w.usd);
    }
    RC_ASSERT(p.total_equity() == total.equity);
    RC_ASSERT(p.total_worth() == total);
    for (std::uint16_t s = 0; s < 3; ++s) { parts += p.strategy_profit(StrategyId{s}); }
    RC_ASSERT(abs(whole - parts) <= Money{core::int128{100'000} * (10 + core::int128{p.positions().size()})});

    std::size_t open = 0;
    for (const Position& position : p.positions()) {
        if (!position.is_flat()) { ++open; }
        RC_ASSERT((position.cost.raw > 0) == (position.quantity.lots > 0));
        RC_ASSERT((position.cost.raw < 0) == (position.quantity.lots < 0));
    }
    std::size_t listed = 0;
    for (std::uint16_t n = 0; n < p.account_count(); ++n) { listed += p.open_positions(AccountId{n}).size(); }
    RC_ASSERT(open == listed);
    for (const InstrumentId i : w.all) {
        RC_ASSERT(p.net_quantity(i) == slow.net(i));
        Quantity sum{};
        for (std::uint16_t s = 0; s < 3; ++s) { sum += p.quantity(i, StrategyId{s}); }
        RC_ASSERT(sum == slow.net(i));
    }
}

template <class T>
T pick(std::initializer_list<T> choices) {
    return *rc::gen::elementOf(std::vector<T>(choices));
}

int below(int n) { return *rc::gen::inRange(0, n); }

Event random_fill(const World& w, TimeNs now) {
    Event e{EventKind::order, w.all[static_cast<std::size_t>(below(8))], now, now};
    e.report.step = model::OrderStep::filled;
    e.report.side = pick({model::OrderSide::buy, model::OrderSide::sell});
    e.report.quantity = Quantity{1 + below(below(4) == 0 ? 100'000 : 20)};
    e.report.price = Price{cents * (100 + below(40'000))};
    e.report.strategy = StrategyId{static_cast<std::uint16_t>(below(3))};
    e.report.position = PositionId{static_cast<std::uint32_t>(below(4))};
    e.report.fee = Money{core::int128{below(5)} * 123'456'789};
    e.report.fee_currency = e.instrument.value >= 6 ? w.usd : pick({w.usd, w.eur, w.btc});
    return e;
}

Event random_cash(const World& w, TimeNs now) {
    Event e{EventKind::cash_flow, no_instrument, now, now};
    const bool in = below(2) == 0;
    e.cash.kind = in ? model::CashFlowKind::deposit : model::CashFlowKind::withdrawal;
    e.cash.amount = Money{(in ? 1 : -1) * core::int128{1 + below(1'000'000)} * 1'234'567};
    e.cash.account = AccountId{static_cast<std::uint16_t>(below(3))};
    e.cash.currency = e.cash.account.value == 2 ? w.usd : pick({w.usd, w.eur, w.btc});
    return e;
}

}  // namespace

TEST_CASE("in every currency, cash and positions equal what a slow and obvious ledger holds, after every event") {
    const World w;
    CHECK(rc::check("ledger identity", [&] {
        Portfolio p{w.universe, w.accounts(), 3};
        SlowLedger slow{w, w.accounts(), p};
        TimeNs now = from_civil(2024, 1, 1);
        for (const InstrumentId i : w.all) {
            p.mark(i, Price{100 * cents}, now);
            slow.mark(i, Price{100 * cents});
        }
        std::vector<Event> flows;
        const auto post = [&](const Event& e) {
            p.apply(e);
            slow.apply(e);
            check_all(w, p, slow);
        };
        const int steps = 5 + below(60);
        for (int step = 0; step < steps; ++step) {
            now = now + seconds(1 + below(40'000));
            flows.clear();
            p.accrue(now, flows);
            for (const Event& f : flows) { post(f); }
            flows.clear();
            const int what = below(20);
            if (what < 9) {
                post(random_fill(w, now));
            } else if (what < 14) {
                const InstrumentId i = w.all[static_cast<std::size_t>(below(8))];
                const Price price{cents * (100 + below(40'000))};
                p.mark(i, price, now);
                slow.mark(i, price);
                check_all(w, p, slow);
            } else if (what < 16) {
                post(random_cash(w, now));
            } else if (what < 17) {
                const InstrumentId i = pick({w.all[2], w.all[4], w.all[7]});
                p.settle(i, p.last_price(i), now, flows);
                for (const Event& f : flows) { post(f); }
            } else if (what < 19) {
                const InstrumentId i = pick({w.all[0], w.all[1], w.all[6]});
                Event e{EventKind::corporate_action, i, now, now};
                const bool is_split = below(2) == 0;
                e.action.kind = is_split ? model::CorporateActionKind::split : model::CorporateActionKind::dividend;
                e.action.numerator = 1 + below(7);
                e.action.denominator = 1 + below(4);
                e.action.amount = Price{cents * below(300)};
                e.action.currency = w.universe.at(i).currency;
                p.expand(e, flows);
                for (const Event& f : flows) { post(f); }
                post(e);
            } else {
                Event broken = random_fill(w, now);
                broken.report.quantity = Quantity{INT64_MAX};
                broken.report.price = Price{INT64_MAX};
                Event same_way = broken;  // at least one of two in a row cannot be held
                try {
                    Portfolio probe = p;
                    probe.apply(broken);
                    probe.apply(same_way);
                    RC_FAIL("a quantity beyond 64 bits was posted");
                } catch (const LedgerError&) {}
                broken.report.strategy = StrategyId{3};
                RC_ASSERT_THROWS_AS(p.apply(broken), LedgerError);
                check_all(w, p, slow);
            }
        }
    }));
}

TEST_CASE("a round trip returns exactly what was paid less fees, whatever the sizes of its parts") {
    const World w;
    CHECK(rc::check("round trip", [&] {
        const InstrumentId i = w.all[static_cast<std::size_t>(below(8))];
        Portfolio p{w.universe, w.accounts(), 3};
        for (const InstrumentId each : w.all) { p.mark(each, Price{100 * cents}, TimeNs{0}); }
        const AccountId a = p.account_of(i);
        const Instrument& instrument = w.universe.at(i);
        const Money start = p.cash(instrument.currency, a);
        Money paid{};
        Quantity held{};
        const auto trade = [&](Quantity q) {
            Event e{EventKind::order, i, TimeNs{1}, TimeNs{1}};
            e.report.step = model::OrderStep::filled;
            e.report.side = q.lots > 0 ? model::OrderSide::buy : model::OrderSide::sell;
            e.report.quantity = abs(q);
            e.report.price = Price{cents * (1 + below(100'000))};
            p.apply(e);
            paid += model::notional(e.report.price, q, instrument);
            held += q;
        };
        const int parts = 1 + below(12);
        for (int n = 0; n < parts; ++n) { trade(Quantity{std::int64_t{1 + below(5'000)} * (below(2) == 0 ? 1 : -1)}); }
        if (!held.is_zero()) { trade(-held); }
        const Position& position = *p.position(i, StrategyId{0});
        RC_ASSERT(position.is_flat());
        RC_ASSERT(position.cost == Money{});
        RC_ASSERT(position.realized == -paid);
        RC_ASSERT(p.cash(instrument.currency, a) == start - paid);
    }));
}
