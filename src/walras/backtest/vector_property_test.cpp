// The kernel against the event engine on random pools: every order, every fill and the cash after it, exactly.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "walras/backtest/vector_kernel.hpp"
#include "walras/backtest/vector_rules.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::backtest;

namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

// One asset with what it owns; VectorAsset borrows it.
struct Owned {
    model::Instrument instrument;
    std::vector<double> block_low, block_high;
    std::vector<double> open, high, low, close, volume, orders, amounts;
    std::vector<Signal> signals;
};

struct Pool {
    std::vector<Owned> owned;
    std::vector<VectorAsset> assets;
    PoolConfig config;
    std::string text;
};

class Maker {
public:
    explicit Maker(std::uint64_t seed) : random_({.seed = seed, .stream = 7, .agent = 0, .tick = 0}) {}

    Pool make() {
        Pool pool;
        const std::size_t assets = 1 + (chance(0.5) ? 0 : below(4));
        const std::size_t rows = chance(0.7) ? 4 + below(60) : 64 + below(300);
        const bool closes_only = chance(0.25);
        const bool ranges = chance(0.8);
        const double gaps = chance(0.5) ? 0.0 : 0.2;
        const bool by_orders = chance(0.3);
        const auto kind = static_cast<model::SizeKind>(below(by_orders ? 6 : 3));
        configure(pool.config);
        SignalRules rules;
        rules.size = kind;
        rules.amount.value = amount(kind);
        rules.accumulate = chance(0.2);
        if (chance(0.5)) {
            const double distances[] = {0.001, 0.01, 0.05, 0.2, 1.0};
            if (chance(0.6)) { (chance(0.5) ? rules.stop_loss : rules.trailing_stop).value = distances[below(5)]; }
            if (chance(0.6)) { rules.take_profit.value = distances[below(5)]; }
        }
        const double density = chance(0.5) ? 0.1 : 0.4;
        const double lot = chance(0.7) ? 1.0 : 0.001;
        const double tick = chance(0.7) ? 0.01 : 0.05;
        pool.owned.resize(assets);
        for (std::size_t i = 0; i < assets; ++i) {
            Owned& one = pool.owned[i];
            one.instrument.symbol = "A" + std::to_string(i);
            one.instrument.venue = "SIM";
            one.instrument.lot_size = std::llround(lot * 1e9);
            one.instrument.tick_size = Price::of(tick);
            if (chance(0.2)) { one.instrument.multiplier = 50 * core::fixed_scale; }
            one.instrument.validate();
            walk(one, rows, closes_only, ranges, gaps);
            for (std::size_t row = 0; row < rows; ++row) {
                const auto bits = static_cast<std::uint8_t>(below(16));
                const std::uint8_t left = vectorised::without_conflicts(bits);
                if (chance(density) && left != 0) { one.signals.push_back({static_cast<std::uint32_t>(row), left}); }
                const double sign = chance(0.5) ? 1 : -1;
                one.orders.push_back(chance(density) ? sign * amount(kind) * static_cast<double>(below(3)) : nan_value);
                one.amounts.push_back(chance(0.1) ? nan_value : amount(kind));
            }
        }
        for (Owned& one : pool.owned) {
            VectorAsset& asset = pool.assets.emplace_back();
            asset.instrument = &one.instrument;
            asset.bars.rows = rows;
            asset.bars.close = {one.close.data(), 1};
            if (!closes_only) {
                asset.bars.open = {one.open.data(), 1};
                if (ranges) {
                    asset.bars.high = {one.high.data(), 1};
                    asset.bars.low = {one.low.data(), 1};
                }
            }
            asset.bars.volume = {one.volume.data(), 1};
            asset.bars.complete = gaps == 0;
            if (chance(0.5)) { describe_blocks(one, asset.bars); }
            asset.rules = rules;
            asset.signals = one.signals;
            asset.size = kind;
            if (by_orders) { asset.orders = {one.orders.data(), 1}; }
            if (chance(0.2)) { asset.rules.amount.rows = {one.amounts.data(), 1}; }
        }
        pool.text = fmt::format(
            "{} assets, {} rows, closes_only {}, gaps {}, orders {}, size {}, accumulate {}, stop {}, "
            "trail {}, target {}, lot {}, fill_at {}",
            assets, rows, closes_only, gaps, by_orders, static_cast<int>(kind), rules.accumulate, rules.stop_loss.value,
            rules.trailing_stop.value, rules.take_profit.value, lot, static_cast<int>(pool.config.fill_at));
        return pool;
    }

private:
    std::size_t below(std::uint64_t n) { return static_cast<std::size_t>(random_.below(n)); }
    bool chance(double p) { return random_.uniform() < p; }

