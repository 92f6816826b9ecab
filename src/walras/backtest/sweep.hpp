// Sweeps: one strategy of the library over many parameter sets, on all cores.
//
// Each trial is a pure function of the data, the settings and its parameters: the results do not depend on the number
// of threads, nor on which trials ran before. A trial that is refused or fails is recorded and counts as a trial: who
// judges the best of a search must know how many were tried. Memory: one row of statistics a trial, and workspaces and
// shared indicators of the threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "walras/backtest/backtest.hpp"
#include "walras/backtest/parameter_space.hpp"
#include "walras/backtest/trial_statistics.hpp"

namespace walras::backtest {

enum class TrialStatus : std::uint8_t {
    pending,  // not run: the sweep was stopped before
    done,
    refused,  // the strategy does not take these parameters
    failed,   // the run itself threw
};
inline constexpr int trial_status_count = 4;
std::string_view to_string(TrialStatus status);

struct SweepConfig {
    RunConfig run;              // of each trial; its journal and progress are not used, equity is always recorded
    int threads = 1;            // 0 = all cores
    bool vectorised = true;     // without events where the answer is the same (vector_trial.hpp)
    bool keep_returns = false;  // the returns of each trial, for probability_of_overfitting: rows * trials doubles
    // Called on the caller's thread about twenty times a second with the trials done and all of them. False stops the
    // sweep: trials that are finished stay, those under way are dropped. May throw, which stops the sweep likewise.
    std::function<bool(std::size_t done, std::size_t total)> progress;
};

struct SweepResult {
    std::vector<TrialStatus> status;              // by trial
    std::vector<double> statistics;               // trial after trial, as trial_statistics names them; NaN unless done
    std::map<std::size_t, std::string> messages;  // why trials were refused or failed
    std::vector<double> returns;                  // if kept: trial after trial, `periods` each; NaN unless done
    std::size_t periods = 0;
    std::size_t done = 0;        // of every status but pending
    std::size_t vectorised = 0;  // of them without events
    bool interrupted = false;

    [[nodiscard]] std::span<const double> row(std::size_t trial) const {
        return std::span{statistics}.subspan(trial * trial_statistics.size(), trial_statistics.size());
    }
};

// Throws ConfigError if the strategy, or a parameter's name, is unknown. What a trial throws is in its message.
SweepResult sweep(const model::Universe& universe, const Data& data, std::string_view strategy,
                  const ParameterSpace& space, const SweepConfig& config);

}  // namespace walras::backtest
