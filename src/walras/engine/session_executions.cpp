// What the desk of execution algorithms asks of its session, and when it acts.
#include <utility>

#include "walras/core/error.hpp"
#include "walras/engine/session.hpp"

namespace walras::engine {

OrderId Session::send_child(StrategyId strategy, const model::Request& request) {
    return orders_.place(request, strategy, now_);
}

void Session::replace_child(const model::Replace& change) { orders_.replace(change, now_); }

void Session::cancel_child(OrderId order) { orders_.cancel(order, now_); }

// A timer like those of strategies: outbound in the journal, made again by a replay.
void Session::wake_desk(TimeNs when) { wake_at(house, when); }

void Session::show_history(InstrumentId instrument, exec::VolumeProfile& profile) const {
    for (const strategy::ClosedBar& bar : history_[instrument.value]) {
        const double lots = bar.bar.volume * 1e9 / static_cast<double>(universe_.at(instrument).lot_size);
        profile.add_bar(bar.bar.open_time, bar.ts, lots);
    }
}

void Session::run_executions() {
    for (int rounds = 0; desk_.has_work(); ++rounds) {
        if (rounds > 1000) {
            throw OrderError(
                "A strategy answers the end of an execution with a new one that ends at once, 1000 times at the same "
                "moment; check its status in on_execution before trying again.");
        }
        desk_.work(now_, finished_executions_);
        tell_finished();
    }
}

void Session::end_executions() {
    desk_.finish(now_, finished_executions_);
    tell_finished();
}

void Session::tell_finished() {
    if (finished_executions_.empty()) { return; }
    const std::vector<ExecutionId> finished = std::exchange(finished_executions_, {});
    for (const ExecutionId id : finished) {
        const model::ExecutionState state = *desk_.find(id);
        strategies_[state.strategy.value]->on_execution(context(state.strategy), state);
    }
}

}  // namespace walras::engine
