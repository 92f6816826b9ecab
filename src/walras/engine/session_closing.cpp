// What the house closes: the positions of an account below its maintenance margin, and what is open at the end of a
// run.
#include "walras/engine/session.hpp"

#include <vector>

namespace walras::engine {

using model::Event;
using model::EventKind;

void Session::answer_margin_call(AccountId account) {
    ++margin_calls_;
    for (const auto& instrument : universe_) {
        if (portfolio_.account_of(instrument.id) == account) {
            orders_.cancel_all(instrument.id, now_, model::Reason::margin_call);
        }
    }
    close_positions_of(account);
    deliver_outbox();
}

void Session::close_all_positions() {
    for (std::uint16_t i = 0; i < portfolio_.account_count(); ++i) { close_positions_of(AccountId{i}); }
}

// Reduce-only: orders that are still open, perhaps about to be cancelled, must not keep the gate from letting these
// out.
void Session::close_positions_of(AccountId account) {
    const auto all = portfolio_.positions();
    const std::vector<portfolio::Position> positions(all.begin(), all.end());
    for (const portfolio::Position& position : positions) {
        if (position.is_flat() || position.account != account) { continue; }
        model::Request request;
        request.terms.instrument = position.instrument;
        request.terms.side = position.quantity.lots > 0 ? model::OrderSide::sell : model::OrderSide::buy;
        request.terms.quantity = abs(position.quantity);
        request.terms.reduce_only = true;
        request.position = position.id;
        orders_.place(request, position.strategy, now_);
    }
}

void Session::finish(bool close_positions) {
    if (finished_) { return; }
    finished_ = true;
    if (!started_) { start(); }
    journal_in(Event{EventKind::stop, no_instrument, now_, now_});
    for (std::size_t i = 0; i < strategies_.size(); ++i) {
        strategies_[i]->on_stop(context(StrategyId{static_cast<std::uint16_t>(i)}));
    }
    end_executions();
    deliver_outbox();
    stopping_ = false;
    while (step(now_)) {}  // what takes effect at once: cancels, immediate fills
    if (close_positions) {
        close_all_positions();
        deliver_outbox();
        while (step(now_)) {}
    }
    stopping_ = true;
    orders_.finish(now_);
    deliver_outbox();
    if (current_ != time_min) { static_cast<void>(complete_time()); }
    // Fills that came after the last market data.
    if (observer_ != nullptr && unseen_postings_) { observer_->on_time(now_, portfolio_); }
}

}  // namespace walras::engine
