#include "walras/backtest/vector.hpp"

#include <algorithm>
#include <utility>

#include "walras/backtest/vector_kernel.hpp"
#include "walras/model/money.hpp"

namespace walras::backtest {
namespace {

// What only the event engine plays.
bool needs_events(std::span<const VectorAsset> assets, const PoolConfig& config) {
    if (config.fill_at == FillAt::intrabar_path && !assets.front().bars.open.empty()) { return true; }
    return std::ranges::any_of(assets, [&](const VectorAsset& asset) {
        const SignalRules& rules = asset.rules;
        const auto may_be_set = [](const PerRow& number) { return !number.rows.empty() || number.value != 0; };
        const bool has_legs =
            may_be_set(rules.stop_loss) || may_be_set(rules.trailing_stop) || may_be_set(rules.take_profit);
        // Several entries have several stops; and columns differ in what their bars say.
        return (asset.orders.empty() && rules.accumulate && has_legs) ||
               asset.bars.open.empty() != assets.front().bars.open.empty();
    });
}

}  // namespace

Money VectorFill::cash_after(Money before, const model::Instrument& instrument) const {
    return before - model::notional(price, signed_quantity(), instrument) - Money{fee};
}

PoolRun run_pool(std::span<const VectorAsset> assets, const PoolConfig& config, std::span<const TimeNs> times) {
    vectorised::check_pool(assets, config, times);
    return vectorised::run_checked(assets, config, times);
}

PoolRun vectorised::run_checked(std::span<const VectorAsset> assets, const PoolConfig& config,
                                std::span<const TimeNs> times) {
    if (needs_events(assets, config)) { return run_pool_by_events(assets, config, times); }
    // Records grow in a place that is warm already and leave it at their own size.
    thread_local PoolRun scratch;
    constexpr std::size_t most_kept = 1 << 14;
    scratch.orders.clear();
    scratch.fills.clear();
    Kernel kernel{assets, config};
    if (!kernel.run(scratch)) { return run_pool_by_events(assets, config, times); }
    PoolRun run;
    if (scratch.fills.size() > most_kept || scratch.orders.size() > most_kept) {
        run = std::exchange(scratch, PoolRun{});
    } else {
        run = scratch;
    }
    run.ignored = count_ignored(assets);
    return run;
}

}  // namespace walras::backtest
