#include "walras/backtest/sweep.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <set>

#include "walras/core/error.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::backtest;
using strategy::Value;

namespace {

constexpr std::int64_t day = 86'400'000'000'000;
constexpr std::int64_t cent = 10'000'000;

enum class Shape {
    daily,       // opens half a day before it closes; weekends pass
    contiguous,  // opens when the bar before it closes
    closes,      // closes only
};

// Random walks in cents. With gaps, every instrument but the first misses a tenth of the bars, and the third the
// first fifty.
data::BarSeries random_walk(std::uint32_t instrument, std::size_t rows, std::uint64_t seed, Shape shape, bool gaps) {
    core::Random random{{.seed = seed, .agent = instrument}};
    const auto step = [&](std::uint64_t n) { return static_cast<std::int64_t>(random.below(n)); };
    std::vector<data::TimedBar> bars;
    std::int64_t close = 10'000;
    for (std::size_t i = 0; i < rows; ++i) {
        const std::int64_t open = std::max<std::int64_t>(close + step(61) - 30, 500);
        close = std::max<std::int64_t>(open + step(301) - 150, 500);
        const std::int64_t high = std::max(open, close) + step(40);
        const std::int64_t low = std::min(open, close) - step(40);
        const auto number = static_cast<std::int64_t>(i + i / 5 * 2);
        const TimeNs ts{(shape == Shape::contiguous ? static_cast<std::int64_t>(i) + 1 : number + 1) * day};
        if (gaps && instrument > 0 && (step(10) == 0 || (instrument == 2 && i < 50))) { continue; }
        const TimeNs opened{ts.ns - (shape == Shape::contiguous ? day : day / 2)};
        if (shape == Shape::closes) {
            const Price only{close * cent};
            bars.push_back({ts, {opened, only, only, only, only, 1000}});
        } else {
            bars.push_back(
                {ts, {opened, Price{open * cent}, Price{high * cent}, Price{low * cent}, Price{close * cent}, 1000}});
        }
    }
    data::SeriesOptions options;
    options.closes_only = shape == Shape::closes;
    return {InstrumentId{instrument}, std::move(bars), options};
}

struct World {
    model::Universe universe;
    std::vector<data::BarSeries> series;
    Data data;
    SweepConfig config;