    double amount(model::SizeKind kind) {
        switch (kind) {
            case model::SizeKind::lots:
            case model::SizeKind::target_lots: return static_cast<double>(1 + below(chance(0.1) ? 5000 : 50));
            case model::SizeKind::value:
            case model::SizeKind::target_value: return static_cast<double>(1 + below(6000)) / 4;
            default: return static_cast<double>(1 + below(12)) / 10;
        }
    }

    void configure(PoolConfig& config) {
        config.fill_at = static_cast<FillAt>(below(3));
        config.limit_fill = chance(0.5) ? LimitFill::touch : LimitFill::cross;
        switch (below(5)) {
            case 0: break;
            case 1: config.fees = model::rate_fees(Rate::bps(2), Rate::bps(10)); break;
            case 2: config.fees = model::rate_fees(Rate::bps(-1), Rate::bps(5), 2); break;
            case 3: config.fees = model::per_unit_fees(Money::of(0.005), Money::of(1), Rate::bps(100)); break;
            default:
                config.fees = model::tiered_fees(
                    {{Money{}, Rate::bps(10), Rate::bps(20)}, {Money::of(5000), Rate::bps(1), Rate::bps(3)}});
        }
        switch (below(4)) {
            case 0: break;
            case 1: config.slippage = spread_slippage(0.0001); break;
            case 2: config.slippage = volume_share_slippage(0.025, 0.1); break;
            default: config.slippage = square_root_slippage(0.5);
        }
        config.size_buffer = chance(0.5) ? Rate{} : config.fees->proportional();
        if (chance(0.2)) { config.account = portfolio::AccountKind::cash; }
        if (chance(0.3)) { config.initial_margin = Rate::of(0.5); }
        config.cash = Money::of(static_cast<double>(500 + below(5000)));
    }

    static void describe_blocks(Owned& one, VectorBars& bars) {
        constexpr double infinity = std::numeric_limits<double>::infinity();
        const std::size_t blocks = (bars.rows + VectorBars::block - 1) / VectorBars::block;
        one.block_low.assign(blocks, infinity);
        one.block_high.assign(blocks, -infinity);
        for (std::size_t row = 0; row < bars.rows; ++row) {
            if (!vectorised::is_bar(bars, row)) { continue; }
            const model::Bar bar = vectorised::bar_at(bars, row);
            double& low = one.block_low[row / VectorBars::block];
            double& high = one.block_high[row / VectorBars::block];
            low = std::min(low, bar.low.to_double());
            high = std::max(high, bar.high.to_double());
        }
        bars.block_low = {one.block_low.data(), 1};
        bars.block_high = {one.block_high.data(), 1};
    }

