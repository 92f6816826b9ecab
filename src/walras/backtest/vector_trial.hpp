// Trials of a sweep without events: a strategy's vector form through the kernel of vector.hpp, with the statistics that
// the event engine would give, bit for bit.
//
// Built once a sweep; `run` may be called by any number of threads, each with its own workspace.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "walras/backtest/backtest.hpp"
#include "walras/backtest/trial_statistics.hpp"
#include "walras/backtest/vector.hpp"
#include "walras/strategy/registry.hpp"

namespace walras::backtest {

struct VectorWorkspace {
    std::vector<strategy::SideChange> changes;
    std::vector<Signal> signals;
    std::vector<double> equity;  // of the last trial that ran, one row a bar
    TrialWorkspace statistics;
};

class VectorTrials {
public:
    // None where a trial of this strategy needs the event engine: several series, quotes, actions, latency, limits,
    // interest, an assumed path, ...
    static std::unique_ptr<VectorTrials> prepare(const model::Universe& universe, const Data& data,
                                                 const strategy::Description& strategy, const RunConfig& config);

    // None where this one trial needs the event engine: it goes short.
    [[nodiscard]] std::optional<TrialRow> run(const strategy::Parameters& parameters, VectorWorkspace& workspace) const;

    [[nodiscard]] double starting_equity() const { return pool_.cash.to_double(); }

private:
    VectorTrials(const model::Universe& universe, const strategy::Description& strategy, const RunConfig& config,
                 std::span<const data::TimedBar> rows, bool closes_only);
    [[nodiscard]] bool columns_are_exact(std::span<const data::TimedBar> rows) const;
    void collect(const PoolRun& run, VectorWorkspace& workspace, TrialFacts& facts) const;
    void mark(const PoolRun& run, std::vector<double>& equity) const;

    const strategy::VectorForm& form_;
    std::size_t instruments_;
    PoolConfig pool_;
    VectorAsset asset_;
    features::IndicatorCache cache_;
    std::vector<double> open_, high_, low_, volume_;
    std::vector<std::int64_t> close_raw_;
    std::vector<std::uint32_t> opening_row_;  // the row in which a fill at the open of a bar counts as a position
    double periods_per_year_ = 0;
};

}  // namespace walras::backtest