    explicit World(std::uint32_t instruments = 1, std::size_t rows = 300, std::uint64_t seed = 1,
                   Shape shape = Shape::daily, bool gaps = false) {
        const CurrencyId usd = universe.currency("USD");
        for (std::uint32_t i = 0; i < instruments; ++i) {
            model::Instrument instrument;
            instrument.symbol = std::to_string(i);
            instrument.venue = "TEST";
            instrument.currency = usd;
            universe.add(instrument);
            series.push_back(random_walk(i, rows, seed, shape, gaps));
        }
        for (const auto& s : series) { data.bars.push_back(&s); }
        portfolio::AccountConfig account;
        account.base_currency = usd;
        account.balances = {{usd, Money::of(100'000)}};
        config.run.session.accounts = {account};
        config.run.replay.fees = model::rate_fees(Rate::of(0.001), Rate::of(0.001));
        config.run.replay.slippage = spread_slippage(0.0001);
        config.run.session.sizing.buffer = Rate::of(0.001);
    }

    [[nodiscard]] SweepResult run(std::string_view name, const ParameterSpace& space) const {
        return sweep(universe, data, name, space, config);
    }
    [[nodiscard]] Result alone(std::string_view name, const ParameterSet& parameters) const {
        const auto strategy = strategy::make(name, parameters);
        const std::array<strategy::Strategy*, 1> one{strategy.get()};
        return backtest::run(universe, data, one, config.run);
    }
};

Axis integers(std::string name, std::initializer_list<std::int64_t> values) {
    Axis axis{std::move(name), {}};
    for (const std::int64_t value : values) { axis.values.emplace_back(value); }
    return axis;
}

ParameterSpace crosses() {
    return ParameterSpace::grid({integers("fast", {2, 5, 9, 14}), integers("slow", {8, 20, 33})});
}

bool same_bits(std::span<const double> a, std::span<const double> b) {
    return std::ranges::equal(a, b, [](double x, double y) {
        return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y) || (std::isnan(x) && std::isnan(y));
    });
}

}  // namespace

TEST_CASE("a grid's size is the product of its axes and each point comes once") {
    const ParameterSpace space =
        ParameterSpace::grid({integers("a", {1, 2, 3}), integers("b", {4, 5}), {"c", {Value{true}, Value{false}}}});
    CHECK(space.size() == 12);
    std::set<std::tuple<std::int64_t, std::int64_t, bool>> seen;
    for (std::size_t i = 0; i < space.size(); ++i) {
        const ParameterSet set = space.at(i);
        seen.emplace(std::get<std::int64_t>(set.at("a")), std::get<std::int64_t>(set.at("b")),
                     std::get<bool>(set.at("c")));
    }
    CHECK(seen.size() == 12);
    CHECK(std::get<bool>(space.value(1, 2)) == false);  // the last axis moves fastest
    CHECK(ParameterSpace::grid({}).size() == 1);
}

TEST_CASE("a list goes row by row, and a selection keeps its order") {
    const ParameterSpace space = ParameterSpace::list({integers("a", {1, 2, 3}), integers("b", {6, 5, 4})});
    CHECK(space.size() == 3);
    CHECK(std::get<std::int64_t>(space.value(2, 1)) == 4);
    const ParameterSpace some = space.only({2, 0});
    CHECK(some.size() == 2);
    CHECK(std::get<std::int64_t>(some.value(0, 0)) == 3);
    CHECK(std::get<std::int64_t>(some.only({1}).value(0, 0)) == 1);
    CHECK(space.only({}).size() == 0);
}

TEST_CASE("a space that cannot be meant is refused") {
    CHECK_THROWS_AS(static_cast<void>(ParameterSpace::grid({{"a", {}}})), ConfigError);
    CHECK_THROWS_AS(static_cast<void>(ParameterSpace::grid({integers("a", {1, 2, 1})})), ConfigError);
    CHECK_THROWS_AS(static_cast<void>(ParameterSpace::grid({integers("a", {1}), integers("a", {2})})), ConfigError);
    CHECK_THROWS_AS(static_cast<void>(ParameterSpace::list({integers("a", {1}), integers("b", {2, 3})})), ConfigError);
    CHECK_THROWS_AS(static_cast<void>(crosses().only({12})), ConfigError);
    std::vector<Axis> wide;
    wide.reserve(50);
    for (int i = 0; i < 50; ++i) { wide.push_back(integers(std::to_string(i), {1, 2})); }
    CHECK_THROWS_AS(static_cast<void>(ParameterSpace::grid(wide)), ConfigError);
}

TEST_CASE("trials without events give the bits of trials with events") {
    const std::array spaces{
        std::pair{"sma_cross", crosses()},
        std::pair{"ema_cross", crosses()},
        std::pair{"momentum", ParameterSpace::grid({integers("lookback", {1, 5, 40, 500}), integers("hold", {1, 7})})},
        std::pair{"rsi_reversion", ParameterSpace::grid({integers("period", {2, 5, 14})})},
        std::pair{"bollinger_reversion", ParameterSpace::grid({integers("period", {2, 10, 50})})},
        std::pair{"macd", ParameterSpace::grid({integers("fast", {3, 12}), integers("slow", {20, 26})})},
        std::pair{"ema_cross", ParameterSpace::grid({integers("fast", {3, 6}),
                                                     integers("slow", {7, 25}),
                                                     {"allow_short", {Value{true}}},
                                                     {"invested", {Value{0.3}, Value{0.99}, Value{2.0}}}})},
        std::pair{"momentum",
                  ParameterSpace::grid(
                      {integers("lookback", {3, 30}), integers("hold", {1, 4}), {"allow_short", {Value{true}}}})},
        std::pair{"sma_cross",
                  ParameterSpace::grid({integers("fast", {3}),
                                        integers("slow", {7, 400}),
                                        {"invested", {Value{0.05}, Value{0.7}, Value{3.0}, Value{10.0}}}})}};
    std::size_t without_events = 0;
    std::size_t all = 0;
    for (const Shape shape : {Shape::daily, Shape::contiguous, Shape::closes}) {
        for (const FillAt fill_at : {FillAt::next_open, FillAt::next_close, FillAt::this_close}) {
            for (int variant = 0; variant < 10; ++variant) {
                const bool several = variant >= 6;
                World world{several ? 3U : 1U, several ? 120U : 200U, static_cast<std::uint64_t>(variant + 1), shape,
                            variant >= 8};
                auto& account = world.config.run.session.accounts.front();
                world.config.run.replay.fill_at = fill_at;
                world.config.keep_returns = true;
                if (variant % 2 == 1) { account.kind = portfolio::AccountKind::cash; }
                if (variant == 2) { account.balances.front().amount = Money::of(70); }  // often less than a share
                if (variant == 3) { world.config.run.replay.slippage = volume_share_slippage(0.1, 0.2); }
                if (variant == 4) {
                    world.config.run.replay.fees = model::per_unit_fees(Money::of(0.005), Money::of(1), {});
                }
                if (variant == 5) {
                    world.config.run.from = TimeNs{40 * day};
                    world.config.run.to = TimeNs{200 * day + 1};
                }
                if (variant == 6) { account.initial_margin = account.maintenance_margin = Rate::of(0.1); }
                if (variant == 7) { world.config.run.session.sizing.buffer = {}; }
                for (const auto& [name, space] : spaces) {
                    CAPTURE(name);
                    CAPTURE(variant);
                    CAPTURE(static_cast<int>(shape));
                    CAPTURE(static_cast<int>(fill_at));
                    world.config.vectorised = true;
                    const SweepResult fast = world.run(name, space);
                    world.config.vectorised = false;
                    const SweepResult slow = world.run(name, space);
                    CHECK(slow.vectorised == 0);
                    without_events += fast.vectorised;
                    all += static_cast<std::size_t>(std::ranges::count(fast.status, TrialStatus::done));
                    CHECK(same_bits(fast.statistics, slow.statistics));
                    CHECK(same_bits(fast.returns, slow.returns));
                    CHECK(fast.messages == slow.messages);
                }
            }
        }
    }
    MESSAGE(without_events << " of " << all << " trials without events");
    CHECK(without_events > all * 3 / 4);
}

TEST_CASE("what has no short way goes through the event engine") {
    const auto vectorised = [](const World& world, const ParameterSpace& space) {
        return world.run("sma_cross", space).vectorised;
    };
    const ParameterSpace one = ParameterSpace::grid({integers("fast", {3})});
    CHECK(vectorised(World{}, one) == 1);
    CHECK(vectorised(World{3, 200, 1, Shape::daily, true}, one) == 1);
    CHECK(World{2}.run("pairs", ParameterSpace::grid({})).vectorised == 0);
    const auto with = [&](auto change) {
        World world;
        change(world.config.run);
        return vectorised(world, one);
    };
    CHECK(with([](RunConfig& run) { run.replay.fill_at = FillAt::intrabar_path; }) == 0);
    CHECK(with([](RunConfig& run) { run.replay.volume_share = Rate::of(0.1); }) == 0);
    CHECK(with([](RunConfig& run) { run.replay.latency = model::constant_latency({1}, {0}); }) == 0);
    CHECK(with([](RunConfig& run) { run.session.limits.max_drawdown = Rate::of(0.1); }) == 0);
    CHECK(with([](RunConfig& run) { run.session.accounts.front().credit_rate = Rate::of(0.01); }) == 0);
    CHECK(with([](RunConfig& run) { run.at_end = AtEnd::close; }) == 0);
    CHECK(with([](RunConfig& run) { run.to = TimeNs{200 * day}; }) == 1);
}

TEST_CASE("a trial's statistics are those of the same run alone, bit for bit") {
    for (const std::uint32_t instruments : {1U, 3U}) {
        const World world{instruments};
        const ParameterSpace space = crosses();
        const SweepResult found = world.run("sma_cross", space);
        for (std::size_t i = 0; i < space.size(); ++i) {
            if (found.status[i] != TrialStatus::done) { continue; }
            const portfolio::stats::Statistics alone{statistics(world.alone("sma_cross", space.at(i)))};
            for (std::size_t k = 0; k < trial_statistics.size(); ++k) {
                const std::string_view key = trial_statistics[k];
                if (key == "observations" || key == "probabilistic_sharpe") { continue; }
                CAPTURE(key);
                const double expected = alone[key];
                CHECK(same_bits(found.row(i).subspan(k, 1), {&expected, 1}));
            }
        }
    }
}

TEST_CASE("the number of threads changes nothing") {
    World world{2, 200};
    const SweepResult one = world.run("ema_cross", crosses());
    for (const int threads : {2, 3, 7, 0}) {
        world.config.threads = threads;
        const SweepResult several = world.run("ema_cross", crosses());
        CHECK(same_bits(one.statistics, several.statistics));
        CHECK(one.status == several.status);
        CHECK(one.messages == several.messages);
    }
}

TEST_CASE("a refused trial is recorded with its reason and counts") {
    const World world;
    const SweepResult found = world.run("sma_cross", crosses());
    CHECK(found.done == 12);
    CHECK_FALSE(found.interrupted);
    CHECK(found.status[6] == TrialStatus::refused);  // fast 9, slow 8
    CHECK(found.messages.at(6).find("fast = 9 must be smaller than slow = 8") != std::string::npos);
    CHECK(std::ranges::all_of(found.row(6), [](double x) { return std::isnan(x); }));
    CHECK(found.messages.size() == 2);
    CHECK(std::ranges::count(found.status, TrialStatus::done) == 10);
}

TEST_CASE("a run that throws fails its own trial only") {
    World world;
    world.config.run.replay.volume_share = Rate::of(-1);  // the venue refuses to be built
    world.data.bars.clear();
    const SweepResult found = world.run("sma_cross", crosses());
    CHECK(std::ranges::count(found.status, TrialStatus::failed) == 10);
    CHECK(found.done == 12);
    CHECK_FALSE(found.messages.at(0).empty());
}

TEST_CASE("unknown strategies and parameters are refused before anything runs") {
    const World world;
    CHECK_THROWS_AS(static_cast<void>(world.run("sma_crass", crosses())), ConfigError);
    CHECK_THROWS_WITH_AS(static_cast<void>(world.run("sma_cross", ParameterSpace::grid({integers("fats", {1})}))),
                         "sma_cross has no parameter \"fats\"; it has: fast, slow, invested, allow_short.",
                         ConfigError);
}

TEST_CASE("a stopped sweep keeps what is done and says that it was stopped") {
    World world{1, 2'000};
    Axis fast{"fast", {}};
    for (std::int64_t i = 1; i <= 2'000; ++i) { fast.values.emplace_back(i); }
    const ParameterSpace space = ParameterSpace::grid({fast, integers("slow", {2'001, 2'002, 2'003, 2'004, 2'005})});
    world.config.threads = 2;
    world.config.progress = [](std::size_t done, std::size_t total) {
        CHECK(total == 10'000);
        return done == 0;
    };
    const SweepResult found = world.run("ema_cross", space);
    CHECK(found.interrupted);
    CHECK(found.done > 0);
    CHECK(found.done < space.size());
    const auto finished = static_cast<std::size_t>(std::ranges::count(found.status, TrialStatus::done));
    CHECK(finished == found.done);
    for (std::size_t i = 0; i < space.size(); ++i) {
        CHECK(std::isnan(found.row(i)[0]) == (found.status[i] == TrialStatus::pending));
    }
}

TEST_CASE("what the progress callback throws reaches the caller") {
    World world;
    world.config.progress = [](std::size_t, std::size_t) -> bool { throw DataError("enough"); };
    CHECK_THROWS_WITH_AS(static_cast<void>(world.run("sma_cross", crosses())), "enough", DataError);
}

TEST_CASE("returns are kept when asked for and compound to the total return") {
    World world;
    world.config.keep_returns = true;
    const SweepResult found = world.run("sma_cross", crosses());
    CHECK(found.periods == 300);
    for (std::size_t i = 0; i < found.status.size(); ++i) {
        const auto returns = std::span{found.returns}.subspan(i * found.periods, found.periods);
        if (found.status[i] != TrialStatus::done) {
            CHECK(std::ranges::all_of(returns, [](double x) { return std::isnan(x); }));
            continue;
        }
        double growth = 1;
        for (const double r : returns) { growth *= 1 + r; }
        CHECK(growth - 1 == doctest::Approx(found.row(i)[1]).epsilon(1e-12));
    }
}