    void walk(Owned& one, std::size_t rows, bool closes_only, bool ranges, double gaps) {
        double price = static_cast<double>(500 + below(3000));  // cents
        const double pace = chance(0.5) ? 10 : 120;
        const auto step = [&] { return std::floor((random_.uniform() - 0.5) * pace); };
        for (std::size_t row = 0; row < rows; ++row) {
            const double open = std::max(20.0, price + (chance(0.3) ? step() : 0));
            price = std::max(20.0, open + step());
            double high = std::max(open, price);
            double low = std::min(open, price);
            if (ranges) {
                high += std::floor(random_.uniform() * pace / 3);
                low = std::max(10.0, low - std::floor(random_.uniform() * pace / 3));
            }
            const bool gap = chance(gaps);
            const auto put = [&](std::vector<double>& column, double cents) {
                column.push_back(gap ? nan_value : cents / 100);
            };
            put(one.open, closes_only ? price : open);
            put(one.high, high);
            put(one.low, low);
            put(one.close, price);
            one.volume.push_back(chance(0.1) ? nan_value : static_cast<double>(1000 + below(100'000)));
        }
    }

    core::Random random_;
};

std::string describe(const VectorFill& f) {
    return fmt::format("row {} {} asset {} order {} {} {} @ {} ({}) {} {} fee {}", f.row, f.at_open ? "open" : "close",
                       f.asset, f.order, to_string(f.side), f.quantity.lots, f.price.to_double(),
                       f.reference.to_double(), to_string(f.rule), to_string(f.liquidity), f.fee);
}

std::string describe(const VectorOrder& o) {
    return fmt::format("row {} to {} {} asset {} parent {} {} {} {} {} {} @ {}", o.row, o.row_last,
                       o.ended_at_open ? "open" : "close", o.asset, o.parent, to_string(o.side), to_string(o.type),
                       to_string(o.status), to_string(o.reason), o.quantity.lots, o.price.to_double());
}

// The first difference in words; empty where there is none. Orders that end with the run end when it ends.
std::string difference(const PoolRun& kernel, const PoolRun& events) {
    for (std::size_t i = 0; i < std::max(kernel.fills.size(), events.fills.size()); ++i) {
        const std::string mine = i < kernel.fills.size() ? describe(kernel.fills[i]) : "nothing";
        const std::string theirs = i < events.fills.size() ? describe(events.fills[i]) : "nothing";
        if (mine != theirs) { return fmt::format("fill {}:\n  kernel {}\n  events {}", i, mine, theirs); }
    }
    for (std::size_t i = 0; i < std::max(kernel.orders.size(), events.orders.size()); ++i) {
        const auto text = [i](const std::vector<VectorOrder>& orders) -> std::string {
            if (i >= orders.size()) { return "nothing"; }
            VectorOrder order = orders[i];
            if (order.status == model::OrderStatus::canceled) {
                order.row_last = 0;
                order.ended_at_open = false;
            }
            return describe(order);
        };
        if (text(kernel.orders) != text(events.orders)) {
            return fmt::format("order {}:\n  kernel {}\n  events {}", i + 1, text(kernel.orders), text(events.orders));
        }
    }
    return kernel.cash.raw == events.cash.raw ? "" : "cash";
}

}  // namespace

TEST_CASE("on random pools the kernel makes the orders and fills of the event engine, to the last 1e-9") {
    const char* wanted = std::getenv("WALRAS_CASES");
    const std::uint64_t cases = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 1500;
    const char* first_seed = std::getenv("WALRAS_SEED");
    const std::uint64_t first = first_seed != nullptr ? std::strtoull(first_seed, nullptr, 10) : 1;
    std::size_t walked = 0;
    std::size_t fills = 0;
    for (std::uint64_t seed = first; seed < first + cases; ++seed) {
        const Pool pool = Maker{seed}.make();
        INFO("seed ", seed, ": ", pool.text);
        const PoolRun run = run_pool(pool.assets, pool.config);
        if (run.by_events) { continue; }
        const PoolRun events = run_pool_by_events(pool.assets, pool.config);
        const std::string found = difference(run, events);
        REQUIRE_MESSAGE(found.empty(), found);
        REQUIRE(events.margin_calls == 0);
        REQUIRE(run.ignored == events.ignored);
        ++walked;
        fills += run.fills.size();
    }
    MESSAGE(walked, " of ", cases, " pools walked by the kernel, ", fills, " fills");
    CHECK(walked * 2 > cases);  // the kernel is there to be used
}
