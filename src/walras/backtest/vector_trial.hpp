// Trials of a sweep without events: a strategy's vector form through the kernel of vector.hpp, with the statistics that
// the event engine would give, bit for bit.
//
// Built once a sweep; `run` may be called by any number of threads, each with its own workspace.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "walras/backtest/backtest.hpp"
#include "walras/backtest/trial_statistics.hpp"
#include "walras/backtest/vector.hpp"
#include "walras/strategy/registry.hpp"

namespace walras::backtest {

struct VectorWorkspace {
    struct Lot {  // what one instrument holds, and what it cost
        Quantity quantity{};
        Money cost{};  // signed notional
        Money fee{};
        std::uint32_t row = 0;  // from which it counts as a position
    };
    struct Held {
        std::uint32_t from = 0, to = 0;  // rows, both included
        auto operator<=>(const Held&) const = default;
    };
    std::vector<strategy::SideChange> changes;
    std::vector<std::vector<Target>> targets;  // by asset
    std::vector<VectorAsset> assets;
    std::vector<Lot> lots;
    std::vector<Held> held;
    std::vector<core::int128> worth;
    std::vector<double> equity;  // of the last trial that ran, one row a timestamp
    TrialWorkspace statistics;
};

class VectorTrials {
public:
    // None where a trial of this strategy needs the event engine: quotes, actions, latency, limits, interest, an
    // assumed path, bars that overlap, ...
    static std::unique_ptr<VectorTrials> prepare(const model::Universe& universe, const Data& data,
                                                 const strategy::Description& strategy, const RunConfig& config);

    // None where this one trial needs the event engine: a margin call, an order that was refused, ...
    [[nodiscard]] std::optional<TrialRow> run(const strategy::Parameters& parameters, VectorWorkspace& workspace) const;

    [[nodiscard]] double starting_equity() const { return pool_.cash.to_double(); }

private:
    struct Series {  // one instrument; rows are those of all instruments together
        explicit Series(std::span<const data::TimedBar> bars);
        features::IndicatorCache cache;  // over its own bars
        std::vector<std::uint32_t> row_of_bar;
        std::vector<double> open, high, low, close, volume;  // by row; NaN where there is no bar
        std::vector<std::int64_t> mark;                      // by row: the last close, raw
        VectorAsset asset;
    };

    explicit VectorTrials(const strategy::VectorForm& form) : form_(form) {}
    [[nodiscard]] bool take_rows(std::span<const std::span<const data::TimedBar>> bars);
    void add(const data::BarSeries& bars, std::span<const data::TimedBar> rows, const model::Instrument& instrument);
    [[nodiscard]] bool fold(const PoolRun& run, VectorWorkspace& workspace, TrialFacts& facts) const;
    void mark(const PoolRun& run, VectorWorkspace& workspace) const;
    void mark_one(const PoolRun& run, std::vector<double>& equity) const;

    const strategy::VectorForm& form_;
    std::size_t instruments_ = 0;  // of the universe
    PoolConfig pool_;
    std::deque<Series> series_;  // in the order of their instruments
    std::vector<TimeNs> times_;  // closes, rising
    std::vector<bool> touches_;  // by row: it opens when the row before it closes
    double periods_per_year_ = 0;
};

}  // namespace walras::backtest
