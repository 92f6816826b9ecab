#include "walras/portfolio/statistics.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <set>
#include <string>

#include "walras/core/error.hpp"
#include "walras/core/random.hpp"
#include "walras/portfolio/numeric.hpp"
#include "walras/portfolio/returns.hpp"

using namespace walras;
using namespace walras::portfolio;
using namespace walras::portfolio::stats;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// `value` within 1e-12 of `expected`, relative: a few hundred roundings of 1e-16 at most.
bool is(double value, double expected, double tolerance = 1e-12) {
    const bool close = std::abs(value - expected) <= tolerance * std::max(1e-300, std::abs(expected));
    if (!close) { MESSAGE(value << " is not " << expected); }
    return close;
}

// empyrical's test series (reference/research.md, 1.2).
const std::vector<double> mixed{no_value, 0.01, 0.10, -0.04, 0.02, 0.03, 0.02, 0.01, -0.10};
const std::vector<double> negative{0, -0.06, -0.07, -0.01, -0.09, -0.02, -0.06, -0.08, -0.05};
const std::vector<double> positive{0.01, 0.02, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01};

// A congruential series that numpy can make too.
std::vector<double> series(std::size_t n) {
    std::vector<double> r(n);
    std::int64_t x = 12'345;
    for (double& value : r) {
        x = (x * 1'103'515'245 + 12'345) % (std::int64_t{1} << 31);
        value = (static_cast<double>(x) / 2147483648.0 - 0.48) * 0.04;
    }
    return r;
}

TimeNs day(std::int64_t n) { return from_civil(2024, 1, 1) + days(n); }

std::vector<TimeNs> daily(std::size_t n) {
    std::vector<TimeNs> times;
    times.reserve(n);
    for (std::size_t i = 0; i < n; ++i) { times.push_back(day(static_cast<std::int64_t>(i))); }
    return times;
}

RoundTrip trade(double net, double entry, std::int64_t from = 0, std::int64_t to = 1) {
    RoundTrip t;
    t.quantity = Quantity{1};
    t.gross = Money::of(net);
    t.net_in_base = Money::of(net);
    t.entry_notional = Money::of(entry);
    t.entry_time = day(from);
    t.exit_time = day(to);
    return t;
}

}  // namespace

TEST_CASE("the statistics of empyrical's series are its published numbers") {
    CHECK(is(sharpe(mixed, 252), 1.7238613961706866));
    CHECK(is(sharpe(negative, 252), -24.406808633910085));
    CHECK(is(sharpe(positive, 252), 52.915026221291804));
    CHECK(is(sortino(mixed, 252), 2.605531251673693));
    CHECK(is(downside_risk(mixed, 252), 0.60448325038829653));
    CHECK(is(max_drawdown(mixed), -0.1));
    CHECK(is(cagr(mixed, 252), 1.9135925373194231));
    CHECK(is(volatility(mixed, 252), 0.9136465399704637));
    CHECK(is(total_return(mixed), 0.03893, 1e-3));
    CHECK(is(total_return(negative), -0.36590, 1e-4));
    CHECK(is(calmar(mixed, 252), 19.135925373194231));
    // Eight rows alone are a shorter time.
    CHECK(is(cagr(std::span{mixed}.subspan(1), 252), 2.3303, 1e-4));
}

