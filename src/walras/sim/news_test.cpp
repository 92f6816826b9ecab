// News and fundamental values by hand.
#include "walras/sim/news.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "walras/sim/market_test.hpp"

namespace walras::sim {
namespace {

// Nothing happens but what a test asks for.
MarketConfig quiet(std::size_t symbols = 1) {
    MarketConfig config = small_market({}, symbols);
    for (NewsRate* rate : {&config.news.earnings, &config.news.guidance, &config.news.rate, &config.news.sector}) {
        rate->chance = 0;
    }
    config.news.drift = 0;
    config.news.preview = 0;
    return config;
}

struct Desk {
    explicit Desk(const MarketConfig& config) : news(config) {
        view.symbols.resize(config.symbols.size());
        for (const SymbolConfig& symbol : config.symbols) { view.sectors.push_back(symbol.sector); }
        news.show(view);
    }
    void tick() {
        ++view.tick;
        news.step(view);
    }
    [[nodiscard]] double fair(std::size_t s = 0) const { return view.symbols[s].fair; }
    SignalBoard board{1};
    MarketView view{board};
    NewsDesk news;
};

TEST_CASE("Gordon growth: dividends over what is required beyond growth, within bounds") {
    CHECK(gordon_value({.eps = 5, .growth = .05, .payout = .4}, .09) == doctest::Approx(52.5));  // 2.1 / .04
    CHECK(gordon_value({.eps = 5, .growth = .0899, .payout = .4}, .09) == 500);  // 100 times the earnings
    CHECK(gordon_value({.eps = 5, .growth = 0, .payout = .1}, .09) == 25);       // 5.6 is below 5 times
    CHECK(gordon_value({.eps = 5, .growth = .09, .payout = .4}, .09) == 75);     // no growth model: 15 times
    CHECK(gordon_value({.eps = 5, .growth = .05, .payout = 0}, .09) == 75);
}

TEST_CASE("symbols begin at their fair values, and without news stay there") {
    Desk desk(quiet());
    CHECK(desk.fair() == doctest::Approx(100));
    for (int i = 0; i < 100; ++i) { desk.tick(); }
    CHECK(desk.fair() == doctest::Approx(100));
    CHECK(desk.view.news.empty());
}

TEST_CASE(
    "an earnings surprise moves the fair value for good, and its sentiment, the signed root of it, fades in a line") {
    MarketConfig config = quiet();
    config.news.earnings = {1, 1000, 50, .4, .9};
    Desk desk(config);
    desk.tick();
    REQUIRE(desk.view.news.size() == 1);
    const NewsEvent event = desk.view.news[0];
    CHECK(event.magnitude >= .4);
    CHECK(event.magnitude <= .9);
    CHECK(std::abs(event.sentiment) <= std::sqrt(.15));
    const double surprise = event.sentiment * std::abs(event.sentiment);
    CHECK(desk.fair() == doctest::Approx(100 * (1 + surprise)));
    CHECK(desk.view.symbols[0].sentiment == doctest::Approx(event.sentiment));
    for (int i = 0; i < 25; ++i) { desk.tick(); }
    CHECK(desk.view.symbols[0].sentiment == doctest::Approx(event.sentiment / 2));
    for (int i = 0; i < 25; ++i) { desk.tick(); }
    CHECK(desk.view.news.empty());
    CHECK(desk.view.symbols[0].sentiment == 0);
    CHECK(desk.fair() == doctest::Approx(100 * (1 + surprise)));
}

TEST_CASE("guidance sets growth, and a rate decision the required return of all") {
    MarketConfig config = quiet(2);
    config.news.guidance = {1, 1000, 30, .3, .7};
    Desk guided(config);
    guided.tick();
    const NewsEvent event = guided.view.news.at(0);
    const double growth = guided.news.fundamentals(event.symbol).growth;
    CHECK(growth >= -.02);
    CHECK(growth <= .07);
    CHECK(guided.fair(event.symbol) ==
          doctest::Approx(100 / 52.5 * gordon_value({.eps = 5, .growth = growth, .payout = .4}, .09)));
    CHECK(guided.fair(1 - event.symbol) == doctest::Approx(100));

    config = quiet(2);
    config.news.rate = {1, 1000, 100, .6, 1};
    Desk decided(config);
    decided.tick();
    const double rate = decided.news.risk_free();
    CHECK(std::abs(rate - .04) <= .0025);
    CHECK(decided.view.news.at(0).sentiment == doctest::Approx((.04 - rate) * 1e4 / 50));
    for (const std::size_t s : {0U, 1U}) {
        CHECK(decided.fair(s) == doctest::Approx(100 * .04 / rate));
    }  // r - g = the rate
}

TEST_CASE("sector news concern the symbols of the sector and leave fair values alone") {
    MarketConfig config = quiet(3);
    config.symbols[0].sector = config.symbols[2].sector = Sector::finance;
    config.news.sector = {1, 1000, 40, .2, .6};
    Desk desk(config);
    desk.tick();
    const NewsEvent event = desk.view.news.at(0);
    for (std::size_t s = 0; s < 3; ++s) {
        CHECK(desk.fair(s) == doctest::Approx(100));
        CHECK(desk.view.symbols[s].sentiment == (config.symbols[s].sector == event.sector ? event.sentiment : 0));
    }
}

TEST_CASE("two events of a kind keep their interval") {
    MarketConfig config = quiet();
    config.news.sector = {1, 12, 1, .2, .6};
    Desk desk(config);
    for (std::uint64_t t = 1; t <= 50; ++t) {
        desk.tick();
        CHECK(desk.view.news.size() == (t % 12 == 1 ? 1 : 0));
    }
}

TEST_CASE("events come with their chance") {
    MarketConfig config = quiet();
    config.news.sector = {.02, 1, 1, .2, .6};
    Desk desk(config);
    int events = 0;
    for (int t = 0; t < 20'000; ++t) {
        desk.tick();
        events += static_cast<int>(desk.view.news.size());
    }
    CHECK(std::abs(events - 400) < 80);  // four deviations of 19.8
}

TEST_CASE("the fair value drifts within its bounds") {
    MarketConfig config = quiet();
    config.news.drift = .05;
    config.news.least_multiple = .9;
    config.news.most_multiple = 1.1;
    Desk desk(config);
    double least = 100, most = 100, before = 100;
    for (int t = 0; t < 2000; ++t) {
        desk.tick();
        CHECK(std::abs(desk.fair() / before - 1) <= .05 + 1e-12);
        before = desk.fair();
        least = std::min(least, before);
        most = std::max(most, before);
    }
    CHECK(least == doctest::Approx(90));
    CHECK(most == doctest::Approx(110));
}

TEST_CASE("an Ornstein-Uhlenbeck value has the deviation of its law, and shocks come from both sides") {
    MarketConfig config = quiet();
    config.news.reversion = .1;
    config.news.volatility = .01;
    Desk desk(config);
    double sum = 0, squares = 0;
    constexpr int n = 20'000;
    for (int t = 0; t < n; ++t) {
        desk.tick();
        const double away = desk.fair() / 100 - 1;
        sum += away;
        squares += away * away;
    }
    // .01 / sqrt(1 - .9^2) = .02294; about n / 20 independent values: 4 deviations of 1 / sqrt(2 * 1000) are 9 %.
    CHECK(std::sqrt(squares / n) == doctest::Approx(.02294).epsilon(.09));
    CHECK(std::abs(sum / n) < 4 * .02294 / std::sqrt(1000.));

    config = quiet();
    config.news.shock_chance = 1;
    config.news.shock_mean = .02;
    Desk shaken(config);
    int up = 0;
    double before = 100;
    for (int t = 0; t < 400; ++t) {
        shaken.tick();
        const double move = shaken.fair() - before;
        before = shaken.fair();
        up += move > 0 ? 1 : 0;
        if (before > 20 && before < 900) { CHECK(std::abs(move) == doctest::Approx(2)); }
    }
    CHECK(std::abs(up - 200) < 40);
}

TEST_CASE("who sees ahead sees what comes") {
    MarketConfig config = small_market({}, 3);
    config.news.preview = 7;
    config.news.earnings.chance = .2;
    Desk desk(config);
    std::vector<std::vector<double>> ahead;
    for (std::size_t t = 0; t < 200; ++t) {
        if (t > 0) { desk.tick(); }
        if (t >= 7) {
            for (std::size_t s = 0; s < 3; ++s) { CHECK(desk.fair(s) == ahead[t - 7][s]); }
        }
        ahead.emplace_back();
        for (const SymbolView& symbol : desk.view.symbols) { ahead.back().push_back(symbol.fair_ahead); }
    }
}

TEST_CASE("what is injected breaks in the next tick") {
    Desk desk(quiet());
    desk.tick();
    desk.news.inject(
        {.kind = NewsKind::sector, .sector = Sector::tech, .magnitude = .5, .sentiment = -.4, .duration = 4});
    CHECK(desk.view.symbols[0].sentiment == 0);
    desk.tick();
    CHECK(desk.view.symbols[0].sentiment == doctest::Approx(-.4));
    desk.tick();
    CHECK(desk.view.symbols[0].sentiment == doctest::Approx(-.3));
}

TEST_CASE("a desk that is restored goes on as the other would") {
    const MarketConfig config = small_market({}, 3);
    Desk first(config);
    for (int t = 0; t < 50; ++t) { first.tick(); }
    core::ArchiveWriter out;
    first.news.save(out);
    Desk second(config);
    core::ArchiveReader in(out.data());
    second.news.load(in);
    second.view.tick = first.view.tick;
    second.view.news = first.view.news;
    for (int t = 0; t < 200; ++t) {
        first.tick();
        second.tick();
        for (std::size_t s = 0; s < 3; ++s) {
            REQUIRE(first.fair(s) == second.fair(s));
            REQUIRE(first.view.symbols[s].fair_ahead == second.view.symbols[s].fair_ahead);
            REQUIRE(first.view.symbols[s].sentiment == second.view.symbols[s].sentiment);
        }
    }
}

}  // namespace
}  // namespace walras::sim
