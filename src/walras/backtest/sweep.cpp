#include "walras/backtest/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>

#include "walras/backtest/vector_trial.hpp"
#include "walras/core/error.hpp"

namespace walras::backtest {
namespace {

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();
constexpr std::chrono::milliseconds progress_interval{50};

void check_names(const strategy::Description& strategy, const ParameterSpace& space) {
    for (const Axis& axis : space.axes()) {
        if (std::ranges::find(strategy.parameters, axis.name, &strategy::Parameter::name) !=
            strategy.parameters.end()) {
            continue;
        }
        std::string known;
        for (const auto& p : strategy.parameters) { known += (known.empty() ? "" : ", ") + p.name; }
        throw ConfigError(fmt::format("{} has no parameter \"{}\"; it has: {}.", strategy.name, axis.name, known));
    }
}

// The trials of one sweep. Threads take the next ones from a counter and write rows that nobody else writes.
class Sweep {
public:
    Sweep(const model::Universe& universe, const Data& data, std::string_view strategy, const ParameterSpace& space,
          const SweepConfig& config)
        : universe_(universe),
          data_(data),
          strategy_(strategy::describe(strategy)),
          space_(space),
          config_(config),
          run_(config.run) {
        check_names(strategy_, space);
        result_.status.assign(space.size(), TrialStatus::pending);
        result_.statistics.assign(space.size() * trial_statistics.size(), no_value);
        run_.journal = nullptr;
        run_.record_equity = true;
        if (config.vectorised) { vector_ = VectorTrials::prepare(universe, data, strategy_, run_); }
        run_.progress = [this](TimeNs, std::uint64_t) { return !stop_.load(std::memory_order_relaxed); };
    }

    SweepResult run() {
        const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
        const std::size_t wanted = config_.threads <= 0 ? cores : static_cast<std::size_t>(config_.threads);
        const std::size_t threads = std::min(wanted, std::max<std::size_t>(space_.size(), 1));
        {
            std::vector<std::jthread> pool;
            pool.reserve(threads);
            running_ = threads;
            for (std::size_t i = 0; i < threads; ++i) {
                pool.emplace_back([this] { work(); });
            }
            watch();
        }
        if (failure_) { std::rethrow_exception(failure_); }
        result_.interrupted = stop_ && done_ < space_.size();
        result_.done = done_;
        result_.vectorised = vectorised_;
        return std::move(result_);
    }

private:
    // The caller's thread: tells how far the others are until all of them have ended.
    void watch() {
        std::unique_lock lock{mutex_};
        bool over = false;
        while (!over) {
            over = ended_.wait_for(lock, progress_interval, [this] { return running_ == 0; });
            if (!config_.progress || (stop_ && !over)) { continue; }
            lock.unlock();
            try {
                if (!config_.progress(done_, space_.size())) { stop_ = true; }
            } catch (...) { fail(std::current_exception()); }
            lock.lock();
        }
    }

    void work() {
        try {
            VectorWorkspace workspace;
            while (!stop_) {
                const std::size_t trial = next_.fetch_add(1, std::memory_order_relaxed);
                if (trial >= space_.size()) { break; }
                if (attempt(trial, workspace)) { done_.fetch_add(1, std::memory_order_relaxed); }
            }
        } catch (...) {  // out of memory: not a matter of one trial
            fail(std::current_exception());
        }
        const std::scoped_lock lock{mutex_};
        --running_;
        ended_.notify_all();
    }

    // False if it was stopped half way.
    bool attempt(std::size_t trial, VectorWorkspace& workspace) {
        std::unique_ptr<strategy::Strategy> strategy;
        std::optional<strategy::Parameters> parameters;
        try {
            parameters = strategy::check(strategy_, space_.at(trial));
            strategy = strategy_.make(*parameters);  // looks at how the values fit together
        } catch (const ConfigError& error) {
            note(trial, TrialStatus::refused, error.what());
            return true;
        }
        try {
            if (vector_ != nullptr && run_vectorised(trial, *parameters, workspace)) { return true; }
            const std::array<strategy::Strategy*, 1> one{strategy.get()};
            const Result run = backtest::run(universe_, data_, one, run_);
            if (run.interrupted) { return false; }
            keep(trial, measure(run, workspace.statistics));
            if (config_.keep_returns) { keep_returns(trial, run.equity.equity, run.start_equity.to_double()); }
        } catch (const std::bad_alloc&) { throw; } catch (const std::exception& error) {
            note(trial, TrialStatus::failed, error.what());
        }
        return true;
    }

    bool run_vectorised(std::size_t trial, const strategy::Parameters& parameters, VectorWorkspace& workspace) {
        const std::optional<TrialRow> row = vector_->run(parameters, workspace);
        if (!row) { return false; }
        keep(trial, *row);
        if (config_.keep_returns) { keep_returns(trial, workspace.equity, vector_->starting_equity()); }
        vectorised_.fetch_add(1, std::memory_order_relaxed);
        return true;
    }

    void keep(std::size_t trial, const TrialRow& row) {
        std::ranges::copy(row, result_.statistics.begin() + static_cast<std::ptrdiff_t>(trial * row.size()));
        result_.status[trial] = TrialStatus::done;
    }

    // The first trial to arrive says how many rows there are; the same data give every trial the same times.
    void keep_returns(std::size_t trial, std::span<const double> equity, double start) {
        {
            const std::scoped_lock lock{mutex_};
            if (result_.returns.empty()) {
                result_.periods = equity.size();
                result_.returns.assign(space_.size() * equity.size(), no_value);
            }
        }
        if (equity.size() != result_.periods) { return; }
        double* out = result_.returns.data() + trial * result_.periods;
        double before = start;
        for (const double now : equity) {
            *out++ = before > 0 ? now / before - 1 : no_value;
            before = now;
        }
    }

    void note(std::size_t trial, TrialStatus status, const char* why) {
        const std::scoped_lock lock{mutex_};
        result_.status[trial] = status;
        result_.messages.emplace(trial, why);
    }

    void fail(std::exception_ptr error) {
        const std::scoped_lock lock{mutex_};
        if (!failure_) { failure_ = std::move(error); }
        stop_ = true;
    }

    const model::Universe& universe_;
    const Data& data_;
    const strategy::Description& strategy_;
    const ParameterSpace& space_;
    const SweepConfig& config_;
    RunConfig run_;
    std::unique_ptr<const VectorTrials> vector_;  // null: every trial through the event engine
    SweepResult result_;
    std::atomic<std::size_t> next_{0};
    std::atomic<std::size_t> done_{0};
    std::atomic<std::size_t> vectorised_{0};
    std::atomic<bool> stop_{false};
    std::mutex mutex_;  // of what follows, messages and the shape of the returns
    std::condition_variable ended_;
    std::size_t running_ = 0;
    std::exception_ptr failure_;
};

}  // namespace

std::string_view to_string(TrialStatus status) {
    constexpr std::array<std::string_view, trial_status_count> names{"pending", "done", "refused", "failed"};
    return names[static_cast<std::size_t>(status)];
}

SweepResult sweep(const model::Universe& universe, const Data& data, std::string_view strategy,
                  const ParameterSpace& space, const SweepConfig& config) {
    return Sweep{universe, data, strategy, space, config}.run();
}

}  // namespace walras::backtest
