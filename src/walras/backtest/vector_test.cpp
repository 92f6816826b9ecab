#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "walras/backtest/vector_batch.hpp"
#include "walras/core/error.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::backtest;

namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

model::Instrument share(std::size_t i) {
    model::Instrument out;
    out.symbol = "S" + std::to_string(i);
    out.venue = "SIM";
    out.validate();
    return out;
}

// Random walks in cents with gaps, in either order of memory; each column has its own cash.
struct World {
    std::size_t rows = 0;
    std::size_t columns = 0;
    bool by_rows = true;
    std::vector<double> open, high, low, close;
    std::vector<std::uint8_t> entries, exits;
    double stop = 0.03;

    World(std::size_t row_count, std::size_t column_count, bool rows_first)
        : rows(row_count), columns(column_count), by_rows(rows_first) {
        for (auto* matrix : {&open, &high, &low, &close}) { matrix->resize(rows * columns); }
        entries.resize(rows * columns);
        exits.resize(rows * columns);
        for (std::size_t column = 0; column < columns; ++column) {
            core::Random random{{.seed = 3, .stream = 0, .agent = static_cast<std::uint32_t>(column), .tick = 0}};
            double price = 5'000;
            for (std::size_t row = 0; row < rows; ++row) {
                const std::size_t i = at(row, column);
                const double first = price;
                price = std::max(500.0, price + std::floor((random.uniform() - 0.5) * 200));
                const bool gap = random.uniform() < 0.02;
                open[i] = first / 100;
                high[i] = std::max(first, price) / 100 + 0.25;
                low[i] = std::min(first, price) / 100 - 0.25;
                close[i] = gap ? nan_value : price / 100;
                entries[i] = random.uniform() < 0.1 ? 1 : 0;
                exits[i] = random.uniform() < 0.1 ? 1 : 0;
            }
        }
    }