TEST_CASE("the statistics of a long series are numpy's and scipy's") {
    const auto r = series(20'000);  // longer than the sample that brackets the quantiles
    CHECK(is(sharpe(r, 252), 1.1077629796283937, 1e-11));
    CHECK(is(sortino(r, 252), 1.6635552457953984, 1e-11));
    CHECK(is(value_at_risk(r), -0.017198702670447527));
    CHECK(is(conditional_value_at_risk(r), -0.01821306218340993));
    CHECK(is(tail_ratio(r), 1.0899341548905623));
    CHECK(is(stability(r), 0.9947307673798336, 1e-11));
    CHECK(is(skew(r), -0.007960971179679944, 1e-9));
    CHECK(is(kurtosis(r), 1.7979409520657204));
    CHECK(is(omega(r), 1.1748947320018617));
    CHECK(is(max_drawdown(r), -0.35558905386267314, 1e-10));
    const std::span all{r};
    const auto few = all.first(100);
    CHECK(is(value_at_risk(few), -0.017555766601860524));
    CHECK(is(conditional_value_at_risk(few), -0.01821898259669542));
    CHECK(is(tail_ratio(few), 1.0955450932989683));
    CHECK(is(stability(few), 0.03706267327004223, 1e-10));
    std::vector<double> shifted{0.001};
    shifted.insert(shifted.end(), r.begin(), r.end() - 1);
    CHECK(is(beta(few, std::span{shifted}.first(100)), -0.15199392830628, 1e-11));
    CHECK(is(alpha(few, std::span{shifted}.first(100), 252), 0.11054558181567353, 1e-11));
}

TEST_CASE("quantiles are those of a full sort, also where values repeat or the sample misleads") {
    core::Random random{{.seed = 5}};
    for (const int kind : {0, 1, 2, 3}) {
        std::vector<double> values(30'000);
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double u = random.uniform();
            values[i] = kind == 0   ? u
                        : kind == 1 ? std::floor(u * 3)
                        : kind == 2 ? static_cast<double>(i)
                                    : (i % 14 == 0 ? u : 5.0);
        }
        for (const double cutoff : {0.0, 0.01, 0.05, 0.5, 0.95, 1.0}) {
            std::vector<double> sorted = values;
            std::sort(sorted.begin(), sorted.end());
            const double place = 29'999 * cutoff;
            const auto k = static_cast<std::size_t>(place);
            const double above = sorted[std::min<std::size_t>(k + 1, 29'999)];
            CHECK(
                is(tail(values, cutoff).quantile, sorted[k] + (above - sorted[k]) * (place - static_cast<double>(k))));
            double total = 0;
            for (std::size_t i = 0; i <= k; ++i) { total += sorted[i]; }
            CHECK(is(tail(values, cutoff).mean, total / static_cast<double>(k + 1), 1e-9));
        }
    }
}

TEST_CASE("what has nothing to measure is NaN, and something over nothing is infinite") {
    const std::vector<double> none;
    const std::vector<double> one{0.01};
    const std::vector<double> flat{0, 0, 0};
    const std::vector<double> missing{no_value, no_value};
    for (const auto& empty : {none, missing}) {
        CHECK(std::isnan(total_return(empty)));
        CHECK(std::isnan(cagr(empty, 252)));
        CHECK(std::isnan(sharpe(empty, 252)));
        CHECK(std::isnan(sortino(empty, 252)));
        CHECK(std::isnan(max_drawdown(empty)));
        CHECK(std::isnan(omega(empty)));
        CHECK(std::isnan(value_at_risk(empty)));
        CHECK(std::isnan(conditional_value_at_risk(empty)));
        CHECK(std::isnan(tail_ratio(empty)));
        CHECK(std::isnan(stability(empty)));
        CHECK(std::isnan(skew(empty)));
        CHECK(std::isnan(sharpe_geometric(empty, 252)));
    }
    CHECK(std::isnan(sharpe(one, 252)));
    CHECK(std::isnan(volatility(one, 252)));
    CHECK(is(total_return(one), 0.01));
    CHECK(value_at_risk(one) == 0.01);
    CHECK(sortino(one, 252) == infinity);
    CHECK(omega(one) == infinity);
    CHECK(std::isnan(sharpe(flat, 252)));
    CHECK(std::isnan(omega(flat)));
    CHECK(std::isnan(calmar(flat, 252)));
    CHECK(max_drawdown(flat) == 0);
    CHECK(cagr(std::vector{0.5, -1.0, 0.2}, 252) == -1);
    CHECK_THROWS_AS(beta(one, flat), ConfigError);
}

TEST_CASE("a loss on the first day is a drawdown") {
    CHECK(is(max_drawdown(std::vector{-0.05, 0.01}), -0.05));
    const std::vector<double> equity{95, 96};
    const auto s = summarize({.equity = equity, .starting_equity = 100, .periods_per_year = 252});
    CHECK(is(s["max_drawdown"], -0.05));
    CHECK(is(s["total_return"], -0.04));
    CHECK(is(s["sharpe"], sharpe(std::vector{-0.05, 96.0 / 95 - 1}, 252)));
}

TEST_CASE("the number of periods in a year follows the calendar of the rows") {
    std::vector<TimeNs> business, minutes, crypto, weeks, months;
    for (int d = 0; d < 400; ++d) {
        if (d % 7 < 5) { business.push_back(day(d)); }  // 2024-01-01 was a Monday
        weeks.push_back(day(std::int64_t{7} * d));
        if (d % 7 >= 5) { continue; }
        for (int m = 0; m < 390; m += 5) { minutes.push_back(day(d) + seconds(std::int64_t{60} * (870 + m))); }
    }
    for (int h = 0; h < 24 * 100; ++h) { crypto.push_back(day(0) + seconds(std::int64_t{3'600} * h)); }
    for (int m = 0; m < 36; ++m) { months.push_back(from_civil(2020 + m / 12, 1 + m % 12, 28)); }
    CHECK(periods_per_year(business) == 252);
    CHECK(periods_per_year(daily(400)) == 365);
    CHECK(periods_per_year(weeks) == 52);
    CHECK(periods_per_year(months) == 12);
    CHECK(periods_per_year(minutes) == 252 * 78);
    CHECK(periods_per_year(crypto) == 365 * 24);
    CHECK(periods_per_year(std::vector{day(0), day(20), day(40)}) == 365.25 / 20);
    CHECK(std::isnan(periods_per_year(std::vector{day(0)})));
}

TEST_CASE("drawdowns are measured from peak to recovery, the last one to the end") {
    const std::vector<double> equity{100, 110, 99, 104.5, 110, 120, 114, 120, 60, 90};
    const auto times = daily(equity.size());
    const auto s = summarize({.equity = equity, .times = times});
    CHECK(is(s["max_drawdown"], -0.5));
    CHECK(is(s["avg_drawdown"], -(0.1 + 0.05 + 0.5) / 3));
    CHECK(is(s["max_drawdown_duration"], 3));
    CHECK(is(s["avg_drawdown_duration"], (3 + 2 + 2) / 3.0));
    CHECK(s["peak_equity"] == 120);
    CHECK(s["final_equity"] == 90);
    CHECK(s["duration"] == 9);
    CHECK(is(s["best_day"], 0.5));
    CHECK(is(s["worst_day"], -0.5));
}

TEST_CASE("days are days, also of an intraday series") {
    std::vector<TimeNs> times;
    for (int d = 0; d < 3; ++d) {
        for (int h = 0; h < 3; ++h) { times.push_back(day(d) + seconds(std::int64_t{3'600} * (10 + h))); }
    }
    const std::vector<double> equity{100, 150, 110, 108, 50, 99, 120, 130, 118.8};
    const auto s = summarize({.equity = equity, .times = times});
    CHECK(is(s["best_day"], 118.8 / 99 - 1));
    CHECK(is(s["worst_day"], -0.1));
    CHECK(s["periods_per_year"] == 252 * 3);
}

TEST_CASE("the statistics of trades are those of their net profits") {
    const std::vector<RoundTrip> trades{trade(50, 1'000, 1, 3), trade(-20, 1'000, 4, 5), trade(30, 500, 5, 5),
                                        trade(-40, 2'000, 7, 8)};
    const std::vector<double> equity(10, 1'000.0);
    const auto times = daily(10);
    const auto s = summarize({.equity = equity,
                              .times = times,
                              .trades = trades,
                              .traded_value = 5'000,
                              .fees_paid = 3,
                              .orders = 9,
                              .fills = 8});
    CHECK(s["trades"] == 4);
    CHECK(s["win_rate"] == 0.5);
    CHECK(is(s["profit_factor"], 80.0 / 60));
    CHECK(is(s["profit_factor_return"], (0.05 + 0.06) / (0.02 + 0.02)));
    CHECK(is(s["expectancy"], 5));
    CHECK(is(s["expectancy_return"], 0.0175));
    CHECK(is(s["avg_trade"], std::pow(1.05 * 0.98 * 1.06 * 0.98, 0.25) - 1));
    CHECK(is(s["best_trade"], 0.06));
    CHECK(is(s["worst_trade"], -0.02));
    CHECK(s["avg_win"] == 40);
    CHECK(s["avg_loss"] == -30);
    CHECK(is(s["kelly"], 0.5 - 0.5 / (40.0 / 30)));
    CHECK(is(s["sqn"], 2 * 5 / std::sqrt((45.0 * 45 + 25 * 25 + 25 * 25 + 45 * 45) / 3)));
    CHECK(s["avg_trade_duration"] == 1);
    CHECK(s["max_trade_duration"] == 2);
    CHECK(s["exposure_time"] == 0.7);  // rows 1-3, 4-5, 5, 7-8
    CHECK(is(s["turnover"], 5 / (10.0 / 365)));
    CHECK(s["orders"] == 9);
    CHECK(s["fills"] == 8);
    CHECK(s["fees_paid"] == 3);
}

TEST_CASE("a table without trades, benchmark or rows says NaN and never divides by nothing") {
    const auto s = summarize({});
    CHECK(std::isnan(s["final_equity"]));
    CHECK(std::isnan(s["sharpe"]));
    CHECK(std::isnan(s["win_rate"]));
    CHECK(std::isnan(s["profit_factor"]));
    CHECK(std::isnan(s["sqn"]));
    CHECK(std::isnan(s["beta"]));
    CHECK(s["trades"] == 0);
    const std::vector<RoundTrip> wins{trade(5, 100), trade(7, 100)};
    CHECK(summarize({.trades = wins})["profit_factor"] == infinity);
    CHECK(summarize({.trades = wins})["win_rate"] == 1);
}

TEST_CASE("the table and the functions on returns are one definition") {
    const auto r = series(5'000);
    std::vector<double> equity{1'000};
    std::vector<double> price{50};
    for (std::size_t i = 0; i < r.size(); ++i) {
        equity.push_back(equity.back() * (1 + r[i]));
        price.push_back(price.back() * (1 + r[(i + 7) % r.size()] / 2 + r[i] / 4));
    }
    std::vector<double> with_gap{no_value};  // the first row has no return
    with_gap.insert(with_gap.end(), r.begin(), r.end());
    std::vector<double> benchmark{no_value};
    for (std::size_t i = 1; i < price.size(); ++i) { benchmark.push_back(price[i] / price[i - 1] - 1); }
    const auto s = summarize({.equity = equity, .periods_per_year = 252, .benchmark = price});
    const double tolerance = 1e-9;  // returns recomputed from equity differ in the last digits
    CHECK(is(s["total_return"], total_return(r), tolerance));
    CHECK(is(s["cagr"], cagr(with_gap, 252), tolerance));
    CHECK(is(s["annual_return"], annual_return(with_gap, 252), tolerance));
    CHECK(is(s["volatility"], volatility(r, 252), tolerance));
    CHECK(is(s["volatility_geometric"], volatility_geometric(with_gap, 252), tolerance));
    CHECK(is(s["sharpe"], sharpe(r, 252), tolerance));
    CHECK(is(s["sharpe_geometric"], sharpe_geometric(with_gap, 252), tolerance));
    CHECK(is(s["sortino"], sortino(r, 252), tolerance));
    CHECK(is(s["sortino_geometric"], sortino_geometric(with_gap, 252), tolerance));
    CHECK(is(s["calmar"], calmar(with_gap, 252), tolerance));
    CHECK(is(s["omega"], omega(r), tolerance));
    CHECK(is(s["max_drawdown"], max_drawdown(r), tolerance));
    CHECK(is(s["var_95"], value_at_risk(r), tolerance));
    CHECK(is(s["cvar_95"], conditional_value_at_risk(r), tolerance));
    CHECK(is(s["tail_ratio"], tail_ratio(r), tolerance));
    CHECK(is(s["skew"], skew(r), tolerance));
    CHECK(is(s["kurtosis"], kurtosis(r), tolerance));
    CHECK(is(s["beta"], beta(with_gap, benchmark), tolerance));
    CHECK(is(s["alpha"], alpha(with_gap, benchmark, 252), tolerance));
    CHECK(is(s["stability"], stability(r), 1e-3));  // the table's line also goes through the first row
}

TEST_CASE("nanoseconds do as well as times, and gross exposure is measured against equity") {
    const auto r = series(500);
    std::vector<double> equity{1'000}, gross{0};
    for (const double each : r) {
        equity.push_back(equity.back() * (1 + each));
        gross.push_back(equity.back() / 2);
    }
    const auto times = daily(equity.size());
    std::vector<std::int64_t> ns;
    ns.reserve(times.size());
    for (const TimeNs t : times) { ns.push_back(t.ns); }
    const auto one = summarize({.equity = equity, .times = times, .gross = gross});
    const auto other = summarize({.equity = equity, .times_ns = ns, .gross = gross});
    for (std::size_t i = 0; i < one.rows().size(); ++i) {
        const double a = one.rows()[i].value;
        const double b = other.rows()[i].value;
        CHECK((a == b || (std::isnan(a) && std::isnan(b))));
    }
    CHECK(is(one["max_exposure"], 0.5));
    CHECK(is(one["avg_exposure"], 0.5 * 500 / 501));
    CHECK(is(one["cagr_calendar"], std::pow(equity.back() / 1'000, 365.25 / 500) - 1, 1e-10));
    CHECK(is(one["recovery_factor"], one["total_return"] / -one["max_drawdown"]));
    CHECK(std::isnan(summarize({.equity = equity, .times = times})["avg_exposure"]));
}

TEST_CASE("one workspace serves many runs") {
    Workspace workspace;
    const auto r = series(3'000);
    for (const std::size_t n : {3'000U, 10U, 0U, 1U, 2'000U}) {
        std::vector<double> equity, benchmark;
        for (std::size_t i = 0; i < n; ++i) {
            equity.push_back((i == 0 ? 50 : equity.back()) * (1 + r[i]));
            benchmark.push_back((i == 0 ? 50 : benchmark.back()) * (1 + r[r.size() - 1 - i]));
        }
        const Performance p{.equity = equity, .starting_equity = 50, .periods_per_year = 252, .benchmark = benchmark};
        const Values reused = evaluate(p, workspace);
        const auto fresh = summarize(p);
        for (const Statistic& row : fresh.rows()) {
            const double value = reused.values[static_cast<std::size_t>(&row - fresh.rows().data())];
            CHECK((value == row.value || (std::isnan(value) && std::isnan(row.value))));
        }
    }
}

TEST_CASE("equity that is not finite is refused with its row") {
    const std::vector<double> equity{1, no_value, 3};
    CHECK_THROWS_WITH_AS(summarize({.equity = equity, .periods_per_year = 252}),
                         "Equity is nan at row 1; give a number for each row.", DataError);
    const std::vector<double> endless{1, 2, infinity};
    CHECK_THROWS_AS(summarize({.equity = endless, .periods_per_year = 252}), DataError);
}

TEST_CASE("equity that goes below zero ends the returns, not the table") {
    const std::vector<double> equity{100, 50, -20, -10, 5};
    const auto s = summarize({.equity = equity, .times = daily(5)});
    CHECK(is(s["max_drawdown"], -1.2));
    CHECK(is(s["total_return"], -0.95));
    CHECK(std::isnan(s["stability"]));
    CHECK(is(s["worst_day"], -1.4));
    const std::vector<double> ruined{100, 50, -20};
    CHECK(summarize({.equity = ruined, .periods_per_year = 252})["cagr"] == -1);
}

TEST_CASE("autocorrelation lowers the smart Sharpe ratio and moves Lo's with its sign") {
    std::vector<double> rising{0.01}, turning;
    const auto r = series(2'000);
    for (std::size_t i = 0; i + 1 < r.size(); ++i) {
        rising.push_back(r[i] + 0.5 * r[i + 1]);
        turning.push_back(r[i] - 0.5 * r[i + 1]);
    }
    CHECK(autocorrelation(rising) > 0.3);
    CHECK(autocorrelation(turning) < -0.3);
    CHECK(sharpe_smart(rising, 252) < sharpe(rising, 252));
    CHECK(sharpe_smart(turning, 252) < sharpe(turning, 252));
    CHECK(sharpe_lo(rising, 252) < sharpe(rising, 252));
    CHECK(sharpe_lo(turning, 252) > sharpe(turning, 252));
    // The closed form is the sum.
    const double rho = autocorrelation(rising);
    double weighted = 0;
    for (int k = 1; k < 252; ++k) { weighted += (252 - k) * std::pow(rho, k); }
    CHECK(is(sharpe_lo(rising, 252), sharpe(rising, 1) * 252 / std::sqrt(252 + 2 * weighted), 1e-10));
    CHECK(std::isnan(autocorrelation(std::vector{0.1, 0.2})));
}

TEST_CASE("parametric tails are those of a normal distribution") {
    const auto r = series(5'000);
    const double mean = sharpe(r, 1) * volatility(r, 1);
    CHECK(is(value_at_risk_parametric(r), mean - 1.6448536269514722 * volatility(r, 1), 1e-10));
    CHECK(is(conditional_value_at_risk_parametric(r), mean - volatility(r, 1) * 0.10313564037537140 / 0.05, 1e-10));
    CHECK(is(value_at_risk_parametric(r, 0.5), mean, 1e-9));
}

TEST_CASE("each statistic has its own key, a unit and a formula") {
    const auto s = summarize({});
    std::set<std::string_view> keys;
    for (const Statistic& row : s.rows()) {
        CHECK(keys.insert(row.key).second);
        CHECK_FALSE(row.unit.empty());
        CHECK_FALSE(row.formula.empty());
    }
    CHECK_THROWS_AS(static_cast<void>(s["sharp"]), ConfigError);
}

TEST_CASE("lengths that differ and times that fall are refused") {
    const std::vector<double> equity{1, 2, 3};
    const auto two = daily(2);
    const std::vector<TimeNs> falling{day(1), day(0), day(2)};
    CHECK_THROWS_AS(summarize({.equity = equity, .times = two}), ConfigError);
    CHECK_THROWS_AS(summarize({.equity = equity, .times = falling}), ConfigError);
    CHECK_THROWS_AS(summarize({.equity = equity, .periods_per_year = 1, .benchmark = std::span{equity}.first(2)}),
                    ConfigError);
}

// The rules of G4 by hand, with ledger, trade log and statistics, without engine.
TEST_CASE("golden G4: SMA 10/30 on daily GOOG gives backtesting.py's statistics") {
    std::filesystem::path file;
    for (const char* root : {"../shared", "../../shared"}) {
        const auto there =
            std::filesystem::path{WALRAS_SOURCE_DIR} / root / "data/daily/backtestingpy_goog_2004_2013.csv.gz";
        if (std::filesystem::exists(there)) { file = there; }
    }
    if (file.empty()) {
        MESSAGE("skipped: ../shared/data is absent");
        return;
    }
    std::vector<double> open, close;
    std::vector<TimeNs> times;
    std::FILE* pipe = popen(("gzip -dc '" + file.string() + "'").c_str(), "r");
    REQUIRE(pipe != nullptr);
    char line[256];
    while (std::fgets(line, sizeof line, pipe) != nullptr) {
        int year = 0, month = 0, day_of_month = 0;
        double o = 0, high = 0, low = 0, c = 0;
        if (std::sscanf(line, "%d-%d-%d,%lf,%lf,%lf,%lf", &year, &month, &day_of_month, &o, &high, &low, &c) != 7) {
            continue;
        }
        times.push_back(from_civil(year, month, day_of_month));
        open.push_back(o);
        close.push_back(c);
    }
    pclose(pipe);
    REQUIRE(close.size() == 2'148);

    model::Universe universe;
    AccountConfig account;
    account.base_currency = universe.currency("USD");
    account.balances = {{account.base_currency, Money::of(10'000)}};
    model::Instrument share;
    share.symbol = "GOOG";
    share.venue = "XNAS";
    share.currency = account.base_currency;
    const InstrumentId goog = universe.add(share);
    Portfolio ledger{universe, {account}, 1};
    TradeLog log;
    const auto fill = [&](std::size_t row, Quantity quantity) {
        model::Event e{model::EventKind::order, goog, times[row], times[row]};
        e.report.step = model::OrderStep::filled;
        e.report.side = quantity.lots > 0 ? model::OrderSide::buy : model::OrderSide::sell;
        e.report.quantity = abs(quantity);
        e.report.price = Price::of(open[row]);
        ledger.apply(e);
        log.apply(e, ledger);
    };
    const auto sma = [&](std::size_t row, std::size_t n) {
        double total = 0;
        for (std::size_t i = 0; i < n; ++i) { total += close[row - i]; }
        return total / static_cast<double>(n);
    };
    std::vector<double> equity;
    int wanted = 0;  // decided at the last close: 1 long, -1 short
    for (std::size_t row = 0; row < close.size(); ++row) {
        const Quantity held = ledger.net_quantity(goog);
        ledger.mark(goog, Price::of(open[row]), times[row]);
        if (row + 1 == close.size()) {
            if (!held.is_zero()) { fill(row, -held); }
        } else if (wanted != 0) {
            if (!held.is_zero()) { fill(row, -held); }
            const auto shares = static_cast<std::int64_t>(ledger.equity().to_double() / open[row]);
            fill(row, Quantity{wanted * shares});
        }
        ledger.mark(goog, Price::of(close[row]), times[row]);
        equity.push_back(ledger.equity().to_double());
        wanted = 0;
        if (row >= 30) {
            const double before = sma(row - 1, 10) - sma(row - 1, 30);
            const double now = sma(row, 10) - sma(row, 30);
            if (before < 0 && now > 0) { wanted = 1; }
            if (before > 0 && now < 0) { wanted = -1; }
        }
    }
    CHECK(ledger.cash() == Money::of(51'422.99));
    const auto s = summarize(
        {.equity = equity, .times = times, .benchmark = close, .benchmark_start = 29, .trades = log.closed()});
    CHECK(s["trades"] == 66);
    CHECK(is(s["final_equity"], 51'422.99));
    CHECK(is(s["sharpe_geometric"], 0.5806232244, 1e-9));
    CHECK(is(s["max_drawdown"], -0.4798012705, 1e-9));
    CHECK(is(s["sharpe"], 0.798, 1e-3));
    // Beyond engine.md's numbers: what these definitions gave when they were written, so that a change is seen.
    CHECK(is(s["annual_return"], 0.21191099249050338));
    CHECK(is(s["volatility_geometric"], 0.36497160907023674, 1e-11));
    CHECK(is(s["sortino_geometric"], 1.0853434352487183));
    CHECK(is(s["calmar"], 0.44143809356084779));
    CHECK(is(s["calmar_geometric"], 0.44166409202994605, 1e-9));
    CHECK(is(s["cagr_calendar"], 0.21160245705962623, 1e-9));
    CHECK(s["peak_equity"] == 75'787.44);
    CHECK(is(s["avg_drawdown"], -0.05925851581948801));
    CHECK(s["max_drawdown_duration"] == 584);
    CHECK(is(s["avg_drawdown_duration"], 362.0 / 9));
    CHECK(is(s["exposure_time"], 0.96741154562383613));
    CHECK(is(s["buy_and_hold_return"], 5.2206018518518524));
    CHECK(is(s["win_rate"], 31.0 / 66));
    CHECK(is(s["profit_factor_return"], 2.1679459742620346));
    CHECK(is(s["expectancy_return"], 0.032748078066748842));
    CHECK(is(s["avg_trade"], 0.02531715975158555));
    CHECK(is(s["best_trade"], 0.53595952294904226));
    CHECK(is(s["worst_trade"], -0.18398873538354793));
    CHECK(is(s["sqn"], 1.0766187356697714));
    CHECK(is(s["kelly"], 0.15187051270297186));
    CHECK(s["max_trade_duration"] == 183);
    CHECK(is(s["alpha_total"], 3.9437391142027494));
    CHECK(is(s["beta_log"], 0.038033907091922135));
    CHECK(s["periods_per_year"] == 252);
}