    [[nodiscard]] std::size_t at(std::size_t row, std::size_t column) const {
        return by_rows ? row * columns + column : column * rows + row;
    }
    template <class T>
    [[nodiscard]] Matrix<T> matrix(const std::vector<T>& values) const {
        return {values.data(), by_rows ? static_cast<std::ptrdiff_t>(columns) : 1,
                by_rows ? 1 : static_cast<std::ptrdiff_t>(rows)};
    }
    [[nodiscard]] VectorBatch batch() const {
        VectorBatch out;
        out.rows = rows;
        out.columns = columns;
        out.open = matrix(open);
        out.high = matrix(high);
        out.low = matrix(low);
        out.close = matrix(close);
        out.enter_longs = matrix(entries);
        out.enter_shorts = matrix(exits);
        out.stop_loss = {&stop, 0, 0};
        for (std::uint32_t i = 0; i < columns; ++i) {
            out.instruments.push_back(share(i));
            out.pools.push_back({i});
            out.cash.push_back(Money::of(10'000));
        }
        for (std::size_t row = 0; row < rows; ++row) {
            out.opens.push_back(TimeNs{static_cast<std::int64_t>(row) * 1000});
            out.closes.push_back(TimeNs{static_cast<std::int64_t>(row) * 1000 + 999});
        }
        return out;
    }
};

bool same(const PoolRun& a, const PoolRun& b) {
    return a.cash.raw == b.cash.raw && a.orders.size() == b.orders.size() &&
           std::ranges::equal(a.fills, b.fills, [](const VectorFill& x, const VectorFill& y) {
               return x.row == y.row && x.side == y.side && x.quantity == y.quantity && x.price == y.price &&
                      x.fee == y.fee && x.rule == y.rule;
           });
}

}  // namespace

TEST_CASE("a batch gives the same runs by rows and by columns, on one thread and on many") {
    const World by_rows{300, 300, true};
    const World by_columns{300, 300, false};
    const std::vector<PoolRun> first = run_batch(by_rows.batch());
    std::size_t fills = 0;
    for (const PoolRun& run : first) { fills += run.fills.size(); }
    CHECK(fills > 10'000);
    for (const auto& runs : {run_batch(by_rows.batch(), 4), run_batch(by_columns.batch(), 1)}) {
        REQUIRE(runs.size() == first.size());
        for (std::size_t i = 0; i < runs.size(); ++i) { REQUIRE(same(runs[i], first[i])); }
    }
}

TEST_CASE("a batch with its index of blocks trades as each column does without one") {
    const World world{500, 20, true};
    const VectorBatch batch = world.batch();
    const std::vector<PoolRun> runs = run_batch(batch);
    for (std::size_t i = 0; i < runs.size(); ++i) {
        std::vector<VectorAsset> assets = assets_of(batch, i);
        std::vector<Signal> signals;
        const auto column = static_cast<std::uint32_t>(i);
        collect_signals(batch.rows, batch.enter_longs.column(column), {}, batch.enter_shorts.column(column), {},
                        signals);
        assets.front().signals = signals;
        PoolConfig config = batch.config;
        CHECK(same(run_pool(assets, config), runs[i]));
        CHECK(same(run_pool_by_events(assets, config), runs[i]));
    }
}

TEST_CASE("equity is cash and positions at the last marks") {
    const World world{200, 3, true};
    VectorBatch batch = world.batch();
    batch.pools = {{0, 2}, {1}};
    batch.cash.resize(2);
    const std::vector<PoolRun> runs = run_batch(batch);
    for (std::size_t pool = 0; pool < 2; ++pool) {
        const std::vector<VectorAsset> assets = assets_of(batch, pool);
        std::vector<double> equity(batch.rows);
        std::vector<double> cash(batch.rows);
        std::vector<double> gross(batch.rows);
        mark_pool(assets, runs[pool], equity, cash, gross);
        std::vector<double> held(assets.size());
        std::vector<double> mark(assets.size());
        double balance = 10'000;
        std::size_t next = 0;
        for (std::size_t row = 0; row < batch.rows; ++row) {
            for (; next < runs[pool].fills.size() && runs[pool].fills[next].row == row; ++next) {
                const VectorFill& fill = runs[pool].fills[next];
                const auto units = static_cast<double>(fill.signed_quantity().lots);
                held[fill.asset] += units;
                balance -= units * fill.price.to_double();
            }
            double value = 0;
            double absolute = 0;
            for (std::size_t i = 0; i < assets.size(); ++i) {
                const double close = assets[i].bars.close[row];
                if (!std::isnan(close)) { mark[i] = close; }
                value += held[i] * mark[i];
                absolute += std::abs(held[i] * mark[i]);
            }
            // Sums of doubles near 1e4, some of which cancel, against integers.
            REQUIRE(std::abs(cash[row] - balance) < 1e-8);
            REQUIRE(std::abs(equity[row] - (balance + value)) < 1e-8);
            REQUIRE(std::abs(gross[row] - absolute) < 1e-8);
        }
        CHECK(runs[pool].cash.to_double() == doctest::Approx(balance));
    }
}

TEST_CASE("a bad price is refused by name and row, in whatever order memory lies") {
    for (const bool by_rows : {true, false}) {
        for (const double bad : {0.0, -1.0, 9.3e9, std::numeric_limits<double>::infinity()}) {
            World world{100, 20, by_rows};
            world.close[world.at(70, 13)] = bad;
            CHECK_THROWS_WITH_AS(static_cast<void>(run_batch(world.batch())), doctest::Contains("S13"), DataError);
            world.close[world.at(70, 13)] = nan_value;
            CHECK_NOTHROW(static_cast<void>(run_batch(world.batch())));
        }
        World world{100, 20, by_rows};
        world.high[world.at(99, 19)] = world.low[world.at(99, 19)] - 1;
        world.close[world.at(99, 19)] = world.open[world.at(99, 19)];
        CHECK_THROWS_WITH_AS(static_cast<void>(run_batch(world.batch())), doctest::Contains("row 99: high"), DataError);
    }
}

TEST_CASE("contradictions say nothing") {
    const std::vector<std::uint8_t> yes{1, 1, 1, 0, 0, 0, 0, 1, 1};
    const std::vector<std::uint8_t> exits{0, 1, 0, 0, 0, 1, 0, 0, 1};
    const std::vector<std::uint8_t> shorts{0, 0, 1, 0, 0, 0, 1, 0, 1};
    std::vector<Signal> signals;
    collect_signals(9, {yes.data(), 1}, {exits.data(), 1}, {shorts.data(), 1}, {}, signals);
    std::vector<std::pair<std::uint32_t, int>> found;
    found.reserve(signals.size());
    for (const Signal& s : signals) { found.emplace_back(s.row, s.bits); }
    // Row 1 enters and leaves; row 2 enters both sides; row 8 enters and leaves long, and its short entry is left.
    CHECK(found == std::vector<std::pair<std::uint32_t, int>>{
                       {0, enter_long}, {5, exit_long}, {6, enter_short}, {7, enter_long}, {8, enter_short}});
}

TEST_CASE("a pool refuses what it cannot account for") {
    World world{10, 1, true};
    VectorBatch batch = world.batch();
    std::vector<VectorAsset> assets = assets_of(batch, 0);
    PoolConfig config;
    config.size_buffer = Rate::of(-0.1);
    CHECK_THROWS_AS(static_cast<void>(run_pool(assets, config)), ConfigError);
    config = {};
    const std::vector<TimeNs> late(10, TimeNs{5});
    CHECK_THROWS_AS(static_cast<void>(run_pool(assets, config, late)), DataError);
    model::Instrument future = share(1);
    future.settlement = model::Settlement::variation;
    assets.front().instrument = &future;
    CHECK_THROWS_AS(static_cast<void>(run_pool(assets, config)), ConfigError);
    CHECK_THROWS_AS(static_cast<void>(run_pool({}, config)), ConfigError);
}

TEST_CASE("an account called for margin is closed out by the event engine") {
    std::vector<double> close{10, 10, 15, 18, 20, 21};
    const std::vector<std::uint8_t> shorts{1, 0, 0, 0, 0, 0};
    VectorAsset asset;
    const model::Instrument instrument = share(0);
    asset.instrument = &instrument;
    asset.bars.rows = close.size();
    asset.bars.close = {close.data(), 1};
    std::vector<Signal> signals;
    collect_signals(close.size(), {}, {}, {shorts.data(), 1}, {}, signals);
    asset.signals = signals;
    PoolConfig config;
    config.cash = Money::of(1'000);
    const PoolRun run = run_pool({&asset, 1}, config);
    CHECK(run.by_events);
    CHECK(run.margin_calls == 1);
    REQUIRE(run.fills.size() == 2);
    CHECK(run.fills[1].row == 4);  // the close of row 3 calls, the next one is the price
    CHECK(run.cash == Money::of(0));
}
